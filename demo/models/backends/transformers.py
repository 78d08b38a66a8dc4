"""Networks of the Hugging Face Hub, through transformers: a folder of config, image processor and .safetensors.

The folder's own image processor decides size, padding and normalisation, in its Pillow form. What comes after the
network is what transformers' `post_process_semantic_segmentation` does, kept as scores on the network's own grid. No
code of a repository is run, and no pickle read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import safe_open
from torch import Tensor
from torch.nn.functional import interpolate
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForSemanticSegmentation,
    AutoModelForUniversalSegmentation,
)
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_SEMANTIC_SEGMENTATION_MAPPING_NAMES,
    MODEL_FOR_UNIVERSAL_SEGMENTATION_MAPPING_NAMES,
)

from demo.errors import BackendError, ClassSetError, CorruptCheckpointError, reason
from demo.labels.class_set import of_names
from demo.models.backends.modules import MOST_SIDE, arithmetic, bytes_of, check_input, one_score, parameters_of
from demo.models.checkpoints.files import verify_folder
from demo.models.checkpoints.tensors import check_finite
from demo.models.network import Network, Opened
from demo.models.posterior import Box, Posterior, Tile
from demo.names import in_utf8
from demo.schema import ClassSet, Image, ModelSpec, Precision, Seen, Size

PROCESSORS = ("preprocessor_config.json", "processor_config.json")
ONEFORMER = "oneformer"
SEMANTIC = "the task is semantic"
"""How a OneFormer is asked for labels (Jain et al. 2023, 3.1); its other tasks are instance and panoptic."""
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
MIXTURE = (
    "It classifies masks: its scores are the sum over its queries of class probability x mask, normalised to 1 at each "
    "pixel; they are no logits."
)
UNCROPPED = "Its processor's centre crop is left out, so that the whole photo is answered."
_MASK_GRID = {"mask2former": (384, 384)}
"""The size to which its post-processing brings the masks before their sum; others keep theirs, EoMT its input's."""


def load(spec: ModelSpec, files: Path, device: str = "cpu", precision: Precision = "exact") -> Network:
    """The model of `spec` with what lies in the folder `files`, ready to answer.

    Raises CorruptCheckpointError when the weights are damaged, missing, a pickle or of another network, BackendError
    when the folder is no segmentation network that transformers knows, ClassSetError when its classes cannot be used.
    """
    described = _described(files)
    universal = _is_universal(described, spec.id)
    _check_files(files, spec.id)
    sha256 = verify_folder(files)
    with _quietly():
        config = _config(files, spec.id)
        class_set = _class_set(config.id2label, spec)
        network, left_out = _network(files, config, universal, spec.id)
        processor, cropped = _processor(files, spec.id)
        task = _task(files, config, spec.id) if config.model_type == ONEFORMER else None
    check_finite(network.state_dict(), files)
    scores = Segmentor(network, processor, class_set, device, precision, task)
    notes = (
        [f"Revision {files.name} of {spec.weights.repository} on the Hugging Face Hub."]
        if spec.weights.repository
        else []
    )
    notes += [MIXTURE] if universal else []
    notes += [UNCROPPED] if cropped else []
    notes += [f"{files.name} has more than its network, which was left out: {', '.join(left_out)}."] if left_out else []
    opened = None if universal else scores.opened
    return Network(
        scores, parameters_of(network), bytes_of(network), sha256, class_set, notes=tuple(notes), opened=opened
    )


class Segmentor:
    """One network as one callable: photo (H, W, 3) RGB uint8 in, Posterior out."""

    def __init__(
        self,
        network: Any,
        processor: Callable[..., Any],
        class_set: ClassSet,
        device: str,
        precision: Precision,
        task: Tensor | None = None,
    ) -> None:
        self.network = network.eval().requires_grad_(False).to(device)
        self.processor = processor
        self.class_set = class_set
        self.device = torch.device(device)
        self.precision = precision
        self._asked = {} if task is None else {"task_inputs": task}
        self._coarse: list[Tensor] = []
        if self.kind == "upernet":
            # It resizes its head's scores to the input's size; Posterior does that, exactly and for less memory.
            network.decode_head.register_forward_hook(lambda _module, _args, scores: self._coarse.append(scores))

    @property
    def kind(self) -> str:
        return str(self.network.config.model_type)

    @torch.inference_mode()
    def __call__(self, image: Image) -> Posterior:
        size = image.shape[:2]
        inputs = self._prepared(image)
        self._coarse.clear()
        with arithmetic(self.device, self.precision):
            outputs = self.network(**{name: value.to(self.device) for name, value in inputs.items() if name in _TAKEN})
        shown = _last_two(inputs["pixel_values"])
        if self._coarse:
            return self._answer(self._coarse.pop()[0], size, Seen(shown), shown)
        if "logits" in outputs:
            return self._answer(outputs.logits[0], size, Seen(shown))
        if self.kind.startswith("eomt"):
            return self._of_windows(outputs, inputs.get("patch_offsets") or [], size, shown)
        return self._answer(_mixture(outputs, _MASK_GRID.get(self.kind))[0], size, Seen(shown), meaning="mixture")

    def opened(self, image: Image) -> Opened:
        """The photo as the network takes it, for gradients; of networks with a score for each pixel and class."""
        inputs = {name: value.to(self.device) for name, value in self._prepared(image).items() if name in _TAKEN}

        def scores(window: Tensor) -> Tensor:
            self._coarse.clear()
            outputs = self.network(**inputs | {"pixel_values": window})
            found = self._coarse.pop() if self._coarse else outputs.logits
            return found[0].float()

        return Opened(inputs["pixel_values"], scores, self.network)

    def _prepared(self, image: Image) -> dict[str, Any]:
        check_input(_enlarged(self.processor, image.shape[:2]), image.shape[:2], "The image processor")
        inputs = self.processor(image, return_tensors="pt", input_data_format="channels_last")
        return dict(inputs) | self._asked

    def _answer(
        self, scores: Tensor, photo: Size, seen: Seen, shown: Size | None = None, *, meaning: Any = "logits"
    ) -> Posterior:
        """From the grid to the photo in one step, or by way of the input's size `shown`."""
        height, width = shown or _last_two(scores)
        whole = (0, 0, height, width)
        tile = Tile(scores.float(), whole)
        return Posterior((tile,), (height, width), whole, photo, seen, self.class_set, meaning)

    def _of_windows(self, outputs: Any, offsets: list[list[int]], photo: Size, window: Size) -> Posterior:
        """EoMT's: windows along the longer side of the photo at its input's scale, averaged where they overlap."""
        mixture = _mixture(outputs, window).float()
        if not offsets:
            return self._answer(mixture[0], photo, Seen(window), meaning="mixture")
        tall = photo[0] > photo[1]
        offsets = [[int(place) for place in offset] for offset in offsets]
        boxes: list[Box] = [
            (start, 0, end, window[1]) if tall else (0, start, window[0], end) for _, start, end in offsets
        ]
        size = boxes[-1][2], boxes[-1][3]
        stride = offsets[1][1] - offsets[0][1] if len(offsets) > 1 else window[0]
        tiles = tuple(Tile(scores, box) for scores, box in zip(mixture, boxes, strict=True))
        seen = Seen(size, len(boxes), window, (stride, stride))
        return Posterior(tiles, size, (0, 0, *size), photo, seen, self.class_set, "mixture")


def _enlarged(processor: Any, photo: Size) -> Size:
    """What is made of a photo where its shorter side alone is given; other sizes were looked at as it was loaded."""
    size = dict(getattr(processor, "size", None) or {})
    shortest, longest = (size.get(f"{which}_edge") for which in ("shortest", "longest"))
    if not shortest or longest or not getattr(processor, "do_resize", True):
        return photo
    by = shortest / min(photo)
    return round(photo[0] * by), round(photo[1] * by)


_TAKEN = ("pixel_values", "pixel_mask", "task_inputs")
_FOR_TRAINING = re.compile(r"^auxiliary_head\.|(^|\.)text_mapper\.")
_UNNAMED = re.compile(r"LABEL_\d+")
"""What transformers calls a class of which nobody told the name."""


def _mixture(outputs: Any, size: Size | None) -> Tensor:
    """(n, C, h, w): sum over queries of class probability, no object left out, x mask (Cheng et al. 2021, 3.4)."""
    masks = outputs.masks_queries_logits.float()
    if size:
        masks = interpolate(masks, size=size, mode="bilinear", align_corners=False)
    classes = outputs.class_queries_logits.float().softmax(dim=-1)[..., :-1]
    return torch.einsum("bqc, bqhw -> bchw", classes, masks.sigmoid())


def _last_two(tensor: Tensor) -> Size:
    return int(tensor.shape[-2]), int(tensor.shape[-1])


# ---- what is in the folder


def _described(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BackendError(
            f"Wanted a network of the Hub, a folder with config.json, got {folder.name}, where it "
            f"{'is missing' if not path.is_file() else 'cannot be read'}. Download the whole repository."
        ) from error
    return found if isinstance(found, dict) else {}


def _is_universal(described: dict[str, Any], name: str) -> bool:
    """Whether it classifies masks; BackendError for what is no segmentation network of transformers."""
    made = (described.get("architectures") or ["nothing"])[0]
    known = described.get("model_type")
    if made == MODEL_FOR_UNIVERSAL_SEGMENTATION_MAPPING_NAMES.get(known):
        return True
    if made == MODEL_FOR_SEMANTIC_SEGMENTATION_MAPPING_NAMES.get(known):
        return False
    if described.get("auto_map"):
        raise BackendError(f"{name} needs code of its own repository, which is never run here. Choose another network.")
    raise BackendError(
        f"Wanted a semantic segmentation network that transformers knows, got {name}, a {made}. "
        "Choose a repository whose config.json names a ...ForSemanticSegmentation or ...ForUniversalSegmentation."
    )


def _check_files(folder: Path, name: str) -> None:
    if not any(folder.glob("*.safetensors")):
        pickles = [path.name for pattern in PICKLES for path in sorted(folder.glob(pattern))]
        told = f"{pickles[0]}, a pickle, which is never read" if pickles else "no weights"
        raise CorruptCheckpointError(
            f"{name} needs model.safetensors, but has {told}. Take a revision that has it, or convert it with "
            "transformers' save_pretrained on a machine where you trust the file."
        )
    if not any((folder / file).is_file() for file in PROCESSORS):
        raise BackendError(
            f"{name} has no {PROCESSORS[0]}, so nothing says what its network must be shown. Put that of the "
            "network it was trained from beside config.json."
        )


def _config(folder: Path, name: str) -> Any:
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # anybody's JSON
        raise BackendError(f"The config.json of {name} cannot be used ({reason(error)}). Fetch it again.") from error
    config.use_pretrained_backbone = False
    config.return_dict = True  # answers by name, as they are read here
    config.is_training = False  # a OneFormer's texts are for training only
    return config


def _task(folder: Path, config: Any, name: str) -> Tensor:
    """What a OneFormer is asked for, in the numbers of its own tokenizer: (1, length); 0 after the end."""
    from transformers import CLIPTokenizer  # and the packages that read texts, which no other network needs

    try:
        tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
        tokens = tokenizer(
            [SEMANTIC], padding="max_length", max_length=config.task_seq_len, truncation=True, return_tensors="pt"
        )
        asked: Tensor = tokens["input_ids"] * tokens["attention_mask"]
        known = (asked == tokenizer.unk_token_id).sum() == 1  # it is the end's number too
        fault = "" if known else "it lacks the words"
    except Exception as error:  # anybody's JSON
        fault = f"{reason(error)}"
    if fault:
        raise BackendError(
            f"{name} is a OneFormer, which is told its task in words, but its tokenizer is missing or cannot be used "
            f"({fault}). Put vocab.json and merges.txt of its repository beside config.json."
        )
    return asked


def _network(folder: Path, config: Any, universal: bool, name: str) -> tuple[Any, list[str]]:
    """With every weight from the file, and the names that the file has beyond."""
    maker = AutoModelForUniversalSegmentation if universal else AutoModelForSemanticSegmentation
    try:
        with in_utf8(folder) as place:
            network, told = maker.from_pretrained(
                place,
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
    except ImportError as error:
        raise BackendError(f"{name} needs a package that is not installed ({reason(error)}).") from error
    except Exception as error:  # whatever a config or a damaged file makes its parsers raise
        if "ignore_mismatched_sizes" in str(error):  # which speaks of a report that nobody sees
            raise CorruptCheckpointError(
                f"The weights of {name} have other sizes than its config.json says. Use the config.json that belongs "
                "to them, with a name in id2label for each class."
            ) from error
        raise CorruptCheckpointError(
            f"{name} cannot be read ({reason(error)}). Fetch it again, or use another revision."
        ) from error
    if missing := sorted(told["missing_keys"]):
        raise CorruptCheckpointError(
            f"{name} does not fit its network: {', '.join(missing[:6])}{' and more' * (len(missing) > 6)} missing. "
            "Use the weights that belong to this config."
        )
    _check_fractions(network, folder, name)
    if hasattr(network, "auxiliary_head"):
        network.auxiliary_head = None  # for training only
    extra = [key for key in sorted(told["unexpected_keys"]) if not _FOR_TRAINING.search(key)]
    return network, extra[:6]


def _check_fractions(network: Any, folder: Path, name: str) -> None:
    """Whole numbers where fractions are wanted, as a quantised file's are: transformers takes them for weights."""
    fractions = {key for key, tensor in network.state_dict().items() if tensor.is_floating_point()}
    with in_utf8(folder) as place:
        for path in sorted(place.glob("*.safetensors")):
            with safe_open(path, "pt") as file:
                for key in sorted(fractions & set(file.keys())):
                    kind = file.get_slice(key).get_dtype()
                    if not kind.startswith(("F", "BF")):
                        raise CorruptCheckpointError(
                            f"{name} does not fit its network: {key} holds {kind} where fractions are wanted, as a "
                            "quantised file's weights do. Use a revision whose weights are not."
                        )


def _class_set(id2label: dict[int, str], spec: ModelSpec) -> ClassSet:
    names = [id2label[index] for index in sorted(id2label)]
    told = spec.class_set
    if len(names) == 1:
        raise one_score(spec.id)
    if told is None:
        if sorted(id2label) != [*range(len(names))]:
            raise ClassSetError(
                f"The id2label of {spec.id} should number its {len(names)} classes from 0 to {len(names) - 1}, but "
                f"goes from {min(id2label)} to {max(id2label)}. Name its classes by --classes names.csv."
            )
        return of_names(spec.title, names)
    if len(told) != len(names):
        raise ClassSetError(
            f"Wanted {len(names)} classes, as many as {spec.id} has, but {told.title} names {len(told)}. "
            "Leave --classes out: its config names its own."
        )
    if not spec.classes and not all(map(_UNNAMED.fullmatch, names)) and of_names(told.title, names) != told:
        raise ClassSetError(
            f"Wanted {told.title}'s classes, which the catalogue says {spec.id} has, but its config names others. "
            f"Name it hf:{spec.weights.repository} to run it in its own."
        )
    return told


def _processor(folder: Path, name: str) -> tuple[Callable[..., Any], bool]:
    """The folder's own, by Pillow; and whether a crop of the centre was taken out of it."""
    try:
        processor = AutoImageProcessor.from_pretrained(
            folder, backend="pil", local_files_only=True, trust_remote_code=False, class_info_file=None
        )
    except Exception as error:  # anybody's JSON
        raise BackendError(
            f"The image processor of {name} cannot be made ({reason(error)}). Check its {PROCESSORS[0]}."
        ) from error
    for wanted in ("size", "pad_size", "crop_size"):
        sides = dict(getattr(processor, wanted, None) or {})
        if max((side for side in sides.values() if isinstance(side, int | float)), default=0) > MOST_SIDE:
            raise BackendError(
                f"The image processor of {name} should make images of at most {MOST_SIDE} pixels a side, but its "
                f"{wanted} is {sides}. Check its {PROCESSORS[0]}."
            )
    cropped = bool(getattr(processor, "do_center_crop", False))
    if cropped:
        processor.do_center_crop = False
    return processor, cropped


@contextmanager
def _quietly() -> Iterator[None]:
    """Without transformers' advice and bars."""
    level = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers.logging.set_verbosity(level)

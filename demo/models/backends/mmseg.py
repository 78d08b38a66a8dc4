"""MMSegmentation: from a model's row in the catalogue to a network that answers photos."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from demo.catalog import resolve_config
from demo.errors import BackendError, CorruptCheckpointError, reason
from demo.models.backends.mmseg_classes import class_set_of
from demo.models.backends.mmseg_config import compose, enlarged, read_config, windows_of
from demo.models.backends.mmseg_package import (
    MODELS,
    BaseDecodeHead,
    Config,
    ConfigDict,
    MMLogger,
    SETRUPHead,
    fuse_conv_bn,
    init_default_scope,
)
from demo.models.backends.modules import (
    arithmetic,
    bytes_of,
    check_input,
    one_score,
    parameters_of,
    without_random_init,
)
from demo.models.checkpoints.conversion import converted
from demo.models.checkpoints.files import verify
from demo.models.checkpoints.tensors import check_finite, load_state
from demo.models.network import Network, Opened
from demo.models.posterior import Box, Posterior, Tile
from demo.schema import MOST_CLASSES, ClassSet, Image, LabelMap, ModelSpec, Precision, Seen, Size


def load(spec: ModelSpec, files: Path, device: str = "cpu", precision: Precision = "exact") -> Network:
    """The model of `spec` with the weights of the file `files`, ready to answer.

    Raises CorruptCheckpointError when the file is not what the catalogue expects or does not fit the network,
    BackendError when the network cannot be built here, ClassSetError when its classes have no names, or other ones.
    """
    sha256 = verify(files, spec.weights)
    config = read_config(resolve_config(spec))
    options, state = converted(load_state(files))
    for part, changes in options.items():
        config.model[part].update(changes)
    with without_random_init():
        network = build(config)
    class_set, taken = class_set_of(config, _number_of_scores(network, spec), spec.class_set)
    notes = taken + fill(network, state, files, own=spec.set == "own")
    scores = Segmentor(network, config, class_set, device, precision)
    return Network(
        scores, parameters_of(network), bytes_of(network), sha256, class_set, scores.at_scale, notes, scores.opened,
        concurrent=spec.set != "own" and not scores.draws,
    )  # fmt: skip


def build_network(config: str | Path) -> nn.Module:
    """The MMSegmentation segmentor of a config file, randomly initialised, without auxiliary heads, SyncBN as BN."""
    return build(read_config(Path(config)))


def build_backbone(config: Mapping[str, object]) -> nn.Module:
    """A backbone alone, from the part of a config that describes it."""
    return MODELS.build(dict(config))


def initialise(network: nn.Module) -> None:
    """Random weights as the network's own parts ask for, without MMEngine's line for each of them."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        network.init_weights()
    finally:
        logger.setLevel(level)


def scorer(network: nn.Module, config: str | Path, device: str = "cpu") -> Callable[[Image], Posterior]:
    """From a photo to what a network says that was built from this config, as the tool shows photos to it."""
    read = read_config(Path(config))
    class_set, _ = class_set_of(read, _last_head(network).out_channels, None)
    return Segmentor(network, read, class_set, device, "exact")


def answerer(network: nn.Module, config: str | Path, device: str = "cpu") -> Callable[[Image], LabelMap]:
    """`scorer`, from a photo to its label map."""
    scores = scorer(network, config, device)
    return lambda image: scores(image).cpu().reduce(Path(config).stem).label_map


class Segmentor:
    """One network as one callable: photo (H, W, 3) RGB uint8 in, Posterior out."""

    def __init__(
        self, network: nn.Module, config: Config, class_set: ClassSet, device: str, precision: Precision
    ) -> None:
        network = network.eval().requires_grad_(False)
        self.network = (_faster(network) if precision == "fast" else network).to(device)
        self.device = torch.device(device)
        self.precision = precision
        self.config = config
        self.class_set = class_set
        self.name = Path(config.filename).name
        self.prepare = compose(config)
        self.windows = windows_of(network.test_cfg, self.name)
        self.draws = any(type(module).__name__ == "NMF2D" for module in network.modules())
        """Whether the head starts from random bases, as SegNeXt's does: seeded, one photo has one answer."""
        _keep_head_grid(network)
        _leave_out_attention_weights(network)

    def at_scale(self, factor: float) -> Segmentor:
        """The same network, seeing photos `factor` times as large as its own test size."""
        twin = copy(self)
        twin.prepare = compose(self.config, factor)
        return twin

    @torch.inference_mode()
    def __call__(self, image: Image) -> Posterior:
        prepared = self._prepare(image)
        with arithmetic(self.device, self.precision), torch.random.fork_rng(enabled=self.draws):
            if self.draws:
                torch.manual_seed(0)
            tiles = self._tiles(prepared)
        seen = Seen(_extent(prepared.valid), len(tiles), self._window(prepared.padded_size), self._stride())
        return Posterior(
            tiles,
            prepared.padded_size,
            prepared.valid,
            image.shape[:2],
            seen,
            self.class_set,
            align_corners=self.network.align_corners,
        )

    def opened(self, image: Image) -> Opened:
        """The photo as the network takes it, for gradients; each window's tile as `__call__` has it."""
        prepared = self._prepare(image)

        def scores(window: Tensor) -> Tensor:
            with torch.random.fork_rng(enabled=self.draws):
                if self.draws:
                    torch.manual_seed(0)
                return self._scores(prepared, window)

        return Opened(prepared.inputs, scores, self.network, self.network.backbone)

    def _prepare(self, image: Image) -> _Prepared:
        bgr = np.ascontiguousarray(image[..., ::-1])
        photo = image.shape[:2]
        data: dict[str, Any] = {"img": bgr, "img_shape": photo, "ori_shape": photo}
        for step in self.prepare.transforms:
            if "img" in data:
                check_input(enlarged(step, data["img"].shape[:2]), photo, f"The test_pipeline of {self.name}")
            data = step(data) or {}
        if not {"inputs", "data_samples"} <= data.keys():
            raise BackendError(
                f"The test_pipeline of {self.name} should end in what a network takes, inputs and data_samples, but "
                "does not. End it with PackSegInputs."
            )
        check_input(self._padded(data["inputs"].shape[-2:]), photo, f"The data_preprocessor of {self.name}")
        batch = {"inputs": [data["inputs"]], "data_samples": [data["data_samples"]]}
        batch = self.network.data_preprocessor(batch, False)
        meta = batch["data_samples"][0].metainfo
        height, width = batch["inputs"].shape[2:]
        left, right, top, bottom = meta.get("img_padding_size", meta.get("padding_size", (0, 0, 0, 0)))
        return _Prepared(batch["inputs"], meta, (top, left, height - bottom, width - right))

    def _padded(self, size: Size) -> Size:
        """What the network's data_preprocessor makes of an image of `size`."""
        told = getattr(self.network.data_preprocessor, "test_cfg", None) or {}
        height, width = told.get("size") or size
        divisor = told.get("size_divisor") or 1
        return -(-max(height, size[0]) // divisor) * divisor, -(-max(width, size[1]) // divisor) * divisor

    def _tiles(self, prepared: _Prepared) -> tuple[Tile, ...]:
        if self._stride() is None:
            return (Tile(self._scores(prepared, prepared.inputs), (0, 0, *prepared.padded_size)),)
        boxes = self._windows(prepared.padded_size)
        return tuple(
            Tile(self._scores(prepared, prepared.inputs[:, :, a:c, b:d]), (a, b, c, d)) for a, b, c, d in boxes
        )

    def _scores(self, prepared: _Prepared, window: Tensor) -> Tensor:
        """(C, h, w) of one window of the prepared input."""
        meta = prepared.meta if self._stride() is None else {**prepared.meta, "img_shape": window.shape[2:]}
        return self.network.encode_decode(window, [meta])[0].float()

    def _windows(self, size: Size) -> list[Box]:
        """MMSegmentation's own grid: windows moved back inside at the far edges."""
        assert self.windows, "only where it answers by windows"
        (height, width), ((crop_h, crop_w), (stride_h, stride_w)) = size, self.windows
        boxes = []
        for y in range(max(height - crop_h + stride_h - 1, 0) // stride_h + 1):
            for x in range(max(width - crop_w + stride_w - 1, 0) // stride_w + 1):
                y1, x1 = min(y * stride_h + crop_h, height), min(x * stride_w + crop_w, width)
                boxes.append((max(y1 - crop_h, 0), max(x1 - crop_w, 0), y1, x1))
        return boxes

    def _stride(self) -> Size | None:
        return self.windows[1] if self.windows else None

    def _window(self, size: Size) -> Size | None:
        if self.windows is None:
            return None
        crop_h, crop_w = self.windows[0]
        return min(crop_h, size[0]), min(crop_w, size[1])


@dataclass(frozen=True, eq=False)
class _Prepared:
    inputs: Tensor
    """(1, 3, height, width) normalised, padded."""
    meta: dict[str, object]
    valid: Box

    @property
    def padded_size(self) -> Size:
        return int(self.inputs.shape[2]), int(self.inputs.shape[3])


def _extent(box: Box) -> Size:
    return box[2] - box[0], box[3] - box[1]


def build(config: Config) -> nn.Module:
    try:
        model = ConfigDict(_plain_norm(config.model.to_dict()))
        model.update(pretrained=None, train_cfg=None)
        model.pop("auxiliary_head", None)
        model.backbone.pop("init_cfg", None)
        # a text, as anything else ends MMEngine while it holds a lock, and the next network would wait for ever
        init_default_scope(str(config.get("default_scope") or "mmseg"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return MODELS.build(model)
    except Exception as error:
        raise BackendError(f"This network cannot be built here: {reason(error)}. {_remedy(error)}") from error


def _remedy(error: Exception) -> str:
    if isinstance(error, KeyError) and "registry" in str(error):
        return "Name the module that defines it in the config's custom_imports, or correct the name."
    if isinstance(error, ImportError | ModuleNotFoundError) or "_ext" in str(error):
        return "It may need a package or compiled operation that is not installed."
    return "Check the model in its config."


def _plain_norm(value: object) -> object:
    """SyncBN needs a process group; at inference it is BN."""
    if isinstance(value, dict):
        return {key: _plain_norm(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain_norm(item) for item in value)
    return "BN" if isinstance(value, str) and value == "SyncBN" else value


def _number_of_scores(network: nn.Module, spec: ModelSpec) -> int:
    """How many scores a pixel gets; one for each class, or BackendError."""
    head = _last_head(network)
    scores, classes = (getattr(head, name, None) for name in ("out_channels", "num_classes"))
    if scores == 1 and classes in (1, 2):
        raise one_score(spec.id)
    if not isinstance(scores, int) or scores != classes:
        raise BackendError(
            f"Wanted a network with a score for each of its classes, got {spec.id} with {scores} for {classes}. "
            "Use a head whose out_channels is its num_classes, as with cross-entropy over all classes."
        )
    if not 2 <= scores <= MOST_CLASSES:
        raise BackendError(
            f"Wanted scores for 2 to {MOST_CLASSES} classes, got {spec.id} with {scores}, as label maps have 8 bits a "
            "pixel. Choose a network of fewer classes, or correct num_classes."
        )
    return scores


def _last_head(network: nn.Module) -> BaseDecodeHead:
    """The one whose answer counts: cascades have several."""
    heads = getattr(network, "decode_head", None)
    return heads[-1] if isinstance(heads, nn.ModuleList) else heads


def fill(network: nn.Module, state: Mapping[str, Tensor], checkpoint: Path, own: bool) -> tuple[str, ...]:
    """Every parameter lands, or CorruptCheckpointError names those that do not; auxiliary heads are left out.

    What a user's own file has beyond its network, such as the averages of training, is left out and noted, as
    MMSegmentation does it.
    """
    state = {key: value for key, value in state.items() if not key.startswith("auxiliary_head.")}
    places = network.state_dict()
    problems = [
        f"{key}: {tuple(state[key].shape)} instead of {tuple(places[key].shape)}"
        for key in places.keys() & state.keys()
        if state[key].shape != places[key].shape
    ]
    problems += [  # a quantised file's, say: PyTorch would take them for weights, and every answer would be wrong
        f"{key} holds {str(state[key].dtype).removeprefix('torch.')} where fractions are wanted"
        for key in places.keys() & state.keys()
        if places[key].is_floating_point() and not state[key].is_floating_point()
    ]
    problems += [f"{key} is missing" for key in places.keys() - state.keys() if not key.endswith("num_batches_tracked")]
    left_over = sorted(state.keys() - places.keys())
    if problems or not own:
        problems += [f"{key} has no place" for key in left_over]
    if problems:
        shown = "; ".join(sorted(problems)[:6]) + (f"; and {len(problems) - 6} more" if len(problems) > 6 else "")
        raise CorruptCheckpointError(
            f"{checkpoint.name} does not fit its network: {shown}. Use the checkpoint that belongs to this config."
        )
    check_finite({key: tensor for key, tensor in state.items() if key in places}, checkpoint)
    network.load_state_dict(state, strict=False)
    if not left_over:
        return ()
    more = f" and {len(left_over) - 6} more" if len(left_over) > 6 else ""
    return (f"{checkpoint.name} has more than its network, which was left out: {', '.join(left_over[:6])}{more}.",)


def _keep_head_grid(network: nn.Module) -> None:
    """Leave out the last step of the network's own path, the resize to input size: Posterior does it, exactly.

    Heads that end in another way keep their own path and answer at input size.
    """
    last = _last_head(network)
    if type(last).predict_by_feat is BaseDecodeHead.predict_by_feat:
        last.predict_by_feat = lambda scores, metas: scores
    if isinstance(last, SETRUPHead) and len(last.up_convs) > 1:
        # It resizes on its own, up to the input's size: all scores of each of its pixels. They are a linear function of
        # each pixel's features, so Posterior may as well resize the scores, from a coarser grid.
        last.up_convs[-1][-1] = nn.Identity()


def _leave_out_attention_weights(network: nn.Module) -> None:
    """Nobody reads them; without them attention is PyTorch's scaled dot product, in one pass over the memory."""
    for module in network.modules():
        if isinstance(module, nn.MultiheadAttention):
            module.register_forward_pre_hook(
                lambda _, args, kwargs: (args, kwargs | {"need_weights": False}), with_kwargs=True
            )


def _faster(network: nn.Module) -> nn.Module:
    """Batch norms folded into their convolutions, channels last: fewer and faster kernels for the same function."""
    return fuse_conv_bn(network).to(memory_format=torch.channels_last)

"""Hub networks: the same label on every pixel as transformers' own, and one sentence for what is none."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from demo import catalog
from demo.analysis.questions import Kind, Question
from demo.catalog import resolve
from demo.errors import BackendError, ClassSetError, CorruptCheckpointError, DemoError
from demo.models.receptive import Spot, receptive_field
from demo.models.why import Reason, explain
from demo.models.zoo import Answer, Refusal, Zoo
from tests.models.backends.hub_folders import FAMILIES, NAMES, change, photo, save

transformers = pytest.importorskip("transformers")
from safetensors.torch import load_file, save_file  # noqa: E402  which comes with transformers

EVERY = [pytest.param(name, marks=() if name == "segformer" else pytest.mark.slow) for name in FAMILIES]
MASKS = ("maskformer", "mask2former", "oneformer", "eomt")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub")


@pytest.fixture
def segformer(folders: Path, tmp_path: Path) -> Path:
    """A folder that the test may change."""
    return shutil.copytree(_folder(folders, "segformer"), tmp_path / "net")


def _folder(folders: Path, family: str) -> Path:
    """The family's, made once."""
    folder = folders / family
    return folder if folder.exists() else save(family, folder)


def theirs(folder: Path, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Label map and scores (C, H, W), by transformers alone."""
    universal = any(name in folder.name for name in MASKS)
    maker = transformers.AutoModelForUniversalSegmentation if universal else None
    network = (maker or transformers.AutoModelForSemanticSegmentation).from_pretrained(folder).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    further: dict[str, object] = {"do_center_crop": False} if hasattr(processor, "do_center_crop") else {}
    if folder.name == "oneformer":
        tokenizer = transformers.CLIPTokenizer.from_pretrained(folder)
        processor, further = transformers.OneFormerProcessor(processor, tokenizer), {"task_inputs": ["semantic"]}
    inputs = processor(image, return_tensors="pt", **further)
    offsets = inputs.pop("patch_offsets", None)
    inputs.pop("pixel_mask", None)
    with torch.inference_mode():
        outputs = network(**inputs)
        if offsets is not None:
            outputs.patch_offsets = offsets
        (found,) = processor.post_process_semantic_segmentation(
            outputs, target_sizes=[image.shape[:2]], return_segmentation_scores=True
        )
    return found["segmentation"].numpy(), found["segmentation_scores"].numpy()


@pytest.mark.parametrize("family", EVERY)
@pytest.mark.parametrize("size", [(90, 130), pytest.param((140, 75), marks=pytest.mark.slow)])
def test_every_pixel_has_the_label_that_transformers_gives_it(
    family: str, size: tuple[int, int], folders: Path
) -> None:
    folder = _folder(folders, family)
    image = photo(*size)
    labels, scores = theirs(folder, image)
    (answer,) = Zoo(device="cpu").stream(image, f"hf:{folder}")
    if isinstance(answer, Refusal):
        raise answer.error
    assert answer.prediction.class_set.names == tuple(NAMES.values())
    ours = answer.prediction.label_map
    first, second = np.sort(scores, axis=0)[:-3:-1]
    tied = first - second < 2e-6 * np.abs(first).max()
    assert np.array_equal(ours[~tied], labels[~tied])
    assert answer.posterior.meaning == ("mixture" if family in MASKS else "logits")
    probabilities = np.concatenate([strip for _, strip in answer.posterior.strips()], axis=1)
    assert np.allclose(probabilities.sum(0), 1, atol=1e-5)
    assert np.ptp(probabilities, axis=(1, 2)).max() > 1e-4, "another photo would have the same answer"
    wanted = scores if family in MASKS else np.exp(scores - scores.max(0))
    assert np.allclose(probabilities, wanted / wanted.sum(0), atol=1e-5)
    assert any("they are no logits" in note for note in answer.network.notes) == (family in MASKS)


@pytest.mark.parametrize("family", EVERY)
def test_a_receptive_field_is_the_gradient_of_transformers_own_score(family: str, folders: Path) -> None:
    """What classifies masks has none, and what its features and attention are is not known; each says so."""
    folder, image, point = _folder(folders, family), photo(90, 130), (40, 77)
    zoo = Zoo(device="cpu")
    (answer,) = zoo.stream(image, f"hf:{folder}")
    assert isinstance(answer, Answer)
    labels = answer.prediction.label_map

    def ask(kind: Kind = "field") -> Reason:
        return explain(zoo, answer.spec, image, answer.posterior, labels, Question(point, kind), (20, 30))

    if family in MASKS:
        with pytest.raises(BackendError, match=r"^Cannot say: this network.s answer has no gradient"):
            ask()
        return
    index = int(labels[point])
    network = transformers.AutoModelForSemanticSegmentation.from_pretrained(folder).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    cropped = {"do_center_crop": False} if hasattr(processor, "do_center_crop") else {}
    inputs = processor(image, return_tensors="pt", **cropped)
    seen = inputs["pixel_values"].requires_grad_(True)
    upsampled = torch.nn.functional.interpolate(network(**inputs).logits, image.shape[:2], mode="bilinear")
    (gradient,) = torch.autograd.grad(upsampled[0, index, *point], seen)
    wanted = gradient[0].abs().sum(0).numpy()
    field = zoo.traced(answer.spec, image, lambda o: receptive_field(o, answer.posterior, [Spot(point, index)]))
    np.testing.assert_allclose(field.mean, wanted / wanted.sum(), atol=1e-3 * (wanted / wanted.sum()).max())
    assert ask().reach is not None and ask().name == NAMES[index]
    with pytest.raises(BackendError, match=r"^Cannot say: which part of this network holds its features is not known"):
        ask("attribution")
    with pytest.raises(BackendError, match=r"^Cannot say: which part of this network attends is not known here"):
        ask("rollout")


def refused(folder: Path, error: type[DemoError]) -> str:
    """The one sentence with which it is refused."""
    with pytest.raises(error) as raised:
        Zoo(device="cpu").load(*resolve(f"hf:{folder}"))
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_pickle_is_never_read(segformer: Path) -> None:
    (segformer / "model.safetensors").rename(segformer / "pytorch_model.bin")
    assert "needs model.safetensors, but has pytorch_model.bin, a pickle" in refused(segformer, CorruptCheckpointError)


def test_without_an_image_processor_nothing_is_guessed(segformer: Path) -> None:
    (segformer / "preprocessor_config.json").unlink()
    assert "net has no preprocessor_config.json" in refused(segformer, BackendError)


def test_images_without_bounds_are_not_made(segformer: Path) -> None:
    change(segformer, "preprocessor_config.json", size={"height": 100_000, "width": 100_000})
    assert "at most 8192 pixels a side, but its size is {'height': 100000," in refused(segformer, BackendError)


def test_images_without_bounds_are_not_made_of_a_narrow_photo(segformer: Path) -> None:
    change(segformer, "preprocessor_config.json", size={"shortest_edge": 4000}, do_resize=True)
    with pytest.raises(
        BackendError, match=r"image processor should make .*, but makes one of 160000 x 4000 of a photo"
    ):
        Zoo(device="cpu").segment(photo(10, 400), f"hf:{segformer}")


def test_answers_are_read_by_name_whatever_the_config_says(segformer: Path) -> None:
    change(segformer, "config.json", return_dict=False)
    assert Zoo(device="cpu").segment(photo(40, 50), f"hf:{segformer}")[0].size == (40, 50)


def test_weights_that_are_no_fractions_are_named(segformer: Path) -> None:
    state = load_file(segformer / "model.safetensors")
    key = "decode_head.classifier.weight"
    save_file(state | {key: state[key].to(torch.int8)}, segformer / "model.safetensors", {"format": "pt"})
    with pytest.raises(CorruptCheckpointError, match=rf"{key} holds I8 where fractions are wanted, as a quantised"):
        Zoo(device="cpu").segment(photo(40, 50), f"hf:{segformer}")


def test_names_that_leave_numbers_out_name_nothing(segformer: Path) -> None:
    names = json.loads((segformer / "config.json").read_text())["id2label"]
    change(segformer, "config.json", id2label={str(2 * int(index)): name for index, name in names.items()})
    assert f"should number its {len(names)} classes from 0 to {len(names) - 1}" in refused(segformer, ClassSetError)


def test_a_classifier_is_no_segmentation_network(segformer: Path) -> None:
    change(segformer, "config.json", architectures=["SegformerForImageClassification"])
    assert "got net, a SegformerForImageClassification" in refused(segformer, BackendError)


@pytest.mark.parametrize(
    "fault",
    [
        "missing",
        pytest.param("damaged", marks=pytest.mark.slow),
        pytest.param("without its words", marks=pytest.mark.slow),
    ],
)
def test_a_network_that_is_asked_in_words_needs_its_tokenizer(fault: str, folders: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(_folder(folders, "oneformer"), tmp_path / "net")
    for path in folder.glob("*tokenizer*"):
        path.unlink()
    if fault != "missing":
        words = {"<|startoftext|>": 0, "<|endoftext|>": 1}
        (folder / "vocab.json").write_text(json.dumps(words) if fault == "without its words" else "{")
        (folder / "merges.txt").write_text("#version: 0.2\n")
    assert "net is a OneFormer, which is told its task in words, but its tokenizer" in refused(folder, BackendError)


def test_code_of_a_repository_is_never_run(segformer: Path) -> None:
    (segformer / "net.py").write_text("raise SystemExit('it ran')")
    change(segformer, "config.json", model_type="mine", architectures=["Mine"], auto_map={"AutoConfig": "net.Mine"})
    assert "needs code of its own repository, which is never run here" in refused(segformer, BackendError)


def test_one_score_a_pixel_is_refused_in_a_sentence(segformer: Path) -> None:
    change(segformer, "config.json", id2label={"0": "crack"})
    assert "got net with one score a pixel, as for a sigmoid. Train it with two" in refused(segformer, ClassSetError)


def test_more_classes_than_a_label_map_holds(segformer: Path) -> None:
    change(segformer, "config.json", id2label={str(index): f"class {index}" for index in range(300)})
    assert "300" in refused(segformer, DemoError)


def test_weights_of_another_network(segformer: Path) -> None:
    change(segformer, "config.json", depths=[1, 1, 1, 2])
    assert "does not fit its network" in refused(segformer, CorruptCheckpointError)


def test_weights_of_other_sizes(segformer: Path) -> None:
    change(segformer, "config.json", id2label={str(index): f"class {index}" for index in range(len(NAMES) - 2)})
    assert "have other sizes than its config.json says. Use" in refused(segformer, CorruptCheckpointError)


def test_a_damaged_file_and_a_folder_without_config(segformer: Path) -> None:
    path = segformer / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    assert "cannot be read" in refused(segformer, CorruptCheckpointError)
    (segformer / "config.json").unlink()
    assert "a folder with config.json" in refused(segformer, BackendError)


def test_other_models_of_the_run_go_on(segformer: Path) -> None:
    (segformer / "preprocessor_config.json").unlink()
    outcomes = list(Zoo(device="cpu").stream(photo(40, 60), [f"hf:{segformer}", "fcn-compact"]))
    assert [isinstance(outcome, Refusal) for outcome in outcomes] == [True, False]


@pytest.mark.slow
def test_transformers_is_not_imported_before_a_hub_model_is_asked_for() -> None:
    code = (
        "import sys, demo; zoo = demo.Zoo(device='cpu'); zoo.load(demo.find('fcn-compact'))\n"
        "print(sorted({'transformers', 'huggingface_hub', 'tokenizers'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=catalog.ROOT, capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr

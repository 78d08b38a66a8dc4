"""Hub networks: the same label on every pixel as transformers' own, and one sentence for what is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from demo.models.zoo import Refusal, Zoo
from tests.models.backends.hub_folders import CLASSES, FAMILIES, NAMES, save

transformers = pytest.importorskip("transformers")
MASKS = ("maskformer", "mask2former", "eomt")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub")


@pytest.fixture
def segformer(tmp_path: Path) -> Path:
    return save("segformer", tmp_path / "net")


def photo(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    noise = np.random.default_rng(5).integers(0, 90, (height, width))
    return np.stack([rows * 255 // height, columns * 255 // width, noise], axis=-1).astype(np.uint8)


def theirs(folder: Path, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Label map and scores (C, H, W), by transformers alone."""
    universal = any(name in folder.name for name in MASKS)
    maker = transformers.AutoModelForUniversalSegmentation if universal else None
    network = (maker or transformers.AutoModelForSemanticSegmentation).from_pretrained(folder).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    cropped = {"do_center_crop": False} if hasattr(processor, "do_center_crop") else {}
    inputs = processor(image, return_tensors="pt", **cropped)
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


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("size", [(90, 130), (140, 75)])
def test_every_pixel_has_the_label_that_transformers_gives_it(
    family: str, size: tuple[int, int], folders: Path
) -> None:
    folder = folders / family
    if not folder.exists():
        save(family, folder)
    image = photo(*size)
    labels, scores = theirs(folder, image)
    (answer,) = Zoo(device="cpu").stream(image, f"hf:{folder}")
    if isinstance(answer, Refusal):
        raise answer.error
    assert answer.prediction.class_set.names == tuple(NAMES.values())
    ours = answer.prediction.label_map
    first, second = np.sort(scores, axis=0)[:-3:-1]
    tied = first - second < 1e-5 * np.abs(first).max()
    assert len(np.unique(labels)) > 1, "a test that cannot fail"
    assert np.array_equal(ours[~tied], labels[~tied])
    assert tied.mean() < 0.01
    assert answer.posterior.meaning == ("mixture" if family in MASKS else "logits")
    _, probabilities = next(answer.posterior.strips())
    assert probabilities.shape[0] == CLASSES
    assert np.allclose(probabilities.sum(0), 1, atol=1e-5)
    if family in MASKS:
        rows = probabilities.shape[1]
        assert np.allclose(probabilities, scores[:, :rows] / scores[:, :rows].sum(0), atol=1e-5)
        assert any("they are no logits" in note for note in answer.network.notes)

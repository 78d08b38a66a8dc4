"""IoU photo by photo, against the definition followed mask by mask."""

import numpy as np
import pytest
from numpy.typing import NDArray

from demo.analysis import per_image, scores
from demo.analysis.numbers import PER_IMAGE, per_photo
from demo.schema import VOID

CLASSES, PHOTOS = 6, 23


def photo(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A truth of some of the classes with void, and an answer that is more or less right."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(rng.choice(CLASSES, 3, replace=False), (9, 11)).astype(np.uint8)
    said = np.where(rng.random(truth.shape) < rng.random(), truth, rng.integers(0, CLASSES, truth.shape)).astype(
        np.uint8
    )
    truth[rng.random(truth.shape) < 0.1] = VOID
    return said, truth


def masks_of(number: int) -> dict[int, float]:
    """IoU of each class annotated in a photo, from its two masks."""
    said, truth = photo(number)
    said = np.where(truth == VOID, VOID, said)
    found = {c: (said == c, truth == c) for c in range(CLASSES) if (truth == c).any()}
    return {c: (a & b).sum() / (a | b).sum() for c, (a, b) in found.items()}


@pytest.fixture(scope="module")
def ious() -> per_image.PerPhoto:
    return per_image.table([per_image.ious(scores.confusion(*photo(n), CLASSES)) for n in range(PHOTOS)])


def worst(values: list[float], percent: float) -> float:
    """The mean of the lowest, as the paper's own code takes them: max(1, int(q / 100 n)) of n."""
    return float(np.mean(sorted(values)[: max(1, int(percent / 100 * len(values)))]))


@pytest.mark.parametrize("percent", [100, 25, 5, 1])
def test_means_over_photos_and_over_classes_are_those_of_the_masks(ious: per_image.PerPhoto, percent: float) -> None:
    each = [masks_of(number) for number in range(PHOTOS)]
    by_photo = [float(np.mean(list(found.values()))) for found in each]
    by_class = [worst([found[c] for found in each if c in found], percent) for c in range(CLASSES)]
    assert per_image.miou_by_photo(ious, percent / 100) == pytest.approx(worst(by_photo, percent))
    assert per_image.miou_by_class(ious, percent / 100) == pytest.approx(np.mean(by_class))


def test_a_photo_counts_only_the_classes_that_are_annotated_in_it() -> None:
    said, truth = np.array([[0, 1, 1, 2]], np.uint8), np.array([[0, 1, 0, VOID]], np.uint8)
    row = per_image.ious(scores.confusion(said, truth, 3))
    assert row[:2].tolist() == [0.5, 0.5] and np.isnan(row[2])
    nothing = per_image.ious(np.zeros((3, 3), np.int64))
    assert per_image.miou_by_photo(per_image.table([row, nothing])) == 0.5
    assert np.isnan(per_image.miou_by_photo(per_image.table([nothing])))


def test_the_numbers_come_in_the_order_of_their_table(ious: per_image.PerPhoto) -> None:
    found = per_photo(ious, 7)
    assert [number.id for number in found] == [*PER_IMAGE]
    values = [number.value for number in found]
    assert values[0] >= values[2] >= values[3] >= values[4] and values[1] >= values[5] >= values[6] >= values[7]
    assert found[2].definition.title == "Mean IoU by photo, worst 25 %" and found[0].pixels == 7

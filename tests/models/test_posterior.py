"""What is derived from a network's scores, against the whole array that nobody else ever makes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from demo.labels.ade20k import ADE20K
from demo.models import posterior as module
from demo.models.posterior import Box, Meaning, Posterior, Tile
from demo.schema import Seen, Size

PADDED, VALID, PHOTO = (32, 40), (2, 3, 30, 37), (45, 57)
WINDOWS: tuple[Box, ...] = ((0, 0, 24, 24), (0, 16, 24, 40), (8, 0, 32, 24), (8, 16, 32, 40))
KINDS = [
    ("logits", False, WINDOWS),
    ("logits", True, WINDOWS[:1]),
    ("logits", False, WINDOWS[:1]),
    ("mixture", False, WINDOWS),
    ("mixture", True, WINDOWS[:1]),
]


def made(meaning: Meaning = "logits", align_corners: bool = False, windows: tuple[Box, ...] = WINDOWS) -> Posterior:
    """Scores of 150 classes on grids of 5 x 6 for overlapping windows, or on one grid for the whole input."""
    draw = torch.Generator().manual_seed(len(windows))
    boxes = windows if len(windows) > 1 else ((0, 0, *PADDED),)
    scores = [4 * torch.randn(len(ADE20K), 5, 6, generator=draw) for _ in boxes]
    tiles = tuple(Tile(s.softmax(0) if meaning == "mixture" else s, box) for s, box in zip(scores, boxes, strict=True))
    return Posterior(tiles, PADDED, VALID, PHOTO, Seen(PADDED), ADE20K, meaning, align_corners)


def whole(posterior: Posterior, size: Size) -> NDArray[np.float64]:
    """(150, H, W) probabilities: windows resampled and averaged, the photo's part cut out, resampled, normalised."""

    def resampled(scores: Tensor, to: Size) -> Tensor:
        return interpolate(scores[None], to, mode="bilinear", align_corners=posterior.align_corners)[0]

    total, count = torch.zeros(len(ADE20K), *PADDED, dtype=torch.float64), torch.zeros(PADDED)
    for tile in posterior.tiles:
        y0, x0, y1, x1 = tile.box
        total[:, y0:y1, x0:x1] += resampled(tile.scores.double(), (y1 - y0, x1 - x0))
        count[y0:y1, x0:x1] += 1
    top, left, bottom, right = VALID
    scores = resampled((total / count)[:, top:bottom, left:right], size)
    return (scores.softmax(0) if posterior.meaning == "logits" else scores / scores.sum(0)).numpy()


@pytest.fixture(params=["compiled", "by strips"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways in which maps are made; strips of a few rows, so that their seams are among what is compared."""
    monkeypatch.setattr(module, "STRIP_BYTES", 4 * len(ADE20K) * PHOTO[1] * 7)
    if request.param == "by strips":
        monkeypatch.setattr(module, "kernel", None)


@pytest.mark.parametrize("size", [None, (20, 90)])
@pytest.mark.parametrize(("meaning", "align_corners", "windows"), KINDS)
def test_every_map_is_that_of_the_whole_array(
    way: None, meaning: Meaning, align_corners: bool, windows: tuple[Box, ...], size: Size | None
) -> None:
    posterior = made(meaning, align_corners, windows)
    wanted, found = whole(posterior, size or PHOTO), posterior.reduce("net", size)
    ranked = np.sort(wanted, 0)
    sure = ranked[-1] - ranked[-2] > 1e-5
    assert found.size == (size or PHOTO) and sure.mean() > 0.99
    assert (found.label_map == wanted.argmax(0))[sure].all()
    entropy = -(wanted * np.log(np.maximum(wanted, 1e-300))).sum(0)
    for ours, right in (
        (found.confidence, ranked[-1]),
        (found.entropy, entropy),
        (found.margin, ranked[-1] - ranked[-2]),
    ):
        np.testing.assert_allclose(ours, right, atol=2e-5)


@pytest.mark.parametrize(("meaning", "align_corners", "windows"), KINDS)
def test_a_pixel_a_class_and_the_strips_are_parts_of_the_whole_array(
    way: None, meaning: Meaning, align_corners: bool, windows: tuple[Box, ...]
) -> None:
    posterior = made(meaning, align_corners, windows)
    wanted = whole(posterior, PHOTO)
    for y, x in ((0, 0), (44, 56), (21, 33)):
        np.testing.assert_allclose(posterior.at(y, x), wanted[:, y, x], atol=1e-5)
    np.testing.assert_allclose(posterior.probability(149), wanted[149], atol=1e-5)
    starts, strips = zip(*posterior.strips(), strict=True)
    assert starts == tuple(range(0, 45, 7))
    np.testing.assert_allclose(np.concatenate(strips, 1), wanted, atol=1e-5)


def test_probabilities_sum_to_one_on_any_grid(way: None) -> None:
    for _, strip in made().strips((9, 200)):
        np.testing.assert_allclose(strip.sum(0), 1, atol=1e-5)


@pytest.mark.parametrize(("y", "x"), [(-1, 0), (0, -1), (45, 0), (0, 57)])
def test_a_pixel_outside_is_refused(y: int, x: int) -> None:
    with pytest.raises(ValueError, match=f"inside 45 x 57, but got y={y}, x={x}"):
        made().at(y, x)


def test_what_is_kept_is_float32_in_main_memory_and_says_how_large_it_is() -> None:
    half = made()
    half = replace(half, tiles=tuple(Tile(tile.scores.half(), tile.box) for tile in half.tiles))
    kept = half.cpu()
    scores = 4 * len(ADE20K) * 5 * 6
    assert (half.bytes, kept.bytes) == (2 * scores, 4 * scores)
    assert kept.tiles[0].scores.dtype == torch.float32 and kept.valid == VALID
    kept.at(0, 0)  # from here on it keeps the windows' grids side by side, too
    assert kept.bytes == 8 * scores


def test_nothing_and_misshapen_scores_are_refused() -> None:
    whole_input = (0, 0, *PADDED)
    for tiles, words in (
        ((), "at least one tile"),
        ((Tile(torch.zeros(150, 4), whole_input),), r"must be \(classes, h, w\), but got \(150, 4\)"),
        ((Tile(torch.zeros(19, 4, 4), whole_input),), "150 classes must have as many scores, but got 19"),
    ):
        with pytest.raises(ValueError, match=words):
            replace(made(), tiles=tiles)

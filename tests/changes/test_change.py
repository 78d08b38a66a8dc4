"""A change does what it says, its answer comes back to where it was, and what cannot be asked is one sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.changes import change
from demo.changes.change import BY_ID, KINDS, SHORT_SIDE, Changed, change_photo, wanted, working
from demo.errors import ChangeError

PHOTO = np.random.default_rng(5).integers(0, 256, (60, 90, 3), np.uint8)
SIZE = (60, 90)
MOVES = ("crop", "pad", "shift", "flip")
"""Kinds that only move pixels: there a photo is its own answer."""


def made(kind: str, **asked: object) -> Changed:
    mask = np.zeros(SIZE, bool)
    mask[10:20, 30:50] = True
    usual = {"box": [20, 10, 40, 30], "name": "sky"}
    return change_photo(PHOTO, wanted(kind, SIZE, **(usual | asked)), mask if BY_ID[kind].named else None)


@pytest.mark.parametrize("kind", MOVES)
def test_an_answer_comes_back_to_the_pixels_that_it_is_about(kind: str) -> None:
    changed = made(kind)
    assert changed.image.shape[:2] == changed.grid
    for colour in range(3):
        back = changed.back(changed.image[:, :, colour].astype(np.int16), -1)
        assert np.array_equal(back >= 0, changed.comparable)
        assert np.array_equal(back[back >= 0], PHOTO[:, :, colour][changed.comparable])
        forth = changed.forth(PHOTO[:, :, colour].astype(np.int16), -1)
        assert np.array_equal(forth[forth >= 0], changed.image[:, :, colour][forth >= 0])


def test_what_is_compared_is_what_both_show() -> None:
    shares = {kind.id: made(kind.id).comparable.mean() for kind in KINDS}
    assert shares.pop("crop") == pytest.approx(40 * 30 / 5400)
    assert shares.pop("shift") == pytest.approx(81 / 90)
    assert shares.pop("occlude") == pytest.approx(1 - 40 * 30 / 5400)
    assert shares.pop("occlude_class") == pytest.approx(1 - 200 / 5400)
    assert set(shares.values()) == {1}


@pytest.mark.parametrize("kind", [kind.id for kind in KINDS if kind.id not in ("crop", "pad", "scale")])
def test_the_others_keep_the_size_and_leave_the_photo_as_it_was(kind: str) -> None:
    before = PHOTO.copy()
    changed = made(kind)
    assert changed.image.shape == PHOTO.shape and changed.image.dtype == np.uint8
    assert not np.array_equal(changed.image, PHOTO) and np.array_equal(PHOTO, before)


def test_a_scaled_photo_is_asked_for_at_the_first_size() -> None:
    assert made("scale", amount=0.5).image.shape == (30, 45, 3)
    assert made("scale", amount=0.5).grid == SIZE


def test_what_is_hidden_has_the_mean_colour() -> None:
    mean = np.rint(PHOTO.mean((0, 1)))
    assert (made("occlude").image[10:40, 20:60] == mean).all()
    assert (made("pad", amount=2.0).image[0, 0] == mean).all()


def test_grey_is_grey_and_brightness_keeps_hue() -> None:
    grey = made("grey").image
    assert (grey[:, :, 0] == grey[:, :, 1]).all() and (grey[:, :, 0] == grey[:, :, 2]).all()
    dark = change_photo(PHOTO // 2, wanted("brightness", SIZE, amount=0.2)).image.astype(int)
    assert (dark.argmax(2) == (PHOTO // 2).argmax(2)).mean() > 0.98
    assert abs((dark.max(2) - (PHOTO // 2).max(2)).mean() - 51) < 1


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_photos_are_changed_at_a_short_side_of_so_much_at_most(height: int, width: int) -> None:
    found = working(np.zeros((height, width, 1), np.uint8).repeat(3, 2)) if height * width < 500_000 else None
    if found is not None:
        assert min(found.shape[:2]) <= SHORT_SIDE
        assert found.shape[:2] == (height, width) or min(height, width) > SHORT_SIDE


@pytest.mark.parametrize(
    ("kind", "asked", "sentence"),
    [
        ("melt", {}, r"There is no change called 'melt'; there are crop, pad,"),
        ("crop", {"box": None}, "at least 16 wide and high, but got x, y, width, height: none; draw it"),
        ("crop", {"box": [0, 0, 91, 60]}, "inside the photo of 90 x 60 pixels.*: 0 0 91 60;"),
        ("crop", {"box": [5, 5, 0, 0]}, "at least 16 wide and high.*: 5 5 0 0;"),
        ("occlude", {"box": [-1, 0, 20, 20]}, "Hide a box wants a box inside.*: -1 0 20 20;"),
        ("crop", {"box": [0, 0, "x", float("nan")]}, "wants a box inside"),
        ("blur", {"amount": 99}, r"Blur wants a number from 0.5 to 20 \(sigma\), but got 99; move the slider\."),
        ("jpeg", {"amount": "best"}, r"JPEG wants a number from 1 to 95 \(quality\), but got 'best'"),
        (
            "noise",
            {"amount": float("nan")},
            r"Noise wants a number from 0.01 to 0.6 \(standard deviation\), but got nan",
        ),
        ("brightness", {"amount": 2}, r"Brightness wants a number from -0.8 to 0.8 \(by\), but got 2"),
        ("occlude_class", {"name": " "}, "wants the name of a class, but got none"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(kind: str, asked: dict[str, object], sentence: str) -> None:
    with pytest.raises(ChangeError, match=sentence) as error:
        wanted(kind, SIZE, **asked)
    assert str(error.value).endswith(".") and "\n" not in str(error.value)


def test_every_usual_amount_lies_in_its_range() -> None:
    for kind in change.KINDS:
        if kind.amount:
            assert kind.amount.low <= kind.amount.usual <= kind.amount.high
            assert wanted(kind.id, SIZE).amount == kind.amount.usual

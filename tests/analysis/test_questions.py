"""The pixels at which a question is asked."""

import numpy as np
import pytest

from demo.analysis.questions import Question, check, points_of, region, spread_over
from demo.errors import QuestionError

LABELS = np.zeros((20, 30), np.uint8)
LABELS[2:8, 3:15] = 7
LABELS[10:12, 3:15] = 7  # the same class elsewhere
LABELS[8, 15] = 7  # touches the first piece at a corner
PHOTO = (40, 60)


def test_a_region_is_one_piece_of_one_label() -> None:
    piece = region(LABELS, (8, 20), PHOTO)
    assert piece.sum() == 6 * 12 and piece[2:8, 3:15].all()


def test_nine_pixels_are_spread_over_a_region() -> None:
    points = points_of(Question((8, 20), over="region"), PHOTO, LABELS)
    assert len(set(points)) == 9
    assert all(4 <= y < 16 and 6 <= x < 30 for y, x in points)
    assert {y // 4 for y, _ in points} == {1, 2, 3} and len({x // 8 for _, x in points}) == 3


def test_a_small_region_has_no_more_pixels_than_there_are() -> None:
    mask = np.zeros((5, 5), bool)
    mask[2, 1:3] = True
    assert sorted(spread_over(mask)) == [(2, 1), (2, 2)]


def test_a_photo_is_asked_at_a_grid() -> None:
    points = points_of(Question((0, 0), over="photo"), PHOTO, LABELS)
    assert points == tuple((y, x) for y in (6, 20, 33) for x in (10, 30, 50))


@pytest.mark.parametrize(("y", "x"), [(-1, 0), (0, 60), (40, 0), (10**9, 5)])
def test_a_pixel_outside_is_one_sentence(y: int, x: int) -> None:
    with pytest.raises(QuestionError, match=rf"x 0 to 59 and y 0 to 39, got x {x}, y {y}\. Choose one inside\."):
        check(Question((y, x)), PHOTO)

"""Figures in the article's layout, read back from their axes and files."""

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage

from demo.labels.ade20k import ADE20K
from demo.render.figures import Row, comparison, name_places, to_bytes

PHOTO = np.full((60, 90, 3), 90, np.uint8)


def label_map() -> NDArray[np.uint8]:
    labels = np.zeros((60, 90), np.uint8)
    labels[20:, 30:] = 9
    labels[0, 0] = 21
    return labels


def rows(number: int = 2) -> list[Row]:
    return [Row(f"Network {n}", label_map(), np.full((60, 90), n, np.float32), ADE20K) for n in range(number)]


def test_one_row_a_network_entropy_left_named_segmentation_right() -> None:
    figure = comparison(PHOTO, rows(3), title="Sheep")
    maps = [axes for axes in figure.axes if axes.images]
    assert len(maps) >= 1 + 2 * 3
    titles = [axes.get_title(loc="left") for axes in maps[1:7:2]]
    assert titles == [f"Network {n}   (mean {n}.00 nats)" for n in range(3)]
    words = [text.get_text() for text in maps[2].texts]
    assert sorted(words) == sorted([ADE20K.names[0], ADE20K.names[9]])
    assert (maps[2].images[0].get_array()[40, 60] == ADE20K.distinct_palette[9]).all()


def test_entropy_has_one_scale_whatever_the_photo() -> None:
    fields = [np.full((60, 90), value, np.float32) for value in (0, ADE20K.max_entropy)]
    low, high = (comparison(PHOTO, [Row("N", label_map(), field, ADE20K)]) for field in fields)
    darkest, brightest = ([a for a in f.axes if a.images][1].images[0].get_array()[0, 0].sum() for f in (low, high))
    assert darkest < 100 < 600 < brightest
    bars = [inset for axes in low.axes for inset in axes.child_axes]
    assert [bar.get_xlim() for bar in bars] == [pytest.approx((0, ADE20K.max_entropy))]


def test_the_list_names_every_class_with_its_share() -> None:
    figure = comparison(PHOTO, rows(1))
    legend = next(axes.get_legend() for axes in figure.axes if axes.get_legend())
    shares = {text.get_text() for text in legend.get_texts()}
    assert shares == {f"{ADE20K.names[0]} 56 %", f"{ADE20K.names[9]} 44 %", f"{ADE20K.names[21]} 0.019 %"}


def test_names_stand_deep_inside_their_own_region() -> None:
    places = {label: (row, column) for label, row, column in name_places(label_map())}
    assert set(places) == {0, 9}, "the single pixel is too small"
    for label, (row, column) in places.items():
        assert label_map()[row, column] == label
    row, column = places[9]
    assert min(row - 20, 59 - row) >= 18 and column - 30 >= 18


def test_files_are_what_they_say_and_the_same_each_time() -> None:
    png, again = (to_bytes(comparison(PHOTO, rows()), "png", 80) for _ in range(2))
    assert png == again
    assert PillowImage.open(BytesIO(png)).width == round(7.2 * 80)
    assert to_bytes(comparison(PHOTO, rows()), "pdf").startswith(b"%PDF")


def test_maps_of_another_size_are_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"photo's size \(60, 90\), but Network 0 has \(90, 60\)"):
        comparison(PHOTO, [Row("Network 0", label_map().T, np.zeros((90, 60), np.float32), ADE20K)])

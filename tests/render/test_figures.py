"""Figures in the article's layout, read back from their axes and files."""

from functools import partial
from io import BytesIO
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image as PillowImage

from demo.labels.ade20k import ADE20K
from demo.measures import BY_ID
from demo.render.figures import HEIGHT, KINDS, SLIDE, WIDTH, Row, comparison, grid, name_places, to_bytes

PHOTO = np.full((60, 90, 3), 90, np.uint8)


def label_map() -> NDArray[np.uint8]:
    labels = np.zeros((60, 90), np.uint8)
    labels[20:, 30:] = 9
    labels[0, 0] = 21
    return labels


slide = partial(grid, on_slide=True)


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


@pytest.mark.parametrize("draw", [comparison, grid, slide])
@pytest.mark.parametrize("columns", [slice(0, 8), slice(82, 90)], ids=["left", "right"])
def test_a_name_at_the_edge_stays_inside_its_panel(draw: Any, columns: slice) -> None:
    labels = np.zeros((60, 90), np.uint8)
    labels[20:50, columns] = ADE20K.names.index("mountain")  # wide letters
    figure = draw(PHOTO, [Row("N", labels, np.zeros((60, 90), np.float32), ADE20K)])
    [name] = [text for axes in figure.axes for text in axes.texts if text.get_text() == "mountain"]
    written, panel = name.get_window_extent(), name.axes.get_window_extent()
    assert panel.x0 <= written.x0 and written.x1 <= panel.x1


@pytest.mark.slow
def test_files_are_what_they_say_and_the_same_each_time() -> None:
    for draw in (comparison, grid):
        one, other = draw(PHOTO, rows(1)), draw(PHOTO, rows(1))
        files = {kind: to_bytes(one, kind, 80) for kind in KINDS}
        assert files == {kind: to_bytes(other, kind, 80) for kind in KINDS}
        assert PillowImage.open(BytesIO(files["png"])).width == round(WIDTH * 80)
        assert files["pdf"].startswith(b"%PDF") and b"<svg" in files["svg"]
    assert b"/FontFile2" in files["pdf"], "text that can be searched and that journals take"


def test_the_grid_has_the_photo_each_networks_classes_over_it_and_each_entropy() -> None:
    figure = grid(PHOTO, rows(5), title="Sheep", opacity=1)
    named = [axes.get_title(loc="left") for axes in figure.axes if axes.images]
    assert named[0] == "Photo"
    assert sorted(named[1:]) == sorted(f"Network {n}{more}" for n in range(5) for more in ("", f", mean {n}.00 nats"))
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert words.count(ADE20K.names[9]) == 5
    listed = next(axes.get_legend() for axes in figure.axes if axes.get_legend())
    assert [text.get_text() for text in listed.get_texts()] == [ADE20K.names[i] for i in (0, 9, 21)]
    over = next(axes for axes in figure.axes if axes.get_title(loc="left") == "Network 0").images[0].get_array()
    assert (over[40, 60] == ADE20K.distinct_palette[9]).all()


@pytest.mark.parametrize(
    ("height", "width", "number", "columns", "lines"), [(60, 90, 5, 6, 2), (9, 16, 5, 6, 2), (60, 90, 11, 6, 4)]
)
def test_a_slide_has_a_column_a_network_and_many_networks_in_several(
    height: int, width: int, number: int, columns: int, lines: int
) -> None:
    photo, doubt = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.float32)
    row = Row("N", np.zeros((height, width), np.uint8), doubt, ADE20K)
    panels = [axes.get_position() for axes in slide(photo, [row] * number).figure.axes if axes.images]
    assert len({round(box.x0, 3) for box in panels}) == columns
    assert len({round(box.y0, 3) for box in panels}) == lines


def texts(figure: Any) -> list[tuple[str, Any]]:
    """What can be read on a figure, and where."""
    ticks = {id(text) for axes in figure.axes if not axes.axison for text in axes.xaxis.findobj(Text)}
    ticks |= {id(text) for axes in figure.axes if not axes.axison for text in axes.yaxis.findobj(Text)}
    shown = [text for text in figure.findobj(Text) if text.get_text().strip() and id(text) not in ticks]
    return [(text.get_text(), text.get_window_extent()) for text in shown]


@pytest.mark.parametrize(
    ("shape", "number"),
    [
        ((10, 300), 5),
        *(
            pytest.param(shape, number, marks=pytest.mark.slow)
            for shape in ((10, 300), (20, 90), (60, 90), (90, 60), (90, 40), (300, 10), (16, 16))
            for number in (1, 5, 8)
        ),
    ],
)
@pytest.mark.parametrize("draw", [comparison, grid, slide])
def test_every_word_of_a_figure_can_be_read_whatever_the_photos_shape(
    draw: Any, shape: tuple[int, int], number: int
) -> None:
    ids = [ADE20K.names.index(name) for name in ("bulletin board", "mountain", "sea", "bicycle", "tree", "building")]
    labels = np.array([[*ids, *range(1, 11)]], np.uint8).reshape(4, 4)
    labels = labels[np.arange(shape[0]) * 4 // shape[0]][:, np.arange(shape[1]) * 4 // shape[1]]
    row = Row("DeepLabV3+", labels, np.full(shape, 2.3, np.float32), ADE20K)
    figure = draw(np.zeros((*shape, 3), np.uint8), [row] * number, title="Title")
    FigureCanvasAgg(figure).draw()
    words, (wide, high) = texts(figure), figure.canvas.get_width_height()
    for name, box in words:
        assert box.x0 >= -1 and box.x1 <= wide + 1 and box.y0 >= -1 and box.y1 <= high + 1, f"{name} is cut"
    for (one, a), (other, b) in combinations(words, 2):
        apart = a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 1 or b.y1 <= a.y0 + 1
        assert apart, f"{one} over {other}"


@pytest.mark.parametrize(
    "shape",
    [(60, 90), *(pytest.param(shape, marks=pytest.mark.slow) for shape in ((90, 60), (20, 90), (300, 10), (10, 300)))],
)
@pytest.mark.parametrize("draw", [comparison, grid, slide])
def test_a_figure_goes_onto_a_page_and_its_maps_keep_the_photos_shape(draw: Any, shape: tuple[int, int]) -> None:
    photo, label_map, entropy = np.zeros((*shape, 3), np.uint8), np.zeros(shape, np.uint8), np.zeros(shape, np.float32)
    figure = draw(photo, [Row("N", label_map, entropy, ADE20K)] * 5, title="Title")
    width, height = figure.get_size_inches()
    wide, high = SLIDE if draw is slide else (WIDTH, HEIGHT)
    assert width <= wide + 1e-6 and height <= high + 1e-6
    for axes in (axes for axes in figure.axes if axes.images):
        box = axes.get_position()
        assert box.height * height / (box.width * width) == pytest.approx(shape[0] / shape[1])
        assert 0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1


def test_official_colours_are_drawn_where_they_are_asked_for() -> None:
    figure = comparison(PHOTO, rows(1), official=True)
    assert (figure.axes[3].images[0].get_array()[40, 60] == ADE20K.official_palette[9]).all()


def test_maps_of_another_size_are_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"photo's size \(60, 90\), but Network 0 has \(90, 60\)"):
        comparison(PHOTO, [Row("Network 0", label_map().T, np.zeros((90, 60), np.float32), ADE20K)])


@pytest.mark.slow
def test_another_measure_has_its_own_scale_and_is_bright_where_doubt_is() -> None:
    sure, unsure = (
        Row("N", label_map(), np.full((60, 90), value, np.float32), ADE20K, BY_ID["margin"]) for value in (0.95, 0.05)
    )
    for draw in (comparison, grid):
        figures = [draw(PHOTO, [row]) for row in (sure, unsure)]
        titles = [{axes.get_title(loc="left") for axes in figure.axes} for figure in figures]
        assert any("0.95" in title for title in titles[0]) and any("0.05" in title for title in titles[1])
        low, high = (darkest(figure) for figure in figures)
        assert low < 150 < 600 < high
        [bar] = [inset for axes in figures[0].axes for inset in axes.child_axes]
        assert bar.get_xlim() == pytest.approx((0, 1)) and bar.get_title(loc="left") == "Margin"


def darkest(figure: Any) -> int:
    """The colour sum of the one map that has one colour everywhere, apart from the photo."""
    maps = [np.asarray(axes.images[0].get_array()).astype(int) for axes in figure.axes if axes.images]
    even = [m for m in maps if m.ndim == 3 and m.shape[2] == 3 and (m == m[0, 0]).all() and (m[0, 0] != 90).any()]
    [found] = [int(m[0, 0].sum()) for m in even]
    return found

"""Sheets of curves: every value is drawn where it belongs, and any title is a name in the legend."""

import numpy as np

from demo.render.curves import COLUMNS, Curve, Panels, curves
from demo.render.figures import KINDS, to_bytes

NAN = float("nan")
HOSTILE = "_$x^{"


def test_each_curve_is_drawn_with_its_interval_and_named_once() -> None:
    panels = [
        ("noise", [Curve(HOSTILE, "#1f6fb4", (1, 0.5, NAN)), Curve("B", "#b8255f", (1, 0.4, 0.2), dashed=True)]),
        ("all", [Curve("mean", "#000000", (1, 0.5, 0.25), (0.9, 0.4, 0.2), (1, 0.6, 0.3))]),
    ]
    figure = curves([Panels("Labels kept", 1, panels)], (0, 1, 5), "severity", title="$", note="$")
    noise, both = figure.axes
    first, second = noise.lines
    np.testing.assert_array_equal(first.get_ydata(), (1, 0.5, NAN))
    np.testing.assert_array_equal(second.get_ydata(), (1, 0.4, 0.2))
    assert (first.get_linestyle(), second.get_linestyle()) == ("-", "--") and noise.get_ylim() == (0, 1)
    band = both.collections[0].get_paths()[0].vertices
    assert {0.9, 0.2, 0.6} <= {round(float(y), 6) for _, y in band} and not noise.collections
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [HOSTILE, "B", "mean"]
    assert [label.get_text() for label in noise.get_xticklabels()] == ["0", "1", "5"]
    for kind in KINDS:
        assert to_bytes(figure, kind, 50)


def test_many_panels_take_more_rows_and_none_lies_over_another() -> None:
    panels = [(str(number), [Curve("A", "#1f6fb4", (1, 0))]) for number in range(2 * COLUMNS + 1)]
    figure = curves([Panels("kept", 1, panels), Panels("entropy", 2, panels[:2])], (0, 1), "severity")
    places = [axes.get_position() for axes in figure.axes]
    assert len(places) == len(panels) + 2
    for number, one in enumerate(places):
        assert one.x0 >= 0 and one.y0 >= 0 and one.x1 <= 1 and one.y1 <= 1
        assert not any(one.overlaps(other) for other in places[:number])

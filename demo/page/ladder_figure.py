"""The stress ladder of a visitor's photo as a figure: what is known of its rungs on one sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from demo.analysis.stability import ENTROPY_UNIT, Observed
from demo.changes import corruptions
from demo.schema import ModelSpec

if TYPE_CHECKING:
    from demo.render.figures import Kind

STEPS = (0, *corruptions.SEVERITIES)


def ladder_figure(
    rungs: Mapping[tuple[str, str, int], Observed], climbing: Sequence[tuple[int, ModelSpec]], name: str, kind: Kind
) -> bytes:
    """Labels kept and mean entropy, a panel a corruption; `rungs` by network, corruption and severity.

    `climbing` are networks with the numbers of their colours; a rung that is not known is a gap.
    """
    from demo.render.curves import Curve, Panels
    from demo.study.stress_curves import in_plain
    from demo.study.stress_figure import network_curve, to_bytes
    from demo.study.stress_report import SHOWN, top_of

    def curve(series: int, spec: ModelSpec, corruption: str, value: Callable[[Observed], float]) -> Curve:
        keys = [(spec.id, corruption if step else corruptions.AS_IT_IS, step) for step in STEPS]
        values = [value(rungs[key]) / rungs[key]["pixels"] if key in rungs else float("nan") for key in keys]
        return network_curve(spec.title, series, spec.family, values)

    told: dict[str, Callable[[Observed], float]] = {
        "kept": lambda seen: seen["kept"],
        "entropy": lambda seen: seen["entropy"] * ENTROPY_UNIT,
    }
    sheet = []
    for number in (one for one in SHOWN if one.id in told):
        panels = [
            (in_plain(corruption), [curve(series, spec, corruption, told[number.id]) for series, spec in climbing])
            for corruption in corruptions.OWN
        ]
        values = [end for _, drawn in panels for one in drawn for end in one.values]
        unit = "" if number.unit == "0..1" else f", {number.unit}"
        sheet.append(Panels(f"{number.title}{unit}", top_of(number, values), panels))
    return to_bytes(sheet, STEPS, f"{name}; severity 0 is the photo as it is", kind)

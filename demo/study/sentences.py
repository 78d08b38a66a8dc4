"""The article's sentences on CNNs and transformers, tested on photos of one's own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import numpy as np

from demo import catalog
from demo.analysis import claims
from demo.analysis.claims import SUMS, Evidence, Finding, Interval, Panel, Verdict, Without
from demo.analysis.claims_table import CURVES
from demo.analysis.counts import TruthCounts
from demo.analysis.evaluate_truth import unknown_row
from demo.analysis.numbers import Json, plain
from demo.catalog import Names
from demo.errors import BackendError
from demo.images import DEFAULT_LIMITS, Limits, write_text
from demo.models.zoo import Zoo
from demo.names import to_json
from demo.schema import ModelSpec
from demo.study import charts, mistakes_page
from demo.study.dataset import Case, Dataset, open_photos
from demo.study.engine import OnProgress, in_words, silent
from demo.study.html import Cell, Column, dot, figure, key, page, table, tag
from demo.study.records import contents, counted_from_zero, truth_counts
from demo.study.report import problems
from demo.study.study import place_for, run, settings_of

VERDICT_STYLE: dict[Verdict, str] = {"holds": "holds", "does not hold": "falls", "cannot tell": "unsure"}

COLUMNS = (
    Column("What the article says, in our words", text=True),
    Column("Verdict", text=True),
    Column("Photos"),
    Column("CNNs"),
    Column("Transformers"),
    Column("Unit", text=True),
    Column("Without one network", "verdicts that stay when one network is left out, each in turn"),
    Column("As far apart", "ways to divide the networks that set the families as far apart, the real one included"),
    Column("Among all", "whether the verdict stays when all sentences are tested at 5 % together (Holm)", text=True),
)


@dataclass(frozen=True)
class ClaimsReport:
    """What the photos say of every claim."""

    photos: str
    """Where they came from."""
    number: int
    """Photos answered by every model."""
    with_truth: int
    outside: int
    specs: tuple[ModelSpec, ...]
    findings: tuple[Finding, ...]
    truths: tuple[TruthCounts | None, ...]
    """All that is counted of each network against the truths; None where there is none."""
    problems: tuple[str, ...]
    settings: dict[str, Json]
    seconds: float

    def as_json(self) -> dict[str, Json]:
        """Every number; null for nan."""
        return {
            "photos": self.photos,
            "number": self.number,
            "with_truth": self.with_truth,
            "outside": self.outside,
            "settings": self.settings,
            "seconds": round(self.seconds, 3),
            "problems": list(self.problems),
            "models": [{"id": s.id, "title": s.title, "family": s.family, "set": s.set} for s in self.specs],
            "claims": [_finding_json(finding, self.specs) for finding in self.findings],
            "unknown": {
                spec.id: unknown_row(counts)
                for spec, counts in zip(self.specs, self.truths, strict=True)
                if counts and counts.unknown.pixels
            },
        }


def claims_report(
    photos: Sequence[Path],
    models: Names | None,
    zoo: Zoo,
    out: Path,
    *,
    outside: Sequence[Path] = (),
    split: str | None = None,
    resamples: int = 2000,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    on_progress: OnProgress = silent,
) -> ClaimsReport:
    """Test the sentences on photos (files, folders, datasets in ADE20K's layout); writes claims.json and report.html.

    `outside` are photos unlike those the models were trained on; the sentences about such photos need them. Those
    about mistakes use the photos that have ground truth. Resumable like `evaluate`. Raises DatasetError without
    any photo, BackendError when no model can answer.
    """
    start = time.perf_counter()
    usual, strange = open_photos(photos, split), open_photos(outside, split) if outside else None
    cases = [*usual.cases, *(_renamed(strange.cases) if strange else ())]
    specs = catalog.resolve(models or zoo.default_set)
    name = usual.name + (f"; outside: {strange.name}" if strange else "")
    found = Dataset(name, tuple(cases), (*usual.problems, *(strange.problems if strange else ())))
    settings = settings_of(zoo, limits)
    path = place_for(out, found, specs, settings)
    done = run(found, specs, zoo, path, settings, limits=limits, on_progress=on_progress)
    tables = {spec: dict(contents(path, "claims", number)) for number, spec in enumerate(specs)}
    answered = tuple(spec for spec in specs if tables[spec])
    if not answered:
        raise BackendError(f"None of the photos could be answered. {' '.join(done.problems[:1])}")
    evidence = _evidence(cases, answered, tables, len(usual.cases))
    findings = claims.weigh(evidence, resamples=resamples, seed=seed)
    told: dict[str, Json] = {"resamples": resamples, "seed": seed, "precision": zoo.precision}
    seconds = time.perf_counter() - start
    truths = tuple(truth_counts(path, number) for number, spec in enumerate(specs) if tables[spec])
    problems_met = (*done.problems, *counted_from_zero(truths))
    result = _report(evidence, name, answered, findings, truths, problems_met, told, seconds)
    write_text(out / "claims.json", to_json(result.as_json()))
    write_text(out / "report.html", claims_page(result))
    return result


def claims_page(result: ClaimsReport) -> str:
    """A self-contained HTML page: the verdicts in one table, then each claim with its numbers and intervals."""
    return page("The article's sentences, tested", _body(result))


def _renamed(cases: Sequence[Case]) -> list[Case]:
    return [replace(case, name=f"outside: {case.name}") for case in cases]


def _evidence(
    cases: Sequence[Case], specs: Sequence[ModelSpec], tables: dict[ModelSpec, dict[str, str]], usual: int
) -> Evidence:
    """(photos, models) tables of every sum; nan where a model has no answer."""
    rows = [[json.loads(tables[spec].get(case.name, "{}")) for spec in specs] for case in cases]
    sums = {name: np.array([[cell.get(name, np.nan) for cell in row] for row in rows]) for name in SUMS}
    ids, titles = tuple(s.id for s in specs), tuple(s.title for s in specs)
    panel = Panel(ids, titles, tuple(s.family for s in specs), tuple(s.paper for s in specs))
    return Evidence(panel, sums, np.arange(len(cases)) >= usual)


def _report(
    evidence: Evidence, name: str, specs: tuple[ModelSpec, ...], findings: Sequence[Finding],
    truths: tuple[TruthCounts | None, ...], left_out: Sequence[str], settings: dict[str, Json], seconds: float,
) -> ClaimsReport:  # fmt: skip
    answered = ~np.isnan(evidence.sums["photos"]).any(1)
    truth = answered & (evidence.sums["labelled"] > 0).all(1)
    return ClaimsReport(
        name,
        int(answered.sum()),
        int(truth.sum()),
        int((answered & evidence.outside).sum()),
        specs,
        tuple(findings),
        truths,
        tuple(left_out),
        settings,
        seconds,
    )


def _finding_json(finding: Finding, specs: Sequence[ModelSpec]) -> Json:
    claim = finding.claim
    return {
        "id": claim.id, "sentence": claim.sentence, "quantity": claim.quantity, "unit": claim.unit, "test": claim.test,
        "needs": claim.needs, "photos": finding.photos, "verdict": finding.verdict, "reason": finding.reason,
        "models": {spec.id: _interval_json(value) for spec, value in zip(specs, finding.models, strict=True)},
        "families": {str(family): _interval_json(value) for family, value in finding.families.items()},
        "contrasts": [_interval_json(value) for value in finding.contrasts],
        "p": finding.chance, "survives_all_sentences": finding.survives_all,
        "without": [_without_json(row) for row in finding.without],
        "divisions": {"number": finding.divisions.number, "p": finding.divisions.chance} if finding.divisions else None,
        "curve": _curve_json(finding, specs),
    }  # fmt: skip


def _interval_json(interval: Interval) -> Json:
    """null for what is not defined, and for an end that has no bound."""
    ends = {"value": interval.value, "low": interval.low, "high": interval.high}
    return {name: plain(value) if np.isfinite(value) else None for name, value in ends.items()}


def _without_json(row: Without) -> Json:
    return {"model": row.model, "contrast": _interval_json(row.contrast), "verdict": row.verdict}


def _curve_json(finding: Finding, specs: Sequence[ModelSpec]) -> Json:
    known = {curve.claim: curve for curve in CURVES}
    if not finding.curve.size:
        return None
    curve = known[finding.claim.id]
    shares: dict[str, Json] = {spec.id: row.tolist() for spec, row in zip(specs, finding.curve, strict=True)}
    return {"x": list(curve.x), "x_name": curve.x_name, "y_name": curve.y_name, "models": shares}


def _body(result: ClaimsReport) -> Iterator[str]:
    kinds = f"{result.with_truth} with ground truth, {result.outside} from outside the training set's kind"
    yield "<h1>The article&rsquo;s sentences, tested</h1>"
    yield (
        f'<p class="soft">On {result.number} photos ({escape(kinds)}) from {escape(result.photos)}, by '
        f"{len(result.specs)} models; the last run took {in_words(result.seconds)}.</p>"
    )
    yield from (f'<p class="note">{escape(note)}</p>' for note in _notes(result))
    yield table(COLUMNS, [_row(finding) for finding in result.findings], sort=False)
    yield "<h2>Each sentence</h2>"
    yield (
        f'<p class="key"><span>{dot(0)}CNN</span><span>{dot(3)}transformer</span>'
        "<span>line: 95 % interval over photos, of each network alone</span></p>"
    )
    yield '<div class="charts">'
    yield from (_chart(finding, result.specs) for finding in result.findings)
    yield "</div>"
    yield from _vocabulary(result)
    yield from problems(result.problems)


def _vocabulary(result: ClaimsReport) -> Iterator[str]:
    """What no class names: no sentence of the article's, but what its photos of other kinds come to."""
    known = enumerate(zip(result.specs, result.truths, strict=True))
    parts = [*mistakes_page.vocabulary([(place, spec.title, counts) for place, (spec, counts) in known if counts])]
    return iter([tag("h2", "Not in its vocabulary"), *parts] if parts else [])


def _notes(result: ClaimsReport) -> Iterator[str]:
    if any(spec.set.startswith("compact") for spec in result.specs):
        yield ("The compact networks are small and made for trying the tool: what holds for them need not hold for the "
               "architectures at their published size.")  # fmt: skip
    draws, seed = result.settings["resamples"], result.settings["seed"]
    yield (
        "A sentence holds when all intervals of its test lie above zero, and does not hold when one lies below. They "
        "are studentised bootstrap intervals, which cover all contrasts of the sentence at once in 95 % of cases: with "
        "nothing true, a sentence is decided on in at most one case of twenty. Photos weigh alike, whatever their "
        f"size, and are drawn again {draws} times (seed {seed}); below {claims.FEWEST_PHOTOS} there is no verdict. "
        f"{len(result.findings)} sentences are tested side by side, so about one false verdict may be among them: the "
        "last column says which verdicts stay when all are tested together."
    )
    yield (
        "A verdict on families is one on these networks, not on all CNNs and transformers. It must stay when any one "
        "network is left out, and no other way to divide the networks may set the families as far apart. With three "
        "and two networks there are ten ways, so chance alone gives such a division one time in ten at each end: it "
        "takes more networks to say more."
    )


def _row(finding: Finding) -> list[Cell]:
    families = [finding.families.get(family) for family in ("cnn", "transformer")]
    stayed = sum(row.verdict == finding.on_photos for row in finding.without)
    divisions = finding.divisions
    decided = finding.verdict != "cannot tell"
    return [
        Cell(finding.claim.sentence, style="long"),
        Cell(_worded(finding), style=VERDICT_STYLE[finding.verdict], title=finding.reason),
        Cell(str(finding.photos)),
        *(_family_cell(interval) for interval in families),
        Cell(finding.claim.unit),
        Cell(f"{stayed} of {len(finding.without)}" if finding.without else ""),
        Cell(f"{divisions.as_far} of {divisions.number}" if divisions else ""),
        Cell(("stays" if finding.survives_all else "does not stay") if decided else ""),
    ]


def _worded(finding: Finding) -> str:
    """The verdict; of families, on which networks it is."""
    decided = finding.verdict != "cannot tell" and finding.claim.of_families
    return f"{finding.verdict} for {claims.these(len(finding.models))}" if decided else finding.verdict


def _family_cell(interval: Interval | None) -> Cell:
    if interval is None or np.isnan(interval.value):
        return Cell("")
    around = _around(interval)
    return Cell(_shown(interval.value), title=f"95 %: {around}" if around else "")


def _around(interval: Interval) -> str:
    """From where to where an interval goes; "" where too few photos leave it undefined."""
    return "" if np.isnan(interval.low) else f"{_shown(interval.low)} to {_shown(interval.high)}"


def _shown(value: float) -> str:
    """Three figures.

    >>> _shown(12.345), _shown(0.01234), _shown(204.7)
    ('12.3', '0.0123', '205')
    """
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _chart(finding: Finding, specs: Sequence[ModelSpec]) -> str:
    claim = finding.claim
    rows = [
        (spec.title, 0 if spec.family == "cnn" else 3, value.value, value.low, value.high)
        for spec, value in zip(specs, finding.models, strict=True)
    ]
    finite = [abs(row[2]) for row in rows if not np.isnan(row[2])]
    digits = 1 if finite and max(finite) >= 10 else 3 if finite and max(finite) < 0.1 else 2
    svg = (charts.dots(rows, digits, zero=claim.difference) if finite else "") + _curve(finding, specs)
    verdict = f'<span class="{VERDICT_STYLE[finding.verdict]}">{_worded(finding)}</span>'
    single = [c for c in finding.contrasts if not np.isnan(c.value) and len(finding.contrasts) == 1]
    tests = "".join(_shown(c.value) + (f" ({around})" if (around := _around(c)) else "") for c in single)
    unit = "" if claim.unit == "0..1" else f", in {claim.unit}"
    drawn = figure(svg, claim.sentence, f"{claim.quantity[0].upper()}{claim.quantity[1:]}{unit}.")
    words = (
        f'<p class="soft">{verdict}: {escape(finding.reason)} {finding.photos} photos. '
        f"Tested: {escape(claim.test)}{f': {tests}' if tests else ''}.</p>"
    )
    return drawn.replace("</figure>", f"{words}</figure>")


def _curve(finding: Finding, specs: Sequence[ModelSpec]) -> str:
    """The quantity at every threshold, a line a network."""
    if not finding.curve.size:
        return ""
    [curve] = [curve for curve in CURVES if curve.claim == finding.claim.id]
    series = [
        charts.Line(spec.title, number, curve.x, [float(y) for y in row])
        for number, (spec, row) in enumerate(zip(specs, finding.curve, strict=True))
    ]
    drawn = charts.lines(series, curve.x_name, f"{curve.y_name}, %", (0, curve.x[-1]))
    return key((line.name, line.series) for line in series) + drawn

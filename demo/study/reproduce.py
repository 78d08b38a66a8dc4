"""The article's Table 1 measured here beside what was published, and its figures' layout for any photos."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import TypeAlias

from demo import catalog
from demo.analysis import scores
from demo.analysis.numbers import Json
from demo.catalog import Names
from demo.errors import DemoError
from demo.images import open_image, unique_stems, write_atomic, write_text
from demo.models.cost import ITERATIONS, Cost, measure_cost
from demo.models.zoo import Refusal, Zoo
from demo.names import readable, to_json
from demo.render.encode import png
from demo.render.paint import scalar
from demo.schema import ModelSpec, Size
from demo.study.dataset import Case, open_dataset, open_photos
from demo.study.engine import Progress
from demo.study.evaluate import evaluate
from demo.study.html import Cell, Column, page, percent, table
from demo.study.report import problems
from demo.study.results import Evaluation

Value: TypeAlias = tuple[str, float | str | None]
"""A cell's text, and what it is sorted by."""

TIMED_AT: Size = (512, 512)
"""The article's size, (height, width)."""
ADE20K_PHOTOS = 2000
"""In ADE20K's validation set, on which the published mean IoU was measured."""


@dataclass(frozen=True)
class TableRow:
    """One model of Table 1; shares 0..1, bytes, photos a second; None where not published or not measured."""

    id: str
    title: str
    family: str
    backbone: str
    """As the network's library calls it; "" where it was not measured."""
    output_stride: int | None
    """Pixels of the input, along one side, to a cell of the backbone's last features."""
    published_miou: float | None
    measured_miou: float | None
    parameters: int | None
    published_parameter_mb: float | None
    parameter_mb: float | None
    """10**6 bytes of weights in use at inference, auxiliary heads left out."""
    published_memory_gb: float | None
    """The model zoo's training memory, which the article calls inference memory."""
    peak_gb: float | None
    """10**9 bytes above the weights, for one photo at 512 x 512."""
    input_size: str
    """What the network looked at while it was timed, width x height; "" where it was not."""
    published_fps: float | None
    fps: float | None
    gflops: float | None
    """10**9 operations at 512 x 512; a multiply-add counts as two."""


@dataclass(frozen=True)
class Reproduction:
    """The table, where its mean IoU comes from, and the figures drawn."""

    rows: tuple[TableRow, ...]
    device: str
    dataset: str
    """"" when none was given."""
    photos: int
    figures: tuple[Path, ...]
    problems: tuple[str, ...]
    windowed: dict[str, str] = field(default_factory=dict)
    """What the networks that answer in windows saw of a photo that was drawn, by their titles."""


def reproduce(
    models: Names | None,
    zoo: Zoo,
    out: Path,
    *,
    dataset: Path | None = None,
    photos: Sequence[Path] = (),
    iterations: int = ITERATIONS,
    seconds: float = 60,
    grey: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> Reproduction:
    """Measure Table 1 for a set of models and draw the figures; writes table1.{csv,json,md}, table1.html, figures/.

    `dataset` is ADE20K's validation set, or any in its layout; without it mean IoU stays unmeasured. Speed is taken at
    512 x 512 over `iterations`, or as many as `seconds` a model allow. `grey` draws entropy as the article does, white
    where it is high, and writes each network's alone as figures/<photo>-<model>-entropy.png. A model or photo that
    cannot be used becomes a sentence in `problems`. Raises DatasetError, before anything is timed, for a path that is
    not there.
    """
    specs = catalog.resolve(models or zoo.default_set)
    drawn = open_photos(photos) if photos else None
    if dataset:
        open_dataset(dataset)
    left_out = [*drawn.problems] if drawn else []
    costs = {spec.id: cost for spec in specs if (cost := _cost(spec, zoo, iterations, seconds, left_out, say))}
    evaluation = _evaluation(dataset, specs, zoo, out, say) if dataset else None
    rows = tuple(_row(spec, costs.get(spec.id), evaluation) for spec in specs)
    windowed: dict[str, str] = {}
    figures = tuple(_figures(drawn.cases, specs, zoo, out, left_out, windowed, grey, say)) if drawn else ()
    result = Reproduction(
        rows,
        zoo.device,
        evaluation.dataset if evaluation else "",
        evaluation.photos if evaluation else 0,
        figures,
        (*map(readable, left_out), *(evaluation.problems if evaluation else ())),
        windowed,
    )
    _write(result, specs, out)
    return result


def _cost(
    spec: ModelSpec, zoo: Zoo, iterations: int, seconds: float, left_out: list[str], say: Callable[[str], None]
) -> Cost | None:
    say(f"timing {spec.title} ({spec.id})")
    try:
        network = zoo.load(spec)
        with zoo.answering(spec, TIMED_AT):
            return measure_cost(network, zoo.device, TIMED_AT, iterations=iterations, seconds=seconds)
    except DemoError as error:
        left_out.append(f"{spec.title} ({spec.id}) is left out: {error}")
        return None


def _evaluation(
    dataset: Path, specs: Sequence[ModelSpec], zoo: Zoo, out: Path, say: Callable[[str], None]
) -> Evaluation:
    def progressed(progress: Progress) -> None:
        say(f"evaluating: {progress}")

    return evaluate(dataset, specs, zoo, out / "evaluation", on_progress=progressed)


def _row(spec: ModelSpec, cost: Cost | None, evaluation: Evaluation | None) -> TableRow:
    answered = evaluation.models if evaluation else ()
    measured = {model.spec.id: scores.mean_iou(model.counts.confusion) for model in answered}
    return TableRow(
        spec.id, spec.title, spec.family, cost.backbone if cost else "", cost.output_stride if cost else None,
        spec.reported.miou, measured.get(spec.id),
        cost.parameters if cost else None, spec.reported.parameter_memory_mb,
        cost.parameter_bytes / 1e6 if cost else None, spec.reported.training_memory_gb,
        cost.peak_bytes / 1e9 if cost and cost.peak_bytes is not None else None,
        "{1} x {0}".format(*cost.input_size) if cost else "", spec.reported.fps,
        cost.fps if cost else None, cost.flops / 1e9 if cost else None,
    )  # fmt: skip


def _figures(
    cases: Sequence[Case], specs: Sequence[ModelSpec], zoo: Zoo, out: Path, left_out: list[str],
    windowed: dict[str, str], grey: bool, say: Callable[[str], None],
) -> Iterator[Path]:  # fmt: skip
    """figures/<photo>.png and .pdf; yields the PNGs. Notes in `windowed` which networks answered in windows."""
    from demo.render.figures import Row, comparison, to_bytes

    for case, stem in zip(cases, unique_stems([case.photo for case in cases]), strict=True):
        say(f"drawing {case.photo.name}")
        try:
            image = open_image(case.photo)
        except DemoError as error:
            left_out.append(f"{case.photo.name} is left out: {error}")
            continue
        outcomes = list(zoo.stream(image, specs))
        left_out += [f"{o.spec.title} is left out of {stem}: {o.error}" for o in outcomes if isinstance(o, Refusal)]
        answers = [outcome for outcome in outcomes if not isinstance(outcome, Refusal)]
        rows = [Row(a.spec.title, p.label_map, p.entropy, p.class_set) for a in answers for p in (a.prediction,)]
        windowed |= {a.spec.title: str(a.posterior.seen) for a in answers if a.posterior.seen.windows > 1}
        drawn = comparison(image, rows, scheme="article" if grey else "colour")
        for answer in answers if grey else ():
            alone = scalar(answer.prediction.entropy, answer.prediction.class_set.max_entropy, "article")
            write_atomic(out / "figures" / f"{stem}-{answer.spec.id}-entropy.png", png(alone))
        for kind in ("pdf", "png"):
            write_atomic(out / "figures" / f"{stem}.{kind}", to_bytes(drawn, kind))
        yield out / "figures" / f"{stem}.png"


def _write(result: Reproduction, specs: Sequence[ModelSpec], out: Path) -> None:
    content: dict[str, Json] = {
        "device": result.device, "dataset": result.dataset, "photos": result.photos,
        "problems": list(result.problems), "rows": [dict(asdict(row)) for row in result.rows],
    }  # fmt: skip
    write_text(out / "table1.json", to_json(content))
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(asdict(result.rows[0])), lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in result.rows)
    write_text(out / "table1.csv", stream.getvalue())
    write_text(out / "table1.md", "\n".join([*_markdown(result), ""]))
    write_text(out / "table1.html", page("Table 1, measured here", _body(result, specs)))


HEADINGS = (
    ("Backbone", "as the network's library calls it, with its depth, or its layers and width"),
    ("Output stride", "pixels of the input, along one side, to a cell of the backbone's last features"),
    ("mIoU published, %", "on ADE20K validation, one view"),
    ("mIoU measured, %", "on the dataset named above"),
    ("Parameters, 10⁶", "in use at inference"),
    ("Weights published, MB", "the article's Table 1"),
    ("Weights measured, MB", "10⁶ bytes in memory, auxiliary heads left out"),
    ("Memory published, GB", "the model zoo's training memory; the article calls it inference memory"),
    ("Peak measured, GB", "10⁹ bytes above the weights while one photo of 512 x 512 is answered"),
    ("Input timed, px", "what the network looked at while it was timed, width x height"),
    ("fps published", "on the model zoo's GPU"),
    ("fps measured at 512 x 512", "photos a second, from photo to label, confidence, entropy and margin maps"),
    ("GFLOP at 512 x 512", "10⁹ floating-point operations of one answer; a multiply-add counts as two"),
)


def _columns(rows: Sequence[TableRow]) -> tuple[list[tuple[str, str]], list[list[Value]]]:
    """The headings that have a value in some row, and each row's cells under them."""
    cells = [_values(row) for row in rows]
    shown = [place for place in range(len(HEADINGS)) if any(row[place][1] is not None for row in cells)]
    return [HEADINGS[place] for place in shown], [[row[place] for place in shown] for row in cells]


def _values(row: TableRow) -> list[Value]:
    """Text and value under each heading."""
    millions = row.parameters / 1e6 if row.parameters is not None else None
    stored = ((row.published_parameter_mb, 0), (row.parameter_mb, 1), (row.published_memory_gb, 1), (row.peak_gb, 2))
    timed = ((row.published_fps, 2), (row.fps, 2), (row.gflops, 1))
    return [
        (row.backbone, row.backbone or None),
        ("" if row.output_stride is None else str(row.output_stride), row.output_stride),
        (percent(row.published_miou), row.published_miou),
        (percent(row.measured_miou), row.measured_miou),
        ("" if millions is None else f"{millions:.1f}", millions),
        *(_rounded(value, digits) for value, digits in stored),
        (row.input_size, row.input_size or None),
        *(_rounded(value, digits) for value, digits in timed),
    ]


def _rounded(value: float | None, digits: int) -> Value:
    return "" if value is None else f"{value:.{digits}f}", value


def notes(result: Reproduction) -> Iterator[str]:
    """What the measured columns mean here."""
    if not result.dataset:
        yield "Mean IoU was not measured: no dataset was given."
    elif result.photos != ADE20K_PHOTOS:
        yield (
            f"Mean IoU was measured on {result.dataset} ({result.photos} photos), the published one on the "
            f"{ADE20K_PHOTOS:,} validation photos of ADE20K: the two columns are not comparable."
        )
    yield (
        f"Speed and memory were measured on {result.device}, one photo of 512 x 512 at a time, by MMSegmentation's "
        "own protocol: the first 5 answers are not timed, then the mean. Published speeds are those of the model "
        "zoo's GPU. Peak memory comes on top of the weights."
    )
    for title, seen in result.windowed.items():
        yield (
            f"{title} answers a photo in windows ({seen}). What a window does not show it cannot use, and the answers "
            "of neighbouring windows are averaged only where they overlap: straight seams in its classes and its "
            "entropy, along the windows' edges, are the method's and not the photo's."
        )


def _markdown(result: Reproduction) -> Iterator[str]:
    yield "# Table 1, measured here\n"
    yield from (f"{note}\n" for note in notes(result))
    headings, cells = _columns(result.rows)
    yield "| Model | Family | " + " | ".join(name for name, _ in headings) + " |"
    yield "|---|---|" + "---:|" * len(headings)
    for row, values in zip(result.rows, cells, strict=True):
        yield f"| {row.title} | {row.family} | " + " | ".join(text for text, _ in values) + " |"
    yield from (f"\n- {problem}" for problem in result.problems)


def _body(result: Reproduction, specs: Sequence[ModelSpec]) -> Iterator[str]:
    yield "<h1>Table 1, measured here</h1>"
    yield from (f'<p class="note">{escape(note)}</p>' for note in notes(result))
    if any(spec.set.startswith("compact") for spec in specs):
        yield '<p class="note">The compact networks are small and made for trying the tool.</p>'
    headings, cells = _columns(result.rows)
    columns = [Column("Model", text=True), Column("Family", text=True), *(Column(*heading) for heading in headings)]
    yield table(
        columns,
        [
            [Cell(row.title, title=row.id), Cell(row.family), *(Cell(*cell) for cell in values)]
            for row, values in zip(result.rows, cells, strict=True)
        ],
    )
    for path in result.figures:
        picture = base64.b64encode(path.read_bytes()).decode()
        yield f"<h2>{escape(path.stem)}</h2>"
        yield f'<img src="data:image/png;base64,{picture}" alt="{escape(path.stem)}: one row a network" width="100%">'
    yield from problems(result.problems)

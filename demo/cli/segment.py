"""python -m demo segment: photos in, label maps, entropy maps, overlays and numbers out."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from demo import catalog
from demo.cli.again import again
from demo.cli.console import (
    SOMETHING_LEFT_OUT,
    add_figure_option,
    add_limit_options,
    add_models_option,
    add_out_option,
    add_running_options,
    complain,
    limits_of,
    models_of,
    note,
    open_zoo,
    print_json,
)
from demo.errors import BackendError, DemoError
from demo.measures import BY_ID
from demo.schema import LAYOUTS

if TYPE_CHECKING:
    from demo.cli.console import Subparsers
    from demo.export import Further, Photo
    from demo.images import Limits
    from demo.models.zoo import Answer, Refusal, Zoo
    from demo.render.figures import Kind
    from demo.schema import Layout, ModelSpec

Item = TypeVar("Item")


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("segment", help="segment photos into a folder", description=run.__doc__)
    parser.add_argument("photos", metavar="PHOTO", nargs="+", type=Path)
    add_models_option(parser)
    add_out_option(parser)
    add_limit_options(parser)
    parser.add_argument(
        "--measures",
        nargs="+",
        metavar="MEASURE",
        choices=[*BY_ID],
        default=(),
        help=f"maps of doubt to write: {', '.join(BY_ID)} (default: entropy)",
    )
    add_figure_option(parser, "OUT/<photo>/figure.KIND too, all networks on one page")
    parser.add_argument(
        "--figure-layout",
        choices=LAYOUTS,
        default=LAYOUTS[0],
        help="of --figure: a row a network as in the article, as the page's grid, or as a slide of 16:9",
    )
    parser.add_argument(
        "--page",
        action="store_true",
        help="write OUT/<photo>/page.html too: the page's panels in one file, to look at without a server",
    )
    parser.add_argument(
        "--again",
        metavar="MANIFEST",
        type=Path,
        help="run again what a manifest.json tells of, on its PHOTO, and say whether any number differs",
    )
    parser.add_argument("--json", action="store_true", help="print what was written, as JSON")
    add_running_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write OUT/<photo>/<model>/{labels.png, entropy.npy, entropy.png, overlay.png} and OUT/<photo>/summary.json."""
    if options.again:
        return again(options, lambda told: [Path(row["folder"]) for row in _batch(told).written])
    batch = _batch(options)
    if options.json:
        print_json(batch.written)
    return SOMETHING_LEFT_OUT if batch.left_out else 0


def _batch(options: argparse.Namespace) -> Batch:
    """All photos segmented."""
    zoo = open_zoo(options)
    specs = models_of(options) or catalog.resolve(zoo.default_set)
    figures, layout = options.figure, options.figure_layout
    batch = Batch(zoo, specs, options.out, limits_of(options), options.measures, figures, layout, page=options.page)
    batch.segment(options.photos)
    return batch


@dataclass(frozen=True, eq=False)
class _Job:
    path: Path
    title: str
    photo: Photo | None
    """None when it could not be read."""


class Batch:
    """Photos one after another; a photo that cannot be used, or a network that cannot load, costs itself alone.

    While the maps of one answer are written, the next answer is computed and the next photo read.
    """

    def __init__(
        self,
        zoo: Zoo,
        specs: tuple[ModelSpec, ...],
        out: Path,
        limits: Limits,
        measures: Sequence[str] = (),
        figures: Sequence[Kind] = (),
        layout: Layout = "article",
        page: bool = False,
    ) -> None:
        self.zoo, self.specs, self.out, self.limits = zoo, specs, out, limits
        self.measures, self.figures, self.layout, self.page = measures, tuple(figures), layout, page
        self.left_out = False
        self.noted: set[tuple[str, str]] = set()
        self.written: list[dict[str, str]] = []

    def segment(self, paths: Sequence[Path]) -> None:
        """Segment each photo, or say why not. Raises BackendError when there is no network left."""
        from demo.export import write_run

        since = time.perf_counter()
        for job, group in groupby(ahead(self._outcomes(paths)), key=itemgetter(0)):
            answers = self._answers(job, (outcome for _, outcome in group))
            first = next(answers, None)
            if job.photo is None or first is None:
                continue
            every: Iterator[Answer] = chain([first], answers)
            further: Further | None = None
            if self.page:
                every, further = self._paged(job.photo, every)
            folder = write_run(
                self.out, job.photo, every,
                precision=self.zoo.precision, device=self.zoo.device, measures=self.measures,
                figures=self.figures, layout=self.layout, further=further,
            )  # fmt: skip
            self.written.append({"photo": str(job.path), "folder": str(folder)})
            now = time.perf_counter()
            note(f"{job.title}: {now - since:.1f} s -> {folder}")
            since = now

    def _paged(self, photo: Photo, answers: Iterator[Answer]) -> tuple[Iterator[Answer], Further]:
        """The same answers, and the page that can be written when all of them have been taken."""
        from demo.export import Further
        from demo.page.networks import computed_on
        from demo.page.one_page import NAME, as_shown, one_page

        taken: list[Answer] = []

        def passed() -> Iterator[Answer]:
            for answer in answers:
                taken.append(as_shown(answer))
                yield answer

        def pages() -> Iterator[tuple[str, bytes]]:
            computed = computed_on(self.zoo.device, self.zoo.precision)
            yield NAME, one_page(photo, taken, computed=computed, notes=photo.notes)

        return passed(), Further({}, pages())

    def _outcomes(self, paths: Sequence[Path]) -> Iterator[tuple[_Job, Answer | Refusal | DemoError]]:
        """Of each photo every network's outcome, or why it cannot be read."""
        from demo.export import read_photo
        from demo.models.zoo import Refusal

        for number, path in enumerate(paths, 1):
            title = f"[{number}/{len(paths)}] {path.name}"
            try:
                photo = read_photo(path, self.limits)
            except DemoError as error:
                yield _Job(path, title, None), error
                continue
            for remark in photo.notes:
                note(f"{title}: {remark}")
            job = _Job(path, title, photo)
            for outcome in self.zoo.stream(photo.image, self.specs, measures=self.measures):
                if isinstance(outcome, Refusal) and not outcome.loaded:  # not asked again
                    self.specs = tuple(spec for spec in self.specs if spec != outcome.spec)
                yield job, outcome
            if not self.specs:
                raise BackendError("None of the networks could be loaded. `python -m demo check` says what is missing.")

    def _answers(self, job: _Job, outcomes: Iterable[Answer | Refusal | DemoError]) -> Iterator[Answer]:
        """The answers; what is none is told."""
        from demo.models.zoo import Refusal

        for outcome in outcomes:
            if isinstance(outcome, DemoError):
                self._leave_out(f"{job.title}: {outcome}")
            elif isinstance(outcome, Refusal):
                spec, where = outcome.spec, f"{job.title}: " if outcome.loaded else ""
                self._leave_out(f"{where}{spec.title} ({spec.id}) is left out: {outcome.error}")
            else:
                for remark in outcome.network.notes:
                    if (outcome.spec.id, remark) not in self.noted:
                        note(f"{outcome.spec.title} ({outcome.spec.id}): {remark}")
                        self.noted.add((outcome.spec.id, remark))
                yield outcome

    def _leave_out(self, text: str) -> None:
        self.left_out = True
        complain(text)


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Each item, the one after it being made on another thread meanwhile.

    >>> list(ahead(range(3)))
    [0, 1, 2]
    """
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1, "ahead") as pool:
        upcoming = pool.submit(next, iterator, end)
        while (item := upcoming.result()) is not end:
            upcoming = pool.submit(next, iterator, end)
            yield cast(Item, item)

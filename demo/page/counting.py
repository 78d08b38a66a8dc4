"""One photo of a visit's study, counted from the answers that the page has, into the study's file."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from demo.errors import DemoError
from demo.images import Limits, write_text
from demo.models.zoo import Answer, Refusal, Zoo
from demo.names import to_json
from demo.schema import Image, ModelSpec, Prediction
from demo.study.dataset import Case, Dataset
from demo.study.engine import Here, Met, Task
from demo.study.ledger import FILE, PhotoRows
from demo.study.measuring import Keeping, Panel
from demo.study.records import records
from demo.study.study import as_json, run, settings_of

NAME = "photos of a visit"


class _Known(Here):
    """The engine over outcomes that are there already: it comes to one photo and loads nothing."""

    def __init__(self, zoo: Zoo, photo: str, outcomes: Mapping[str, Answer | str], met: dict[str, Met]) -> None:
        super().__init__(zoo, self._told)
        self.photo, self.outcomes, self.known = photo, outcomes, met

    def _told(self, image: Image, specs: Sequence[ModelSpec]) -> Iterator[tuple[ModelSpec, Prediction | Refusal]]:
        for spec in specs:
            found = self.outcomes.get(spec.id, "It was not asked.")
            yield spec, Refusal(spec, DemoError(found)) if isinstance(found, str) else found.prediction

    def meet(self, specs: Sequence[ModelSpec]) -> Iterator[tuple[ModelSpec, Met | DemoError]]:
        for spec in specs:
            found = self.outcomes.get(spec.id)
            if isinstance(found, Answer):
                self.known[spec.id] = Met(found.network.class_set, found.network.checkpoint_sha256)
            yield spec, self.known.get(spec.id) or DemoError(str(found or "It has answered no photo."))

    def measured(
        self, tasks: Iterable[Task], panel: Panel, keeping: Keeping, limits: Limits
    ) -> Generator[tuple[Task, PhotoRows]]:
        yield from super().measured([t for t in tasks if t.case.name == self.photo], panel, keeping, limits)


def count_photo(
    folder: Path, photos: Sequence[tuple[str, Path]], photo: str, specs: Sequence[ModelSpec], zoo: Zoo,
    outcomes: Mapping[str, Answer | str], met: dict[str, Met], limits: Limits,
) -> None:  # fmt: skip
    """Write one of the (name, file) photos into the study of a folder; `outcomes` has an answer or a sentence a model.

    `met` is what is known of the networks from earlier photos. Raises DemoError, BackendError where none has answered.
    """
    found = Dataset(NAME, tuple(Case(name, file) for name, file in photos))
    settings = settings_of(zoo, limits) | {"maps": "on the page's grid, at most 1600 pixels a side"}
    engine = _Known(zoo, photo, outcomes, met)
    done = run(found, specs, zoo, folder / FILE, settings, limits=limits, engine=engine)
    write_text(folder / "study.json", to_json(as_json(done, records(done.path))))

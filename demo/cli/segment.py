"""python -m demo segment: photos in, label maps, entropy maps, overlays and numbers out."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from demo import catalog
from demo.cli.console import (
    add_limit_options,
    add_models_option,
    add_out_option,
    add_running_options,
    complain,
    note,
    open_zoo,
    print_json,
)
from demo.errors import BackendError, DemoError

if TYPE_CHECKING:
    from demo.cli.console import Subparsers
    from demo.export import Photo
    from demo.images import Limits
    from demo.models.zoo import Answer, Refusal, Zoo
    from demo.schema import ModelSpec

SOMETHING_LEFT_OUT = 1


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("segment", help="segment photos into a folder", description=run.__doc__)
    parser.add_argument("photos", metavar="PHOTO", nargs="+", type=Path)
    add_models_option(parser)
    add_out_option(parser)
    add_limit_options(parser)
    parser.add_argument("--json", action="store_true", help="print what was written, as JSON")
    add_running_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write OUT/<photo>/<model>/{labels.png, entropy.npy, entropy.png, overlay.png} and OUT/<photo>/summary.json."""
    from demo.images import Limits

    zoo = open_zoo(options)
    specs = catalog.resolve(options.models or zoo.default_set)
    limits = Limits(megapixels=options.max_megapixels, megabytes=options.max_megabytes)
    batch = Batch(zoo, specs, options.out, limits)
    for number, path in enumerate(options.photos, 1):
        batch.segment(path, f"[{number}/{len(options.photos)}] {path.name}")
    if options.json:
        print_json(batch.written)
    return SOMETHING_LEFT_OUT if batch.left_out else 0


class Batch:
    """Photos one after another; one that cannot be read, or a network that cannot load, costs itself alone."""

    def __init__(self, zoo: Zoo, specs: tuple[ModelSpec, ...], out: Path, limits: Limits) -> None:
        self.zoo, self.specs, self.out, self.limits = zoo, specs, out, limits
        self.left_out = False
        self.written: list[dict[str, str]] = []

    def segment(self, path: Path, title: str) -> None:
        """Segment one photo, or say why not. Raises BackendError when there is no network left."""
        from demo.export import read_photo, write_run

        start = time.perf_counter()
        try:
            photo = read_photo(path, self.limits)
        except DemoError as error:
            self._leave_out(f"{title}: {error}")
            return
        answers = self._answers(photo)
        folder = write_run(self.out, photo, answers, precision=self.zoo.precision, device=self.zoo.device)
        self.written.append({"photo": str(path), "folder": str(folder)})
        note(f"{title}: {time.perf_counter() - start:.1f} s -> {folder}")

    def _answers(self, photo: Photo) -> Iterator[Answer]:
        from demo.models.zoo import Refusal

        answered = 0
        for outcome in self.zoo.stream(photo.image, [_name(spec) for spec in self.specs]):
            if isinstance(outcome, Refusal):
                self._refuse(outcome)
            else:
                answered += 1
                yield outcome
        if not answered:
            raise BackendError("None of the networks could answer. `python -m demo check` says what is missing.")

    def _refuse(self, refusal: Refusal) -> None:
        """Tell it; a network that could not even load is not asked again."""
        spec = refusal.spec
        self._leave_out(f"{spec.title} ({spec.id}) is left out: {refusal.error}")
        if spec.id not in self.zoo.loaded:
            self.specs = tuple(other for other in self.specs if other.id != spec.id)

    def _leave_out(self, text: str) -> None:
        self.left_out = True
        complain(text)


def _name(spec: ModelSpec) -> str:
    """What the catalogue resolves to this very model."""
    return f"{spec.config}:{spec.weights.file}" if spec.set == "own" else spec.id

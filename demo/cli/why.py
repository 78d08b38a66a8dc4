"""python -m demo why: where each network's label at a pixel comes from, as pictures and numbers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from demo import catalog
from demo.analysis.questions import KINDS, OVERS, Question, check
from demo.cli.console import (
    SOMETHING_LEFT_OUT,
    add_limit_options,
    add_models_option,
    add_out_option,
    add_running_options,
    complain,
    limits_of,
    models_of,
    note,
    open_zoo,
    table,
)
from demo.errors import BackendError, DemoError, QuestionError
from demo.names import to_json

if TYPE_CHECKING:
    from demo.cli.console import Subparsers
    from demo.models.why import Reason
    from demo.models.zoo import Zoo
    from demo.schema import Image, ModelSpec

HEADER = ("network", "class", "50 % within", "of diagonal", "90 % within", "of diagonal", "decided")


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("why", help="show where the label of a pixel comes from", description=run.__doc__)
    parser.add_argument("photo", metavar="PHOTO", type=Path)
    parser.add_argument(
        "--at", metavar=("X", "Y"), nargs=2, type=int, required=True, help="a pixel of the photo, from its left and top"
    )
    parser.add_argument(
        "--kind",
        choices=[*KINDS],
        default="field",
        help="field: the effective receptive field; attribution: Seg-Grad-CAM; rollout: attention rollout of a ViT "
        "(default: field)",
    )
    parser.add_argument(
        "--over",
        choices=[*OVERS],
        default="pixel",
        help="the pixel, the region of one label around it, or the whole photo (default: pixel)",
    )
    parser.add_argument(
        "--class", dest="name", metavar="NAME", default="", help="a class (default: each network's own at the pixel)"
    )
    add_models_option(parser)
    add_out_option(parser)
    add_limit_options(parser)
    add_running_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write OUT/<photo>/<model>/why-<kind>.png and OUT/<photo>/why-<kind>.json, and print a line a network."""
    from demo.export import folder_for, read_photo
    from demo.images import write_atomic, write_text
    from demo.render.encode import png
    from demo.render.paint import heat

    if options.kind == "rollout" and options.name:
        raise QuestionError("Attention rollout knows no class. Leave --class out, or choose another --kind.")
    x, y = options.at
    question = Question((y, x), options.kind, options.over, options.name)
    photo = read_photo(options.photo, limits_of(options))
    check(question, photo.image.shape[:2])
    zoo = open_zoo(options)
    specs = models_of(options) or catalog.resolve(zoo.default_set)
    folder, found = folder_for(options.out, photo), []
    for number, spec in enumerate(specs, 1):
        note(f"[{number}/{len(specs)}] {spec.title} ({spec.id})")
        try:
            reason = explained(zoo, spec, photo.image, question)
        except DemoError as error:
            complain(f"{spec.title} ({spec.id}) is left out: {error}")
            continue
        write_atomic(folder / spec.id / f"why-{options.kind}.png", png(heat(photo.image, reason.shown)))
        found.append((spec, reason))
    if not found:
        raise BackendError("None of the networks could answer that. What each said is above; ask for something else.")
    told = {"photo": photo.name, "at": {"x": x, "y": y}, "kind": options.kind, "over": options.over}
    rows = [describe(spec, reason) for spec, reason in found]
    write_text(folder / f"why-{options.kind}.json", to_json({**told, "networks": rows}, indent=2))
    columns = HEADER if any(reason.reach for _, reason in found) else HEADER[:2]
    print(table(columns, [line(spec, reason)[: len(columns)] for spec, reason in found]))
    note(str(folder))
    return SOMETHING_LEFT_OUT if len(found) < len(specs) else 0


def explained(zoo: Zoo, spec: ModelSpec, image: Image, question: Question) -> Reason:
    """One network's answer to the photo, and then to the question. Raises the network's DemoError."""
    from demo.models.why import explain
    from demo.models.zoo import Refusal

    for outcome in zoo.stream(image, [spec]):
        if isinstance(outcome, Refusal):
            raise outcome.error
        labels = outcome.prediction.label_map
        return explain(zoo, spec, image, outcome.posterior, labels, question, labels.shape)
    raise ValueError("a zoo must have an outcome for each model")


def describe(spec: ModelSpec, reason: Reason) -> dict[str, object]:
    """One network's answer for the JSON file; radii in pixels of the photo."""
    row: dict[str, object] = {"id": spec.id, "title": spec.title, "family": spec.family, "class": reason.name}
    row["points"] = [{"x": x, "y": y} for y, x in reason.points]
    if reason.reach:
        reach = reason.reach
        row |= {
            "radii": {"50": reach.radii[0], "90": reach.radii[1]},
            "shares_of_diagonal": {"50": reach.shares[0], "90": reach.shares[1]},
            "radii_if_even": {"50": reach.even[0], "90": reach.even[1]},
            "reading": reach.words(),
            "on_padding": reason.padding,
        }
    return row


def line(spec: ModelSpec, reason: Reason) -> tuple[str, ...]:
    """One network's row of the printed table."""
    if reason.reach is None:
        return (spec.title, reason.name, *[""] * 5)
    (half, most), (half_share, most_share) = reason.reach.radii, reason.reach.shares
    return (
        spec.title,
        reason.name,
        f"{half:.0f} px",
        f"{100 * half_share:.0f} %",
        f"{most:.0f} px",
        f"{100 * most_share:.0f} %",
        reason.reach.words(),
    )

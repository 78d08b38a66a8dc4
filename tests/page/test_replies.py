"""Replies are what their types say, and the browser's scripts are checked against those very types."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter, ValidationError

from demo.page import replies
from demo.page.declarations import FILE, declarations
from demo.page.networks import Networks
from demo.page.store import Run, Store
from demo.page.tabs.differ import Differ
from demo.page.tabs.pixel import probe
from demo.page.tabs.truth import TruthTab
from demo.page.tabs.why import WhyTab
from demo.page.wire import in_folder, panel_of
from tests.toy import toy_ids, toy_zoo

PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"


@pytest.fixture(scope="module")
def run(store: Store) -> Run:
    run = store.open(PHOTO)
    for answer in toy_zoo().stream(run.image, "compact", run.size):
        run.keep(answer, panel_of(answer, in_folder(run.folder)))
    return run


def check(kind: type, reply: Mapping[str, object]) -> None:
    """As strictly as JSON allows: whole numbers are numbers, lists may be tuples."""
    TypeAdapter(kind).validate_json(TypeAdapter(dict).dump_json(dict(reply)), strict=True)


def test_the_declarations_are_up_to_date() -> None:
    wanted = "python -m demo.page.declarations writes it anew"
    assert FILE.read_text(encoding="utf-8") == declarations(), wanted


def test_a_reply_that_its_type_does_not_name_is_found() -> None:
    check(replies.ClassIndex, {"name": "sky", "index": 3, "class_set": "toy"})
    for wrong in ({"name": "sky", "index": "3", "class_set": "toy"}, {"index": 3, "class_set": "toy"}, {}):
        with pytest.raises(ValidationError):
            check(replies.ClassIndex, wrong)


def test_a_pixel(run: Run, store: Store) -> None:
    check(replies.PixelReply, probe(store, {"run": run.key, "x": 1, "y": 2, "models": list(toy_ids())}))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "kind"),
    [("differences", replies.Differences), ("conflict", replies.Conflict), ("together", replies.Mean)],
)
def test_where_networks_differ(run: Run, store: Store, what: str, kind: type) -> None:
    check(kind, Differ(store).ask({"run": run.key, "models": list(toy_ids()), "what": what}))


@pytest.mark.parametrize("kind", ["field", "attribution"])
def test_why(run: Run, store: Store, kind: str) -> None:
    tab, question = WhyTab(store, Networks(toy_zoo)), {"run": run.key, "model": toy_ids()[0], "x": 9, "y": 8}
    question |= {"kind": kind, "over": "pixel", "name": ""}
    check(replies.NotYet, tab.ask(question))
    tab.work(SimpleNamespace(_data=question))  # type: ignore[arg-type]  # of an event nothing else is read
    check(replies.Why if kind == "field" else replies.Refusal, tab.ask(question))


def test_too_few_to_differ(run: Run, store: Store) -> None:
    check(replies.TooFew, Differ(store).ask({"run": run.key, "models": list(toy_ids()[:1]), "what": "differences"}))
    check(replies.Refusal, Differ(store).ask({"run": "gone", "models": [], "what": "differences"}))


def test_a_truth_and_what_is_counted_by_it(run: Run, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "truth.png"
    Image.fromarray(np.full(run.image.shape[:2], 3, np.uint8)).save(path)
    tab = TruthTab(store, uploads=tmp_path)
    question = {"run": run.key, "source": {"files": [str(path)]}, "model": toy_ids()[0], "band": "all"}
    check(replies.Truth, tab.ask(question | {"what": "truth"}))
    check(replies.Judged, tab.ask(question | {"what": "model"}))
    check(replies.Proper, tab.ask(question | {"what": "proper"}))
    check(replies.ClassIndex, tab.ask({"what": "class", "name": "sky"}))
    check(replies.Refusal, tab.ask({"what": "class", "name": "no such thing"}))

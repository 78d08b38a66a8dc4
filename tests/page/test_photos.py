"""The photos of a visit at the server: looked at, answered behind the shown one, shown again, told in numbers."""

import json
from pathlib import Path

import gradio as gr
import pytest
from PIL import Image
from pydantic import TypeAdapter

from demo import catalog
from demo.errors import DemoError
from demo.page import handlers, photos, replies
from demo.page.fetching import Fetching
from demo.page.handlers import Page
from demo.page.networks import Networks
from demo.page.photos import Photos
from demo.page.store import NOT_HERE, Store
from demo.page.tabs.differ import Differ
from tests.toy import toy_ids, toy_zoo

CAT = str(Path(__file__).parents[2] / "examples" / "cat.png")
CHOICE = ("compact", *(list(toy_ids()) if name == "compact" else [] for name in catalog.SETS))


@pytest.fixture
def page(store: Store, monkeypatch: pytest.MonkeyPatch) -> Page:
    """On which every file counts as uploaded but /etc/passwd."""
    for module in (handlers, photos):
        monkeypatch.setattr(module, "is_uploaded", lambda path: path != "/etc/passwd")
    return Page(Networks(toy_zoo()), store, Fetching(), ())


def told(page: Page, **asked: str) -> list[dict[str, object]]:
    of = Photos(page.networks, page.store, page.stopped)
    return [json.loads(text) for text in of.answer(gr.EventData(None, asked), *CHOICE)]


def test_a_photo_is_known_by_its_key_and_what_is_none_says_so(page: Page, tmp_path: Path) -> None:
    of = Photos(page.networks, page.store, page.stopped)
    assert of.look({"path": CAT}) == {"run": page.store.open(CAT).key}
    bad = tmp_path / "notes.pdf"
    bad.write_bytes(b"%PDF-1.7")
    assert str(of.look({"path": str(bad)})["message"]).startswith("notes.pdf is a PDF")
    for question in ({"path": str(tmp_path / "gone.png")}, {"path": "/etc/passwd"}, {}, None, 3):
        assert of.look(question) == {"message": NOT_HERE}


def test_answers_behind_the_shown_photo_are_told_until_it_is_over(page: Page) -> None:
    *before, last = told(page, turn="a", path=CAT)
    assert last["over"] and [panel["status"] for panel in last["panels"]] == ["done"] * 5  # type: ignore[attr-defined]
    assert before and not any("over" in row for row in before)


def test_one_photos_failure_is_a_sentence_and_no_error(page: Page, tmp_path: Path) -> None:
    bad = tmp_path / "notes.pdf"
    bad.write_bytes(b"%PDF-1.7")
    (only,) = told(page, turn="a", path=str(bad))
    assert only["over"] and str(only["message"]).startswith("notes.pdf is a PDF")
    (only,) = told(page, turn="a", path="/etc/passwd")
    assert only["message"] == NOT_HERE


def test_a_turn_that_was_stopped_before_it_came_asks_nothing(page: Page) -> None:
    page.stop({"turn": "early"})
    assert told(page, turn="early", path=CAT) == [{"turn": "early", "panels": [], "over": True}]
    assert not page.stopped


def test_the_numbers_are_those_of_where_they_differ(page: Page) -> None:
    told(page, turn="a", path=CAT)
    question = {"run": page.store.open(CAT).key, "models": list(toy_ids())}
    numbers = Photos(page.networks, page.store, page.stopped).numbers(question)
    reply = Differ(page.store).ask(question | {"what": "differences"})
    assert numbers["agreement"] == pytest.approx(reply["votes"][0])  # type: ignore[index]
    assert numbers["split"] == pytest.approx(reply["split"]["between_families"])  # type: ignore[index]
    assert numbers["conflict"] == pytest.approx(reply["conflict"]["area"])  # type: ignore[index]
    TypeAdapter(replies.PhotoNumbers).validate_python(numbers)
    alone = Photos(page.networks, page.store, page.stopped).numbers(question | {"models": [toy_ids()[0]]})
    assert alone["agreement"] is None and len(alone["networks"]) == 1  # type: ignore[arg-type]


def test_what_is_known_of_a_photo_is_shown_without_a_run(page: Page) -> None:
    told(page, turn="a", path=CAT)
    path, view, _, shown, save, save_page = page.show(gr.EventData(None, {"turn": "b", "path": CAT}), *CHOICE)
    assert (path, view.turn, shown.name) == (CAT, "b", "cat.png")  # type: ignore[attr-defined]
    assert {panel.status for panel in view.panels} == {"done"} and save["interactive"] and save_page["interactive"]  # type: ignore[attr-defined,index]
    with pytest.raises(DemoError, match="no longer kept"):
        page.show(gr.EventData(None, {"turn": "b", "path": "/etc/passwd"}), *CHOICE)


def test_a_run_that_was_left_shows_nothing_more(page: Page, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    Image.new("RGB", (40, 30), (90, 120, 60)).save(other)
    updates = page.run(gr.EventData(None, {"turn": "left"}), str(other), *CHOICE)
    next(updates)
    page.stop({"turn": "left", "left": True})
    rest = list(updates)
    assert rest and all(update[0] == gr.skip() and update[2] == gr.skip() for update in rest)
    assert not page.stopped and not page.left

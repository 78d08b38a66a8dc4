"""A visit's study at the server: photo by photo, one bad photo costs itself, the report is the study's own."""

import base64
import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter

from demo import catalog
from demo.images import Limits
from demo.page import replies, studies
from demo.page.networks import Networks
from demo.page.store import NOT_HERE, Store
from demo.page.studies import GONE, MOST_PHOTOS
from demo.page.tabs.study import WRONG, StudyTab
from demo.study.records import records
from tests.toy import toy_ids, toy_zoo

CHOICE = ("compact", *(list(toy_ids()) if name == "compact" else [] for name in catalog.SETS))


@pytest.fixture
def cat(tmp_path: Path) -> str:
    """A small photo."""
    path = tmp_path / "cat.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (4, 6, 3), np.uint8)).resize((60, 40)).save(path)
    return str(path)


@pytest.fixture
def tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StudyTab]:
    """On which every file counts as uploaded but /etc/passwd."""
    monkeypatch.setattr(studies, "is_uploaded", lambda path: path != "/etc/passwd")
    monkeypatch.setattr(studies, "get_upload_folder", lambda: str(tmp_path / "uploads"))
    (tmp_path / "uploads").mkdir()
    store = Store(Limits())
    yield StudyTab(store, Networks(toy_zoo()))
    store.close()
    assert not [*(tmp_path / "uploads").iterdir()], "something of a study has stayed"


def check(kind: type, reply: object) -> None:
    TypeAdapter(kind).validate_json(TypeAdapter(dict).dump_json(reply), strict=True)  # type: ignore[arg-type]


def begun(tab: StudyTab, *names: str) -> str:
    reply = tab.ask({"what": "begin", "names": list(names)})
    check(replies.StudyBegun, reply)
    return str(reply["study"])


def row(tab: StudyTab, key: str, place: int, path: str, choice: tuple[object, ...] = CHOICE) -> dict[str, object]:
    tab.work(gr.EventData(None, {"study": key, "place": place, "path": path}), *choice)
    reply = tab.ask({"what": "row", "study": key, "place": place})
    check(replies.StudyRow, reply)
    return reply


def content(reply: dict[str, object]) -> bytes:
    check(replies.Figure, reply)
    return base64.b64decode(str(reply["url"]).partition(",")[2])


def test_rows_come_photo_by_photo_and_a_bad_photo_costs_itself(tab: StudyTab, cat: str, tmp_path: Path) -> None:
    bad = tmp_path / "notes.pdf"
    bad.write_bytes(b"%PDF-1.7")
    key = begun(tab, "cat.png", "notes.pdf", "cat.png")
    first = row(tab, key, 0, cat)
    assert first["numbers"] and (first["answered"], first["of"]) == (5, 5)
    assert row(tab, key, 1, str(bad))["message"].startswith("notes.pdf is a PDF")  # type: ignore[attr-defined]
    assert row(tab, key, 2, cat)["name"] == "cat.png (2)"


def test_the_report_and_the_data_are_a_study_like_any_other(tab: StudyTab, cat: str, tmp_path: Path) -> None:
    bad = tmp_path / "notes.pdf"
    bad.write_bytes(b"%PDF-1.7")
    key = begun(tab, "<img src=x onerror=alert(1)>.png", "notes.pdf")
    row(tab, key, 0, cat)
    row(tab, key, 1, str(bad))
    page = content(tab.ask({"what": "report", "study": key})).decode()
    assert "<h1>Study of" in page and "<img src=x" not in page and "notes.pdf is a PDF" in page
    with zipfile.ZipFile(io.BytesIO(content(tab.ask({"what": "data", "study": key})))) as archive:
        assert {"study.html", "study.sqlite", "study.json", "answers.csv"} <= set(archive.namelist())
        archive.extract("study.sqlite", tmp_path)
    found = records(tmp_path / "study.sqlite")
    assert [model.id for model in found.models] == list(toy_ids())
    assert found.pixels.sum(1).tolist() == [5 * found.sizes[0].prod(), 0]


def test_the_row_says_what_the_studys_file_says(tab: StudyTab, cat: str, tmp_path: Path) -> None:
    key = begun(tab, "cat.png")
    numbers = row(tab, key, 0, cat)["numbers"]
    (folder,) = (tmp_path / "uploads").iterdir()
    together = records(folder).together
    for name, column in (("agreement", "all_agree"), ("split", "between_families"), ("conflict", "confident_conflict")):
        assert numbers[name] == pytest.approx(together[column][0] / together["pixels"][0])  # type: ignore[index]


def test_one_network_a_call_where_somebody_waits(tab: StudyTab, cat: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "others", lambda: lambda: True)
    key = begun(tab, "cat.png")
    assert [row(tab, key, 0, cat)["answered"] for _ in toy_ids()] == [1, 2, 3, 4, 5]


def test_a_zip_is_a_study_of_its_photos(tab: StudyTab, cat: str, tmp_path: Path) -> None:
    path = tmp_path / "upload.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(cat, "photos/cat.png")
    reply = tab.ask({"what": "zip", "path": str(path), "name": "mine.zip"})
    assert reply["names"] == ["photos/cat.png"] and not path.exists()
    assert row(tab, str(reply["study"]), 0, "")["numbers"]


def test_a_zip_that_is_refused_leaves_nothing(tab: StudyTab, tmp_path: Path) -> None:
    path = tmp_path / "upload.zip"
    path.write_bytes(b"no zip")
    said = tab.ask({"what": "zip", "path": str(path), "name": "mine.zip"})["message"]
    assert str(said).startswith("mine.zip should be a zip of photos") and not path.exists()
    passwd = tab.ask({"what": "zip", "path": "/etc/passwd", "name": "x.zip"})["message"]
    assert passwd == "This zip is no longer kept here; choose it again." and Path("/etc/passwd").exists()


def test_too_many_photos_no_network_and_nonsense_are_sentences(tab: StudyTab, cat: str) -> None:
    many = tab.ask({"what": "begin", "names": ["a.png"] * (MOST_PHOTOS + 1)})["message"]
    assert f"{MOST_PHOTOS + 1} were chosen; choose fewer" in str(many)
    key = begun(tab, "cat.png")
    nothing = ("compact", *([] for _ in catalog.SETS))
    assert "Choose at least one model" in str(row(tab, key, 0, cat, nothing)["fault"])
    assert tab.ask({"what": "row", "study": key, "place": 7})["message"] == "This study has 1 photos."
    assert "nothing to report yet" in str(tab.ask({"what": "report", "study": key})["message"])
    assert tab.ask({"what": "report", "study": "none"})["message"] == GONE
    for question in (None, {}, {"what": "row"}, {"what": "begin", "names": [3]}):
        assert tab.ask(question) == {"message": WRONG}
    tab.work(gr.EventData(None, None))
    tab.work(gr.EventData(None, {"study": key, "place": -1}))


def test_a_file_of_the_servers_is_no_photo_of_a_study(tab: StudyTab) -> None:
    key = begun(tab, "passwd")
    assert row(tab, key, 0, "/etc/passwd")["message"] == NOT_HERE


def test_what_nobody_asks_for_goes_within_the_hour(tab: StudyTab, cat: str, tmp_path: Path) -> None:
    key = begun(tab, "cat.png")
    row(tab, key, 0, cat)
    tab._studies.forget(kept=60)
    assert [*(tmp_path / "uploads").iterdir()]
    time.sleep(0.01)
    tab._studies.forget(kept=0)
    assert not [*(tmp_path / "uploads").iterdir()]
    assert tab.ask({"what": "row", "study": key, "place": 0})["message"] == GONE


def test_no_more_studies_than_there_is_room_for(tab: StudyTab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "MOST", 2)
    begun(tab, "a.png"), begun(tab, "b.png")
    assert "Busy: 2 studies are going on" in str(tab.ask({"what": "begin", "names": ["c.png"]})["message"])
    monkeypatch.setattr(studies, "IDLE", 0)
    assert begun(tab, "c.png")


def test_limits_are_told(tab: StudyTab) -> None:
    check(replies.StudyLimits, tab.ask({"what": "limits"}))


def test_a_photo_at_hand_twice_is_answered_once(tab: StudyTab, cat: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.png"
    Image.open(cat).save(copy)
    key = begun(tab, "cat.png", "copy.png")
    assert row(tab, key, 0, cat)["numbers"] and row(tab, key, 1, str(copy))["numbers"]

"""Runs are found by their photo's bytes, say nothing of their visitor, and leave when there are too many."""

import io
import shutil
from dataclasses import fields
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.errors import ImageError
from demo.export import read_photo
from demo.images import Limits
from demo.page.networks import Networks
from demo.page.running import views
from demo.page.store import Run, Store
from demo.page.tabs.pixel import probe
from demo.page.tabs.tab import GONE
from tests.toy import toy_ids, toy_zoo


@pytest.fixture
def store() -> Store:
    return Store(Limits(), count=2)


def photo(folder: Path, name: str, shade: int) -> Path:
    path = folder / name
    Image.fromarray(np.full((40, 60, 3), shade, np.uint8)).save(path)
    return path


def answered(store: Store, path: Path, models: tuple[str, ...]) -> Run:
    run = store.open(path)
    list(views(Networks(toy_zoo()), store, run, path.name, models))
    return run


def test_the_same_bytes_are_the_same_run_whatever_they_are_called(store: Store, tmp_path: Path) -> None:
    first = store.open(photo(tmp_path, "mine.png", 10))
    assert store.open(photo(tmp_path, "yours.png", 10)) is first
    assert not any("mine" in str(getattr(first, field.name)) for field in fields(first))


def test_a_photo_is_read_once(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, reads = photo(tmp_path, "a.png", 10), []
    opened = io.open

    def counted(file: object, *options: object, **named: object) -> object:
        reads.append(Path(str(file)).name)
        return opened(file, *options, **named)

    monkeypatch.setattr(io, "open", counted)
    store.open(path)
    assert reads.count("a.png") == 1
    reads.clear()
    assert read_photo(path).sha256 == sha256(path.read_bytes()).hexdigest()
    assert reads.count("a.png") == 2, "one of them is this test's own"


def test_what_was_ignored_of_a_photo_is_a_note_beside_it(store: Store, tmp_path: Path) -> None:
    path = photo(tmp_path, "a.png", 10)
    png = path.read_bytes()
    path.write_bytes(png[:33] + b"\0\0\0\5tEXta\0bcd" + bytes(4) + png[33:])
    run = store.open(path)
    last = list(views(Networks(toy_zoo()), store, run, path.name, toy_ids()[:1]))[-1]
    assert last.notes[0].startswith("Its texts or its colour profile are damaged or too long")


def test_answers_are_kept_and_not_asked_for_again(store: Store, tmp_path: Path) -> None:
    run = answered(store, photo(tmp_path, "a.png", 10), toy_ids()[:2])
    before = dict(run.answers)
    last = list(views(Networks(toy_zoo()), store, run, "a.png", toy_ids()[:3]))[-1]
    assert [panel.status for panel in last.panels] == ["done"] * 3
    assert all(run.answers[model] is answer for model, answer in before.items())


def test_the_oldest_run_leaves_with_its_files(store: Store, tmp_path: Path) -> None:
    oldest, kept, newest = (answered(store, photo(tmp_path, f"{n}.png", n), toy_ids()[:1]) for n in (1, 2, 3))
    assert store.get(oldest.key) is None and not oldest.folder.exists()
    assert store.get(kept.key) is kept and store.get(newest.key) is newest
    assert probe(store, {"run": oldest.key, "x": 0, "y": 0, "models": []}) == {"rows": [], "message": GONE}


def test_temporary_folders_may_be_cleaned_while_the_page_serves(store: Store, tmp_path: Path) -> None:
    path = photo(tmp_path, "a.png", 10)
    before = answered(store, path, toy_ids()[:1])
    shutil.rmtree(store.folder)
    for again in (path, photo(tmp_path, "b.png", 20)):
        run = answered(store, again, toy_ids()[:1])
        assert Path(run.photo.path).is_file() and run is not before
        assert all(Path(panel.labels.path).is_file() for panel in run.panels.values())


def test_a_photo_that_is_no_longer_kept_is_asked_for_again(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no longer kept here; choose it again"):
        store.open(tmp_path / "gone.png")


def test_a_bound_in_bytes_counts_maps_and_posteriors(tmp_path: Path) -> None:
    store = Store(Limits(), megabytes=0.5)
    first = answered(store, photo(tmp_path, "1.png", 1), toy_ids())
    assert first.bytes > 5 * 12 * 12 * 150 * 4
    answered(store, photo(tmp_path, "2.png", 2), toy_ids())
    assert store.get(first.key) is None


def test_a_file_that_is_no_photo_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"no photo")
    with pytest.raises(ImageError):
        store.open(path)
    assert list(store.folder.iterdir()) == []


def test_the_networks_themselves_are_not_held_by_what_is_kept(store: Store, tmp_path: Path) -> None:
    run = answered(store, photo(tmp_path, "a.png", 10), toy_ids()[:1])
    with pytest.raises(ValueError, match="must not be asked to run again"):
        run.answers[toy_ids()[0]].network.scores(run.image)


@pytest.mark.parametrize(
    "question",
    [None, "x", {}, {"run": 1, "x": 0, "y": 0, "models": []}, {"run": "k", "x": "0", "y": 0, "models": []}],
)
def test_a_malformed_question_is_answered_in_words(store: Store, question: object) -> None:
    answer = probe(store, question)
    assert answer["rows"] == [] and answer["message"]


def test_the_probe_answers_for_the_photos_own_pixels(store: Store, tmp_path: Path) -> None:
    run = answered(store, photo(tmp_path, "a.png", 10), toy_ids())
    question = {"run": run.key, "x": 59, "y": 39, "models": [*toy_ids(), "no-such-model"]}
    rows = probe(store, question)["rows"]
    assert [row["model"] for row in rows] == list(toy_ids())
    for row in rows:
        probabilities = run.answers[row["model"]].posterior.at(39, 59)
        assert row["classes"][0]["index"] == probabilities.argmax()
        assert [c["probability"] for c in row["classes"]] == sorted(probabilities.astype(float), reverse=True)[:5]
        assert row["entropy"] == pytest.approx(float(run.answers[row["model"]].prediction.entropy[39, 59]), abs=1e-4)
    assert "must be below 60" in str(probe(store, question | {"x": 60})["message"])


def test_a_run_that_nobody_asked_for_in_an_hour_goes_with_its_files(store: Store, tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    run = store.open(tmp_path / "a.png")
    store.forget()
    assert store.get(run.key) is run
    run.used -= store.kept + 1
    store.forget()
    assert store.get(run.key) is None and not run.folder.exists()
    assert store.kept + store.look <= 3600

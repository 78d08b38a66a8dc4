"""Where photos come from: folders, zips, lists and addresses, and what is said of each that is none."""

import time
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest

from demo.errors import DatasetError, ImageError
from demo.images import Limits
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import encode_annotation
from demo.study import study
from demo.study.records import records
from demo.study.sources import open_case, open_source
from tests.models.checkpoints.test_download import Server, running_server
from tests.study.test_evaluate import MODELS
from tests.toy import toy_zoo


@pytest.fixture
def server() -> Iterator[Server]:
    yield from running_server()


@pytest.mark.slow
def test_photos_come_from_a_zip_and_from_a_list_as_well(photos: Path, tmp_path: Path) -> None:
    expected = study(photos, MODELS, toy_zoo(), tmp_path / "folder")
    with zipfile.ZipFile(tmp_path / "validation", "w") as archive:
        for path in sorted(photos.rglob("*.png")):
            archive.write(path, path.relative_to(photos).as_posix())
        archive.writestr("../../slip.png", b"no photo")
        archive.writestr("notes.txt", b"no photo")
    done = study(tmp_path / "validation", MODELS, toy_zoo(), tmp_path / "zip")
    found, before = records(tmp_path / "zip"), records(expected.path)
    assert done.problems[0].startswith("../../slip.png is left out: slip.png is a file of another kind")
    assert found.names[1:] == before.names and (found.confusions == before.confusions).all()
    (photos / "list.txt").write_text("# photos\nphoto0.png\n\nmore/photo3.png\nmissing.png\n")
    done = study(photos / "list.txt", MODELS, toy_zoo(), tmp_path / "list")
    assert records(done.path).names == ("missing.png", "more/photo3.png", "photo0.png")
    assert len(done.problems) == 1 and "missing.png should be a photo's file, but is not there" in done.problems[0]


def test_folders_that_look_the_same_hold_a_photo_and_its_truth(photos: Path, tmp_path: Path) -> None:
    """As a Mac writes them, and as everybody else does."""
    for place, form in (("photos", "NFD"), ("truths", "NFC")):
        folder = tmp_path / place / unicodedata.normalize(form, "Äpfel")
        folder.mkdir(parents=True)
        truth = encode_annotation(np.zeros((48, 64), np.uint8), ADE20K)
        content = truth if place == "truths" else (photos / "photo0.png").read_bytes()
        (folder / unicodedata.normalize(form, "café.png")).write_bytes(content)
    (case,) = open_source(tmp_path / "photos", truth=tmp_path / "truths").cases
    assert case.annotation and case.annotation.is_relative_to(tmp_path / "truths")
    with pytest.raises(DatasetError, match="should hold an annotation for photos of"):
        open_source(tmp_path / "photos", truth=photos)


def test_a_list_of_photos_may_begin_with_a_byte_order_mark(photos: Path) -> None:
    (photos / "list.txt").write_text("photo0.png\n", encoding="utf-8-sig")
    assert [case.photo for case in open_source(photos / "list.txt").cases] == [photos / "photo0.png"]


def test_a_line_of_a_list_that_is_no_path_and_no_address_costs_itself(photos: Path, tmp_path: Path) -> None:
    lines = [
        b"photo0.png",
        b"photo\0.png",
        b"http://[/x.png",
        b"http://127.0.0.1:1/\xff.png",
        b"..",
        b"/",
        b"://",
        b"nix://x",
    ]
    lines += [b"x" * 5000 + b".png", b"more/../photo0.png"]
    (photos / "list.txt").write_bytes(b"\n".join(lines))
    truth = photos.parents[1] / "annotations/validation"
    done = study(photos / "list.txt", "fcn-compact", toy_zoo(), tmp_path / "out", truth=truth)
    assert (done.photos, len(done.problems)) == (9, 9)
    assert done.problems[0] == "more/../photo0.png is named more than once, and counts once."
    assert (records(done.path).pixels > 0).sum() == 1


def test_an_address_that_sends_a_byte_now_and_then_is_given_up(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        with suppress(OSError):
            while True:
                handler.wfile.write(b"x")
                time.sleep(0.02)

    server.answers["/cat.png"] = drip
    monkeypatch.setattr("demo.study.sources.LONGEST", 0.1)
    (tmp_path / "list.txt").write_text(f"{server.url}/cat.png\n")
    (case,) = open_source(tmp_path / "list.txt").cases
    with pytest.raises(ImageError, match=r"cat\.png should be a photo, but sent .* was not done\. Download it by hand"):
        open_case(case)


def test_a_zip_that_was_cut_short_is_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "photos.zip").write_bytes(b"PK\x03\x04 and no end")
    with pytest.raises(DatasetError, match=r"photos\.zip should be a whole zip, but is damaged .* Copy it again"):
        open_source(tmp_path / "photos.zip")


def test_two_entries_of_a_zip_with_one_name_are_one_photo(photos: Path) -> None:
    with zipfile.ZipFile(photos / "twice.zip", "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        for path in (photos / "photo0.png", photos / "photo1.png"):
            archive.write(path, "one.png")
    found = open_source(photos / "twice.zip")
    assert len(found.cases) == 1 and found.problems == ("one.png is named more than once, and counts once.",)


def test_a_split_of_a_folder_zip_or_list_is_refused(photos: Path) -> None:
    with pytest.raises(
        DatasetError, match=r"A split is a part of a dataset, .* but .*validation is none\. Leave the split"
    ):
        open_source(photos, split="val")


def test_a_bomb_in_a_zip_is_never_unpacked_whole(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", bytes(5_000_000))
    done = study(tmp_path / "bomb.zip", MODELS, toy_zoo(), tmp_path / "out", limits=Limits(megabytes=1))
    assert "bomb.png has over 1 MB" in done.problems[0]


def test_what_is_no_source_is_told(photos: Path, tmp_path: Path) -> None:
    for source, told in (
        (tmp_path / "nowhere", "nowhere does not exist"),
        (photos / "photo0.png", "is a file of another kind. Name a folder of photos, a dataset, a zip, or a list"),
    ):
        with pytest.raises(DatasetError, match=told):
            study(source, MODELS, toy_zoo(), tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="There is no photo"):
        study(tmp_path / "empty", MODELS, toy_zoo(), tmp_path / "out")
    with pytest.raises(DatasetError, match=r"should hold an annotation for photos of .*, such as more/photo3\.png"):
        study(photos, MODELS, toy_zoo(), tmp_path / "out", truth=tmp_path / "empty")
    with pytest.raises(DatasetError, match=r"should hold a study \(study\.sqlite\), but does not\. Make one with"):
        records(tmp_path / "empty")

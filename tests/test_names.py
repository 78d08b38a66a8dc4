"""Names that are no UTF-8, names that look the same, links that lead nowhere."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.errors import DemoError
from demo.names import in_utf8, leads_nowhere, no_file, readable, same_name, to_json


@given(st.binary(max_size=12))
def test_any_bytes_of_a_name_can_be_written(name: bytes) -> None:
    text = os.fsdecode(name)
    readable(text).encode()
    readable(str(DemoError(f"{text} is no photo."))).encode()
    assert json.loads(to_json({"photo": text}).encode()) is not None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"caf\xe9.png", "caf%E9.png"),
        (b"\x83\x65.jpg", "%83e.jpg"),
        ("Übung 3.png".encode(), "Übung 3.png"),
        (b"red\x1b[31m.png", "red%1B[31m.png"),
        ("at\u202f10.png".encode(), "at\u202f10.png"),
    ],
)
def test_only_what_no_text_can_hold_is_escaped(name: bytes, shown: str) -> None:
    assert readable(os.fsdecode(name)) == shown
    assert str(DemoError(os.fsdecode(name))) == shown


def test_names_that_look_the_same_are_the_same() -> None:
    assert same_name("u\u0308ber") == same_name("über") != same_name("uber")


def test_a_link_that_leads_nowhere_tells_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    for name, target in (("good", "there"), ("lost", "gone/photo.png"), ("round", "round")):
        (tmp_path / name).symlink_to(target)
    found = [leads_nowhere(tmp_path / name) for name in ("there", "good", "lost", "round", "none")]
    assert found == ["", "", "gone/photo.png", "round", ""]


def test_what_is_no_file_is_called_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, target in (("lost", "gone"), ("round", "round"), ("one", "other"), ("other", "one"), ("good", "file")):
        (tmp_path / name).symlink_to(target)
    (tmp_path / "device").symlink_to("/dev/null")
    found = {path.name: no_file(path) for path in [*tmp_path.iterdir(), tmp_path / "none"]}
    assert found == {
        "file": "", "good": "",
        "folder": "a folder; check the path",
        "pipe": "a pipe or a device; give a file",
        "device": "a pipe or a device; give a file",
        "lost": "a link to gone, which is not there; mount its disk",
        "round": "a link to round, and that one leads on to nothing; point it at a file",
        "one": "a link to other, and that one leads on to nothing; point it at a file",
        "other": "a link to one, and that one leads on to nothing; point it at a file",
        "none": "not there; check the path",
    }  # fmt: skip


def test_a_path_that_is_no_utf8_has_one_that_is_for_a_while(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9.safetensors")
    odd.write_bytes(b"content")
    with in_utf8(odd) as place:
        assert place.suffix == ".safetensors" and place.read_bytes() == b"content"
        os.fspath(place).encode()
    assert not place.exists() and odd.exists()
    with in_utf8(tmp_path) as place:
        assert place == tmp_path

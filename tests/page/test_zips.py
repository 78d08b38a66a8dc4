"""A visitor's zip: what leads out of it or is too large is refused in a sentence, what is damaged costs itself."""

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from demo.errors import DatasetError
from demo.images import Limits, open_image
from demo.page import zips
from demo.page.zips import unpack

LIMITS = Limits(megabytes=1)


def photo() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(stream, "PNG")
    return stream.getvalue()


def zipped(tmp_path: Path, files: dict[str, bytes]) -> Path:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def taken(tmp_path: Path, files: dict[str, bytes], most: int = 5) -> list[zips.Unpacked]:
    return unpack(zipped(tmp_path, files), "photos.zip", tmp_path / "out", most, LIMITS)


def test_photos_are_taken_out_in_order_and_what_is_none_is_passed_over(tmp_path: Path) -> None:
    names = ["b/2.png", "a/1.png", "notes.txt", ".hidden.png", "__MACOSX/1.png", "b/"]
    found = taken(tmp_path, {name: photo() if name.endswith("png") else b"" for name in names})
    assert [one.name for one in found] == ["a/1.png", "b/2.png"]
    assert all(one.file and open_image(one.file).shape == (6, 8, 3) for one in found)


@pytest.mark.parametrize(
    "name",
    [
        "../out.png",
        "a/../../out.png",
        "/etc/out.png",
        "C:\\out.png",
        "..\\out.png",
        "\\\\host\\share\\out.png",
        "C:x.png",
    ],
)
def test_a_name_that_leads_out_of_the_zip_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match=r"names a file outside itself .* nothing of it was taken"):
        taken(tmp_path, {"a.png": photo(), name: photo()})
    assert {path.name for path in tmp_path.rglob("*")} == {"photos.zip"}


def test_a_zip_that_would_unpack_to_too_much_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zips, "UNPACKED", 3)
    with pytest.raises(DatasetError, match="would unpack to 4 MB, and at most 3 MB are taken"):
        taken(tmp_path, {f"{n}.png": bytes(2_000_000) for n in range(2)})
    assert not (tmp_path / "out").exists()


def test_a_zip_that_lies_about_its_size_gives_no_more_than_it_says(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a.png": bytes(900_000)})
    told = path.read_bytes().replace((900_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    path.write_bytes(told)
    (only,) = unpack(path, "photos.zip", tmp_path / "out", 5, LIMITS)
    assert only.file is None and "damaged in its zip" in only.problem


def test_one_photo_over_the_limit_costs_itself(tmp_path: Path) -> None:
    found = taken(tmp_path, {"a.png": photo(), "b.png": bytes(1_500_000)})
    assert [bool(one.file) for one in found] == [True, False]
    assert found[1].problem == "b.png has over 1 MB; shrink it or save it as JPEG."


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.txt": b""}, "holds no photo"),
        ({f"{n}.png": b"x" for n in range(6)}, "holds 6 photos, and a study here takes at most 5"),
        ({f"{n}.txt": b"" for n in range(2001)}, "holds 2,001 files"),
    ],
)
def test_what_is_no_zip_of_so_many_photos_is_told(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        taken(tmp_path, files)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut short"])
def test_a_damaged_zip_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photos.zip"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"photos\.zip should be a zip of photos, but is damaged"):
        unpack(path, "photos.zip", tmp_path / "out", 5, LIMITS)


def test_a_locked_photo_and_a_hostile_name_are_told_as_text(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"<img onerror=x>\n.png": photo(), "n" * 300 + ".png": photo(), "c.png": photo()})
    content = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = [n for n in range(len(content)) if content[n : n + 4] == mark][-1]
        content[at + place] |= 1
    path.write_bytes(bytes(content))
    found = unpack(path, "photos.zip", tmp_path / "out", 5, LIMITS)
    assert sum(one.file is not None for one in found) == 2
    assert [one.problem for one in found if one.problem] == ["c.png is locked with a password; zip it without one."]
    assert all(len(one.file.name) < 120 for one in found if one.file)

"""Folders in ADE20K's layout, and what is said of others."""

import os
import unicodedata
from pathlib import Path

import pytest

from demo.errors import DatasetError
from demo.study.dataset import open_dataset, open_photos
from tests.study.photos import make_dataset


def test_validation_is_taken_unless_another_split_is_named(tmp_path: Path) -> None:
    make_dataset(tmp_path, 3)
    make_dataset(tmp_path, 2, "training")
    found = open_dataset(tmp_path)
    assert [case.name for case in found.cases] == ["photo0", "photo1", "photo2"]
    assert found.name == f"{tmp_path.name}, validation"
    assert all(case.annotation and case.annotation.stem == case.photo.stem for case in found.cases)
    assert len(open_dataset(tmp_path, "training").cases) == 2


def test_a_flat_folder_is_taken_too(cases: Path) -> None:
    found = open_dataset(cases / "ade20k")
    assert len(found.cases) == 3 and found.name == "ade20k" and not found.problems


def test_photos_and_annotations_without_each_other_are_told_and_left_out(tmp_path: Path) -> None:
    make_dataset(tmp_path, 3)
    (tmp_path / "annotations/validation/photo1.png").unlink()
    (tmp_path / "images/validation/photo2.png").unlink()
    found = open_dataset(tmp_path)
    assert [case.name for case in found.cases] == ["photo0"]
    assert found.problems[0].startswith("photo1.png has no annotation photo1.png in")
    assert found.problems[1].startswith("photo2.png has no photo in")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda root: None, "is not a folder. Check the path."),
        (lambda root: root.mkdir(), r"has no images/ \(it holds nothing\)"),
        (lambda root: (root / "images").mkdir(parents=True), r"has no annotations/ \(it holds images\)"),
        (lambda root: [(root / part).mkdir(parents=True) for part in ("images", "annotations")],
         "none of its 0 photos has one among the 0 PNGs"),
        (lambda root: [(root / part).mkdir(parents=True) for part in ("images/validation", "annotations")],
         "has images/validation/ but no annotations/validation/"),
    ],
)  # fmt: skip
def test_other_folders_are_refused_with_what_was_wanted(tmp_path: Path, spoil, message: str) -> None:
    spoil(tmp_path / "root")
    with pytest.raises(DatasetError, match=message):
        open_dataset(tmp_path / "root")


def test_a_split_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has no images/test/; it has validation"):
        open_dataset(make_dataset(tmp_path), "test")


def test_any_folder_below_images_and_annotations_is_a_split(tmp_path: Path) -> None:
    make_dataset(tmp_path, 2, "night")
    assert len(open_dataset(tmp_path, "night").cases) == 2
    with pytest.raises(DatasetError, match="has only the splits night"):
        open_dataset(tmp_path)
    make_dataset(tmp_path, 3)
    assert open_dataset(tmp_path).name == f"{tmp_path.name}, validation"


def test_a_second_photo_of_one_name_is_told_and_left_out(tmp_path: Path) -> None:
    photo = make_dataset(tmp_path, 2) / "images/validation/photo0.png"
    photo.with_suffix(".jpg").write_bytes(photo.read_bytes())
    found = open_dataset(tmp_path)
    assert [case.photo.name for case in found.cases] == ["photo0.jpg", "photo1.png"]
    assert found.problems == ("photo0.png is left out: photo0.jpg has the same name. Rename one of them.",)


def test_an_ending_in_capitals_is_found(tmp_path: Path) -> None:
    annotation = make_dataset(tmp_path, 1) / "annotations/validation/photo0.png"
    annotation.rename(annotation.with_suffix(".PNG"))
    assert len(open_dataset(tmp_path).cases) == 1


def test_photos_come_from_files_folders_and_datasets_with_names_of_their_own(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "set", 2)
    folder, photo = (make_dataset(tmp_path / name, 2) / "images/validation" for name in ("folder", "file"))
    found = open_photos([dataset, folder, photo / "photo1.png"])
    assert [case.name for case in found.cases] == ["photo0", "photo1", "photo0 (2)", "photo1 (2)", "photo1 (3)"]
    assert [case.annotation is not None for case in found.cases] == [True, True, False, False, False]
    assert not found.problems
    (dataset / "annotations/validation/photo0.png").unlink()
    assert [problem[:28] for problem in open_photos([dataset]).problems] == ["photo0.png has no annotation"]
    with pytest.raises(DatasetError, match="does not exist"):
        open_photos([tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="There is no photo"):
        open_photos([tmp_path / "empty"])


@pytest.mark.parametrize(("photo", "truth"), [("NFD", "NFC"), ("NFC", "NFD"), ("NFD", "NFD")])
def test_names_that_look_the_same_are_a_pair(tmp_path: Path, photo: str, truth: str) -> None:
    """As a Mac writes them, and as everybody else does."""
    make_dataset(tmp_path, 1)
    for part, form in (("images", photo), ("annotations", truth)):
        file = tmp_path / part / "validation" / "photo0.png"
        file.rename(file.with_name(unicodedata.normalize(form, "Äpfel, café.png")))
    found = open_dataset(tmp_path)
    assert [case.name for case in found.cases] == ["Äpfel, café"] and not found.problems
    assert [case.name for case in open_photos([tmp_path / "images/validation"]).cases] == ["Äpfel, café"]


def test_of_two_names_that_look_the_same_one_is_told(tmp_path: Path) -> None:
    images = make_dataset(tmp_path, 1) / "images/validation"
    for form in ("NFC", "NFD"):
        name = unicodedata.normalize(form, "café.png")
        (images / name).write_bytes((images / "photo0.png").read_bytes())
    (tmp_path / "annotations/validation/café.png").write_bytes(b"")
    (problem,) = open_dataset(tmp_path).problems
    assert "has the same name. Rename one of them" in problem


def test_a_name_that_is_no_utf8_and_one_that_reads_as_it_are_two_pairs(tmp_path: Path) -> None:
    make_dataset(tmp_path, 1)
    for part in ("images", "annotations"):
        first = tmp_path / part / "validation" / "photo0.png"
        for name in (b"caf\xe9.png", b"caf%E9.png"):
            first.with_name(os.fsdecode(name)).write_bytes(first.read_bytes())
    found = open_dataset(tmp_path)
    assert not found.problems and [case.name for case in found.cases] == ["caf%E9", "caf%E9 (2)", "photo0"]
    assert len({case.photo for case in found.cases}) == len({case.annotation for case in found.cases}) == 3


def test_a_number_added_to_a_name_is_never_that_of_another_photo(tmp_path: Path) -> None:
    """As browsers name what is downloaded twice."""
    for name in ("a/owl.png", "a/owl (2).png", "b/owl.png", "c/owl.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = open_photos([tmp_path / "b", tmp_path / "c", tmp_path / "a"])
    assert [case.name for case in found.cases] == ["owl", "owl (3)", "owl (2)", "owl (4)"]


def test_a_photo_that_is_named_in_several_ways_counts_once_and_with_its_truth(tmp_path: Path) -> None:
    """Means and intervals over photos take each for another one."""
    photos = make_dataset(tmp_path / "set", 3) / "images/validation"
    os.symlink(photos / "photo2.png", tmp_path / "link.png")
    named = [
        photos / "photo0.png",
        photos,
        tmp_path / "set",
        photos / "../validation/photo1.png",
        tmp_path / "link.png",
    ]
    found = open_photos(named)
    assert [case.name for case in found.cases] == ["photo0", "photo1", "photo2"]
    assert all(case.annotation for case in found.cases)
    assert found.problems == ("3 photos are named more than once, photo0 among them, and count once.",)
    assert open_photos([photos, photos / "photo1.png"]).problems == (
        "photo1 is named more than once, and counts once.",
    )
    assert open_photos([photos]).problems == ()

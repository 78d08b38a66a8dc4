"""Crops keep photograph and targets in register; void stays void."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from demo.errors import DatasetError
from demo.images import open_image
from demo.schema import VOID
from demo.train.data import CropPlan, Cut, Folder, Pair, Photographs, batches, draw, find_pairs, folder, jitter, mixed


class Middle(random.Random):
    """Dice that always fall in the middle, and never mirror."""

    def random(self) -> float:
        return 0.5


def pair_of(folder: Path, annotation: Image.Image) -> Pair:
    annotation.save(folder / "a.png")
    Image.new("RGB", annotation.size).save(folder / "a.jpg")
    return Pair(folder / "a.jpg", folder / "a.png")


def test_void_and_classes_are_decoded(tmp_path: Path) -> None:
    pair = pair_of(tmp_path, Image.fromarray(np.array([[0, 1, 150]], dtype=np.uint8)))
    assert np.asarray(Photographs([pair])[0][1]).tolist() == [[VOID, 0, 149]]


@pytest.mark.parametrize(
    ("annotation", "got"),
    [
        (Image.new("RGB", (4, 4), (7, 7, 7)), "one grey or palette channel .* but has three colour channels"),
        (Image.new("L", (4, 4), 151), r"numbers of ADE20K .*, but has 151"),
    ],
)
def test_an_annotation_in_another_format_is_named(tmp_path: Path, annotation: Image.Image, got: str) -> None:
    with pytest.raises(DatasetError, match=rf"wanted ADE20K annotations in .*, but a\.png should .*{got}"):
        Photographs([pair_of(tmp_path, annotation)])[0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_read_as_a_person_sees_it(tmp_path: Path, orientation: int) -> None:
    seen = np.repeat(np.arange(0, 240, 40, dtype=np.uint8), 16)[None].repeat(64, 0)
    back = Image.Exif()
    back[0x0112] = {6: 8, 8: 6}.get(orientation, orientation)  # the turn that undoes this one
    Image.fromarray(seen).save(tmp_path / "t.png", exif=back)
    with Image.open(tmp_path / "t.png") as file:
        lying = ImageOps.exif_transpose(file)
    tag = Image.Exif()
    tag[0x0112] = orientation
    lying.save(tmp_path / "a.png", exif=tag)
    Image.fromarray(seen // 40 + np.uint8(1)).save(tmp_path / "truth.png")
    photo, label_map = Photographs([Pair(tmp_path / "a.png", tmp_path / "truth.png")])[0]
    assert photo.mode == "RGB" and (np.asarray(photo)[..., 1] == np.asarray(label_map) * 40).all()


def test_deep_and_transparent_photographs_are_read_as_everywhere(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    clear = np.full((8, 8, 4), (200, 0, 0, 0), np.uint8)
    for pixels in (deep, clear):
        Image.fromarray(pixels).save(tmp_path / "a.png")
        Image.new("L", (8, 8), 3).save(tmp_path / "truth.png")
        photo, _ = Photographs([Pair(tmp_path / "a.png", tmp_path / "truth.png")])[0]
        assert (np.asarray(photo) == open_image(tmp_path / "a.png")).all()


def test_a_photograph_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    pair = pair_of(tmp_path, Image.new("L", (4, 4), 1))
    pair.photo.write_text("no photo")
    with pytest.raises(DatasetError, match=r"wanted readable photographs in .*, but a\.jpg is a file of another kind"):
        Photographs([pair])[0]


def test_endings_in_capitals_count_and_hidden_files_do_not(scenes: Path) -> None:
    annotation = scenes / "annotations/validation/photo_0.png"
    annotation.rename(annotation.with_suffix(".PNG"))
    (scenes / "images/validation/._photo_1.jpg").touch()
    (scenes / "annotations/validation/._photo_1.png").touch()
    assert [pair.annotation.name for pair in find_pairs(scenes, "validation")] == ["photo_0.PNG", "photo_1.png"]


def test_names_that_look_the_same_are_a_pair(scenes: Path) -> None:
    (scenes / "images/validation/photo_0.jpg").rename(scenes / "images/validation/cafe\N{COMBINING ACUTE ACCENT}.jpg")
    (scenes / "annotations/validation/photo_0.png").rename(scenes / "annotations/validation/café.png")
    assert "café.png" in [pair.annotation.name for pair in find_pairs(scenes, "validation")]


def test_crop_and_targets_show_the_same_place() -> None:
    label_map = np.repeat(np.arange(1, 17, dtype=np.uint8), 4)[None].repeat(48, 0)
    photo = np.stack([label_map * 10] * 3, axis=2)
    for seed in range(20):
        crop, target = _cut(*map(Image.fromarray, (photo, label_map)), CropPlan(32, (48, 96)), random.Random(seed))
        assert crop.shape == (32, 32, 3) and target.shape == (8, 8)
        shown = crop[2::4, 2::4, 0] / 10
        assert np.abs(shown - target).max() <= 1


def test_a_photograph_smaller_than_the_crop_is_enlarged() -> None:
    photo, label_map = Image.new("RGB", (20, 10)), Image.new("L", (20, 10), 6)
    crop, target = _cut(photo, label_map, CropPlan(32, (16, 16)), random.Random(0))
    assert crop.shape == (32, 32, 3) and set(target.ravel()) == {6}


def test_links_that_lead_nowhere_are_told_before_training(scenes: Path) -> None:
    for part in ("images", "annotations"):
        (scenes / part / "training" / "lost.png").symlink_to("/not/mounted/lost.png")
    with pytest.raises(DatasetError, match=r"lost\.png is a link to /not/mounted/.* 1 more are; mount its disk"):
        find_pairs(scenes, "training")


def test_a_round_shows_every_photograph_once(scenes: Path) -> None:
    photographs = Photographs(find_pairs(scenes, "training"))
    batch = next(batches(photographs, 8, CropPlan(32, (32, 48)), random.Random(0)))
    crops, targets = batch.pixels, batch.labels
    assert crops.shape == (8, 32, 32, 3) and crops.dtype == torch.uint8
    assert targets.shape == (8, 8, 8) and set(targets.unique().tolist()) <= {2, 9, VOID}
    assert len({crop.numpy().tobytes() for crop in crops}) == 8


def test_memory_limit_is_kept(scenes: Path) -> None:
    photographs = Photographs(find_pairs(scenes, "training"), limit_bytes=3 * 5 * 64 * 48)
    kept = [photographs[index][0] is photographs[index][0] for index in range(8)]
    assert sum(kept) == 3


def test_palette_annotations_are_read_as_indices(tmp_path: Path) -> None:
    annotation = Image.fromarray(np.full((4, 4), 7, dtype=np.uint8)).convert("P")
    annotation.putpalette([255, 0, 0] * 256)
    assert set(np.asarray(Photographs([pair_of(tmp_path, annotation)])[0][1]).ravel()) == {6}


def test_sizes_must_match(tmp_path: Path) -> None:
    Image.new("L", (4, 5)).save(tmp_path / "a.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "a.jpg")
    with pytest.raises(DatasetError, match=r"a\.png should be 4 x 4 like its photo, but is 4 x 5"):
        Photographs([Pair(tmp_path / "a.jpg", tmp_path / "a.png")])[0]


def test_middling_jitter_changes_nothing() -> None:
    pixels = torch.randint(0, 256, (2, 8, 8, 3), dtype=torch.uint8)
    assert torch.allclose(jitter(pixels, Middle()), pixels.float(), atol=1e-3)


def test_jitter_changes_every_crop_its_own_way() -> None:
    pixels = torch.full((3, 4, 4, 3), 100, dtype=torch.uint8)
    means = jitter(pixels, random.Random(0)).mean((1, 2, 3))
    assert len(set(means.tolist())) == 3 and (means - 100).abs().max() <= 25.01


def test_a_square_of_maps_is_the_square_of_the_photograph() -> None:
    """Maps that say where they are, in pixels of the photograph, say the places of the square's cells."""
    y, x = torch.meshgrid(torch.arange(6) * 8 + 4.0, torch.arange(8) * 8 + 4.0, indexing="ij")
    for mirrored in (False, True):
        found = Cut((10, 12, 42, 44), mirrored).sampled(torch.stack([x, y]), (64, 48), 4)
        across = torch.tensor([14.0, 22, 30, 38])
        expected = across.flip(0) if mirrored else across
        assert torch.allclose(found[0], expected.expand(4, 4), atol=1e-4)
        assert torch.allclose(found[1], torch.tensor([16.0, 24, 32, 40])[:, None].expand(4, 4), atol=1e-4)


def test_the_teacher_comes_with_every_crop(scenes: Path) -> None:
    photographs = mixed([Folder(scenes)], "training", lambda photo: torch.full((3, 6, 8), float(photo.stem[-1])))
    batch = next(batches(photographs, 8, CropPlan(32, (32, 48), 4, 8), random.Random(0)))
    assert batch.teacher is not None and batch.teacher.shape == (8, 3, 4, 4)
    assert sorted(batch.teacher[:, 0, 0, 0].tolist()) == pytest.approx(range(8), abs=1e-5)


def test_a_folder_may_come_several_times_a_round(scenes: Path) -> None:
    photographs = mixed([Folder(scenes), Folder(scenes, 3)], "training")
    assert len(photographs) == 16
    assert [photographs.round.count(index) for index in (0, 8)] == [1, 3]


@pytest.mark.parametrize(
    ("text", "expected"), [("a/b", Folder(Path("a/b"))), ("a:3", Folder(Path("a"), 3)), ("a:b", Folder(Path("a:b")))]
)
def test_a_folder_is_written_with_its_times(text: str, expected: Folder) -> None:
    assert folder(text) == expected


def _cut(
    photo: Image.Image, label_map: Image.Image, plan: CropPlan, dice: random.Random
) -> tuple[np.ndarray, np.ndarray]:
    cut = draw(photo.size, plan, dice)
    cells = plan.size // plan.target_stride
    return cut.of(photo, plan.size, Image.Resampling.BILINEAR), cut.of(label_map, cells, Image.Resampling.NEAREST)

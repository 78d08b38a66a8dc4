"""Folder and zip hold the same bytes, summary.json the numbers of the maps, and nothing is half written."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image as PillowImage

import demo
from demo.analysis import comparison
from demo.analysis.comparison import grid_of
from demo.errors import ImageError
from demo.export import Photo, class_rows, describe, files, folder_for, read_photo, write_run, write_zip
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import decode_annotation
from demo.models.zoo import Answer
from demo.schema import Prediction
from tests.toy import toy_ids, toy_zoo

LAST = {"summary.json", "manifest.json"}
MAPS = ["labels.png", "entropy.npy", "entropy.png", "overlay.png"]


@pytest.fixture
def photo() -> Photo:
    coarse = np.random.default_rng(3).integers(0, 256, (5, 6, 3), np.uint8)
    image = np.asarray(PillowImage.fromarray(coarse).resize((60, 48), PillowImage.Resampling.BICUBIC))
    return Photo("owl.jpg", image, "ab" * 32)


@pytest.fixture
def answers(photo: Photo) -> list[Answer]:
    return ask(photo)


def ask(photo: Photo, size: tuple[int, int] | None = None) -> list[Answer]:
    outcomes = list(toy_zoo().stream(photo.image, "compact", size))
    return [outcome for outcome in outcomes if isinstance(outcome, Answer)]


def written(photo: Photo, answers: list[Answer]) -> dict[str, bytes]:
    return dict(files(photo, answers, precision="exact", device="cpu"))


def test_the_folder_and_the_zip_hold_the_same_bytes(photo: Photo, answers: list[Answer], tmp_path: Path) -> None:
    folder = write_run(tmp_path, photo, answers, precision="exact", device="cpu")
    told = list(write_zip(tmp_path / "run.zip", photo, answers, precision="exact", device="cpu"))
    archive = zipfile.ZipFile(tmp_path / "run.zip")
    expected = {f"{model}/{name}" for model in toy_ids() for name in MAPS} | LAST
    assert set(told) == expected
    assert folder == tmp_path / "owl"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == expected
    assert {name.removeprefix("owl/") for name in archive.namelist()} == expected
    for name in expected:
        assert (folder / name).read_bytes() == archive.read(f"owl/{name}"), name


@pytest.mark.parametrize("meaning", ["logits", "mixture"])
def test_other_measures_are_written_where_the_scores_can_say_them(
    photo: Photo, answers: list[Answer], meaning: Literal["logits", "mixture"]
) -> None:
    answer = answers[0]
    tiles = tuple(replace(tile, scores=tile.scores.exp()) for tile in answer.posterior.tiles)
    mixture = replace(answer.posterior, tiles=tiles, meaning="mixture")
    posterior = answer.posterior if meaning == "logits" else mixture
    answer = replace(answer, posterior=posterior, prediction=posterior.reduce(answer.spec.id))
    asked = ["energy", "margin"]
    content = dict(files(photo, [answer], precision="exact", device="cpu", measures=asked))
    said = asked if meaning == "logits" else ["margin"]
    model = answer.spec.id
    expected = {f"{model}/{name}{end}" for name in said for end in (".npy", ".png")}
    assert {name for name in content if "labels" not in name and "overlay" not in name} == expected | LAST
    maps = posterior.reduce(model, measures=asked).measures
    for name in said:
        assert np.array_equal(np.load(io.BytesIO(content[f"{model}/{name}.npy"])), maps[name])
    picture = np.asarray(PillowImage.open(io.BytesIO(content[f"{model}/margin.png"]))).astype(int).sum(2)
    assert picture[maps["margin"] < 0.1].mean() > picture[maps["margin"] > 0.9].mean(), "doubt is bright"
    entry = json.loads(content["summary.json"])["models"][0]
    assert entry["measures"]["margin"] == pytest.approx(maps["margin"].mean())
    assert (entry["measures"]["energy"] is None) == (meaning == "mixture")


def test_the_maps_are_the_predictions_at_photo_size(photo: Photo, answers: list[Answer]) -> None:
    coarse = ask(photo, size=(12, 15))
    content = written(photo, coarse)
    for shown, whole in zip(coarse, answers, strict=True):
        assert shown.prediction.size == (12, 15)
        model = whole.spec.id
        np.testing.assert_array_equal(
            decode_annotation(content[f"{model}/labels.png"], ADE20K), whole.prediction.label_map
        )
        entropy = np.load(io.BytesIO(content[f"{model}/entropy.npy"]))
        assert entropy.dtype == np.float32
        np.testing.assert_array_equal(entropy, whole.prediction.entropy)
        for name in ("entropy.png", "overlay.png"):
            assert PillowImage.open(io.BytesIO(content[f"{model}/{name}"])).size == (60, 48)


def test_summary_has_the_documented_keys_and_units(photo: Photo, answers: list[Answer]) -> None:
    summary = json.loads(written(photo, answers)["summary.json"])
    assert list(summary) == [
        "photo",
        "size",
        "sha256",
        "precision",
        "device",
        "version",
        "class_set",
        "models",
        "comparison",
    ]
    assert summary["photo"] == "owl.jpg" and summary["size"] == [48, 60] and summary["sha256"] == photo.sha256
    assert (summary["precision"], summary["device"], summary["version"]) == ("exact", "cpu", demo.__version__)
    for entry, answer in zip(summary["models"], answers, strict=True):
        assert set(entry) == {
            "id", "title", "trained_by", "family", "checkpoint_sha256", "input_size", "windows", "seconds",
            "mean_entropy", "mean_confidence", "mean_margin", "boundary_entropy_share", "fragments",
            "fragments_per_megapixel", "class_set", "classes",
        }  # fmt: skip
        assert (entry["id"], entry["title"], entry["family"]) == (answer.spec.id, answer.spec.title, answer.spec.family)
        assert entry["input_size"] == [48, 60] and entry["windows"] == 1
        assert set(entry["seconds"]) == {"network", "maps"}
        assert entry["mean_entropy"] == pytest.approx(answer.prediction.entropy.mean(), rel=1e-6)
        assert 0 <= entry["mean_entropy"] <= ADE20K.max_entropy and 0 <= entry["boundary_entropy_share"] <= 1
    comparison = summary["comparison"]
    assert {"all_agree", "votes", "split", "confident_conflict", "kappa", "fleiss_kappa", "regions"} <= set(comparison)
    assert sum(comparison["votes"]) == pytest.approx(1) and len(comparison["votes"]) == 5
    assert len(comparison["kappa"]) == 10


def test_class_rows_are_those_of_the_maps_largest_first() -> None:
    label_map = np.array([[2, 2, 2, 0]], np.uint8)
    entropy = np.array([[0.5, 1.0, 1.5, 3.0]], np.float32)
    rows = class_rows(Prediction("toy", label_map, entropy, entropy, entropy, ADE20K))
    assert rows == [
        {"name": ADE20K.names[2], "index": 3, "area": 0.75, "mean_entropy": 1.0},
        {"name": ADE20K.names[0], "index": 1, "area": 0.25, "mean_entropy": 3.0},
    ]


def test_what_is_undefined_is_null(photo: Photo, answers: list[Answer]) -> None:
    sure = np.zeros((48, 60), np.float32)
    prediction = Prediction("toy", np.full((48, 60), 7, np.uint8), sure + 1, sure, sure + 1, ADE20K)
    assert describe(answers[0], prediction)["boundary_entropy_share"] is None
    one = [replace(answers[0], prediction=prediction)]
    assert json.loads(written(photo, one)["summary.json"])["comparison"] is None


def test_models_without_any_variation_still_make_valid_json(photo: Photo) -> None:
    flat = replace(photo, image=np.full((40, 40, 3), 90, np.uint8))
    summary = json.loads(written(flat, ask(flat))["summary.json"], parse_constant=pytest.fail)
    assert [entry["fragments"] for entry in summary["models"]] == [1] * 5


def test_a_large_photo_is_compared_on_a_grid_in_its_own_pixels(
    photo: Photo, answers: list[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = json.loads(written(photo, answers)["summary.json"])["comparison"]
    monkeypatch.setattr(comparison, "GRID", 30)
    coarse = json.loads(written(photo, answers)["summary.json"])["comparison"]
    assert grid_of((48, 60)) == (24, 30)
    assert coarse["all_agree"] == pytest.approx(fine["all_agree"], abs=0.1)
    for region in coarse["regions"]:
        y0, x0, y1, x1 = region["box"]
        y, x = region["point"]
        assert 0 <= y0 <= y < y1 <= 48 and 0 <= x0 <= x < x1 <= 60
    assert max(region["box"][3] for region in coarse["regions"]) > 30


def test_each_answer_is_written_before_the_next_is_asked_for(photo: Photo, answers: list[Answer]) -> None:
    asked = []

    def one_by_one() -> Iterator[Answer]:
        for answer in answers:
            asked.append(answer.spec.id)
            yield answer

    for name, _ in files(photo, one_by_one(), precision="exact", device="cpu"):
        assert name in LAST or name.split("/")[0] == asked[-1]


def test_a_run_that_breaks_off_leaves_whole_files_and_no_summary(
    photo: Photo, answers: list[Answer], tmp_path: Path
) -> None:
    def breaking() -> Iterator[Answer]:
        yield answers[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_run(tmp_path, photo, breaking(), precision="exact", device="cpu")
    left = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert left == sorted(MAPS)


def test_each_photo_finds_its_own_folder_again(photo: Photo, answers: list[Answer], tmp_path: Path) -> None:
    other = replace(photo, name="owl.png", sha256="cd" * 32)
    for _ in range(2):
        assert write_run(tmp_path, photo, answers[:1], precision="exact", device="cpu").name == "owl"
        assert write_run(tmp_path, other, answers[:1], precision="exact", device="cpu").name == "owl-2"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"sha256": 1}'])
def test_a_folder_with_somebody_elses_summary_is_left_alone(photo: Photo, tmp_path: Path, content: str) -> None:
    (tmp_path / "owl").mkdir()
    (tmp_path / "owl" / "summary.json").write_text(content)
    assert folder_for(tmp_path, photo) == tmp_path / "owl-2"


def test_read_photo_knows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a b.png"
    PillowImage.new("RGB", (4, 3), (1, 2, 3)).save(path)
    photo = read_photo(path)
    assert (photo.name, photo.size) == ("a b.png", (3, 4))
    assert photo.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(ImageError, match="nowhere"):
        read_photo(tmp_path / "nowhere.png")

"""`evaluate` on COCO panoptic truths: what no class names, shared mistakes, severity, photo by photo."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.analysis.mistakes import ErrorPair, Rightness
from demo.analysis.numbers import PER_IMAGE
from demo.cli.evaluate import in_words
from demo.errors import DatasetError, TruthError
from demo.images import open_image
from demo.labels.ade20k import ADE20K
from demo.labels.class_set import known
from demo.labels.coco import decode_panoptic
from demo.measures import ALWAYS, BY_ID
from demo.schema import VOID
from demo.study.dataset import open_dataset, open_photos
from demo.study.evaluate import evaluate
from demo.study.sentences import claims_report
from demo.study.study import study
from demo.study.write_report import write_report
from tests.study.photos import make_dataset
from tests.toy import toy_zoo

MODELS = ("fcn-compact", "setr-compact", "segformer-compact")
PERSON, UMBRELLA, SNOW, DOG = 1, 28, 159, 18
PLACES = {
    "as panopticapi": ("images", "annotations", "panoptic.json"),
    "as COCO unpacked": ("val2017", "annotations/panoptic_val2017", "annotations/panoptic_val2017.json"),
    "beside the PNGs": ("images/val2017", "panoptic_val2017", "panoptic_val2017.json"),
}


def make_panoptic(folder: Path, number: int = 3, where: str = "as panopticapi", only: Sequence[int] = ()) -> Path:
    """Photos of coloured blocks; people, dogs, umbrellas and snow lie over them, the rest is not labelled."""
    images, pngs, listed = (folder / part for part in PLACES[where])
    for part in (images, pngs):
        part.mkdir(parents=True, exist_ok=True)
    rows = []
    for seed in range(number):
        rng = np.random.default_rng(seed)
        colours = rng.integers(0, 256, (4, 6, 3), np.uint8).repeat(12, 0).repeat(12, 1)
        PillowImage.fromarray(colours).save(images / f"photo{seed}.png")
        segments = rng.integers(0, 5, (4, 6)).repeat(12, 0).repeat(12, 1).astype(np.uint8)
        categories = dict(enumerate((PERSON, UMBRELLA, SNOW, DOG), start=1))
        if only:
            segments[~np.isin(segments, [n for n, one in categories.items() if one in only])] = 0
        PillowImage.fromarray(np.stack([segments, 0 * segments, 0 * segments], -1)).save(pngs / f"photo{seed}.png")
        info = [{"id": n, "category_id": c} for n, c in categories.items() if (segments == n).any()]
        rows.append({"file_name": f"photo{seed}.png", "segments_info": info})
    listed.write_text(json.dumps({"annotations": rows}))
    return folder


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("where", PLACES)
def test_coco_panoptic_is_read_as_it_comes(tmp_path: Path, where: str) -> None:
    found = open_dataset(make_panoptic(tmp_path / "coco", where=where))
    assert [case.name for case in found.cases] == ["photo0", "photo1", "photo2"] and not found.problems
    assert all(case.segments and case.segments.suffix == ".json" for case in found.cases)
    assert [case.name for case in open_photos([tmp_path / "coco"]).cases] == ["photo0", "photo1", "photo2"]


def test_photos_that_the_json_does_not_list_are_told(tmp_path: Path) -> None:
    folder = make_panoptic(tmp_path / "coco")
    content = json.loads((folder / "panoptic.json").read_text())
    (folder / "panoptic.json").write_text(json.dumps({"annotations": content["annotations"][:2]}))
    found = open_dataset(folder)
    assert len(found.cases) == 2
    assert found.problems == ("photo2.png has no photo2.png in annotations/, or panoptic.json does not list it; "
                              "it is left out.",)  # fmt: skip


def test_a_coco_folder_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    folder = make_panoptic(tmp_path / "coco")
    with pytest.raises(DatasetError, match=r"has no panoptic_val\.json; it has panoptic\.json\. Leave the split out"):
        open_dataset(folder, "val")
    (folder / "panoptic.json").write_text('{"annotations": []}')
    with pytest.raises(DatasetError, match=r"none of its 3 photos has both among the 3 PNGs and the 0 names listed"):
        open_dataset(folder)
    (folder / "panoptic.json").write_text("{")
    with pytest.raises(TruthError, match="should be COCO panoptic JSON"):
        open_dataset(folder)
    (folder / "panoptic.json").unlink()
    with pytest.raises(DatasetError, match=r"PNGs in colour, as COCO's panoptic truths are.*as panoptic\.json"):
        open_dataset(folder)


@pytest.mark.slow
def test_what_no_class_names_is_scored_and_told_with_what_it_was_called(tmp_path: Path) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    folder, zoo = make_panoptic(tmp_path / "coco"), toy_zoo()
    evaluation = evaluate(folder, MODELS, zoo, tmp_path / "out")
    assert evaluation.problems == () and [len(model.photos) for model in evaluation.models] == [3, 3, 3]
    rows = {(row["model"], row["measure"]): row for row in table(tmp_path / "out/unknown.csv")}
    assert set(rows) == {(model, measure) for model in MODELS for measure in BY_ID}
    event, doubt, named = [], {measure: [] for measure in BY_ID}, []
    for case in open_dataset(folder).cases:
        [answer] = zoo.stream(open_image(case.photo), MODELS[:1], measures=[*BY_ID])
        truth, unknown = decode_panoptic(case.annotation, case.segments, case.photo.name, ADE20K)
        asked = (truth != VOID) | unknown.mask
        event.append(unknown.mask[asked])
        named.append(answer.prediction.label_map[unknown.places == 1 + unknown.things.index("umbrella")])
        for measure, found in doubt.items():
            value = answer.prediction.measures[measure][asked]
            found.append(value if BY_ID[measure].high_is_doubt else -value)
    happened = np.concatenate(event)
    for measure, found in doubt.items():
        row, score = rows[MODELS[0], measure], np.concatenate(found)
        assert int(row["unknown_pixels"]) == happened.sum() and int(row["labelled_pixels"]) == (~happened).sum()
        # toy networks say much the same everywhere: many pixels fall into one step of doubt
        assert float(row["auroc"]) == pytest.approx(metrics.roc_auc_score(happened, score), abs=1e-2)
        assert float(row["aupr"]) == pytest.approx(metrics.average_precision_score(happened, score), abs=1e-2)
    said = np.bincount(np.concatenate(named), minlength=150)
    told = [row for row in table(tmp_path / "out/unknown_called.csv")
            if row["model"] == MODELS[0] and row["thing"] == "umbrella"]  # fmt: skip
    assert {row["class"]: int(row["pixels"]) for row in told} == {ADE20K.names[i]: n for i, n in enumerate(said) if n}
    assert sum(float(row["share_of_the_thing"]) for row in told) == pytest.approx(1)
    page = (tmp_path / "out/scores.html").read_text()
    assert "Not in its vocabulary" in page and "umbrella" in page
    content = json.loads((tmp_path / "out/scores.json").read_text())
    assert content["models"][0]["unknown"]["pixels"] == happened.sum()
    assert "finding what no class names" in in_words(evaluation)


@pytest.mark.slow
@pytest.mark.parametrize("view", ["study", "claims"])
def test_a_study_and_the_sentences_tell_the_same_of_what_no_class_names(tmp_path: Path, view: str) -> None:
    folder = make_panoptic(tmp_path / "coco")
    evaluate(folder, MODELS, toy_zoo(), tmp_path / "evaluated")
    wanted = [model["unknown"] for model in json.loads((tmp_path / "evaluated/scores.json").read_text())["models"]]
    assert {number["id"].removesuffix("_auroc") for number in wanted[0]["numbers"]} > {*BY_ID}
    out = tmp_path / "out"
    if view == "study":
        study(folder, MODELS, toy_zoo(), out)
        told = [model["truth"]["unknown"] for model in json.loads((out / "study.json").read_text())["models"]]
        page = out / "study.html"
        write_report(out, page)
    else:
        claims_report([folder], MODELS, toy_zoo(), out, resamples=10)
        told = [*json.loads((out / "claims.json").read_text())["unknown"].values()]
        page = out / "claims.html"
    assert told == wanted
    assert "Not in its vocabulary" in page.read_text() and "umbrella" in page.read_text()


@pytest.mark.slow
def test_a_data_set_that_shows_nothing_unknown_says_nothing_of_it(tmp_path: Path) -> None:
    evaluation = evaluate(make_dataset(tmp_path / "set"), MODELS, toy_zoo(), tmp_path / "out")
    assert (
        not (tmp_path / "out/unknown.csv").exists()
        and "Not in its vocabulary" not in (tmp_path / "out/scores.html").read_text()
    )
    assert json.loads((tmp_path / "out/scores.json").read_text())["models"][0]["unknown"] is None
    assert "no class names" not in in_words(evaluation)


@pytest.mark.slow
def test_photos_of_nothing_but_unknown_things_are_counted_and_cost_nothing(tmp_path: Path) -> None:
    evaluation = evaluate(make_panoptic(tmp_path / "coco", only=(SNOW,)), MODELS, toy_zoo(), tmp_path / "out")
    row = table(tmp_path / "out/unknown.csv")[0]
    assert int(row["unknown_pixels"]) > 0 and row["labelled_pixels"] == "0" and row["auroc"] == ""
    content = json.loads((tmp_path / "out/scores.json").read_text())
    assert "nothing of that is labelled" in content["models"][0]["unknown"]["message"]
    assert all(np.isnan(score.miou) and score.unknown for score in evaluation.models[0].photos)


def test_views_that_are_averaged_have_no_logits_and_say_so_by_leaving_them_out(tmp_path: Path) -> None:
    evaluate(make_panoptic(tmp_path / "coco", 2), MODELS[:1], toy_zoo(), tmp_path / "out", flip=True)
    assert {row["measure"] for row in table(tmp_path / "out/unknown.csv")} == {*ALWAYS}


@pytest.mark.slow
def test_shared_mistakes_are_those_of_the_answers_added_over_all_photos(tmp_path: Path) -> None:
    folder, zoo = make_panoptic(tmp_path / "coco"), toy_zoo()
    evaluation = evaluate(folder, MODELS, zoo, tmp_path / "out")
    expected = ErrorPair()
    for case in open_dataset(folder).cases:
        truth, _ = decode_panoptic(case.annotation, case.segments, case.photo.name, ADE20K)
        one, other = (Rightness(truth != VOID, said.label_map == truth)
                      for said in zoo.segment(open_image(case.photo), MODELS[:2]))  # fmt: skip
        expected += one.with_(other)
    assert evaluation.pairs[MODELS[0], MODELS[1]] == expected
    rows = table(tmp_path / "out/error_consistency.csv")
    assert [(row["first"], row["second"]) for row in rows] == [
        (MODELS[0], MODELS[1]), (MODELS[0], MODELS[2]), (MODELS[1], MODELS[2]),
    ]  # fmt: skip
    assert int(rows[0]["both_wrong"]) == expected.neither
    again = evaluate(folder, MODELS, zoo, tmp_path / "out")
    assert again.pairs == evaluation.pairs, "from the ledger"


@pytest.mark.slow
def test_photo_by_photo_numbers_are_in_every_file(tmp_path: Path) -> None:
    evaluation = evaluate(make_dataset(tmp_path / "set"), MODELS, toy_zoo(), tmp_path / "out")
    row = table(tmp_path / "out/scores.csv")[0]
    photos = [one for one in table(tmp_path / "out/photos.csv") if one["model"] == MODELS[0]]
    mean = np.mean([float(one["miou_annotated"]) for one in photos])
    assert float(row["miou_by_photo"]) == pytest.approx(mean)
    assert float(row["miou_by_photo_worst1"]) == pytest.approx(min(float(one["miou_annotated"]) for one in photos))
    assert float(row["mistake_severity"]) >= 1 and 0 <= float(row["supercategory_accuracy"]) <= 1
    ids = {number["id"] for number in evaluation.as_json()["models"][0]["numbers"]}  # type: ignore[index,union-attr,call-overload]
    assert set(PER_IMAGE) <= ids and set(PER_IMAGE) <= set(row)
    page = (tmp_path / "out/scores.html").read_text()
    for words in ("Photo by photo", "Do they make the same mistakes?", "Mistake severity", "severe"):
        assert words in page


def test_a_network_is_not_blamed_for_what_its_truths_own_set_has_no_word_for(tmp_path: Path) -> None:
    """Pascal VOC's trains are unknown to ADE20K's networks; its background is nothing."""
    voc = known()["pascal-voc"]
    for part in ("JPEGImages", "SegmentationClass"):
        (tmp_path / "voc" / part).mkdir(parents=True)
    PillowImage.fromarray(np.full((20, 30, 3), 90, np.uint8)).save(tmp_path / "voc/JPEGImages/a.jpg")
    truth = np.zeros((20, 30), np.uint8)
    truth[:5], truth[5:12] = voc.names.index("train"), voc.names.index("car")
    PillowImage.fromarray(truth).save(tmp_path / "voc/SegmentationClass/a.png")
    evaluation = evaluate(tmp_path / "voc", MODELS[0], toy_zoo(), tmp_path / "out")
    counts = evaluation.models[0].counts
    assert {thing: int(found.sum()) for thing, found in counts.unknown.called.items()} == {"train": 5 * 30}
    assert counts.pixels == 7 * 30

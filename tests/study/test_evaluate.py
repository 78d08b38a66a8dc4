"""Evaluation of toy networks: the numbers, stopping and going on, bad files among good ones, the files written."""

import csv
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.analysis import calibration, scores
from demo.errors import BackendError, DatasetError, DemoError, MissingCheckpointError
from demo.images import open_image
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import decode_annotation, encode_annotation
from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.models.zoo import Zoo
from demo.schema import VOID, Image, ModelSpec
from demo.study.augment import augmented
from demo.study.dataset import open_dataset
from demo.study.engine import Progress, plainly
from demo.study.evaluate import evaluate
from demo.study.ledger import FILE
from demo.study.records import records
from demo.study.sentences import claims_report
from demo.study.study import study
from demo.study.tables import tables
from tests.study.photos import make_dataset
from tests.toy import toy_ids, toy_network, toy_scores, toy_zoo

MODELS = ("fcn-compact", "setr-compact")


def counting_zoo(calls: list[str]) -> Zoo:
    """A toy zoo that notes every answer."""

    def load(spec: ModelSpec) -> Network:
        network = toy_network(spec)

        def scores_of(image: Image) -> object:
            calls.append(spec.id)
            return network.scores(image)

        return replace(network, scores=scores_of)

    return Zoo(device="cpu", load=load)


def test_the_scores_are_those_of_the_predictions_added_over_all_photos(tmp_path: Path) -> None:
    dataset, zoo = make_dataset(tmp_path / "set"), toy_zoo()
    evaluation = evaluate(dataset, MODELS, zoo, tmp_path / "out")
    for place, model in enumerate(evaluation.models):
        expected = np.zeros((150, 150), np.int64)
        for case in open_dataset(dataset).cases:
            prediction = zoo.segment(open_image(case.photo), MODELS)[place]
            expected += scores.confusion(prediction.label_map, decode_annotation(case.annotation, ADE20K), len(ADE20K))
        assert (model.counts.confusion == expected).all()
        assert len(model.photos) == 4 and model.spec.id == MODELS[place]
    assert evaluation.problems == ()


@pytest.mark.slow
def test_csv_json_and_page_say_the_same(tmp_path: Path) -> None:
    evaluation = evaluate(make_dataset(tmp_path / "set"), toy_ids(), toy_zoo(), tmp_path / "out")
    content = json.loads((tmp_path / "out/scores.json").read_text())
    rows = list(csv.DictReader((tmp_path / "out/scores.csv").open()))
    page = (tmp_path / "out/scores.html").read_text()
    assert len(rows) == len(content["models"]) == len(toy_ids())
    for row, model, result in zip(rows, content["models"], evaluation.models, strict=True):
        values = {number["id"]: number["value"] for number in model["numbers"]}
        assert float(row["miou"]) == values["miou"] == scores.mean_iou(result.counts.confusion)
        assert f"{100 * values['miou']:.2f}" in page and row["title"] in page
        assert float(row["brier"]) == values["brier"] and float(row["nll"]) == values["nll"]
    classes = list(csv.DictReader((tmp_path / "out/classes.csv").open()))
    assert len(classes) == 150 * len(rows) and classes[0]["class"] == "wall"
    assert len(list(csv.DictReader((tmp_path / "out/photos.csv").open()))) == 4 * len(rows)


@pytest.mark.slow
@pytest.mark.parametrize("flip", [False, True])
def test_brier_and_nll_are_those_of_the_probabilities_at_photo_size(tmp_path: Path, flip: bool) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    dataset = make_dataset(tmp_path / "set", 2)
    evaluation = evaluate(dataset, "fcn-compact", toy_zoo(), tmp_path / "out", flip=flip)
    truths, probabilities = [], []
    for case in open_dataset(dataset).cases:
        photo, seed = open_image(case.photo), sum(map(ord, "fcn-compact"))
        views = [photo, photo[:, ::-1]] if flip else [photo]
        said = [np.concatenate([p for _, p in toy_scores(seed, view).strips()], 1) for view in views]
        mean = np.mean([said[0], *(p[:, :, ::-1] for p in said[1:])], 0, dtype=np.float64)
        truth = decode_annotation(case.annotation, ADE20K)
        truths.append(truth[truth != VOID])
        probabilities.append(mean[:, truth != VOID].T)
    truth, probability = np.concatenate(truths), np.concatenate(probabilities)
    probability /= probability.sum(1, keepdims=True)
    counts = evaluation.models[0].counts
    assert calibration.nll(counts.proper) == pytest.approx(
        metrics.log_loss(truth, probability, labels=range(150)), rel=1e-5
    )
    expected = metrics.brier_score_loss(truth, probability, labels=range(150), scale_by_half=False)
    assert calibration.brier(counts.proper) == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_the_page_asks_nothing_of_the_network_and_says_what_it_rests_on(tmp_path: Path) -> None:
    evaluate(make_dataset(tmp_path / "a<b>"), MODELS, toy_zoo(), tmp_path / "out")
    page = (tmp_path / "out/scores.html").read_text()
    assert "http:" not in page and "https:" not in page and "url(" not in page and "src=" not in page
    assert "4 photos are a demonstration, not a benchmark." in page
    assert "compact networks are small" in page
    assert "a<b>" not in page and "a&lt;b&gt;" in page


@pytest.mark.slow
def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "set")

    def stop(progress: Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(dataset, MODELS, toy_zoo(), tmp_path / "out", on_progress=stop)
    calls: list[str] = []
    resumed = evaluate(dataset, MODELS, counting_zoo(calls), tmp_path / "out")
    assert len(calls) == 4, "nothing that was answered is asked again"
    whole = evaluate(dataset, MODELS, toy_zoo(), tmp_path / "other")
    for one, other in zip(resumed.models, whole.models, strict=True):
        assert (one.counts.sizes == other.counts.sizes).all() and (one.counts.entropy == other.counts.entropy).all()
    calls.clear()
    evaluate(dataset, MODELS, counting_zoo(calls), tmp_path / "out")
    assert calls == [], "a finished run asks no network"


@pytest.mark.slow
def test_another_setting_another_photo_or_another_file_is_measured_anew(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "set", 2)
    calls: list[str] = []
    for flip in (False, True, False):
        evaluate(dataset, "fcn-compact", counting_zoo(calls), tmp_path / "out", flip=flip)
    assert len(calls) == 2 + 4
    changed = dataset / "annotations/validation/photo0.png"
    changed.write_bytes((dataset / "annotations/validation/photo1.png").read_bytes())
    evaluate(dataset, "fcn-compact", counting_zoo(calls), tmp_path / "out")
    assert len(calls) == 2 + 4 + 1


def test_bad_files_cost_only_themselves_and_are_named_with_a_remedy(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "set", 5)
    images, annotations = dataset / "images/validation", dataset / "annotations/validation"
    (images / "photo0.png").write_bytes((images / "photo0.png").read_bytes()[:100])
    (annotations / "photo1.png").write_bytes((images / "photo1.png").read_bytes())
    (annotations / "photo2.png").write_bytes(b"GIF89a")
    evaluation = evaluate(dataset, MODELS, toy_zoo(), tmp_path / "out")
    assert [score.photo for score in evaluation.models[0].photos] == ["photo3", "photo4"]
    assert len(evaluation.problems) == 3
    for number, sentence in enumerate(evaluation.problems):
        assert f"photo{number}.png" in sentence and sentence.endswith(".")
    assert "photo1.png should have one grey or palette channel" in evaluation.problems[1]
    assert "Left out (3)" in (tmp_path / "out/scores.html").read_text()


def test_a_mask_of_another_size_is_left_out(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "set", 2)
    PillowImage.open(dataset / "annotations/validation/photo0.png").resize((10, 10)).save(
        dataset / "annotations/validation/photo0.png"
    )
    evaluation = evaluate(dataset, "fcn-compact", toy_zoo(), tmp_path / "out")
    assert len(evaluation.problems) == 1
    assert "should be 72 x 48 like its photo, but is 10 x 10" in evaluation.problems[0]


def test_links_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "set", 3)
    for part, number in (("images", 0), ("annotations", 0), ("annotations", 1)):
        file = dataset / part / "validation" / f"photo{number}.png"
        file.unlink()
        file.symlink_to(f"/not/mounted/{number}.png")
    evaluation = evaluate(dataset, "fcn-compact", toy_zoo(), tmp_path / "out")
    assert [score.photo for score in evaluation.models[0].photos] == ["photo2"]
    photo, truth = evaluation.problems
    assert photo.endswith("but is a link to /not/mounted/0.png, which is not there; mount its disk.")
    assert truth.endswith("photo1.png: it is a link to /not/mounted/1.png, which is not there; mount its disk.")


@pytest.mark.slow
def test_a_truth_that_labels_nothing_is_told(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "set", 2)
    (dataset / "annotations/validation/photo0.png").write_bytes(
        encode_annotation(np.full((48, 72), 255, np.uint8), ADE20K)
    )
    evaluation = evaluate(dataset, MODELS, toy_zoo(), tmp_path / "out")
    (problem,) = evaluation.problems
    assert problem.startswith("photo0.png is left out: photo0.png should label at least one pixel, but all of it is")


@pytest.mark.slow
@pytest.mark.parametrize("first", [0, 1])
def test_annotations_that_count_from_zero_are_told(tmp_path: Path, first: int) -> None:
    dataset = make_dataset(tmp_path / "set", 3)
    for case in open_dataset(dataset).cases:
        (said,) = toy_zoo().segment(open_image(case.photo), "fcn-compact")
        PillowImage.fromarray(said.label_map + np.uint8(first)).save(case.annotation)
    evaluation = evaluate(dataset, "fcn-compact", toy_zoo(), tmp_path / "out")
    measured = study(dataset, "fcn-compact", toy_zoo(), tmp_path / "study")
    claimed = claims_report([dataset], "fcn-compact", toy_zoo(), tmp_path / "claims")
    for problems in (evaluation.problems, measured.problems, claimed.problems, tables(records(measured.path)).problems):
        told = [problem for problem in problems if "seem to count classes from 0: 100%" in problem]
        assert len(told) == (1 if first == 0 else 0) and all(text.endswith("and give them again.") for text in told)


def refusing(error: DemoError, spec_id: str = "fcn-compact") -> Zoo:
    def load(spec: ModelSpec) -> Network:
        if spec.id == spec_id:
            raise error
        return toy_network(spec)

    return Zoo(device="cpu", load=load)


def test_a_model_without_weights_is_told_once_and_the_others_stand(tmp_path: Path) -> None:
    zoo = refusing(MissingCheckpointError("Its file is nowhere."))
    evaluation = evaluate(make_dataset(tmp_path / "set"), MODELS, zoo, tmp_path / "out")
    assert [model.spec.id for model in evaluation.models] == ["setr-compact"]
    assert evaluation.problems == ("FCN (fcn-compact) is left out: Its file is nowhere.",)
    with pytest.raises(BackendError, match=r"None of the networks could be loaded\. .*nowhere"):
        evaluate(tmp_path / "set", "fcn-compact", zoo, tmp_path / "none")


@pytest.mark.slow
def test_a_run_goes_on_though_a_model_was_left_out_before(tmp_path: Path) -> None:
    dataset, zoo = make_dataset(tmp_path / "set"), refusing(MissingCheckpointError("Its file is nowhere."))
    for _ in range(2):
        evaluation = evaluate(dataset, MODELS, zoo, tmp_path / "out")
        assert [len(model.photos) for model in evaluation.models] == [4]


def failing_once(error: Exception) -> Zoo:
    """FCN fails at the first photo that it is asked, and at its mirror image."""
    asked: list[int] = []

    def load(spec: ModelSpec) -> Network:
        network = toy_network(spec)

        def scores_of(image: Image) -> Posterior:
            asked.append(1)
            if len(asked) == 1:
                raise error
            return network.scores(image)

        return replace(network, scores=scores_of) if spec.id == "fcn-compact" else network

    return Zoo(device="cpu", load=load)


@pytest.mark.parametrize("flip", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("kernel size"),
        pytest.param(BackendError("Too little memory."), marks=pytest.mark.slow),
        pytest.param(MemoryError(), marks=pytest.mark.slow),
    ],
)
def test_a_network_that_fails_on_a_photo_costs_that_photo(tmp_path: Path, error: Exception, flip: bool) -> None:
    evaluation = evaluate(make_dataset(tmp_path / "set", 3), MODELS, failing_once(error), tmp_path / "out", flip=flip)
    assert [len(model.photos) for model in evaluation.models] == [2, 3]
    (problem,) = evaluation.problems
    assert problem.startswith("photo0.png is left out for FCN (fcn-compact): ") and problem.endswith(".")


@pytest.mark.slow
def test_own_weights_that_were_replaced_are_measured_anew(tmp_path: Path) -> None:
    dataset, own, calls = make_dataset(tmp_path / "set", 2), f"{tmp_path}/net.py:{tmp_path}/net.pth", list[str]()
    (tmp_path / "net.py").write_text("model = dict()")
    (tmp_path / "net.pth").write_bytes(b"weights")
    for _ in range(2):
        evaluate(dataset, own, counting_zoo(calls), tmp_path / "out")
    assert len(calls) == 2
    (tmp_path / "net.pth").write_bytes(b"other weights")
    evaluate(dataset, own, counting_zoo(calls), tmp_path / "out")
    assert len(calls) == 4


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / FILE).write_bytes(b"not a database" * 100)
    with pytest.raises(DatasetError, match=r"study\.sqlite should hold the results of this study.*delete it"):
        evaluate(make_dataset(tmp_path / "set"), MODELS, toy_zoo(), tmp_path / "out")


def test_a_full_disk_costs_nothing_that_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, connect, calls = make_dataset(tmp_path / "set", 3), sqlite3.connect, list[str]()
    evaluate(dataset, MODELS, counting_zoo(calls), tmp_path / "whole")
    every, kept = len(calls), 0
    pages = (tmp_path / "whole" / FILE).stat().st_size // 4096

    def small(path: Path, timeout: float) -> sqlite3.Connection:
        rows = connect(path, timeout=timeout)
        rows.execute(f"PRAGMA max_page_count = {pages - 2}")
        return rows

    calls.clear()
    with monkeypatch.context() as full:
        full.setattr(sqlite3, "connect", small)
        with pytest.raises(
            DatasetError, match=r"cannot be written \(database or disk is full\).*kept.*free some space"
        ):
            evaluate(dataset, MODELS, counting_zoo(calls), tmp_path / "out")
    with closing(connect(tmp_path / "out" / FILE)) as rows:
        kept = rows.execute("SELECT COUNT(DISTINCT photo) FROM answers").fetchone()[0]
    assert 0 < kept < 3
    calls.clear()
    evaluate(dataset, MODELS, counting_zoo(calls), tmp_path / "out")
    assert len(calls) == every * (3 - kept) / 3


def test_a_file_that_may_not_be_written_is_not_said_to_be_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, timeout: connect(f"file:{path}?mode=ro", uri=True))
    with pytest.raises(DatasetError, match=r"cannot be opened or written \(unable to open.*\)\. Check its permissions"):
        evaluate(make_dataset(tmp_path / "set", 1), MODELS, toy_zoo(), tmp_path / "out")


@pytest.mark.slow
def test_a_ledger_that_another_process_holds_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, connect = make_dataset(tmp_path / "set", 1), sqlite3.connect
    evaluate(dataset, MODELS, toy_zoo(), tmp_path / "out")
    monkeypatch.setattr(sqlite3, "connect", lambda path, timeout: connect(path, timeout=0.01))
    with closing(connect(tmp_path / "out" / FILE)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatasetError, match=r"database is locked.*wait for that"):
            evaluate(dataset, MODELS, toy_zoo(), tmp_path / "out")


@pytest.mark.slow
def test_progress_counts_photos_and_tells_the_time_left(tmp_path: Path) -> None:
    seen: list[Progress] = []
    evaluate(make_dataset(tmp_path / "set"), MODELS, toy_zoo(), tmp_path / "out", on_progress=seen.append)
    assert [progress.done for progress in seen] == [1, 2, 3, 4]
    assert seen[-1].seconds_left == 0 and all(progress.total == 4 for progress in seen)
    assert str(Progress(3, 10, "owl", 90)) == "3 of 10 photos, 2 min left (owl)"
    assert str(Progress(3, 10, "owl", None)) == "3 of 10 photos (owl)"


def scaled_zoo() -> Zoo:
    """Toy networks whose grid grows with the scale."""

    def load(spec: ModelSpec) -> Network:
        seed = sum(map(ord, spec.id))

        def at_scale(factor: float) -> Callable[[Image], Posterior]:
            return lambda image: toy_scores(seed, image, round(12 * factor))

        return replace(toy_network(spec), at_scale=at_scale)

    return Zoo(device="cpu", load=load)


def test_one_view_gives_what_asking_plainly_gives(tmp_path: Path) -> None:
    case = open_dataset(make_dataset(tmp_path, 1)).cases[0]
    image, zoo = open_image(case.photo), toy_zoo()
    specs = [outcome.spec for outcome in zoo.stream(image, MODELS)]
    plainly_asked, viewed = plainly(zoo)(image, specs), augmented(zoo, (1.0,), False)(image, specs)
    for (_, plain), (_, view) in zip(plainly_asked, viewed, strict=True):
        assert (plain.label_map == view.label_map).mean() > 0.999
        assert np.abs(plain.entropy - view.entropy).max() < 1e-4
        assert np.abs(plain.margin - view.margin).max() < 1e-5


def test_views_are_averaged_as_probabilities_at_photo_size(tmp_path: Path) -> None:
    case = open_dataset(make_dataset(tmp_path, 1)).cases[0]
    image, zoo = open_image(case.photo), scaled_zoo()
    spec = next(iter(zoo.stream(image, "fcn-compact"))).spec
    _, view = next(augmented(zoo, (0.5, 1.0), True)(image, [spec]))
    seed = sum(map(ord, spec.id))
    total = np.zeros((150, *image.shape[:2]))
    for cells in (6, 12):
        for photo, mirrored in ((image, False), (image[:, ::-1], True)):
            whole = np.concatenate([strip for _, strip in toy_scores(seed, photo, cells).strips()], 1)
            total += (whole[:, :, ::-1] if mirrored else whole) / 4
    assert (view.label_map == total.argmax(0)).mean() > 0.999
    assert np.abs(view.confidence - total.max(0)).max() < 1e-6
    assert np.abs(view.entropy + (total * np.log(total)).sum(0)).max() < 1e-4


def test_scales_are_refused_by_a_network_of_one_size(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"None of the photos could be answered.*sees photos at one size only"):
        evaluate(make_dataset(tmp_path / "set", 1), MODELS, toy_zoo(), tmp_path / "out", scales=(0.5, 1))

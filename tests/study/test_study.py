"""A study of toy networks: what its file and study.json hold, stopping and going on, bad and hostile photos."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.analysis.comparison import compare
from demo.analysis.in_common import comparison_of
from demo.analysis.kappa import pairwise
from demo.analysis.numbers import Json
from demo.analysis.structure import measure
from demo.errors import BackendError, DatasetError, MissingCheckpointError
from demo.images import Limits, open_image
from demo.models.zoo import Answer, Zoo
from demo.schema import ModelSpec
from demo.study import Progress, Study, claims_report, evaluate, stress, study
from demo.study.ledger import FILE
from demo.study.records import details, labels_of, records
from demo.study.tables import tables
from demo.study.write_report import write_report
from tests.study.photos import make_dataset
from tests.study.test_evaluate import MODELS, counting_zoo, failing_once, refusing
from tests.toy import toy_ids, toy_zoo

ROOT = Path(__file__).resolve().parents[2]


def final(out: Path) -> dict[str, Json]:
    """study.json without what may differ."""
    content: dict[str, Json] = json.loads((out / "study.json").read_text())
    del content["timing"]
    return content


def test_the_numbers_are_those_of_the_predictions(photos: Path, tmp_path: Path) -> None:
    done = study(photos, toy_ids(), toy_zoo(), tmp_path / "out")
    assert (done.photos, done.measured, done.problems) == (4, 4, ())
    found = records(tmp_path / "out")
    assert found.names == ("more/photo3.png", "photo0.png", "photo1.png", "photo2.png")
    assert found.paths[0] == photos / "more/photo3.png" and [model.id for model in found.models] == [*toy_ids()]
    confusions = np.zeros_like(found.confusions)
    for row, path in enumerate(found.paths):
        answers = [o for o in toy_zoo().stream(open_image(path), toy_ids()) if isinstance(o, Answer)]
        comparison = comparison_of([(answer.spec, answer.prediction) for answer in answers])
        numbers, pixels = compare(comparison), comparison.label_maps[0].size
        assert found.together["all_agree"][row] / pixels == numbers["all_agree"]
        assert found.together["between_families"][row] / pixels == numbers["split"]["between_families"]  # type: ignore[index]
        assert found.together["confident_conflict"][row] / pixels == pytest.approx(numbers["confident_conflict"])
        for number, pair in enumerate(pairwise(comparison)):
            assert found.same[row, number] == np.trace(pair.counts) and found.compared[row, number] == pixels
            confusions[number] += pair.counts
        for model, answer in enumerate(answers):
            prediction = answer.prediction
            assert found.answers["mean_entropy"][row, model] == prediction.entropy.mean(dtype=np.float64)
            assert found.answers["fragments"][row, model] == measure(prediction).fragments
            seen = {(k, pixels) for m, k, pixels in details(tmp_path / "out", [row])[row].areas if m == model}
            assert seen == {(k, n) for k, n in enumerate(np.bincount(prediction.label_map.reshape(-1)).tolist()) if n}
    assert (found.confusions == confusions).all()
    assert found.areas.sum() == found.entropy_histogram.sum() == found.pixels.sum() == 5 * 4 * 48 * 72


def test_a_truth_is_counted_where_there_is_one(photos: Path, tmp_path: Path) -> None:
    truth = photos.parents[1] / "annotations/validation"
    (truth / "more").mkdir()
    os.rename(truth / "photo3.png", truth / "more" / "photo3.png")
    (truth / "photo1.png").unlink()
    (truth / "photo2.png").write_bytes(b"no PNG")
    done = study(photos, MODELS, toy_zoo(), tmp_path / "out", truth=truth)
    found = records(tmp_path / "out")
    assert (found.labelled > 0).tolist() == [[True] * 2, [True] * 2, [False] * 2, [False] * 2]
    assert (found.pixels > 0).all(), "a photo without a truth is measured all the same"
    (problem,) = done.problems
    assert problem.startswith("photo2.png is measured without its truth: photo2.png should be a PNG")
    counts = found.truths[0]
    assert (
        counts and counts.pixels == found.labelled[:, 0].sum() and np.trace(counts.confusion) == found.right[:, 0].sum()
    )
    model = final(tmp_path / "out")["models"][0]  # type: ignore[index, call-overload]
    assert model["truth"]["photos"] == 2 and model["truth"]["numbers"]["pixel_accuracy"] is not None


@pytest.mark.slow
def test_equal_studies_have_equal_final_numbers_whatever_happened_on_the_way(photos: Path, tmp_path: Path) -> None:
    def stop_at(number: int) -> object:
        def stop(progress: Progress) -> None:
            if progress.done == number:
                raise KeyboardInterrupt

        return stop

    study(photos, toy_ids(), toy_zoo(), tmp_path / "whole")
    for number in (1, 2, 3):
        with pytest.raises(KeyboardInterrupt):
            study(photos, toy_ids(), toy_zoo(), tmp_path / "stopped", on_progress=stop_at(number))  # type: ignore[arg-type]
    calls: list[str] = []
    study(photos, toy_ids(), counting_zoo(calls), tmp_path / "stopped")
    assert len(calls) == 5, "only the last photo was left"
    assert final(tmp_path / "stopped") == final(tmp_path / "whole")
    whole, stopped = (
        (tmp_path / name / "study.json").read_text().partition('"timing"')[0] for name in ("whole", "stopped")
    )
    assert whole == stopped, "byte for byte, save for the last key"


CHILD = """
import os, sys, time
from dataclasses import replace
from pathlib import Path
from demo.models.zoo import Zoo
from demo.study import study
from tests.toy import toy_ids, toy_network

def load(spec):
    network = toy_network(spec)
    def scores(image):
        time.sleep(0.02)
        return network.scores(image)
    return replace(network, scores=scores)

for _ in sys.stdin:
    child = os.fork()  # what was imported once serves each of them
    if not child:
        study(Path(sys.argv[1]), toy_ids(), Zoo(device="cpu", load=load), Path(sys.argv[2]))
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.mark.slow
def test_a_study_survives_kill_9(tmp_path: Path) -> None:
    photos = make_dataset(tmp_path / "set", 20)
    study(photos, toy_ids(), toy_zoo(), tmp_path / "whole")
    command = [sys.executable, "-c", CHILD, str(photos), str(tmp_path / "killed")]
    ends = []
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdin and starter.stdout
        for enough in (3, 8, 14, 1000):
            print(file=starter.stdin, flush=True)
            child = int(starter.stdout.readline())
            until = time.monotonic() + 60
            while enough < 1000 and stored(tmp_path / "killed") < enough and time.monotonic() < until:
                time.sleep(0.01)
            if enough < 1000:
                os.kill(child, signal.SIGKILL)
            ends.append(int(starter.stdout.readline()))
    assert ends == [-signal.SIGKILL] * 3 + [0]
    assert final(tmp_path / "killed") == final(tmp_path / "whole")


def stored(out: Path) -> int:
    """Photos that another process has written so far."""
    try:
        with closing(sqlite3.connect(f"file:{out / FILE}?mode=ro", uri=True)) as rows:
            return int(rows.execute("SELECT COUNT(DISTINCT photo) FROM answers").fetchone()[0])
    except sqlite3.Error:
        return 0


HOSTILE = [
    b"<img src=x onerror=alert(1)>.png", b"two\nlines.png", b"caf\xe9.png", b"'; DROP TABLE photos; --.png",
    b"a" * 250 + b".png",
    "e\N{COMBINING ACUTE ACCENT}.png".encode(), b"%s {0} $(id).png",
]  # fmt: skip


@pytest.mark.slow
def test_hostile_names_survive(tmp_path: Path) -> None:
    original = make_dataset(tmp_path / "set", 1) / "images/validation/photo0.png"
    deep = tmp_path / "photos" / ("d" * 200)
    deep.mkdir(parents=True)
    for name in HOSTILE:
        (deep.parent / os.fsdecode(name)).write_bytes(original.read_bytes())
    (deep / ("x" * 150 + ".png")).write_bytes(original.read_bytes())  # 355 characters
    done = study(tmp_path / "photos", MODELS, toy_zoo(), tmp_path / "out", save=("labels",))
    found = records(tmp_path / "out")
    assert done.problems == () and len(found.names) == len(HOSTILE) + 1
    assert {os.fsencode(path.name) for path in found.paths if path.parent != deep} == set(HOSTILE)
    assert all(path.is_file() for path in found.paths) and (found.pixels > 0).all()
    assert "caf%E9.png" in found.names and max(map(len, found.names)) == 355
    assert all(set(labels_of(tmp_path / "out", found, row)) == {0, 1} for row in range(len(found.names)))
    json.loads((tmp_path / "out/study.json").read_text("utf-8"))


def test_an_unreadable_photo_is_a_record_with_its_reason_and_is_tried_again(photos: Path, tmp_path: Path) -> None:
    whole = (photos / "photo1.png").read_bytes()
    (photos / "photo1.png").write_bytes(whole[:80])
    (photos / "photo2.png").unlink()
    (photos / "photo2.png").symlink_to("/not/mounted.png")
    done = study(photos, MODELS, toy_zoo(), tmp_path / "out")
    found = records(tmp_path / "out")
    assert [*found.photo_problems] == [2, 3] and len(done.problems) == 2
    assert "damaged or cut short" in found.photo_problems[2] and "is a link to" in found.photo_problems[3]
    assert final(tmp_path / "out")["unreadable"] == {
        "photo1.png": found.photo_problems[2],
        "photo2.png": found.photo_problems[3],
    }
    (photos / "photo1.png").write_bytes(whole)
    calls: list[str] = []
    assert len(study(photos, MODELS, counting_zoo(calls), tmp_path / "out").problems) == 1
    assert len(calls) == 2 and [*records(tmp_path / "out").photo_problems] == [3]


def test_a_network_that_fails_on_a_photo_is_a_record_too(photos: Path, tmp_path: Path) -> None:
    done = study(photos, MODELS, failing_once(RuntimeError("kernel size")), tmp_path / "out")
    found = records(tmp_path / "out")
    ((row, model, why),) = found.answer_problems
    assert model == 0 and "kernel size" in why and found.pixels[row, 0] == 0 and found.pixels[row, 1] > 0
    assert found.together["networks"].tolist().count(0) == 1 and len(done.problems) == 1
    again = study(photos, MODELS, toy_zoo(), tmp_path / "out")
    assert again.measured == 1 and again.problems == () and records(tmp_path / "out").answer_problems == ()


def test_a_network_that_cannot_be_loaded_is_told_once(photos: Path, tmp_path: Path) -> None:
    zoo = refusing(MissingCheckpointError("Its file is nowhere."))
    done = study(photos, MODELS, zoo, tmp_path / "out")
    assert done.problems == ("FCN (fcn-compact) is left out: Its file is nowhere.",)
    first = final(tmp_path / "out")
    assert study(photos, MODELS, zoo, tmp_path / "out").problems == done.problems and final(tmp_path / "out") == first
    assert study(photos, MODELS, toy_zoo(), tmp_path / "out").problems == ()
    assert (records(tmp_path / "out").pixels > 0).all()
    with pytest.raises(BackendError, match="None of the networks could be loaded"):
        study(photos, "fcn-compact", zoo, tmp_path / "none")


def other_precision(zoo: Zoo) -> Zoo:
    zoo.precision = "fast"
    return zoo


def test_another_study_in_the_same_folder_is_refused_with_the_difference(photos: Path, tmp_path: Path) -> None:
    def asked(models: object = MODELS, zoo: Zoo | None = None, source: Path = photos, **more: object) -> Study:
        return study(source, models, zoo or toy_zoo(), tmp_path / "out", **more)  # type: ignore[arg-type]

    asked()
    with pytest.raises(
        DatasetError, match=r"its models are fcn-compact, setr-compact, and this one's are fcn-compact\."
    ):
        asked("fcn-compact")
    with pytest.raises(DatasetError, match=r"its setting precision is exact, and this one's is fast"):
        asked(zoo=other_precision(toy_zoo()))
    with pytest.raises(DatasetError, match=r"its setting megapixels is 40, and this one's is 1"):
        asked(limits=Limits(megapixels=1))
    with pytest.raises(DatasetError, match=r"its setting save is nothing, and this one's is labels\."):
        asked(save=("labels",))
    with pytest.raises(DatasetError, match=r"its folder is validation, and this one's is more"):
        asked(source=photos / "more")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(DatasetError, match=r"its code version is .*is 9\.9"):
        patch.setattr("demo.__version__", "9.9")
        asked()
    assert asked().measured == 0


def test_own_weights_that_were_replaced_are_another_study(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("model = dict()")
    (tmp_path / "net.pth").write_bytes(b"weights")
    study(photos, f"{tmp_path}/net.py:{tmp_path}/net.pth", toy_zoo(), tmp_path / "out")
    (tmp_path / "net.pth").write_bytes(b"other weights")
    with pytest.raises(DatasetError, match="the weights file of net has changed since"):
        study(photos, f"{tmp_path}/net.py:{tmp_path}/net.pth", toy_zoo(), tmp_path / "out")


def test_a_photo_that_changed_is_measured_anew_and_one_that_left_is_not_counted(photos: Path, tmp_path: Path) -> None:
    study(photos, MODELS, toy_zoo(), tmp_path / "out")
    PillowImage.fromarray(np.full((20, 30, 3), 9, np.uint8)).save(photos / "photo0.png")
    (photos / "photo1.png").unlink()
    assert study(photos, MODELS, toy_zoo(), tmp_path / "out").measured == 1
    found = records(tmp_path / "out")
    assert found.names == ("more/photo3.png", "photo0.png", "photo2.png") and found.pixels[1, 0] == 600


def test_two_processes_cannot_write_one_study(photos: Path, tmp_path: Path) -> None:
    def another(progress: Progress) -> None:
        with pytest.raises(DatasetError, match="another process is writing to it"):
            study(photos, MODELS, toy_zoo(), tmp_path / "out")

    study(photos, MODELS, toy_zoo(), tmp_path / "out", on_progress=another)


def test_it_stops_when_asked_to(photos: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    study(photos, MODELS, toy_zoo(), tmp_path / "out", on_progress=seen.append, stopped=lambda: len(seen) == 2)
    assert [progress.done for progress in seen] == [1, 2] and not (tmp_path / "out/study.json").exists()
    assert seen[1].rate and str(Progress(3, 10, "owl", 90, 2)) == "3 of 10 photos, 2 a second, 2 min left (owl)"


def test_the_page_and_study_json_give_one_number_one_value(photos: Path, tmp_path: Path) -> None:
    """Of photos of several sizes too, where a mean over photos is none over pixels."""
    big = np.random.default_rng(1).integers(0, 256, (30, 40, 3), np.uint8).repeat(6, 0).repeat(6, 1)
    PillowImage.fromarray(big).save(photos / "big.png")
    study(photos, MODELS, toy_zoo(), tmp_path / "out")
    content, shown = final(tmp_path / "out"), tables(records(tmp_path / "out"))
    for row, told in zip(shown.networks, content["models"], strict=True):  # type: ignore[arg-type]
        for name in ("entropy", "confidence", "margin"):
            assert getattr(row, name) == pytest.approx(told[f"mean_{name}"], rel=1e-12)
        assert (row.fragments, row.photos) == (told["fragments"], told["photos"])
    [pair] = content["pairs"]  # type: ignore[misc]
    assert shown.agreement[0, 1] == pair["agreement"] and shown.kappa[0, 1] == pair["kappa"]
    together = content["together"]
    assert shown.all_agree == together["all_agree"] / together["pixels"]  # type: ignore[index, call-overload, operator]


def test_views_of_a_study_read_what_it_has_and_leave_their_pages_beside_it(photos: Path, tmp_path: Path) -> None:
    """Of a folder with folders in it, of a split of a dataset, and of a list."""
    calls: list[str] = []
    dataset = make_dataset(tmp_path / "data", 2)
    (photos / "list.txt").write_text("photo0.png\nphoto1.png\n")
    for place in (photos, dataset, photos / "list.txt"):
        out = tmp_path / "out" / place.name
        study(place, MODELS, toy_zoo(), out)
        claims_report([place], MODELS, counting_zoo(calls), out, resamples=20)
        assert calls == []
        stress([place], MODELS, toy_zoo(), out, kinds=["contrast"], severities=[5])
        if place is dataset:
            evaluate(place, MODELS, counting_zoo(calls), out)
            assert calls == [] and (out / "scores.html").is_file()
        names = records(out).names
        assert study(place, MODELS, counting_zoo(calls), out).measured == 0 and records(out).names == names
        write_report(out, out / "study.html")
        assert {"claims.html", "stress.html", "study.html"} <= {path.name for path in out.glob("*.html")}
        assert [path.name for path in out.glob("*.sqlite")] == ["study.sqlite"]


def test_what_truths_have_told_is_not_forgotten_by_who_does_not_name_them(photos: Path, tmp_path: Path) -> None:
    out, truth = tmp_path / "out", photos.parents[1] / "annotations/validation"
    study(photos, MODELS, toy_zoo(), out)
    assert study(photos, MODELS, toy_zoo(), out, truth=truth).measured == 3
    before = records(out).labelled
    with pytest.raises(
        DatasetError, match=r"its photos have truths, and this one's have none\. Name them with --truth"
    ):
        study(photos, MODELS, toy_zoo(), out)
    claims_report([photos], MODELS, toy_zoo(), out, resamples=20)
    stress([photos], MODELS, toy_zoo(), out, kinds=["contrast"], severities=[5])
    assert (records(out).labelled == before).all() and before.any()


def test_saved_labels_and_entropy_are_the_predictions(photos: Path, tmp_path: Path) -> None:
    study(photos, MODELS, toy_zoo(), tmp_path / "out", save=("labels", "entropy"))
    found = records(tmp_path / "out")
    for row, path in enumerate(found.paths):
        said = toy_zoo().segment(path, MODELS)
        for model, labels in labels_of(tmp_path / "out", found, row).items():
            assert (labels == said[model].label_map).all()
    assert len([*(tmp_path / "out/files").rglob("entropy.npy")]) == 8
    saved = np.load(tmp_path / "out/files/000000 photo3/fcn-compact/entropy.npy")
    assert (saved == toy_zoo().segment(found.paths[0], "fcn-compact")[0].entropy).all()


def test_a_limit_that_is_given_in_other_words_gives_the_same_bytes(photos: Path, tmp_path: Path) -> None:
    for name, limits in (("one", Limits(megapixels=40)), ("other", Limits(megapixels=40.0))):
        study(photos, "fcn-compact", toy_zoo(), tmp_path / name, limits=limits)
    one, other = ((tmp_path / name / "study.json").read_text().partition('"timing"')[0] for name in ("one", "other"))
    assert one == other


@pytest.mark.parametrize(
    "spoiled",
    [
        "UPDATE study SET value = '{' WHERE key = 'settings'",
        "UPDATE claims SET content = '{'",
        "UPDATE answers SET entropy_histogram = x'0102'",
        "UPDATE truths SET content = x'0102'",
        "UPDATE together SET named = x'0102'",
        "UPDATE pairs SET second = 7",
    ],
)
def test_a_value_that_is_not_what_was_written_is_told(photos: Path, tmp_path: Path, spoiled: str) -> None:
    """As where a disk has turned some bits: SQLite itself does not see it."""
    done = study(photos, MODELS, toy_zoo(), tmp_path / "out", truth=photos.parents[1] / "annotations/validation")
    with closing(sqlite3.connect(done.path)) as rows, rows:
        rows.execute(spoiled)
    with pytest.raises(DatasetError, match=r"should hold the results of this study, .*it is damaged"):
        records(done.path)


def test_a_file_of_another_format_is_refused(photos: Path, tmp_path: Path) -> None:
    done = study(photos, MODELS, toy_zoo(), tmp_path / "out")
    with closing(sqlite3.connect(done.path)) as rows, rows:
        rows.execute("UPDATE study SET value = '99' WHERE key = 'format'")
    for read in (lambda: records(done.path), lambda: study(photos, MODELS, toy_zoo(), tmp_path / "out")):
        with pytest.raises(DatasetError, match="should hold a study of format 2, but is of format 99"):
            read()


@pytest.mark.slow
def test_models_of_two_class_sets_are_compared_in_common_words(photos: Path, tmp_path: Path) -> None:
    from demo.labels.class_set import known
    from demo.models.network import Network
    from tests.toy import toy_network

    def load(spec: ModelSpec) -> Network:
        network = toy_network(spec)
        if spec.id != "setr-compact":
            return network
        city = known()["cityscapes"]

        def scores(image: np.ndarray) -> object:
            posterior = network.scores(image)
            tiles = tuple(replace(tile, scores=tile.scores[: len(city)]) for tile in posterior.tiles)
            return replace(posterior, tiles=tiles, class_set=city)

        return replace(network, scores=scores, class_set=city)

    study(photos, MODELS, Zoo(device="cpu", load=load), tmp_path / "out")
    found = records(tmp_path / "out")
    assert [model.class_set.id for model in found.models if model.class_set] == ["ade20k", "cityscapes"]
    assert (found.compared <= found.pixels).all() and found.class_set.id == "cityscapes"
    assert (found.confusions.sum((1, 2)) == found.compared.sum(0)).all()

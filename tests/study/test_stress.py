"""The stress ladder on toy networks: its numbers, its files, what a stop costs it, and what it says of bad photos."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from demo import cli
from demo.changes.corruptions import OWN
from demo.errors import BackendError, DatasetError
from demo.images import DEFAULT_LIMITS, open_image
from demo.models import zoo as zoo_module
from demo.models.zoo import Zoo
from demo.schema import ModelSpec
from demo.study.corrupted import Ladder
from demo.study.dataset import open_photos
from demo.study.engine import Progress
from demo.study.ledger import FILE
from demo.study.records import records
from demo.study.stress import stress
from demo.study.stress_curves import curves, known
from demo.study.stress_photos import pictures, place_of, places, section
from demo.study.stress_results import StressReport
from demo.study.study import study
from tests.study.photos import make_dataset
from tests.study.test_evaluate import failing_once, refusing
from tests.toy import toy_ids, toy_network, toy_zoo

TWO = toy_ids()[:1] + toy_ids()[-1:]
FEW = {"kinds": ["contrast", "gaussian_blur"], "severities": [1, 5], "resamples": 50}


def climbed(tmp_path: Path, number: int = 3, **more: object) -> StressReport:
    dataset = tmp_path / "set"
    if not dataset.exists():
        make_dataset(dataset, number)
    return stress([dataset], TWO, toy_zoo(), tmp_path / "out", **(FEW | more))  # type: ignore[arg-type]


def counting(calls: list[str]) -> Zoo:
    def load(spec: ModelSpec) -> object:
        calls.append(spec.id)
        return toy_network(spec)

    return Zoo(device="cpu", load=load)  # type: ignore[arg-type]


def test_the_photo_as_it_is_keeps_everything_and_a_corruption_costs_something(tmp_path: Path) -> None:
    result = climbed(tmp_path, 5)
    assert (result.photos, result.with_truth, result.kinds, result.severities) == (
        5, 5, ("contrast", "gaussian_blur"), (0, 1, 5),
    )  # fmt: skip
    for model in TWO:
        first, *others = result.curves[model]
        assert first.values["kept"].value == 1 and all(point.values["kept"].value <= 1 for point in others)
        assert min(point.values["kept"].value for point in others) < 1
        assert all(0 <= point.values["ece"].value <= 1 for point in others)
        strongest = result.curves[model][2].values["kept"]
        assert strongest.low <= strongest.value <= strongest.high
    assert set(result.families) == {"cnn", "transformer"}
    one, other = (result.curves[model][2].values["kept"].value for model in TWO)
    assert result.contrasts[2].values["kept"].value == pytest.approx(other - one)


@pytest.mark.slow
def test_json_csv_figures_and_page_say_the_same(tmp_path: Path) -> None:
    result, out = climbed(tmp_path, 5), tmp_path / "out"
    content = json.loads((out / "stress.json").read_text())
    rows = list(csv.DictReader((out / "stress.csv").open()))
    point = content["curves"][TWO[0]][2]
    [row] = [r for r in rows if (r["model"], r["corruption"], r["severity"]) == (TWO[0], "contrast", "5")]
    assert float(row["kept"]) == point["kept"]["value"] and float(row["kept_low"]) == point["kept"]["low"]
    assert len(rows) == (2 + 2) * 5
    page = (out / "stress.html").read_text()
    assert "http:" not in page and "https:" not in page and "5 photos from set" in page and "<polygon" in page
    assert {path.name for path in (out / "figures").iterdir()} == {
        f"{number}-{kind}.svg" for number in ("kept", "miou", "entropy", "ece")
        for kind in ("contrast", "gaussian_blur", "families")
    }  # fmt: skip
    for found in result.breaks[TWO[0]]:
        assert found.photo in page and found.kept == pytest.approx(found.kept)


def test_each_curve_names_the_photo_where_it_breaks_first(tmp_path: Path) -> None:
    result = climbed(tmp_path)
    names = ["photo0", "photo1", "photo2"]
    kept = {
        (TWO[model], condition, photo): seen["kept"] / seen["pixels"]
        for photo, row in zip(names, known(tmp_path / "out" / FILE, names, 2), strict=True)
        for model, record in enumerate(row)
        for condition, seen in record.items()
    }
    for model in TWO:
        for found in result.breaks[model]:
            share = {key[2]: value for key, value in kept.items()
                     if key[:2] == (model, f"{found.kind} {found.severity}")}  # fmt: skip
            assert found.kept == min(share.values()) == share[found.photo]
            assert found.broke == (found.kept < 0.5)


def test_each_curve_leads_to_the_photo_where_it_breaks_first(tmp_path: Path) -> None:
    result = climbed(tmp_path)
    page = (tmp_path / "out/stress.html").read_text()
    ids = set(re.findall(r'<article id="(breaks-\d+)">', page))
    cells, curves = (set(re.findall(rf'<a href="#(breaks-\d+)">{words}', page)) for words in ("photo", "at "))
    assert cells == ids and len(ids) == len(places(result)) and curves <= ids
    broke = {place_of(one) for found in result.breaks.values() for one in found if one.broke}
    assert curves == {places(result)[place] for place in broke} and curves
    assert page.count('<img src="data:image/jpeg;base64,') == 2 * len(ids)
    (tmp_path / "set/images/validation/photo0.png").unlink()
    gone = pictures(result, open_photos([tmp_path / "set"]).cases, 0, DEFAULT_LIMITS)
    assert {place[0] for place in gone} == {place[0] for place in places(result)} - {"photo0"}
    assert "No picture: the photo is gone." in "".join(section(result, {}))


@pytest.mark.slow
def test_a_stopped_ladder_goes_on_where_it_was(tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        climbed(tmp_path, on_progress=stop)
    said: list[str] = []
    again = climbed(tmp_path, on_progress=lambda progress: said.append(str(progress)))
    assert len(said) == 3 and said[-1].startswith("12 of 12 versions of photos, ")
    assert said[-1].endswith(" 0 s left (photo2, gaussian_blur)")
    fresh = stress([tmp_path / "set"], TWO, toy_zoo(), tmp_path / "fresh", **FEW)  # type: ignore[arg-type]
    assert again.as_json()["curves"] == fresh.as_json()["curves"]


@pytest.mark.slow
def test_what_is_known_asks_no_network_and_more_kinds_ask_only_for_themselves(tmp_path: Path) -> None:
    climbed(tmp_path)
    calls: list[str] = []
    stress([tmp_path / "set"], TWO, counting(calls), tmp_path / "out", **FEW)  # type: ignore[arg-type]
    assert calls == []
    said: list[Progress] = []
    climbed(tmp_path, kinds=[*FEW["kinds"], "brightness"], on_progress=said.append)  # type: ignore[misc]
    assert [progress.photo for progress in said] == [f"photo{n}, brightness" for n in range(3)]
    climbed(tmp_path, kinds=["brightness"], severities=[1, 2, 5], on_progress=said.append)
    assert [progress.done for progress in said[3:]] == [7, 8, 9], "one severity of three was missing on each"


def test_corruptions_of_another_seed_are_not_mixed(tmp_path: Path) -> None:
    climbed(tmp_path, 1)
    with pytest.raises(DatasetError, match=r"corrupted with the seed 0, and this one's is 3\. Choose another folder"):
        climbed(tmp_path, 1, seed=3)


def test_a_bad_photo_costs_itself_and_photos_without_truth_have_no_miou(tmp_path: Path) -> None:
    photos = make_dataset(tmp_path / "set", 3) / "images/validation"
    (photos / "photo1.png").write_bytes(b"")
    result = stress([photos], TWO, toy_zoo(), tmp_path / "out", **FEW)  # type: ignore[arg-type]
    assert (result.photos, result.with_truth) == (2, 0) and len(result.problems) == 1
    assert "photo1.png is left out" in result.problems[0]
    assert result.as_json()["means"][TWO[0]]["miou"] == {"value": None, "low": None, "high": None}  # type: ignore[index,call-overload]
    assert not (tmp_path / "out/figures/miou-contrast.svg").exists()


def test_one_photo_has_no_interval_and_says_so(tmp_path: Path) -> None:
    climbed(tmp_path, 1)
    assert "1 photo: an interval takes 5, and what is shown" in (tmp_path / "out/stress.html").read_text()


def test_a_network_that_cannot_load_costs_itself(tmp_path: Path) -> None:
    photos = make_dataset(tmp_path / "set", 2)
    result = stress([photos], TWO, refusing(BackendError("No."), TWO[0]), tmp_path / "out", **FEW)  # type: ignore[arg-type]
    assert [spec.id for spec in result.specs] == [TWO[1]] and result.photos == 2 and len(result.problems) == 1
    with pytest.raises(BackendError, match=r"None of the networks could be loaded\. The last one said: No"):
        stress([photos], TWO[:1], refusing(BackendError("No."), TWO[0]), tmp_path / "other", **FEW)  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_command_prints_a_row_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(zoo_module, "Zoo", lambda **_: toy_zoo())
    make_dataset(tmp_path / "set", 2)
    command = ["stress", str(tmp_path / "set"), "-m", *TWO, "-o", str(tmp_path / "out"), "--figure", "png",
               "--kinds", "contrast", "--severities", "5"]  # fmt: skip
    assert cli.main(command) == 0
    assert open_image(tmp_path / "out/stress.png").shape[1] == 1440
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == [
        "model",
        *TWO,
        "cnn",
        "transformer",
        str(tmp_path / "out/stress.html"),
    ]
    assert "2 of 2 versions of photos" in err
    assert cli.main([*command[:-4], "--kinds", "rust"]) == 2
    assert "There is no corruption called 'rust'" in capsys.readouterr().err


def test_the_default_kinds_need_no_further_package() -> None:
    from demo.cli import build_parser

    help_text = next(
        action.help for action in build_parser()._subparsers._group_actions[0].choices["stress"]._actions
        if action.dest == "kinds"
    )  # type: ignore[union-attr]  # fmt: skip
    assert " ".join(OWN) in " ".join(help_text.split())


@pytest.mark.slow
def test_a_study_under_stress_holds_what_the_ladder_finds(tmp_path: Path) -> None:
    ladder, photos = Ladder.of(FEW["kinds"], FEW["severities"]), make_dataset(tmp_path / "set", 3)  # type: ignore[arg-type]
    study(photos, TWO, toy_zoo(), tmp_path / "study", ladder=ladder)
    content = json.loads((tmp_path / "study/study.json").read_text())
    found, alone = climbed(tmp_path), stress([photos], TWO, toy_zoo(), tmp_path / "study", **FEW)  # type: ignore[arg-type]
    assert [curve["kind"] for curve in content["stress"]] == ["contrast", "gaussian_blur"]
    for curve in content["stress"]:
        assert (curve["severities"], curve["photos"]) == ([0, 1, 5], 3)
        for model in curve["models"]:
            points = [p for p in found.curves[model["id"]] if p.condition.kind in ("", curve["kind"])]
            for number in ("kept", "entropy", "miou", "ece"):
                assert model[number] == [point.values[number].value for point in points]
    assert alone.as_json()["curves"] == found.as_json()["curves"] and alone.breaks == found.breaks
    study(photos, TWO, toy_zoo(), tmp_path / "plain")
    assert (records(tmp_path / "study").confusions == records(tmp_path / "plain").confusions).all()


@pytest.mark.slow
def test_a_stopped_study_under_stress_has_the_same_numbers_and_bad_photos_cost_themselves(tmp_path: Path) -> None:
    photos, ladder = make_dataset(tmp_path / "set", 4) / "images/validation", Ladder.of(["gaussian_noise"], [2, 4])
    (photos / "photo1.png").write_bytes(b"")

    def stop_at(number: int) -> Callable[[Progress], None]:
        def stop(progress: Progress) -> None:
            if progress.done == number:
                raise KeyboardInterrupt

        return stop

    whole = study(photos, TWO, toy_zoo(), tmp_path / "whole", ladder=ladder)
    for number in (3, 6):  # among the photos as they are, and among the corrupted ones
        with pytest.raises(KeyboardInterrupt):
            study(photos, TWO, toy_zoo(), tmp_path / "stopped", ladder=ladder, on_progress=stop_at(number))
    stopped = study(photos, TWO, toy_zoo(), tmp_path / "stopped", ladder=ladder)
    assert len(whole.problems) == 1 and stopped.problems == whole.problems
    one, other = ((tmp_path / name / "study.json").read_text() for name in ("whole", "stopped"))
    assert one.partition('"timing"')[0] == other.partition('"timing"')[0]
    assert [curve["photos"] for curve in json.loads(one)["stress"]] == [3]


@pytest.mark.slow
def test_a_network_that_fails_on_a_corrupted_photo_is_a_record_and_is_asked_again(tmp_path: Path) -> None:
    photos, ladder = make_dataset(tmp_path / "set", 2), Ladder.of(["contrast"], [3])
    study(photos, TWO, toy_zoo(), tmp_path / "out")
    failed = study(photos, TWO, failing_once(RuntimeError("kernel size")), tmp_path / "out", ladder=ladder)
    assert len(failed.problems) == 1 and "photo0.png is left out where it is corrupted: FCN" in failed.problems[0]
    [curve] = curves(tmp_path / "out")
    assert curve.photos == 1
    again = study(photos, TWO, toy_zoo(), tmp_path / "out", ladder=ladder)
    assert again.problems == () and again.measured == 1 and curves(tmp_path / "out")[0].photos == 2

"""Photos into a folder; what fails costs itself alone."""

import functools
import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo import cli
from demo.cli.segment import ahead
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import decode_annotation
from demo.labels.class_set import named
from demo.models import zoo as zoo_module
from demo.models.network import Network
from demo.models.zoo import Zoo
from demo.render.paint import scalar
from demo.schema import ModelSpec
from tests.cli.commands import Capture, python_m_demo, save
from tests.own import own_network
from tests.toy import toy_ids, toy_network


def test_segment_writes_the_files_of_every_model_and_a_summary(
    toy: None, photo: Path, tmp_path: Path, capsys: Capture
) -> None:
    models = toy_ids()[:2]
    assert cli.main(["segment", str(photo), "-m", *models, "-o", str(tmp_path / "out"), "--json"]) == 0
    out, err = capsys.readouterr()
    folder = tmp_path / "out" / "owl"
    assert json.loads(out) == [{"photo": str(photo), "folder": str(folder)}]
    assert err.startswith("[1/1] owl.png: ") and err.count("\n") == 1
    maps = ("entropy.npy", "entropy.png", "labels.png", "overlay.png")
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert written == {"summary.json", "manifest.json", *(f"{model}/{name}" for model in models for name in maps)}
    assert decode_annotation(folder / models[0] / "labels.png", ADE20K).shape == (40, 50)
    summary = json.loads((folder / "summary.json").read_text())
    assert [entry["id"] for entry in summary["models"]] == list(models)
    assert summary["comparison"]["all_agree"] <= 1


@pytest.mark.slow
def test_a_figure_of_each_kind_that_is_asked_for(toy: None, photo: Path, tmp_path: Path) -> None:
    out = ["-o", str(tmp_path / "out"), "--figure", "pdf", "--figure", "png"]
    assert cli.main(["segment", str(photo), "-m", *toy_ids()[:2], *out]) == 0
    folder = tmp_path / "out" / "owl"
    assert (folder / "figure.pdf").read_bytes().startswith(b"%PDF")
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert not (folder / "figure.svg").exists()


def test_a_page_in_one_file_where_it_is_asked_for(toy: None, photo: Path, tmp_path: Path) -> None:
    pytest.importorskip("gradio")
    out = ["-o", str(tmp_path / "out"), "--page"]
    assert cli.main(["segment", str(photo), "-m", *toy_ids()[:2], *out]) == 0
    page = (tmp_path / "out" / "owl" / "page.html").read_text("utf-8")
    assert page.startswith("<!doctype html>") and "<h1>owl.png</h1>" in page and toy_ids()[1] in page


def test_a_photo_that_cannot_be_read_costs_itself_alone(
    toy: None, photo: Path, tmp_path: Path, capsys: Capture
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_text("<svg></svg>")
    out = tmp_path / "out"
    assert cli.main(["segment", str(bad), str(photo), "-m", toy_ids()[0], "-o", str(out)]) == 1
    complaint, progress = capsys.readouterr().err.splitlines()
    assert complaint.startswith("error: [1/2] bad.jpg: ") and progress.startswith("[2/2] owl.png: ")
    assert [path.name for path in out.iterdir()] == ["owl"]


def test_what_was_left_out_of_a_networks_file_is_told_once(
    photo: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = lambda spec: replace(toy_network(spec), notes=("net.pth has more than its network.",))  # noqa: E731
    monkeypatch.setattr(zoo_module, "Zoo", functools.partial(Zoo, load=load))
    photos = [str(photo), str(save(tmp_path / "cat.png", 2))]
    assert cli.main(["segment", *photos, "-m", toy_ids()[0], "-o", str(tmp_path / "out")]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "net.pth" in line]
    assert told == ["FCN (fcn-compact): net.pth has more than its network."]


def test_what_was_ignored_of_a_photo_is_told(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    png = photo.read_bytes()
    photo.write_bytes(png[:33] + b"\0\0\0\5tEXta\0bcd" + bytes(4) + png[33:])
    assert cli.main(["segment", str(photo), "-m", toy_ids()[0], "-o", str(tmp_path / "out")]) == 0
    told, progress = capsys.readouterr().err.splitlines()
    assert told.startswith("[1/1] owl.png: Its texts or its colour profile are damaged or too long") and progress
    summary = json.loads((tmp_path / "out/owl/summary.json").read_text())
    assert summary["sha256"] == hashlib.sha256(photo.read_bytes()).hexdigest()


def test_a_network_that_cannot_load_costs_itself_alone_and_is_asked_once(
    toy: None, photo: Path, tmp_path: Path, capsys: Capture
) -> None:
    second, out = save(tmp_path / "cat.png", seed=2), tmp_path / "out"
    assert cli.main(["segment", str(photo), str(second), "-m", "compact", "-o", str(out)]) == 1
    complaints = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(complaints) == 1 and complaints[0].endswith("is not what it should be.")
    for name in ("owl", "cat"):
        summary = json.loads((out / name / "summary.json").read_text())
        assert [entry["id"] for entry in summary["models"]] == [i for i in toy_ids() if i != "segformer-compact"]


def thin_photos_fail(spec: ModelSpec) -> Network:
    """A toy network that cannot compute photos of two rows."""

    def scores(image: np.ndarray) -> object:
        if len(image) == 2:
            raise RuntimeError("Kernel size can't be greater than actual input size")
        return toy_network(spec).scores(image)

    return replace(toy_network(spec), scores=scores, bytes=100)


@pytest.mark.parametrize("budget", [None, 100])
def test_a_photo_that_no_network_can_answer_costs_itself_alone(
    budget: int | None, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where networks leave the memory between photos."""
    monkeypatch.setattr(zoo_module, "Zoo", functools.partial(Zoo, load=thin_photos_fail, memory_budget=budget))
    PillowImage.new("RGB", (50, 2)).save(tmp_path / "thin.png")
    photos = [save(tmp_path / "owl.png", 1), tmp_path / "thin.png", save(tmp_path / "cat.png", 2)]
    out, models = tmp_path / "out", toy_ids()[:2]
    assert cli.main(["segment", *map(str, photos), "-m", *models, "-o", str(out), "--json"]) == 1
    printed = capsys.readouterr()
    assert [Path(row["photo"]).name for row in json.loads(printed.out)] == ["owl.png", "cat.png"]
    complaints = [line for line in printed.err.splitlines() if line.startswith("error: ")]
    assert len(complaints) == 2 and all(line.startswith("error: [2/3] thin.png: ") for line in complaints)
    for name in ("owl", "cat"):
        summary = json.loads((out / name / "summary.json").read_text())
        assert [entry["id"] for entry in summary["models"]] == list(models)


def test_the_next_network_computes_while_maps_are_written() -> None:
    """And no further than the next."""
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(4):
            made.append(number)
            yield number

    for number in ahead(items()):
        wait_until(lambda: len(made) == min(number + 2, 4))  # noqa: B023
        assert made == list(range(min(number + 2, 4)))


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true() and time.monotonic() < deadline:
        time.sleep(0.001)


def test_without_any_network_nothing_is_written(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "out"
    assert cli.main(["segment", str(photo), "-m", "segformer-compact", "-o", str(out)]) == 2
    assert "`python -m demo check` says what is missing" in capsys.readouterr().err
    assert not out.exists()


def test_photos_of_one_name_do_not_overwrite_each_other(toy: None, tmp_path: Path) -> None:
    photos = [save(tmp_path / name, seed) for seed, name in enumerate(["owl.png", "owl.bmp", "b/owl.png"])]
    out = tmp_path / "out"
    for _ in range(2):  # and a second run finds each photo's own folder again
        assert cli.main(["segment", *map(str, photos), "-m", toy_ids()[0], "-o", str(out)]) == 0
        names = {path.name: json.loads((path / "summary.json").read_text())["photo"] for path in out.iterdir()}
        assert names == {"owl": "owl.png", "owl-2": "owl.bmp", "owl-3": "owl.png"}


def test_a_folder_that_cannot_be_written_is_a_sentence(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "file").write_text("")
    assert cli.main(["segment", str(photo), "-m", toy_ids()[0], "-o", str(tmp_path / "file")]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_photo_over_the_limit_is_refused(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    command = ["segment", str(photo), "-m", toy_ids()[0], "-o", str(tmp_path / "out"), "--max-megapixels", "0.001"]
    assert cli.main(command) == 1
    assert "megapixels" in capsys.readouterr().err


@pytest.mark.slow
def test_a_shipped_network_segments_and_prints_nothing_but_json(photo: Path, tmp_path: Path) -> None:
    run = python_m_demo("segment", str(photo), "-m", "fcn-compact", "-o", str(tmp_path / "out"), "--json")
    assert json.loads(run.stdout) == [{"photo": str(photo), "folder": str(tmp_path / "out" / "owl")}]
    assert run.returncode == 0 and run.stderr.count("\n") == 1


@pytest.mark.slow
def test_an_own_network_answers_in_its_own_classes_beside_a_compact_one(
    photo: Path, tmp_path: Path, capsys: Capture
) -> None:
    names = tmp_path / "pets.csv"
    names.write_text("cat\ndog\nwall\nsky\nother\n")
    own = own_network(tmp_path / "own", 5, "del test_dataloader")
    command = ["segment", str(photo), "-m", "fcn-compact", own, "--classes", str(names), "-o", str(tmp_path / "out")]
    assert cli.main(command) == 0
    folder = tmp_path / "out" / "owl"
    summary = json.loads((folder / "summary.json").read_text())
    compact, pets = summary["models"]
    assert (compact["class_set"], pets["class_set"], summary["class_set"]) == ("ADE20K", "pets", "pets")
    assert {row["name"] for row in pets["classes"]} <= set(names.read_text().split())
    assert 0 <= summary["comparison"]["cannot_say"] <= 1
    labels = decode_annotation(folder / "own" / "labels.png", named(str(names)))
    assert labels.max() < 5
    entropy = np.load(folder / "own" / "entropy.npy")
    shown = np.asarray(PillowImage.open(folder / "own" / "entropy.png"))
    assert np.array_equal(shown, scalar(entropy, math.log(5)))
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.slow
def test_a_list_of_classes_that_is_none_costs_the_own_network_alone(
    photo: Path, tmp_path: Path, capsys: Capture
) -> None:
    names = tmp_path / "names.csv"
    names.write_text("cat\ncat\n")
    own = own_network(tmp_path / "own", 2, "del test_dataloader")
    command = ["segment", str(photo), "-m", own, "fcn-compact", "--classes", str(names), "-o", str(tmp_path / "out")]
    assert cli.main(command) == 1
    complaint = capsys.readouterr().err.splitlines()[0]
    assert complaint.startswith("error: own (own) is left out: names.csv: Wanted 2 different classes")
    assert (tmp_path / "out" / "owl" / "fcn-compact" / "labels.png").is_file()


def test_classes_without_an_own_model_are_a_mistake(photo: Path, tmp_path: Path, capsys: Capture) -> None:
    command = ["segment", str(photo), "-m", "fcn-compact", "--classes", "cityscapes", "-o", str(tmp_path / "out")]
    assert cli.main(command) == 2
    assert "--classes names the classes of models of your own, but -m has none" in capsys.readouterr().err

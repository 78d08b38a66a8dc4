"""What is taken away of a truth: files that read back as the tab's own numbers and maps, and the same in the zip."""

import csv
import json
import zipfile
from base64 import b64decode
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.analysis.evaluate_truth import ERROR_NAMES, RIGHT, WRONG_SURE, WRONG_UNSURE, errors, evaluate_truth
from demo.export import write_zip
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import decode_annotation, encode_annotation
from demo.page.store import Run, Store
from demo.page.tabs.truth import TruthTab
from demo.page.truth_files import COLOURS
from demo.page.wire import in_folder, panel_of
from demo.schema import VOID, LabelMap
from tests.toy import toy_zoo

pytest.importorskip("gradio")
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"
MODELS = ["fcn-compact", "setr-compact"]
Save = Callable[..., bytes]


@pytest.fixture(scope="module")
def run(store: Store) -> Run:
    run = store.open(PHOTO)
    for answer in toy_zoo().stream(run.image, MODELS, run.size):
        run.keep(answer, panel_of(answer, in_folder(run.folder)))
    return run


@pytest.fixture(scope="module")
def truth(run: Run) -> LabelMap:
    label_map = np.roll(run.answers[MODELS[0]].prediction.label_map, 25, axis=1)
    label_map[:40] = VOID
    return label_map


@pytest.fixture
def tab(store: Store, tmp_path: Path) -> TruthTab:
    return TruthTab(store, tmp_path)


@pytest.fixture
def question(run: Run, truth: LabelMap, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "cat_truth.png").write_bytes(encode_annotation(truth, ADE20K))
    source = {"files": [str(tmp_path / "cat_truth.png")], "set": ADE20K.key}
    return {"run": run.key, "name": "cat.png", "source": source, "models": MODELS, "band": "all", "sure": 0.6}


@pytest.fixture
def save(tab: TruthTab, question: dict[str, Any]) -> Save:
    def saved(file: str, **more: object) -> bytes:
        told = tab.ask(question | {"what": "file", "file": file} | more)
        assert set(told) == {"name", "url"}, told
        return b64decode(str(told["url"]).partition(",")[2])

    return saved


@pytest.mark.slow
def test_the_table_reads_back_as_the_numbers(save: Save, run: Run, truth: LabelMap) -> None:
    rows = list(csv.DictReader(StringIO(save("truth/table.csv").decode())))
    assert [row["model"] for row in rows] == MODELS
    for row in rows:
        answer = run.answers[row["model"]]
        scores = evaluate_truth(answer.prediction, truth, strips=answer.posterior.strips(run.size)).scores
        values = {number["id"]: number["value"] for number in scores["numbers"]}
        assert {key: None if row[key] == "" else float(row[key]) for key in values} == values
        assert int(row["pixels_counted"]) == int((truth != VOID).sum())


@pytest.mark.slow
def test_the_json_has_everything_with_mistakes_divided_where_the_slider_stands(
    save: Save, run: Run, truth: LabelMap
) -> None:
    told = json.loads(save("truth/numbers.json"))
    entry = told["models"][1]
    answer = run.answers[MODELS[1]]
    scores = evaluate_truth(answer.prediction, truth, strips=answer.posterior.strips(run.size), sure=0.6).scores
    scores.pop("model")
    assert entry == {"id": MODELS[1], "title": "SETR"} | json.loads(json.dumps(scores))
    assert told["files"] == ["cat_truth.png"] and told["labelled"] == int((truth != VOID).sum())


def test_an_error_map_is_a_picture_in_the_tabs_colours(save: Save, run: Run, truth: LabelMap) -> None:
    shown = np.asarray(PillowImage.open(BytesIO(save(f"{MODELS[0]}/errors.png", sure=0.3)))).astype(int)
    codes = errors(run.answers[MODELS[0]].prediction, truth, sure=0.3)
    assert shown.shape[:2] == codes.shape
    means = {code: shown[codes == code].mean(axis=0) for code in (RIGHT, WRONG_UNSURE, WRONG_SURE)}
    for code, name in ((RIGHT, "right"), (WRONG_UNSURE, "unsure"), (WRONG_SURE, "sure")):
        own = np.array([*bytes.fromhex(COLOURS[name][1:])])
        nearest = min(means, key=lambda other: float(np.abs(means[other] - own).sum()))
        assert nearest == code, ERROR_NAMES[code]
    unlabelled = shown[codes == VOID]
    assert np.array_equal(unlabelled[:, 0], unlabelled[:, 1]), "what is not labelled is the photo in grey"


def test_charts_are_drawings_that_need_nothing_else(save: Save) -> None:
    for file in ("reliability.svg", "risk_coverage.svg"):
        drawn = save(f"{MODELS[0]}/{file}").decode()
        root = ElementTree.fromstring(drawn)
        assert root.tag == "{http://www.w3.org/2000/svg}svg" and "var(" not in drawn and "FCN" in drawn
    assert all(name in drawn for name in ("entropy", "confidence", "margin"))


def test_an_annotation_comes_back_as_it_was_given(save: Save, truth: LabelMap) -> None:
    assert np.array_equal(decode_annotation(save("truth/annotation.png"), ADE20K), truth)


def test_painted_regions_become_an_annotation_that_is_a_truth_again(save: Save, run: Run) -> None:
    square = {"name": "animal", "corners": [[100, 50], [300, 50], [300, 200], [100, 200]]}
    source = {"regions": [square], "set": ADE20K.key}
    read = decode_annotation(save("truth/annotation.png", source=source), ADE20K)
    assert (read[50:200, 100:300] == ADE20K.names.index("animal")).all()
    assert int((read != VOID).sum()) == 150 * 200
    assert json.loads(save("truth/numbers.json", source=source))["regions"] == [square]


@pytest.mark.slow
def test_the_zip_has_the_files_and_the_numbers_under_truth(
    tab: TruthTab, save: Save, question: dict[str, Any], run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "cat.zip"
    answers = [run.answers[model] for model in MODELS]
    told = write_zip(path, run.named("cat.png"), answers, precision="exact", device="cpu", further=tab.taken(question))
    assert "truth/table.csv" in list(told)
    archive = zipfile.ZipFile(path)
    summary = json.loads(archive.read("cat/summary.json"))
    assert summary["truth"] == json.loads(save("truth/numbers.json"))
    files = ["truth/table.csv", "truth/annotation.png"]
    files += [f"{m}/{file}" for m in MODELS for file in ("errors.png", "reliability.svg", "risk_coverage.svg")]
    for file in files:
        assert archive.read(f"cat/{file}") == save(file), file


def test_without_a_truth_the_zip_is_as_it_was_and_a_lost_one_costs_a_sentence(
    tab: TruthTab, question: dict[str, Any], tmp_path: Path
) -> None:
    assert tab.taken(None) is None and tab.taken({"source": None}) is None
    lost = question | {"source": {"files": [str(tmp_path / "away.png")]}}
    further = tab.taken(lost)
    assert further is not None and "drop it again" in str(further.entries["truth"]) and not list(further.files)
    assert "drop it again" in str(tab.ask(lost | {"what": "file", "file": "truth/table.csv"})["message"])


@pytest.mark.parametrize(
    "file",
    [
        "truth/../../secret",
        *(pytest.param(file, marks=pytest.mark.slow) for file in ("", "fcn-compact/labels.png", "nobody/errors.png")),
    ],
)
def test_another_file_is_a_sentence(tab: TruthTab, question: dict[str, Any], file: str) -> None:
    assert "ask for one that the tab offers" in str(tab.ask(question | {"what": "file", "file": file})["message"])


@pytest.mark.parametrize("wrong", [{"band": "none"}, {"sure": 0}, {"sure": "much"}, {"models": 3}, {"source": 3}])
def test_a_question_of_another_shape_is_a_sentence(
    tab: TruthTab, question: dict[str, Any], wrong: dict[str, Any]
) -> None:
    assert str(tab.ask(question | {"what": "file", "file": "truth/table.csv"} | wrong)["message"]).startswith("Ask")

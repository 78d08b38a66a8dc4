"""The tab "Truth" in a real browser: each kind of truth, on real photos, read back, compared with evaluate_truth()."""

import csv
import json
import zipfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from demo.analysis.evaluate_truth import NOTHING_KNOWN, evaluate_truth
from demo.analysis.mistakes import Rightness
from demo.analysis.unknown import NONE_OF_THESE
from demo.images import open_image
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import decode_annotation, encode_annotation
from demo.labels.coco import decode_panoptic
from demo.measures import BY_ID, MEASURES
from demo.models.zoo import Answer, Zoo
from demo.schema import VOID, LabelMap, Unknown
from tests.browser.conftest import PHONE, SLOW_FRAMES_AND_ANSWERS, Open, choose, compared, filled, settled, wait_until
from tests.toy import toy_ids, toy_zoo

pytestmark = pytest.mark.browser
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"
COLUMNS = (
    "pixel_accuracy",
    "miou_annotated",
    "miou",
    "boundary_iou",
    "boundary_iou_shared_void",
    "ece",
    "brier",
    "nll",
)
COLUMNS += ("entropy_auroc", "entropy_aurc", "mistake_severity")
MODELS = ("fcn-compact", "segformer-compact")
ASKED = f"?models={','.join(MODELS)}"
UMBRELLA = 28
SLACK = 3e-5
"""Two pixels' worth: a confidence on the edge of a bin may be counted on either side."""


def assert_equal(read: dict[str, float], computed: dict[str, float]) -> None:
    """Only the ECE, which counts pixels in bins, gets slack."""
    assert read.pop("ece") == pytest.approx(computed.pop("ece"), rel=1e-5, abs=SLACK)
    assert read == pytest.approx(computed, rel=1e-5)


def answers(zoo: Zoo, photo: Path) -> Iterator[Answer]:
    for outcome in zoo.stream(photo, MODELS):
        assert isinstance(outcome, Answer)
        yield outcome


def open_tab(page: Any, photo: Path, models: int) -> None:
    chosen = "models => document.querySelectorAll('#models-compact input:checked').length === models"
    page.wait_for_function(chosen, arg=models)
    choose(page, photo, models)
    page.get_by_role("tab", name="Truth").click()
    page.wait_for_function("document.querySelector('.zoo-truth .zoo-glass')?.width > 0")


def judged(page: Any, models: int) -> None:
    page.wait_for_selector(f"[data-judged='{models}']", state="attached", timeout=120_000)


def drop(page: Any, *files: Path) -> None:
    page.set_input_files(".zoo-truth-drop input", [str(file) for file in files])


def shown(page: Any, model: str) -> dict[str, float]:
    """The summary table's numbers of one model, as computed, not as rounded."""
    cells = page.locator(f"tr[data-model={model}] td[data-value]")
    rows = cells.evaluate_all("cells => cells.map(cell => [cell.dataset.number, Number(cell.dataset.value)])")
    return dict(rows)


def expected(answer: Answer, truth: LabelMap, unknown: Any = None) -> dict[str, float]:
    report = evaluate_truth(answer.prediction, truth, strips=answer.posterior.strips(), unknown=unknown).scores
    numbers = {row["id"]: row["value"] for row in report["numbers"] if row["id"] in COLUMNS}
    if unknown is not None and unknown.mask.any():
        found = {row["id"]: row["value"] for row in report["unknown"]["numbers"]}
        numbers["foreign_entropy_auroc"] = found["entropy_auroc"]
    return {key: value for key, value in numbers.items() if value is not None}


def outline(page: Any, name: str, corners: str) -> None:
    """Paint a region by typing its class and its corners."""
    page.get_by_label("Class", exact=True).fill(name)
    page.get_by_label("Corners, typed").fill(corners)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Close region").click()


def test_an_ade20k_mask(visit: Open, compact: str, cases: Path) -> None:
    photo = cases / "ade20k/images/ADE_val_00000003.jpg"
    mask = cases / "ade20k/annotations/ADE_val_00000003.png"
    zoo = Zoo(device="cpu")
    page = visit(compact, ASKED)
    open_tab(page, photo, 2)
    assert "Agreement is not truth" in page.locator("#truth").inner_text()
    drop(page, mask)
    judged(page, 2)
    truth = decode_annotation(mask, ADE20K)
    for answer in answers(zoo, photo):
        assert_equal(shown(page, answer.spec.id), expected(answer, truth))
        words = page.locator(f"[data-errors={answer.spec.id}] [data-share=right]").inner_text()
        accuracy = (answer.prediction.label_map == truth)[truth != VOID].mean()
        assert abs(float(words.split()[0]) - 100 * accuracy) <= 0.5
    assert "a demonstration, not a benchmark" in page.locator("#truth").inner_text()
    assert f"{(truth != VOID).sum():,} of {truth.size:,} pixels" in page.locator(".zoo-truth-facts").inner_text()
    everywhere = shown(page, MODELS[0])
    page.get_by_label("Boundary band", exact=True).check()
    judged(page, 2)
    near = shown(page, MODELS[0])
    answer = next(answers(zoo, photo))
    report = evaluate_truth(answer.prediction, truth, band="boundary").scores
    assert near["pixel_accuracy"] == pytest.approx(report["numbers"][2]["value"]) != everywhere["pixel_accuracy"]
    assert page.locator(".zoo-chart").count() == 2
    formula = page.locator("tr[data-id=ece] .formula").first.inner_text()
    assert "15 equal-width bins" in formula


def test_a_coco_mask_with_its_json(visit: Open, compact: str, cases: Path, tmp_path: Path) -> None:
    """A real truth in which the horses are renamed to umbrellas, which ADE20K has not."""
    name = "000000439180"
    photo, png = cases / f"coco_panoptic/images/{name}.jpg", cases / f"coco_panoptic/annotations/{name}.png"
    content = json.loads((cases / "coco_panoptic/panoptic.json").read_text())
    for row in content["annotations"]:
        for segment in row["segments_info"]:
            segment["category_id"] = UMBRELLA if segment["category_id"] == 19 else segment["category_id"]
    listed = tmp_path / "umbrellas.json"
    listed.write_text(json.dumps(content))
    truth, unknown = decode_panoptic(png, listed, photo.name, ADE20K)
    assert unknown.mask.any()
    page = visit(compact, ASKED)
    open_tab(page, photo, 2)
    drop(page, listed)
    page.wait_for_selector(".zoo-truth-message:visible")
    assert "drop the PNG as well" in page.locator(".zoo-truth-message").inner_text()
    drop(page, png)
    judged(page, 2)
    for answer in answers(Zoo(device="cpu"), photo):
        assert_equal(shown(page, answer.spec.id), expected(answer, truth, unknown))
    assert "no such class" in page.locator(".zoo-truth-legend").first.inner_text()
    assert "And what no class names?" in page.locator("#truth").inner_text()


def test_a_painted_region(visit: Open, toy: str, cases: Path) -> None:
    photo = cases / "animals/bird.png"
    page = visit(toy, ASKED)
    open_tab(page, photo, 2)
    page.get_by_label("Paint regions").check()
    outline(page, "ship", "20,80 120,80 120,420 20,420")  # which a toy network says there
    outline(page, "animl", "150,80 380,80 380,420 150,420")
    page.wait_for_selector(".zoo-truth-message:visible")
    assert "did you mean animal" in page.locator(".zoo-truth-message").inner_text()
    page.get_by_label("Class", exact=True).fill("animal")
    page.get_by_role("button", name="Close region").click()
    truth = np.full((513, 513), VOID, np.uint8)
    truth[80:420, 20:120] = ADE20K.names.index("ship")
    truth[80:420, 150:380] = ADE20K.names.index("animal")
    wanted = {answer.spec.id: expected(answer, truth) for answer in answers(toy_zoo(), photo)}
    assert wanted[MODELS[0]]["pixel_accuracy"] > 0
    facts = page.locator(".zoo-truth-facts")
    wait_until(lambda: f"{(truth != VOID).sum():,} of" in facts.inner_text(), facts.inner_text)
    judged(page, 2)
    for model, numbers in wanted.items():
        assert_equal(shown(page, model), numbers)
    page.get_by_role("button", name="Clear", exact=True).click()
    assert page.locator(".zoo-truth-results").is_hidden()


def test_of_regions_closed_while_answers_are_awaited_each_keeps_its_corners_and_its_refusal(
    visit: Open, toy: str
) -> None:
    page = visit(toy, script=SLOW_FRAMES_AND_ANSWERS)
    open_tab(page, PHOTO, 5)
    page.get_by_label("Paint regions").check()
    outline(page, "Ship", "10,10 110,10 110,60 10,60")
    outline(page, "WALL", "200,100 300,100 300,200 200,200")
    outline(page, "animl", "10,150 60,150 60,200 10,200")
    listed = page.locator(".zoo-truth-regions li")
    wait_until(lambda: "pixels" in page.locator(".zoo-truth-facts").inner_text(), page.locator("#truth").inner_text)
    judged(page, 5)
    assert listed.all_inner_texts() == ["ship, 4 corners", "wall, 4 corners", "open: 10,150 60,150 60,200 10,200"]
    assert f"{100 * 50 + 100 * 100:,} of" in page.locator(".zoo-truth-facts").inner_text()
    assert "did you mean animal" in page.locator(".zoo-truth-message").inner_text()


def test_what_is_painted_as_none_of_these_is_told_apart(visit: Open, toy: str) -> None:
    page = visit(toy)
    open_tab(page, PHOTO, 5)
    page.get_by_label("Paint regions").check()
    outline(page, NONE_OF_THESE, "100,50 300,50 300,200 100,200")
    judged(page, 5)
    section = page.locator(".zoo-truth-foreign")
    assert NOTHING_KNOWN in section.inner_text() and section.locator("[data-flags]").count() == 0
    assert page.locator(".zoo-truth-regions .zoo-code").inner_text() == f"{NONE_OF_THESE}, 4 corners"
    outline(page, "wall", "0,0 90,0 90,300 0,300")
    judged(page, 5)
    page.wait_for_function("document.querySelectorAll('[data-flags]').length === 5")
    unknown, truth = np.zeros((300, 451), bool), np.full((300, 451), VOID, np.uint8)
    unknown[50:200, 100:300], truth[:, :90] = True, 0
    for measure in MEASURES:
        section.get_by_label(measure.title, exact=True).check()
        for answer in toy_zoo().stream(PHOTO, [*toy_ids()], (300, 451), [*BY_ID]):
            assert isinstance(answer, Answer)
            report = evaluate_truth(answer.prediction, truth, unknown=Unknown.one(NONE_OF_THESE, unknown)).scores
            found = {row["id"]: row["value"] for row in report["unknown"]["numbers"]}
            cells = section.locator(f"tr[data-vocabulary={answer.spec.id}] td")
            read = cells.evaluate_all("cells => cells.map(cell => [cell.dataset.number, Number(cell.dataset.value)])")
            expected = {key: found[f"{measure.id}_{key}"] for key in ("auroc", "aupr", "fpr95")}
            assert dict(read) == pytest.approx(expected, rel=1e-5)
            called = report["unknown"]["called"][0]["classes"][0]["name"]
            assert called in section.locator(f"tr[data-thing='{NONE_OF_THESE}']").inner_text()
    card = section.locator("[data-flags=setr-compact]")
    assert "of what is known is flagged too" in card.inner_text()
    assert section.locator(".zoo-truth-legend").inner_text().startswith("known, and passed")


def test_networks_that_err_together_are_told(visit: Open, toy: str, toy_mask: Path) -> None:
    page = visit(toy)
    open_tab(page, PHOTO, 5)
    drop(page, toy_mask)
    judged(page, 5)
    assert page.locator(".zoo-truth-foreign").is_hidden()
    page.wait_for_selector(".zoo-truth-pairs")
    truth = decode_annotation(toy_mask, ADE20K)
    said = {one.model: one.label_map for one in toy_zoo().segment(PHOTO, [*toy_ids()])}
    one, other = (Rightness(truth != VOID, said[model] == truth) for model in ("fcn-compact", "setr-compact"))
    cell = page.locator("[data-pair='fcn-compact|setr-compact']")
    assert float(cell.get_attribute("data-value")) == pytest.approx(one.with_(other).kappa)
    assert page.locator("[data-pair]").count() == 20


@pytest.fixture
def toy_mask(tmp_path: Path) -> Path:
    label_map = np.roll(toy_zoo().segment(open_image(PHOTO), "fcn-compact")[0].label_map, 30, axis=1)
    (tmp_path / "cat_truth.png").write_bytes(encode_annotation(label_map, ADE20K))
    return tmp_path / "cat_truth.png"


def test_a_bad_mask_leaves_the_results_and_another_photo_takes_them_away(
    visit: Open, toy: str, toy_mask: Path, tmp_path: Path
) -> None:
    page = visit(toy)
    open_tab(page, PHOTO, 5)
    drop(page, toy_mask)
    judged(page, 5)
    before = shown(page, "fcn-compact")
    Image.new("RGB", (451, 300)).save(tmp_path / "colours.png")
    drop(page, tmp_path / "colours.png")
    page.wait_for_selector(".zoo-truth-message:visible")
    message = page.locator(".zoo-truth-message").inner_text()
    assert message.startswith("colours.png should have one grey or palette channel") and "drop its JSON" in message
    assert shown(page, "fcn-compact") == before and len(before) == len(COLUMNS)
    choose(page, PHOTO.parent / "pavilion.jpg")
    page.wait_for_selector(".zoo-truth-results", state="hidden")
    assert page.locator(".zoo-truth-message").is_hidden()


def test_the_threshold_moves_mistakes_from_unsure_to_sure_without_asking(visit: Open, toy: str, toy_mask: Path) -> None:
    page = visit(toy)
    open_tab(page, PHOTO, 5)
    drop(page, toy_mask)
    judged(page, 5)
    compared(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    share = page.locator("[data-errors=setr-compact] [data-share=sure]")
    page.get_by_label("Confidence from which a mistake counts as sure").fill("99")
    few = share.inner_text()
    page.get_by_label("Confidence from which a mistake counts as sure").fill("5")
    assert share.inner_text() != few
    assert page.locator("[data-errors=setr-compact] [data-share=unsure]").inner_text().startswith("0")
    assert asked == []


def test_a_region_is_drawn_with_the_mouse_and_with_keys(visit: Open, toy: str) -> None:
    page = visit(toy)
    open_tab(page, PHOTO, 5)
    page.get_by_label("Paint regions").check()
    page.get_by_label("Class", exact=True).fill("animal")
    surface = page.locator(".zoo-truth-top .zoo-surface")
    box = surface.bounding_box()
    for x, y in ((0.2, 0.2), (0.7, 0.2), (0.7, 0.7)):
        surface.click(position={"x": box["width"] * x, "y": box["height"] * y})
    surface.dblclick(position={"x": box["width"] * 0.2, "y": box["height"] * 0.7})
    judged(page, 5)
    assert "animal, 4 corners" in page.locator(".zoo-truth-regions").inner_text()
    surface.focus()
    for keys in (["Enter"], ["ArrowRight"] * 9 + ["Enter"], ["ArrowDown"] * 9 + ["Enter"]):
        for key in keys:
            page.keyboard.press(key)
    assert page.locator(".zoo-truth-regions .zoo-quiet").inner_text().count(",") == 3
    page.keyboard.press("Backspace")
    assert page.locator(".zoo-truth-regions .zoo-quiet").inner_text().count(",") == 2
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Enter")
    page.wait_for_function("document.querySelectorAll('.zoo-truth-regions .zoo-code').length === 2")
    judged(page, 5)


def saved(page: Any, file: str) -> bytes:
    with page.expect_download(timeout=60_000) as download:
        page.locator(f"[data-file='{file}']").click()
    return Path(download.value.path()).read_bytes()


def test_a_truth_goes_with_the_visitor_and_is_there_again_with_its_photo(visit: Open, toy: str) -> None:
    page = visit(toy)
    open_tab(page, PHOTO, 5)
    page.get_by_label("Paint regions").check()
    outline(page, "animal", "100,50 300,50 300,200 100,200")
    judged(page, 5)
    before = shown(page, "setr-compact")
    choose(page, PHOTO.parent / "pavilion.jpg")
    page.wait_for_selector(".zoo-truth-results", state="hidden")
    assert page.locator(".zoo-truth-regions .zoo-code").count() == 0
    choose(page, PHOTO)
    judged(page, 5)
    assert page.locator(".zoo-truth-regions .zoo-code").inner_text() == "animal, 4 corners"
    assert shown(page, "setr-compact") == before
    truth = decode_annotation(saved(page, "truth/annotation.png"), ADE20K)
    assert int((truth != VOID).sum()) == 200 * 150
    words, csv_box, json_box = (one.bounding_box() for one in page.locator(".zoo-truth-away > *").all()[:3])
    assert csv_box["x"] - words["x"] - words["width"] < 20 and json_box["x"] - csv_box["x"] - csv_box["width"] < 20
    rows = {row["model"]: row for row in csv.DictReader(StringIO(saved(page, "truth/table.csv").decode()))}
    assert float(rows["setr-compact"]["pixel_accuracy"]) == pytest.approx(before["pixel_accuracy"])
    told = json.loads(saved(page, "truth/numbers.json"))
    assert [entry["title"] for entry in told["models"]] == ["FCN", "PSPNet", "DeepLabV3+", "SETR", "SegFormer"]
    assert saved(page, "fcn-compact/errors.png").startswith(b"\x89PNG")
    assert b"<svg" in saved(page, "fcn-compact/reliability.svg")
    with page.expect_download(timeout=60_000) as download:
        page.locator("#download").click()
    archive = zipfile.ZipFile(download.value.path())
    assert archive.read("cat/truth/table.csv") and archive.read("cat/setr-compact/errors.png")
    assert json.loads(archive.read("cat/summary.json"))["truth"] == told


DELAYED = """regions => {
    const send = window.fetch;
    window.fetch = async (...request) => {
        const text = typeof request[1]?.body === "string" ? request[1].body : "";
        const late = text.includes('"truth"') && text.split('"corners"').length - 1 === regions;
        const reply = await send(...request);
        if (!late) return reply;
        await new Promise((done) => setTimeout(done, 1500));
        window.late = (window.late ?? 0) + 1;
        return reply;
    };
}"""
"""Replies about a truth of so many regions come late; window.late counts them."""


def test_what_was_undone_last_counts_whatever_the_server_answers_last(visit: Open, toy: str) -> None:
    page = visit(toy)
    open_tab(page, PHOTO, 5)
    page.get_by_label("Paint regions").check()
    for place, name in enumerate(("animal", "wall", "sky")):
        outline(page, name, " ".join(f"{100 * place + x},{y}" for x, y in ((0, 0), (90, 0), (90, 90))))
        page.wait_for_function(f"document.querySelectorAll('.zoo-truth-regions .zoo-code').length === {place + 1}")
    judged(page, 5)
    page.evaluate(DELAYED, 2)
    for _ in range(5):  # sky, its three corners, wall
        page.get_by_role("button", name="Undo").click()
    page.wait_for_function("window.late >= 1")
    settled(page)
    judged(page, 5)
    assert page.locator(".zoo-truth-facts .zoo-code span").all_inner_texts() == ["animal"]
    page.evaluate("() => { window.late = 0; }")
    page.evaluate(DELAYED, 1)
    page.get_by_role("button", name="Close region").click()
    page.wait_for_function("document.querySelectorAll('.zoo-truth-regions .zoo-code').length === 2")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Clear", exact=True).click()
    page.wait_for_function("window.late >= 1")
    settled(page)
    assert page.locator(".zoo-truth-results").is_hidden() and page.locator(".zoo-truth-facts").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_tables_not_the_page(visit: Open, toy: str, toy_mask: Path, scheme: str) -> None:
    page = visit(toy, viewport=PHONE, color_scheme=scheme, has_touch=True, is_mobile=True)
    open_tab(page, PHOTO, 5)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    drop(page, toy_mask)
    judged(page, 5)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_an_example_comes_with_its_truth_and_says_whose_it_is(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=mountain&models=fcn-compact")
    filled(page, 1)
    assert "comes with a truth" in page.locator("[data-id=photo] .zoo-legend").inner_text()
    page.get_by_role("tab", name="Truth", exact=True).click()
    page.wait_for_selector("[data-judged='1']", state="attached")
    assert "by hand, by this project" in page.locator(".zoo-truth-facts").inner_text()
    assert page.locator(".zoo-truth-regions li").count() == 7
    page.get_by_role("button", name="Clear", exact=True).click()
    page.wait_for_function("() => !document.querySelector('.zoo-truth-facts').offsetParent")
    page.locator(".zoo-example-buttons button", has_text="Cat").dispatch_event("click")
    page.wait_for_url("**example=cat**")
    filled(page, 1)
    assert page.locator(".zoo-truth-regions li").count() == 0

"""A visit to the page in a real browser: what is asked of the server, and what goes wrong."""

import json
import os
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from demo.images import open_image
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import decode_annotation
from tests.browser.conftest import PHONE, Open, choose, compared, filled, settled, wait_until
from tests.browser.test_truth import judged, outline
from tests.toy import toy_ids, toy_zoo

pytestmark = pytest.mark.browser
EXAMPLES = Path(__file__).parents[2] / "examples"
PHOTO = EXAMPLES / "cat.png"


def toast(page: Any) -> str:
    return str(page.locator(".toast-body").first.inner_text())


def test_a_first_visitor_reads_what_to_do_and_an_example_does_it(visit: Open, toy: str) -> None:
    page = visit(toy)
    assert "Drop photos anywhere" in page.locator(".zoo-empty").inner_text()
    assert page.locator("#tabs").is_hidden() and page.locator(".zoo-toolbar").is_hidden()
    assert "not for conclusions about the architectures" in page.locator("#set-note").inner_text()
    page.locator(".zoo-example").first.click()
    filled(page)
    page.wait_for_selector(".zoo-empty", state="hidden")
    page.wait_for_selector("#tabs")
    assert page.locator("footer").inner_text().strip() == "Use via API"
    page.wait_for_url("**example=sheep**")


def test_a_legend_that_comes_under_a_resting_pointer_isolates_nothing(visit: Open, toy: str) -> None:
    def shown(page: Any) -> str:
        settled(page)
        return str(page.evaluate("() => document.querySelectorAll('.zoo-map')[1].toDataURL()"))

    pages = [visit(toy), visit(toy)]
    choose(pages[0], PHOTO)
    compared(pages[0])  # what comes above the panels is there
    row = pages[0].locator("[data-id=fcn-compact] .zoo-class").nth(1)
    box = row.bounding_box()
    pages[1].mouse.move(box["x"] + 9, box["y"] + 9)
    choose(pages[1], PHOTO)
    compared(pages[1])
    wait_until(lambda: shown(pages[1]) == shown(pages[0]), lambda: "a class was isolated")
    pages[1].mouse.move(box["x"] + 12, box["y"] + 9)
    wait_until(lambda: shown(pages[1]) != shown(pages[0]), lambda: "no class was isolated")


def test_the_download_holds_what_the_page_shows(visit: Open, toy: str) -> None:
    page = visit(toy)
    choose(page, PHOTO)
    page.evaluate(
        """() => {
            const button = document.querySelector("#download");
            window.words = [];
            new MutationObserver(() => window.words.push(button.textContent.trim()))
                .observe(button, { childList: true, characterData: true, subtree: true });
        }"""
    )
    with page.expect_download(timeout=60_000) as download:
        page.locator("#download").click()
    assert download.value.suggested_filename == "cat.zip"
    page.wait_for_function("() => window.words.at(-1) === 'Download results (zip)'")
    assert "Preparing: SETR is written" in page.evaluate("window.words")
    archive = zipfile.ZipFile(BytesIO(Path(download.value.path()).read_bytes()))
    files = {f"cat/{model}/{file}" for model in toy_ids() for file in ("labels.png", "entropy.npy")}
    assert files | {"cat/summary.json"} <= set(archive.namelist())
    assert json.loads(archive.read("cat/summary.json"))["photo"] == "cat.png"
    for prediction in toy_zoo().segment(open_image(PHOTO), "compact"):
        saved = decode_annotation(archive.read(f"cat/{prediction.model}/labels.png"), ADE20K)
        assert np.array_equal(saved, prediction.label_map)


def test_a_bad_file_costs_one_sentence_and_nothing_else(visit: Open, toy: str, tmp_path: Path) -> None:
    page = visit(toy)
    choose(page, PHOTO, 5)
    bad = tmp_path / "holiday.jpg"
    bad.write_bytes(b"%PDF-1.7 not a photo at all")
    page.set_input_files("#photo input[type=file]", str(bad))
    page.wait_for_selector(".toast-body")
    assert "PDF" in toast(page) and "Traceback" not in page.content()
    assert page.locator(".zoo-class").count() > 4  # the earlier answers stay
    choose(page, EXAMPLES / "pavilion.jpg")
    assert "640 × 427" in page.locator("[data-id=photo] .zoo-fact").inner_text()


def test_stop_says_so_in_the_panels_and_the_page_goes_on(visit: Open, toy: str, slow_photo: Path) -> None:
    page = visit(toy)
    page.set_input_files("#photo input[type=file]", str(slow_photo))
    page.wait_for_selector("[data-id=fcn-compact] .zoo-class")
    page.locator("#stop").click()
    page.wait_for_selector(".zoo-status.stopped")
    assert page.locator(".zoo-status.stopped:visible").count() >= 1
    page.wait_for_selector("#stop", state="hidden")
    page.locator("#go").click()
    filled(page)


def test_a_model_that_cannot_load_costs_its_panel_and_a_sentence(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=cat&set=paper")
    page.wait_for_selector(".zoo-status.failed")
    assert "Press “Fetch the files” under Models" in page.locator(".zoo-status.failed").inner_text()
    filled(page, 4)
    assert page.locator("#models-paper input:checked").count() == 5


def test_models_of_the_zoo_are_chosen_by_link(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=cat&models=segformer-b0")
    filled(page, 1)
    assert page.locator("[data-id=segformer-b0] h3").inner_text() == "SegFormer MiT-B0"


def test_a_link_restores_photo_models_view_and_pixel(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=pavilion&models=fcn-compact,setr-compact&view=labels&x=300&y=200")
    filled(page, 2)
    page.wait_for_selector("[data-models='2']")
    assert page.locator(".zoo-lead").inner_text().startswith("Pixel x 300, y 200:")
    assert page.locator("input[name=zoo-view]:checked").input_value() == "labels"
    page.keyboard.press("u")
    page.wait_for_function("location.search.includes('view=uncertainty')")
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["models"] == ["fcn-compact,setr-compact"] and asked["x"] == ["300"]


def test_a_wrong_link_is_explained(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=unicorn")
    page.wait_for_selector(".toast-body")
    assert "unicorn" in toast(page) and "pavilion" in toast(page)


def test_a_pasted_photo_is_segmented(visit: Open, toy: str) -> None:
    page = visit(toy)
    page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(64, 48);
            canvas.getContext('2d').fillRect(10, 10, 30, 30);
            const data = new DataTransfer();
            data.items.add(new File([await canvas.convertToBlob()], 'pasted.png', { type: 'image/png' }));
            document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
        }"""
    )
    filled(page)
    assert "64 × 48" in page.locator("[data-id=photo] .zoo-fact").inner_text()
    assert "example" not in page.url and "models" not in page.url  # nothing of a visitor's photo is in the address


def test_an_example_chosen_by_keyboard_leaves_the_focus_on_the_photo(visit: Open, toy: str) -> None:
    page = visit(toy)
    page.locator(".zoo-example").first.focus()
    page.keyboard.press("Enter")
    filled(page)
    page.wait_for_function("document.activeElement.closest('.zoo-card')?.dataset.id === 'photo'")


def test_what_cannot_be_seen_is_not_in_the_tab_order(visit: Open, toy: str) -> None:
    page = visit(toy)
    choose(page, PHOTO)
    page.locator("#models-compact input").last.focus()
    for button in ("download", "download-page"):
        page.keyboard.press("Tab")
        assert page.evaluate("id => document.activeElement.closest(`[id=${id}]`) !== null", button)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#right') !== null")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(visit: Open, toy: str, scheme: str) -> None:
    page = visit(toy, viewport=PHONE, color_scheme=scheme, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    choose(page, PHOTO)
    for view in ("uncertainty", "compare", "overlay"):
        page.locator(f"input[name=zoo-view][value={view}]").check()
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], view
    page.locator("[data-id=fcn-compact] .zoo-surface").tap()
    page.wait_for_selector("[data-models='5']")
    assert page.evaluate("document.body.classList.contains('dark')") == (scheme == "dark")
    assert (page.evaluate("getComputedStyle(document.body).colorScheme") == "dark") == (scheme == "dark")


def axe() -> Path | None:
    places = [os.environ.get("AXE", ""), "node_modules/axe-core/axe.min.js"]
    return next((Path(place) for place in places if place and Path(place).is_file()), None)


@pytest.fixture
def audit() -> Iterator[Any]:
    script = axe()
    if script is None:
        pytest.skip("axe-core is not here; npm i axe-core, or AXE=path/to/axe.min.js")

    def violations(page: Any) -> list[str]:
        page.evaluate(script.read_text())
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        return [f"{v['id']}: {node['html'][:200]}" for v in found["violations"] for node in v["nodes"]]

    yield violations


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_of(visit: Open, toy: str, audit: Any, scheme: str) -> None:
    page = visit(toy, color_scheme=scheme)
    page.wait_for_selector("p.loading", state="detached")  # Gradio's own, which goes a moment after
    assert audit(page) == []
    choose(page, PHOTO)
    page.locator("[data-id=fcn-compact] .zoo-surface").click()
    page.wait_for_selector("[data-models='5']")
    for key in "ouc":
        page.keyboard.press(key)
        settled(page)
        assert audit(page) == [], key
    page.keyboard.press("o")
    for button in ("SETR", "Figure", "Keyboard shortcuts"):
        page.get_by_role("button", name=button, exact=True).first.click()
        page.locator("dialog[open]").wait_for()
        assert audit(page) == [], button
        page.keyboard.press("Escape")
        page.locator("dialog[open]").wait_for(state="detached")
    for tab, filled_in in TABS.items():
        page.get_by_role("tab", name=tab, exact=True).click()
        filled_in(page)
        settled(page)
        assert audit(page) == [], tab


def a_region_is_chosen(page: Any) -> None:
    page.locator(".zoo-region").first.click()
    page.wait_for_selector(".zoo-region-views")


def a_region_is_judged(page: Any) -> None:
    page.get_by_label("Paint regions").check()
    outline(page, "animal", "100,50 300,50 300,200 100,200")
    judged(page, 5)


def each_is_asked_why(page: Any) -> None:
    page.locator("#why").get_by_role("button", name="Ask the networks").click()
    page.wait_for_function("() => document.querySelectorAll('.zoo-why-figures figure').length === 5")


def each_is_asked_what_if(page: Any) -> None:
    page.locator(".zoo-what-kinds").get_by_role("radio", name="Flip", exact=True).check()
    page.locator("#what_if").get_by_role("button", name="Ask the networks").click()
    page.wait_for_function("() => document.querySelectorAll('.zoo-what-card .zoo-what-share').length === 5")


def numbers_are_there(page: Any) -> None:
    page.locator("#statistics .zoo-table").first.wait_for()


TABS = {
    "Where they differ": a_region_is_chosen,
    "Why": each_is_asked_why,
    "What if": each_is_asked_what_if,
    "Truth": a_region_is_judged,
    "Statistics": numbers_are_there,
}
"""What is done in each tab so that there is something to look at."""

"""The main job in a real browser: a photo in, five panels, everything that can be asked of them without the server."""

from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from demo.analysis.regions import percent
from demo.images import open_image
from demo.labels.ade20k import ADE20K
from tests.browser.conftest import CAT, Open, choose, compared, settled, wait_until
from tests.toy import toy_ids, toy_zoo

pytestmark = pytest.mark.browser
STAGE = 6
"""The swipe's canvas comes after those of the photo and the five models."""
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"


def index_on_screen(page: Any, model: str) -> np.ndarray:
    found = page.evaluate(
        "id => { const { width, height, values } = document.querySelector('[data-ready]').labels(id);"
        " return { width, height, values: btoa(Array.from(values, v => String.fromCharCode(v)).join('')) }; }",
        model,
    )
    return np.frombuffer(b64decode(found["values"]), np.uint8).reshape(found["height"], found["width"])


def pixels(page: Any, card: int) -> np.ndarray:
    """What a card's canvas shows, (H, W, 3); black beside the picture."""
    url = page.evaluate("n => document.querySelectorAll('.zoo-map')[n].toDataURL()", card)
    shown = np.array(Image.open(BytesIO(b64decode(url.partition(",")[2]))).convert("RGBA"))
    return np.where(shown[..., 3:] == 255, shown[..., :3], 0)


def settle(page: Any) -> None:
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def crosshair(page: Any) -> int:
    """Its x on the photo."""
    settle(page)
    return int(page.locator("[data-id=photo] .zoo-tip").inner_text().split()[1].rstrip(","))


TURN_OUT = """(panel) => Array.from({ length: 20 }, () =>
    !panel.dispatchEvent(new WheelEvent("wheel", { deltaY: 120, bubbles: true, cancelable: true })))"""
"""One long turn without a pause, and of each of its steps whether the page was kept from scrolling."""


def turn_until_scrolled(page: Any) -> None:
    """Turns of the wheel with a pause before each: what turns soon after a zoom still belongs to that."""
    for _ in range(20):
        page.wait_for_timeout(450)
        page.mouse.wheel(0, 120)
        settle(page)
        if page.evaluate("scrollY > 50"):
            return
    pytest.fail("twenty turns of the wheel did not scroll the page")


@pytest.fixture(scope="module")
def predictions() -> dict[str, Any]:
    return {p.model: p for p in toy_zoo().segment(open_image(PHOTO), "compact")}


def test_labels_on_screen_are_the_networks_own(page: Any, predictions: dict[str, Any]) -> None:
    assert page.locator(".zoo-card h3").all_inner_texts() == [
        "Photo",
        "FCN",
        "PSPNet",
        "DeepLabV3+",
        "SETR",
        "SegFormer",
    ]
    for model in toy_ids():
        assert np.array_equal(index_on_screen(page, model), predictions[model].label_map), model


def test_legends_list_the_classes_present_with_area_and_entropy(page: Any, predictions: dict[str, Any]) -> None:
    prediction = predictions["fcn-compact"]
    rows = page.locator("[data-id=fcn-compact] .zoo-class")
    labels = rows.evaluate_all("rows => rows.map(row => row.textContent)")
    areas = np.bincount(prediction.label_map.reshape(-1), minlength=150) / prediction.label_map.size
    first = int(areas.argmax())
    entropy = prediction.entropy[prediction.label_map == first].mean()
    share = percent(float(areas[first]))
    assert labels[0] == f"{ADE20K.names[first]}: {share} of the picture, mean entropy {entropy:.2f} nats"
    assert len(labels) == min(6, np.count_nonzero(areas))


def test_pointing_names_the_class_in_every_panel_and_a_click_asks_every_model(
    page: Any, predictions: dict[str, Any]
) -> None:
    box = page.locator("[data-id=setr-compact] .zoo-surface").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    settle(page)
    tips = page.locator(".zoo-tip:visible")
    assert tips.count() == 6
    height, width = predictions["fcn-compact"].size
    expected = ADE20K.names[predictions["fcn-compact"].label_map[height // 2, width // 2]]
    assert page.locator("[data-id=fcn-compact] .zoo-tip").inner_text().strip() == expected
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("[data-models='5']")
    answers = page.locator("#pixel .zoo-answer")
    assert answers.count() == 5 and answers.first.locator("li").count() == 5
    assert answers.first.locator("li .name").first.inner_text() == expected
    confidence = predictions["fcn-compact"].confidence[height // 2, width // 2]
    assert abs(float(answers.first.locator("li b").first.inner_text().split()[0]) - 100 * confidence) < 1


def test_a_class_is_isolated_everywhere_and_escape_brings_the_rest_back(page: Any) -> None:
    before = pixels(page, 1)
    page.locator("[data-id=fcn-compact] .zoo-class").nth(1).click()
    page.mouse.move(5, 5)
    wait_until(lambda: not np.array_equal(pixels(page, 1), before), lambda: "no class was isolated")
    assert page.locator(".zoo-chip").inner_text().startswith("Only ")
    page.keyboard.press("Escape")
    settle(page)
    assert np.array_equal(pixels(page, 1), before)


def test_labels_view_shows_the_legends_colours_and_nothing_else(page: Any) -> None:
    page.keyboard.press("l")
    page.get_by_label("Names", exact=True).uncheck()
    page.locator("[data-id=fcn-compact] .zoo-tool").click()  # large enough for every label pixel to be drawn whole
    settle(page)
    colours = {tuple(c) for c in pixels(page, 1).reshape(-1, 3).tolist()} - {(0, 0, 0)}
    swatches = page.locator("[data-id=fcn-compact] .zoo-class i").evaluate_all(
        "all => all.map(i => getComputedStyle(i).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number))"
    )
    assert colours == {tuple(c) for c in swatches}
    page.get_by_label("Names", exact=True).check()


def test_the_threshold_hides_pixels_without_asking_the_server(page: Any, predictions: dict[str, Any]) -> None:
    page.keyboard.press("u")
    settle(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    whole = pixels(page, 1)
    threshold = page.locator(".zoo-cutoff")
    threshold.fill("40")
    settle(page)
    hidden = pixels(page, 1)
    share = (hidden != whole).any(-1).mean()
    picture = (whole != 0).any(-1).mean()
    expected = (predictions["fcn-compact"].entropy / ADE20K.max_entropy * 63 < 39.5).mean()
    assert abs(share / picture - expected) < 0.03
    assert requests == []
    threshold.fill("0")
    settle(page)
    assert np.array_equal(pixels(page, 1), whole)


def test_official_colours_and_patterns_change_colours_not_labels(page: Any, predictions: dict[str, Any]) -> None:
    plain = pixels(page, 1)
    for name in ("Official colours", "Patterns"):
        page.get_by_label(name).check()
        settle(page)
        assert not np.array_equal(pixels(page, 1), plain)
        page.get_by_label(name).uncheck()
        settle(page)
        assert np.array_equal(pixels(page, 1), plain)
    assert np.array_equal(index_on_screen(page, "fcn-compact"), predictions["fcn-compact"].label_map)


def test_two_maps_are_compared_by_a_divider_that_keys_move(page: Any) -> None:
    page.keyboard.press("c")
    settle(page)
    before = pixels(page, STAGE)
    page.locator(".zoo-divider").focus()
    page.keyboard.press("End")
    settle(page)
    left = pixels(page, STAGE)
    page.keyboard.press("Home")
    settle(page)
    right = pixels(page, STAGE)
    middle = before.shape[1] // 2
    assert np.array_equal(before[:, : middle - 2], left[:, : middle - 2])
    assert np.array_equal(before[:, middle + 2 :], right[:, middle + 2 :])
    assert not np.array_equal(left, right)
    page.keyboard.press("3")
    settle(page)
    assert page.get_by_label("Map on the left").input_value() == "deeplabv3plus-compact:labels"
    page.get_by_label("Map on the right").select_option("setr-compact:entropy")
    settle(page)
    assert page.locator(".zoo-name.right").inner_text() == "SETR entropy"
    page.keyboard.down("b")
    page.wait_for_selector(".zoo-stage.blinking")
    page.keyboard.up("b")
    page.wait_for_selector(".zoo-stage:not(.blinking)")


def test_the_colours_of_two_compared_maps_have_their_names_below(page: Any, predictions: dict[str, Any]) -> None:
    page.keyboard.press("c")
    page.get_by_label("Map on the left").select_option("fcn-compact:labels")
    page.get_by_label("Map on the right").select_option("setr-compact:labels")
    named = page.get_by_label("What the colours of the two maps mean").locator("li")
    shares = [
        np.bincount(predictions[model].label_map.ravel(), minlength=150) for model in ("fcn-compact", "setr-compact")
    ]
    largest = np.argsort(-np.maximum(*shares), kind="stable")[: int((sum(shares) > 0).sum())]
    settle(page)
    words = named.all_inner_texts()
    assert words[:3] == [ADE20K.names[index] for index in largest[:3]]
    assert len(words) == min(len(largest), 13)
    page.get_by_label("Patterns").check()
    settled(page)
    tiles = named.locator("i").evaluate_all("all => all.map(i => getComputedStyle(i).backgroundImage)")
    assert all(tile.startswith("url(") for tile in tiles) and len(tiles) >= 3
    page.get_by_label("Patterns").uncheck()
    page.get_by_label("Map on the left").select_option("setr-compact:entropy")
    page.get_by_label("Map on the right").select_option("layer:votes")
    settle(page)
    words = named.all_inner_texts()
    assert words[0] == "Entropy, 0 to 5.01 nats" and named.locator("canvas").count() == 1
    assert words[1:3] == ["all agree", "2 classes"]
    page.get_by_label("Map on the left").select_option("layer:majority")
    page.get_by_label("Map on the right").select_option("photo")
    settle(page)
    assert set(named.all_inner_texts()[:-1]) <= set(ADE20K.names) and named.count() >= 3
    page.get_by_label("Map on the left").select_option("photo")
    settle(page)
    assert named.count() == 0, "a photo needs no key"


def test_the_keyboard_reaches_everything(page: Any) -> None:
    page.keyboard.press("2")
    settle(page)
    assert page.evaluate("document.activeElement.closest('.zoo-card')?.dataset.id") == "pspnet-compact"
    page.keyboard.press("ArrowRight")
    before = crosshair(page)
    page.keyboard.press("Shift+ArrowRight")
    assert crosshair(page) == before + 1
    assert page.locator(".zoo-live").inner_text().startswith("FCN: ")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-models='5']")
    page.keyboard.press("+")
    settle(page)
    assert page.locator(".zoo-zoom").inner_text() == "160 %"
    page.keyboard.press("Escape")  # the crosshair
    page.keyboard.press("Escape")  # the zoom
    settle(page)
    assert page.locator(".zoo-zoom").inner_text() == "100 %"
    assert page.locator(".zoo-tip:visible").count() == 0
    page.keyboard.press("?")
    assert page.locator("dialog[open] dt").count() > 8
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0


def test_legend_rows_share_one_tab_stop_and_follow_the_arrows(page: Any) -> None:
    legend = page.locator("[data-id=fcn-compact] .zoo-class")
    assert legend.evaluate_all("rows => rows.filter(row => row.tabIndex === 0).length") == 1
    legend.first.focus()
    page.keyboard.press("ArrowRight")
    assert legend.nth(1).evaluate("row => row === document.activeElement")


def test_zoom_is_shared_and_dragging_pans_every_panel(page: Any) -> None:
    before = pixels(page, 5)
    box = page.locator("[data-id=fcn-compact] .zoo-surface").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    wait_until(lambda: not np.array_equal(pixels(page, 5), before), lambda: "the other panel was not zoomed")
    settle(page)
    zoomed = pixels(page, 5)
    page.mouse.down()
    page.mouse.move(x + 60, y + 20, steps=3)
    page.mouse.up()
    settle(page)
    assert not np.array_equal(pixels(page, 5), zoomed)
    assert page.locator("#pixel .zoo-answer").count() == 0  # a drag is no click


def test_the_wheel_scrolls_the_page_over_a_panel_until_it_is_zoomed(page: Any) -> None:
    box = page.locator("[data-id=fcn-compact] .zoo-surface").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)  # the panel has the focus now
    zoom = page.locator(".zoo-zoom")
    turn_until_scrolled(page)
    assert zoom.inner_text() == "100 %"
    page.evaluate("() => scrollTo({ top: 0, behavior: 'instant' })")
    page.wait_for_function("() => scrollY === 0")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    settle(page)
    page.mouse.wheel(0, -120)
    settle(page)
    assert int(zoom.inner_text().split()[0]) > 125  # the second step needed no Ctrl
    taken = page.locator("[data-id=fcn-compact] .zoo-surface").evaluate(TURN_OUT)
    settle(page)
    assert zoom.inner_text() == "100 %"
    assert all(taken)  # the turn that zooms out ends there
    turn_until_scrolled(page)
    page.evaluate("() => scrollTo({ top: 0, behavior: 'instant' })")


def test_blinking_ends_with_the_key_or_when_the_window_is_left(page: Any) -> None:
    shown = pixels(page, 1)
    page.keyboard.down("b")
    settle(page)
    assert not np.array_equal(pixels(page, 1), shown)
    page.evaluate("() => window.dispatchEvent(new Event('blur'))")  # and no key is let go here
    settle(page)
    assert np.array_equal(pixels(page, 1), shown)
    page.keyboard.up("b")


def test_a_key_event_without_a_key_does_nothing(page: Any) -> None:
    """Chrome's autofill sends such events."""
    errors = page.evaluate(
        "() => { let errors = 0; addEventListener('error', () => errors++);"
        " for (const name of ['keydown', 'keyup']) document.body.dispatchEvent(new Event(name, { bubbles: true }));"
        " return errors; }"
    )
    assert errors == 0


def test_a_click_answers_where_it_was_made_and_leads_to_the_five_likeliest(page: Any) -> None:
    tip, further = page.locator("[data-id=fcn-compact] .zoo-tip"), page.get_by_role("button", name="Five likeliest ↓")
    assert "Click a pixel" in page.locator("[data-id=photo] .zoo-legend").inner_text()
    assert not further.is_visible()
    panels = page.locator(".zoo-grid").bounding_box()
    box = page.locator("[data-id=fcn-compact] .zoo-surface").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3)
    page.wait_for_selector("[data-models='5']")
    settle(page)
    likeliest = page.locator("#pixel .zoo-answer").first.locator("li").first
    name, probability = likeliest.locator(".name").inner_text(), likeliest.locator("b").inner_text()
    said = tip.inner_text().replace("\n", " ").strip()
    assert said.startswith(name) and abs(float(said.split()[-2]) - float(probability.split()[0])) <= 0.5, said
    assert further.is_visible() and page.locator(".zoo-grid").bounding_box() == panels
    page.get_by_role("tab", name="Statistics").click()
    further.click()
    page.wait_for_selector("#pixel .zoo-answer:visible")
    page.wait_for_function("() => document.querySelector('#pixel').getBoundingClientRect().bottom < innerHeight")
    assert page.get_by_role("tab", name="Pixel").evaluate("tab => tab === document.activeElement")
    page.evaluate("() => scrollTo({ top: 0, behavior: 'instant' })")


def test_the_chip_of_the_one_class_shown_stays_while_the_first_picture_changes(page: Any) -> None:
    page.locator("[data-id=fcn-compact] .zoo-class").first.click()
    first = page.get_by_label("What the first picture shows")
    for shown in ("votes", "photo"):
        first.select_option(shown)
        settle(page)
        assert page.locator("[data-id=photo] .zoo-chip").inner_text().startswith("Only ")


WATCHED = """
addEventListener('DOMContentLoaded', () => {
  window.grids = new Set();
  window.pictures = {};
  const measure = document.body.appendChild(document.createElement('i'));
  measure.style.cssText = 'position:fixed;height:1px;width:1px;visibility:hidden';
  const next = () => requestAnimationFrame(() => (measure.style.width = measure.style.width === '1px' ? '2px' : '1px'));
  new ResizeObserver(() => { // called once all of a frame has been drawn and laid out, just before it is shown
    const grid = document.querySelector('#zoo-grid:not([hidden])');
    const top = (node) => Math.round(node.getBoundingClientRect().top + scrollY);
    if (grid?.childElementCount === 6) grids.add(top(grid));
    if (document.querySelector("[data-done='5']"))
      for (const one of grid.querySelectorAll('.zoo-card')) (pictures[one.dataset.id] ??= new Set()).add(top(one));
    next(); // and not from two places: what changes twice in a frame has not changed
  }).observe(measure);
});
"""
"""Each frame's places: of the grid since it is there, of the panels since all have answered."""


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_when_answers_and_comparison_come(visit: Open, toy: str, slow_photo: Path, width: int) -> None:
    page = visit(toy, script=WATCHED, viewport={"width": width, "height": 900})
    choose(page, slow_photo)
    compared(page)
    page.wait_for_selector(".zoo-question:enabled")
    settled(page)
    grids, pictures = page.evaluate(
        "() => [[...grids], Object.fromEntries(Object.entries(pictures).map(([id, tops]) => [id, [...tops]]))]"
    )
    assert len(grids) == 1, grids
    assert {id: len(tops) for id, tops in pictures.items()} == dict.fromkeys(["photo", *toy_ids()], 1), pictures


SEEN = """window.seen = [];
    const look = () => {
        for (const place of ["examples", "tabs"])
            if (document.getElementById(place)?.checkVisibility()) window.seen.push(place);
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);"""
"""What of the page was on screen in any frame."""


def test_what_belongs_to_a_photo_is_on_no_frame_before_there_is_one(visit: Open, toy: str) -> None:
    page = visit(toy, script=SEEN)
    page.wait_for_selector(".zoo-empty", state="visible")
    settled(page)
    assert page.evaluate("window.seen") == []
    choose(page, CAT)
    page.wait_for_function("new Set(window.seen).size === 2")


def test_where_there_are_no_examples_nothing_is_said_of_them(visit: Open, toy: str) -> None:
    page = visit(toy)
    told = page.locator(".zoo-stories")
    told.wait_for(state="visible")
    page.evaluate("document.dispatchEvent(new CustomEvent('zoo:examples-here', { detail: { examples: [] } }))")
    told.wait_for(state="hidden")

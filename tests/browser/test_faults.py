"""Faults that visitors met: each was seen in a real browser, and is looked for there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.images import open_image
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import encode_annotation
from tests.browser.conftest import Open, choose, compared, filled, wait_until

pytestmark = pytest.mark.browser
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"
HAS_FOCUS = "selector => document.activeElement?.matches(selector) ?? false"
BEFORE_OUR_SCRIPTS = "Object.defineProperty(Navigator.prototype, 'language', { get: () => 'de-DE' });"


def look(page: Any, selector: str, name: str) -> str:
    return str(page.locator(selector).first.evaluate(f"node => getComputedStyle(node).{name}"))


def test_forced_colours_leave_classes_choices_and_buttons_to_be_told(page: Any) -> None:
    page.emulate_media(forced_colors="active")
    swatches = page.locator("[data-id=pspnet-compact] .zoo-class i").evaluate_all(
        "all => all.map(i => getComputedStyle(i).backgroundColor)"
    )
    assert len(set(swatches)) == len(swatches) > 1
    chosen, other = (look(page, f".zoo-bar input{which} + span", "backgroundColor") for which in (":checked", ""))
    page.get_by_label("Labels", exact=True).check()
    wait_until(lambda: look(page, ".zoo-bar input + span", "backgroundColor") != chosen, lambda: "no choice is marked")
    assert chosen == other  # the first was the chosen one
    assert look(page, "[role=tab][aria-selected=true]", "backgroundColor") == chosen
    assert look(page, "#models-compact input", "appearance") == "auto"
    assert look(page, "#go", "borderTopWidth") == "1px"
    page.locator("[data-id=pspnet-compact] .zoo-class").first.click()
    page.wait_for_selector(".zoo-class[aria-pressed=true]")
    assert look(page, ".zoo-class[aria-pressed=true]", "outlineStyle") == "solid"
    page.emulate_media(forced_colors="none")


def test_a_second_mask_that_does_not_fit_is_refused_while_the_first_is_counted(page: Any, tmp_path: Path) -> None:
    size = open_image(PHOTO).shape[:2]
    for name, shape in (("right", size), ("wrong", (20, 30))):
        (tmp_path / f"{name}.png").write_bytes(encode_annotation(np.full(shape, 3, np.uint8), ADE20K))
    held: list[Any] = []
    page.get_by_role("tab", name="Truth").click()

    def hold_first(route: Any) -> None:
        first = not held and '"what":"model"' in (route.request.post_data or "").replace(" ", "")
        held.append(route) if first else route.fallback()

    page.route("**/component_server**", hold_first)
    page.set_input_files(".zoo-truth-drop input", str(tmp_path / "right.png"))
    page.get_by_text("Judging FCN").wait_for()
    page.set_input_files(".zoo-truth-drop input", str(tmp_path / "wrong.png"))
    page.locator(".zoo-truth-message").filter(has_text="wrong.png").wait_for()
    held[0].fallback()
    page.wait_for_selector("[data-judged='5']", state="attached")
    assert "wrong.png" in page.locator(".zoo-truth-message").inner_text()
    assert "right.png" in page.locator(".zoo-truth-facts").inner_text()
    page.unroute_all()


def test_a_notch_of_the_wheel_zooms_by_15_percent(page: Any) -> None:
    page.locator("[data-id=fcn-compact] .zoo-surface").hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    page.locator(".zoo-zoom").filter(has_text="115 %").wait_for()
    page.mouse.wheel(0, -120)
    page.locator(".zoo-zoom").filter(has_text="132 %").wait_for()


def test_what_went_wrong_before_goes_with_the_next_run(visit: Open, toy: str, tmp_path: Path) -> None:
    (tmp_path / "letter.png").write_text("not a picture")
    page = visit(toy)
    page.set_input_files("#photo input[type=file]", str(tmp_path / "letter.png"))
    page.locator(".toast-body").wait_for()
    page.locator(".zoo-example").first.click()
    filled(page)
    page.locator(".toast-body").wait_for(state="detached", timeout=5000)


def test_a_network_that_is_no_longer_chosen_leaves_the_panels(visit: Open, toy: str) -> None:
    page = visit(toy)
    choose(page, PHOTO)
    compared(page)
    page.locator("#models-compact").get_by_label("SETR").uncheck()
    page.locator("[data-id=setr-compact]").wait_for(state="detached")
    assert page.locator(".zoo-card h3").all_inner_texts()[1:] == ["FCN", "PSPNet", "DeepLabV3+", "SegFormer"]
    page.wait_for_function("() => document.querySelector('.zoo-teaser').innerText.startsWith('All four agree')")


def test_the_keyboard_keeps_its_place_when_the_panels_make_room(page: Any) -> None:
    page.keyboard.press("3")
    page.wait_for_function(HAS_FOCUS, arg="[data-id=deeplabv3plus-compact] .zoo-surface")
    page.keyboard.press("c")
    page.wait_for_function(HAS_FOCUS, arg=".zoo-stage .zoo-surface")
    page.keyboard.press("o")
    page.wait_for_function(HAS_FOCUS, arg="[data-id=deeplabv3plus-compact] .zoo-surface")


def test_the_first_stop_of_the_keyboard_leads_past_everything_to_the_panels(visit: Open, toy: str) -> None:
    page = visit(toy)
    skip = page.get_by_role("link", name="Skip to the panels")
    page.keyboard.press("Tab")
    page.wait_for_function(HAS_FOCUS, arg=".zoo-skip")
    wait_until(lambda: skip.bounding_box()["y"] >= 0, lambda: "the link stays out of sight")
    page.keyboard.press("Enter")
    page.wait_for_function(HAS_FOCUS, arg=".zoo-example")
    choose(page, PHOTO)
    skip.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(HAS_FOCUS, arg="[data-id=photo] .zoo-surface")


def test_gradios_own_words_are_in_the_pages_language(visit: Open, toy: str) -> None:
    page = visit(toy, script=BEFORE_OUR_SCRIPTS, locale="de-DE")
    assert page.locator("footer").inner_text().strip() == "Use via API"

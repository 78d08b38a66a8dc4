"""Everything that can be read: names on regions, patterns in legends, facts, notes, regions in view, at any width."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser.conftest import DESKTOP, PHONE, Open, choose, compared, settled
from tests.browser.test_panels import pixels
from tests.toy import toy_ids

pytestmark = pytest.mark.browser
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"
NARROW = {"width": 320, "height": 700}
LARGE = {"width": 2560, "height": 1440}


def test_names_stand_on_regions_where_classes_are_shown_alone(page: Any) -> None:
    names = page.get_by_label("Names", exact=True)
    assert not names.is_visible()
    page.keyboard.press("l")
    settled(page)
    written = pixels(page, 1)
    names.uncheck()
    settled(page)
    plain = pixels(page, 1)
    changed = (written != plain).any(-1)
    assert 0.002 < changed.mean() < 0.2
    assert (written[changed].min(-1) > 200).any(), "letters are white"
    names.check()
    settled(page)
    assert np.array_equal(pixels(page, 1), written)
    page.locator("[data-id=fcn-compact] .zoo-class").nth(1).click()  # another class's name goes with it
    page.mouse.move(5, 5)
    settled(page)
    assert (pixels(page, 1) != written).any()


def test_swatches_have_the_patterns_of_the_picture(page: Any) -> None:
    swatch = page.locator("[data-id=fcn-compact] .zoo-class i")
    drawn = "all => all.map(i => getComputedStyle(i).backgroundImage)"
    assert set(swatch.evaluate_all(drawn)) == {"none"}
    page.get_by_label("Patterns").check()
    settled(page)
    tiles = swatch.evaluate_all(drawn)
    assert all(tile.startswith("url(") for tile in tiles) and len(set(tiles)) == len(tiles)
    page.keyboard.press("u")  # no patterns on this picture
    settled(page)
    assert set(swatch.evaluate_all(drawn)) == {"none"}
    page.keyboard.press("o")
    page.get_by_label("Patterns").uncheck()
    settled(page)
    assert set(swatch.evaluate_all(drawn)) == {"none"}


def test_a_panel_says_whose_it_is_and_what_it_took_on_which_device(page: Any) -> None:
    for model in toy_ids():
        words = page.locator(f"[data-id={model}] .zoo-facts").inner_text().replace("\n", " ")
        family = "transformer" if model.startswith(("setr", "segformer")) else "CNN"
        assert words.startswith(f"{family} this project 450 ") and words.endswith("s on CPU, float32"), words


def test_the_warning_about_small_networks_stands_beside_the_headline(page: Any) -> None:
    assert "not for conclusions about the architectures" in page.locator(".zoo-teaser").inner_text()
    page.get_by_role("tab", name="Where they differ").click()
    page.wait_for_selector(".zoo-differ-all .zoo-caution:visible")


def test_a_chosen_region_is_seen_in_every_network_beside_its_sentence(page: Any) -> None:
    page.get_by_role("tab", name="Where they differ").click()
    region = page.locator(".zoo-region").first
    region.click()
    page.wait_for_selector(".zoo-region-views")
    views = page.locator("li:has([data-region='1']) .zoo-region-views figure")
    assert views.evaluate_all("all => all.map(view => view.dataset.view)") == list(toy_ids())
    sentence = region.inner_text()
    said = views.locator("b").all_inner_texts()
    assert all(name in sentence for name in said) and len(set(said)) > 1
    painted = views.locator("canvas").evaluate_all("all => all.map(one => one.toDataURL())")
    assert len(set(painted)) > 1
    assert "how sure those networks are there" in page.locator(".zoo-differ-list").inner_text()
    region.click()
    page.wait_for_selector(".zoo-region-views", state="detached")


def test_a_number_explains_itself_by_tap_and_by_key(page: Any) -> None:
    page.get_by_role("tab", name="Where they differ").click()
    note = page.locator(".zoo-note-box")
    assert not note.is_visible()
    page.get_by_role("button", name="median area").click()
    note.wait_for()
    assert note.inner_text() == "Of the fragments, in pixels"
    page.keyboard.press("Escape")
    note.wait_for(state="hidden")
    page.get_by_role("tab", name="Statistics").click()
    page.get_by_role("button", name="Entropy", exact=True).focus()
    page.keyboard.press("Enter")
    note.wait_for()
    assert note.inner_text().startswith("Mean over all pixels, in nats")
    page.keyboard.press("Escape")


def test_on_a_large_screen_panels_are_wide_and_no_table_is_cut(visit: Open, toy: str) -> None:
    page = visit(toy, viewport=LARGE)
    choose(page, PHOTO)
    compared(page)
    widths = page.locator(".zoo-card .zoo-surface:visible").evaluate_all("all => all.map(one => one.clientWidth)")
    assert len(widths) == 6 and min(widths) >= 700, widths
    for tab in ("Where they differ", "Statistics"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_selector(".zoo-scroll:visible")
        fits = "all => all.map(one => one.scrollWidth <= one.clientWidth)"
        assert all(page.locator(".zoo-scroll:visible").evaluate_all(fits)), tab


CALLED = """name => {
    const names = [...document.querySelectorAll(".zoo-class > span:not(.zoo-said), .zoo-answer .name")];
    for (const one of names) one.textContent = name;
    return names.filter((one) => one.scrollWidth > one.clientWidth + 1 || one.parentElement.scrollWidth
        > one.parentElement.clientWidth + 1).length + ` of ${names.length}`;
}"""
"""Of all names in legends and among the five likeliest, called so, how many are cut."""


def test_a_long_name_is_whole_on_every_screen(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=cat&x=200&y=150")
    compared(page)
    page.wait_for_selector(".zoo-answer")
    for patterns in (False, True):
        page.get_by_label("Patterns", exact=True).set_checked(patterns)
        for size in (NARROW, PHONE, DESKTOP, LARGE):
            page.set_viewport_size(size)
            settled(page)
            for name in ("plaything", "chest of drawers"):
                cut, names = page.evaluate(CALLED, name).split(" of ")
                assert cut == "0" and int(names) > 30, (size, name, cut)


@pytest.mark.parametrize("size", [PHONE, DESKTOP, LARGE])
def test_what_each_network_sees_of_a_region_is_captioned_whole(visit: Open, toy: str, size: dict[str, int]) -> None:
    page = visit(toy, "?example=cat&tab=differ", viewport=size)
    compared(page)
    page.locator("[data-region='1']").click()
    views = page.locator(".zoo-region-views figure")
    views.first.wait_for()
    settled(page)
    boxes = views.evaluate_all("all => all.map(one => [one.clientWidth, one.scrollWidth])")
    assert len(boxes) == 5 and all(inside <= wide for wide, inside in boxes), boxes
    assert size != LARGE or min(wide for wide, _ in boxes) > 120, boxes
    tip = page.locator("#differ .zoo-tip")
    tip.wait_for()
    assert tip.evaluate("one => one.scrollWidth <= one.clientWidth"), tip.inner_text()


@pytest.mark.parametrize("size", [NARROW, PHONE])
def test_on_a_phone_names_and_families_are_whole(visit: Open, toy: str, size: dict[str, int]) -> None:
    page = visit(toy, viewport=size, has_touch=True, is_mobile=True)
    choose(page, PHOTO)
    compared(page)
    settled(page)
    cut = """all => all.filter(one => one.scrollWidth > one.clientWidth + 1
        || one.getBoundingClientRect().right > one.closest('.zoo-card').getBoundingClientRect().right)
        .map(one => one.textContent)"""
    assert page.locator(".zoo-class > span:not(.zoo-said)").evaluate_all(cut) == []
    outside = cut.replace("one.scrollWidth > one.clientWidth + 1\n        || ", "")
    assert page.locator(".zoo-facts span, .zoo-head button, .zoo-class b").evaluate_all(outside) == []
    assert page.locator(".zoo-family:visible").count() == 5
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

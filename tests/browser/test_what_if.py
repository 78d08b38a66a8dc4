"""The tab "What if" in a real browser: a change is seen, asked for and compared; a ladder grows; a stop stops."""

from pathlib import Path
from typing import Any

import pytest

from demo.images import open_image
from tests.browser.conftest import CAT, PHONE, Open, choose, settled
from tests.toy import toy_ids, toy_scores

pytestmark = pytest.mark.browser


def open_tab(page: Any) -> None:
    page.get_by_role("tab", name="What if").click()
    page.wait_for_selector(".zoo-what-views img[src^='data:image/jpeg']")


def kind(page: Any, title: str) -> None:
    page.locator(".zoo-what-kinds").get_by_role("radio", name=title, exact=True).check()


def type_box(page: Any, *numbers: int) -> None:
    for name, number in zip(("x", "y", "width", "height"), numbers, strict=True):
        page.locator(".zoo-what-fields").get_by_label(name, exact=True).fill(str(number))
        page.keyboard.press("Tab")


def answered(page: Any, number: int = 5) -> None:
    page.get_by_role("button", name="Ask the networks").click()
    settled(page)  # the answers to an earlier question are gone
    page.wait_for_function(f"document.querySelectorAll('.zoo-what-card .zoo-what-share').length === {number}")
    page.wait_for_selector("button:has-text('Ask the networks'):not([disabled])")


@pytest.fixture
def asked(page: Any) -> Any:
    open_tab(page)
    return page


def test_a_crop_is_previewed_asked_for_and_compared(asked: Any) -> None:
    kind(asked, "Crop")
    type_box(asked, 100, 60, 200, 160)
    asked.wait_for_function("document.querySelector('.zoo-what-views img').naturalWidth === 200")
    answered(asked)
    image = open_image(CAT)
    for model in toy_ids():
        seed = sum(map(ord, model))
        before = toy_scores(seed, image).reduce(model).label_map[60:220, 100:300]
        after = toy_scores(seed, image[60:220, 100:300].copy()).reduce(model).label_map
        share = 100 * (before != after).mean()
        shown = asked.locator(f"[data-model='{model}'] .zoo-what-share").inner_text()
        assert float(shown.removesuffix(" %")) == pytest.approx(share, abs=0.6)
    assert "is most sensitive" in asked.locator(".zoo-what_if .zoo-headline").inner_text()
    assert asked.locator(".zoo-what-most").count() == 1


def test_a_slider_moves_the_preview_and_a_flip_needs_none(asked: Any) -> None:
    kind(asked, "Blur")
    slider = asked.locator(".zoo-what-slider input")
    first = asked.locator(".zoo-what-views img").get_attribute("src")
    slider.focus()
    for _ in range(8):
        asked.keyboard.press("ArrowRight")
    asked.wait_for_function(
        "before => document.querySelector('.zoo-what-views img').getAttribute('src') !== before", arg=first
    )
    assert "7.0 px" in asked.locator(".zoo-what-slider output").inner_text()
    kind(asked, "Flip")
    assert not slider.is_visible()


def test_a_box_beside_the_photo_is_one_sentence_and_loses_nothing(asked: Any) -> None:
    kind(asked, "Flip")
    answered(asked)
    kind(asked, "Hide a box")
    type_box(asked, 9000, 10, 50, 50)
    asked.wait_for_selector("#what_if [role=alert]:has-text('wants a box inside the photo of')")
    assert asked.get_by_role("button", name="Ask the networks").is_disabled()
    assert asked.locator(".zoo-what-card").count() == 5
    type_box(asked, 10, 10, 50, 50)
    asked.wait_for_selector("button:has-text('Ask the networks'):not([disabled])")
    assert not asked.locator("#what_if [role=alert]").is_visible()


def test_a_box_is_drawn_by_the_pointer(asked: Any) -> None:
    kind(asked, "Crop")
    photo = asked.locator(".zoo-what-photo")
    photo.scroll_into_view_if_needed()
    frame = photo.bounding_box()
    place = [(frame["x"] + frame["width"] * share, frame["y"] + frame["height"] * share) for share in (0.25, 0.75)]
    asked.mouse.move(*place[0])
    asked.mouse.down()
    asked.mouse.move(*place[1], steps=4)
    asked.mouse.up()
    width = open_image(CAT).shape[1]
    asked.wait_for_function(
        "half => Math.abs(document.querySelector('.zoo-what-views img').naturalWidth - half) < 4", arg=width / 2
    )


def test_the_ladder_is_drawn_and_told_as_a_table(asked: Any) -> None:
    asked.get_by_role("button", name="Climb the ladder").click()
    asked.wait_for_function("document.querySelectorAll('.zoo-what-charts svg').length === 5")
    asked.wait_for_selector("button:has-text('Climb the ladder'):not([disabled])")
    label = asked.locator(".zoo-what-charts svg").first.get_attribute("aria-label")
    assert label.startswith("Labels kept under gaussian noise, severity 0 to 5: FCN 100 %, ")
    rows = asked.get_by_role("region", name="What is kept, as a table").locator("tbody tr")
    assert rows.count() == 5 and rows.first.locator("td").count() == 6
    assert asked.locator(".zoo-what-charts polyline.dashed").count() == 2 * 5
    with asked.expect_download() as download:
        asked.get_by_role("group", name="Figure of the ladder").get_by_role("button", name="SVG").click()
    assert download.value.suggested_filename == "cat-stress.svg"
    asked.get_by_role("radiogroup", name="Which number").get_by_role("radio", name="Mean entropy").check()
    assert "Mean entropy, nats under" in asked.locator(".zoo-what-charts svg").first.get_attribute("aria-label")


def test_stop_starts_no_further_network(visit: Open, toy: str, slow_photo: Path) -> None:
    page = visit(toy)
    choose(page, slow_photo)
    open_tab(page)
    kind(page, "Grey")
    page.get_by_role("button", name="Ask the networks").click()
    page.wait_for_selector("#what_if [role=status]:has-text('looks at the changed photo')")
    page.locator("#what_if").get_by_role("button", name="Stop").first.click()
    page.wait_for_selector("button:has-text('Ask the networks'):not([disabled])")
    assert page.locator(".zoo-what-card").count() <= 1


def test_on_a_phone_nothing_overflows(asked: Any) -> None:
    asked.set_viewport_size(PHONE)
    kind(asked, "Flip")
    answered(asked)
    settled(asked)
    assert asked.evaluate("document.documentElement.scrollWidth <= innerWidth")

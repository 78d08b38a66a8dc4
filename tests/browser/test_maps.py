"""What happens when a picture of an answer does not arrive: its panel says so, and the rest goes on."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Open, choose, filled
from tests.browser.test_panels import index_on_screen, pixels, settle

pytestmark = pytest.mark.browser
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"


def lose(page: Any, pattern: str) -> None:
    page.route(pattern, lambda route: route.fulfill(status=404, body="gone"))


def expect_losses(visit: Any) -> None:
    """The browser's own complaints about the missing files, and no other."""
    assert visit.problems and all("404" in problem for problem in visit.problems), visit.problems
    visit.problems.clear()


def test_a_map_that_does_not_arrive_costs_its_panel_until_segment_is_pressed(visit: Open, toy: str) -> None:
    page, lost = visit(toy), "**/setr-compact-labels.png"
    lose(page, lost)
    choose(page, PHOTO, models=4)
    status = page.locator("[data-id=setr-compact] .zoo-status")
    page.wait_for_selector("[data-id=setr-compact] .zoo-status.failed")
    assert "could not be fetched" in status.inner_text() and "Press Segment" in status.inner_text()
    page.get_by_role("button", name="Where they differ ↓").click()
    page.wait_for_selector(".zoo-region")
    page.unroute(lost)
    page.locator("#go").click()
    filled(page)
    assert status.is_hidden()
    assert index_on_screen(page, "setr-compact").size > 0
    expect_losses(visit)


def test_a_photo_that_does_not_arrive_is_fetched_again(visit: Open, toy: str) -> None:
    page, lost = visit(toy), "**/photo.*"
    lose(page, lost)
    choose(page, PHOTO)
    page.wait_for_selector("[data-id=photo] .zoo-status:has-text('could not be fetched')")
    page.unroute(lost)
    page.locator("#go").click()
    page.wait_for_selector("[data-id=photo] .zoo-status", state="hidden")
    settle(page)
    assert pixels(page, 0).any()
    expect_losses(visit)


def test_a_measure_that_a_network_cannot_say_is_said_to_be_so(toy: str, visit: Open) -> None:
    """The toy Segmenter's scores are no logits, FCN's are."""
    page = visit(toy, "?example=cat&models=segmenter-compact&view=uncertainty&measure=energy")
    filled(page, 1)
    status = page.locator("[data-id=segmenter-compact] .zoo-status")
    assert status.inner_text().split("\n") == [
        "Cannot say",
        "Negative energy is made of logits, and this network's scores are none.",
    ]
    page.get_by_role("radio", name="Margin").click()
    status.wait_for(state="hidden")
    page.locator("[data-id=segmenter-compact] .zoo-surface").click()
    page.wait_for_selector("#pixel [data-models='1']")
    words = page.locator("#pixel .zoo-answer p").inner_text()
    assert words.endswith("max logit cannot be said · negative energy cannot be said"), words
    sayable = visit(toy, "?example=cat&models=fcn-compact&view=uncertainty&measure=energy")
    filled(sayable, 1)
    assert sayable.locator("[data-id=fcn-compact] .zoo-status").is_hidden()

"""The page under a thumb: what a run shows comes into view, and every card keeps its parts inside."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PHONE, Open, choose, filled
from tests.browser.test_panels import settle

pytestmark = pytest.mark.browser
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"


@pytest.fixture
def page(visit: Open, toy: str) -> Any:
    return visit(toy, viewport=PHONE, has_touch=True, is_mobile=True)


def test_a_run_brings_its_panels_into_view(page: Any) -> None:
    page.locator(".zoo-example").first.tap()
    filled(page)
    page.wait_for_function("() => Math.abs(document.querySelector('.zoo-toolbar').getBoundingClientRect().top) < 15")


def test_the_first_card_keeps_its_choice_and_its_button_inside(page: Any) -> None:
    choose(page, PHOTO)
    card = page.locator("[data-id=photo]")
    card.locator("select").wait_for()
    settle(page)
    outer = card.bounding_box()
    for part in (card.locator("select"), card.get_by_label("Show Photo alone")):
        inner = part.bounding_box()
        assert inner["width"] > 20
        assert outer["x"] <= inner["x"] and inner["x"] + inner["width"] <= outer["x"] + outer["width"]


def test_every_tab_is_at_hand_and_none_behind_a_menu(page: Any) -> None:
    choose(page, PHOTO)
    for name in ("Pixel", "Where they differ", "Why", "What if", "Truth", "Study", "Statistics"):
        tab = page.get_by_role("tab", name=name, exact=True)
        tab.tap()
        page.wait_for_function("tab => tab.getAttribute('aria-selected') === 'true'", arg=tab.element_handle())
    assert not page.get_by_label("More tabs").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

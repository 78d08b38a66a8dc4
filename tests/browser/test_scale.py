"""The uncertainty view's scale in a real browser: the threshold's words, and colours stretched to one photo."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.labels.ade20k import ADE20K
from demo.page.wire import FIELD_LEVELS, fields
from tests.browser.conftest import settled
from tests.toy import toy_ids, toy_zoo

pytestmark = pytest.mark.browser
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"
TOP = ADE20K.max_entropy


@pytest.fixture(scope="module")
def levels() -> dict[str, np.ndarray]:
    """By model: its entropy in steps, as the page has it."""
    found = {}
    for prediction in toy_zoo().segment(PHOTO, toy_ids()):
        measures = len(prediction.measures)
        stack = fields(prediction)
        found[prediction.model] = stack[: len(stack) // measures]
    return found


@pytest.fixture
def page(page: Any) -> Any:
    page.keyboard.press("u")
    page.wait_for_selector(".zoo-scale:visible")
    page.get_by_label("Stretch to this photo").uncheck()
    page.get_by_label("Which pixels are hidden").select_option("below")
    page.locator(".zoo-cutoff").press("Home")
    settled(page)
    return page


def drag(page: Any, key: str) -> float:
    """The threshold's end, and what is read there, in nats."""
    page.locator(".zoo-cutoff").press(key)
    settled(page)
    return float(page.locator(".zoo-hide output").inner_text().split()[0])


def test_the_threshold_says_per_panel_what_it_hides(page: Any, levels: dict[str, np.ndarray]) -> None:
    assert page.locator(".zoo-hides:visible").count() == 0
    page.locator(".zoo-cutoff").fill("30")
    page.wait_for_selector(".zoo-hides:visible")
    for model, steps in levels.items():
        words = page.locator(f"[data-id={model}] .zoo-hides").inner_text()
        hidden = 100 * (steps < 29.5).mean()
        assert abs(float(words.split()[0]) - hidden) <= max(0.5, 0.05 * hidden), (model, words, hidden)
        assert words.endswith("of the pixels hidden")
    page.keyboard.press("o")
    page.wait_for_selector(".zoo-hides", state="hidden")


def test_the_handle_never_reads_beyond_the_scale(page: Any) -> None:
    assert 0 < drag(page, "End") < TOP
    page.get_by_label("Which pixels are hidden").select_option("above")
    assert 0 < drag(page, "Home") < TOP
    page.get_by_label("Stretch to this photo").check()
    assert 0 < drag(page, "Home") < drag(page, "ArrowRight") < TOP


def test_colours_are_stretched_to_the_photo_and_the_bar_says_so(page: Any, levels: dict[str, np.ndarray]) -> None:
    ticks = page.locator(".zoo-ticks")
    low = min(steps.min() for steps in levels.values()) / (FIELD_LEVELS - 1) * TOP
    high = max(steps.max() for steps in levels.values()) / (FIELD_LEVELS - 1) * TOP
    before = page.evaluate("document.querySelectorAll('.zoo-map')[1].toDataURL()")
    assert ticks.locator("span").last.inner_text() == f"{TOP:.2f}"
    page.get_by_label("Stretch to this photo").check()
    settled(page)
    assert ticks.locator("span").all_inner_texts() == [f"{low:.2f}", "stretched to this photo", f"{high:.2f} nats"]
    assert page.evaluate("document.querySelectorAll('.zoo-map')[1].toDataURL()") != before
    assert "not the same doubt on another photo" in page.locator(".zoo-scale").inner_text()
    page.get_by_label("Stretch to this photo").uncheck()
    settled(page)
    assert page.evaluate("document.querySelectorAll('.zoo-map')[1].toDataURL()") == before
    assert ticks.locator("span").first.inner_text() == "0 nats"

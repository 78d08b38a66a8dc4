"""The tab "Why" in a real browser: asked network by network, stopped, and told in words beside its pictures."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import CAT, Open, choose, settled
from tests.toy import toy_ids

pytestmark = pytest.mark.browser


def open_tab(page: Any) -> Any:
    page.get_by_role("tab", name="Why").click()
    page.wait_for_selector(".zoo-why-all", state="visible")
    return page.locator("#why")


def pin(page: Any) -> None:
    page.locator(f"[data-id={toy_ids()[0]}] .zoo-surface").click(position={"x": 60, "y": 40})


def ask(page: Any) -> None:
    page.locator("#why").get_by_role("button", name=re.compile("^Ask ")).click()
    settled(page)  # what was answered earlier is no answer to this
    page.wait_for_function("() => document.querySelectorAll('.zoo-why-figures figure').length === 5")
    page.wait_for_function("() => document.querySelector('.zoo-why-stop').hidden")


def test_every_network_tells_where_its_label_comes_from(page: Any) -> None:
    tab = open_tab(page)
    tab.get_by_text("Click a pixel in any panel").wait_for()
    assert tab.get_by_role("button", name="Ask the networks").is_disabled()
    pin(page)
    ask(page)
    words = [text.replace("\xa0", " ") for text in tab.locator("figure p").all_inner_texts()]
    assert len(words) == 5 and all("half within" in text and "of the diagonal" in text for text in words)
    lead = tab.locator(".zoo-lead").inner_text()
    assert "decided from" in lead and lead.endswith("That far reaches 90\xa0% of its map.")
    assert all(title in lead for title in ("FCN", "PSPNet", "DeepLabV3+", "SETR", "SegFormer"))
    assert tab.locator("tbody tr").count() == 5
    painted = page.evaluate(
        """() => [...document.querySelectorAll('.zoo-why-figures .zoo-map')].map((canvas) =>
            new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size)"""
    )
    assert all(colours > 20 for colours in painted)


def test_another_pixel_or_kind_makes_the_pictures_old_until_asked_again(page: Any) -> None:
    tab = open_tab(page)
    pin(page)
    ask(page)
    tab.locator(".zoo-bar label:has(input[value=rollout])").click()
    settled(page)
    assert tab.locator(".zoo-why-figures.stale").count() == 1
    tab.get_by_role("button", name="Ask again").click()
    page.wait_for_function(
        """() => [...document.querySelectorAll('.zoo-why-figures p')].every(
            (p) => p.textContent.startsWith('Cannot say'))"""
    )
    assert tab.locator(".zoo-why-figures.stale").count() == 0


def test_a_question_can_be_stopped_and_the_page_goes_on(visit: Open, toy: str, slow_photo: Path) -> None:
    page = visit(toy)
    choose(page, slow_photo)
    tab = open_tab(page)
    pin(page)
    tab.get_by_role("button", name="Ask the networks").click()
    tab.get_by_role("button", name="Stop").click()
    settled(page)
    assert tab.get_by_text("Not asked.").count() >= 4
    assert tab.get_by_role("button", name="Ask the networks").is_enabled()


def test_another_photo_takes_the_pictures_away(page: Any) -> None:
    tab = open_tab(page)
    tab.locator(".zoo-bar label:has(input[value=field])").click()
    pin(page)
    ask(page)
    choose(page, CAT.with_name("pavilion.jpg"))
    page.wait_for_function("() => !document.querySelector('.zoo-why-figures figure')")
    assert tab.locator("tbody tr").count() == 0 or not tab.locator("table").is_visible()

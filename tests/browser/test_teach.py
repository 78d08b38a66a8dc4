"""What a newcomer learns: what each network is, where to begin, and a tour."""

import re
from typing import Any

import pytest

from tests.browser.conftest import DESKTOP, PHONE, Open, compared, filled

pytestmark = pytest.mark.browser
ABOVE_THE_TOUR = """() => {
    const place = (one) => document.querySelector(one)?.getBoundingClientRect();
    const [marked, tour] = [place(".zoo-toured"), place(".zoo-tour")];
    return marked?.bottom > 0 && marked.top >= 0 && Math.min(marked.bottom, marked.top + 60) <= tour.top;
}"""
HAS_FOCUS = "selector => document.activeElement?.matches(selector) ?? false"


@pytest.fixture(scope="module")
def page(shared_visit: Open, toy: str) -> Any:
    page = shared_visit(toy, "?example=cat")
    filled(page)
    compared(page)
    return page


@pytest.mark.parametrize("name", ["FCN", "PSPNet", "DeepLabV3+", "SETR", "SegFormer"])
def test_a_networks_name_opens_what_it_is(page: Any, name: str) -> None:
    title = page.locator(".zoo-card").get_by_role("button", name=name, exact=True)
    title.focus()
    page.keyboard.press("Enter")
    card = page.locator("dialog.zoo-about-card")
    card.get_by_role("heading", name=name).wait_for()
    sketch = card.get_by_role("img")
    assert sketch.get_attribute("aria-label") and sketch.locator("rect, polyline, path").count() > 5
    assert "Look for." in card.inner_text()
    assert card.get_by_role("link").get_attribute("href").startswith("https://arxiv.org/abs/")
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    assert title.evaluate("node => node === document.activeElement")


def test_questions_to_begin_with_lead_to_their_answers(page: Any) -> None:
    page.get_by_role("button", name="CNNs against transformers?").click()
    page.wait_for_selector(".zoo-differ input[value=split]:checked", state="attached")
    page.locator(".zoo-differ-main").wait_for()
    page.get_by_role("button", name="Who is confidently wrong?").click()
    page.wait_for_selector(".zoo-differ input[value=conflict]:checked", state="attached")
    page.get_by_role("button", name="Where are they unsure?").click()
    page.wait_for_selector("input[name=zoo-view][value=uncertainty]:checked", state="attached")
    page.locator(".zoo-hide output").filter(has_text=re.compile(r"^(0\.69|1\.39|2\.08|2\.77) nats$")).wait_for()
    shares = [float(text.split()[0]) for text in page.locator(".zoo-hides:visible").all_inner_texts()]
    assert len(shares) == 5 and 20 <= sum(shares) / 5 < 100, shares
    page.get_by_text("What is entropy?").click()
    page.get_by_text("the network hesitates, not that it is wrong").wait_for()
    page.keyboard.press("o")


def test_the_command_that_does_the_same_can_be_copied(page: Any) -> None:
    page.get_by_role("tab", name="Statistics").click()
    assert page.locator("#statistics code").inner_text().startswith("python -m demo segment examples/cat.png -m ")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_tour_is_offered_once_and_does_what_it_tells(visit: Open, toy: str, size: dict[str, int]) -> None:
    page = visit(toy, new=True, viewport=size)
    page.locator(".zoo-example").first.click()
    tour = page.locator(".zoo-tour")
    page.get_by_role("button", name="Take the tour").click()
    shown = (
        "input[name=zoo-view][value=overlay]:checked",
        ".zoo-class[aria-pressed=true]",
        "input[name=zoo-view][value=uncertainty]:checked",
        "#pixel [data-models='5']",
        ".zoo-differ input[value=votes]:checked",
    )
    for number, place in enumerate(shown, 1):
        tour.get_by_text(f"{number} of 5.").wait_for()
        page.wait_for_selector(place, state="attached")
        page.wait_for_function(HAS_FOCUS, arg=".zoo-tour .zoo-first")
        page.wait_for_function(ABOVE_THE_TOUR)
        page.keyboard.press("Enter")
    tour.wait_for(state="hidden")
    page.wait_for_function(HAS_FOCUS, arg=".zoo-surface")
    assert page.locator(".zoo-class[aria-pressed=true], .zoo-toured").count() == 0
    page.reload()
    page.wait_for_selector("[data-ready=yes]", state="attached")
    filled(page)
    compared(page)
    assert tour.is_hidden()


def test_a_tour_can_be_left_at_any_step(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=cat", new=True)
    filled(page)
    page.get_by_role("button", name="Take the tour").click()
    page.locator(".zoo-tour").get_by_text("1 of 5.").wait_for()
    page.keyboard.press("Escape")
    page.locator(".zoo-tour").wait_for(state="hidden")


def test_on_a_phone_the_examples_come_before_the_input(visit: Open, toy: str) -> None:
    page = visit(toy, viewport=PHONE)
    assert page.locator(".zoo-example").first.bounding_box()["y"] < page.locator("#photo").bounding_box()["y"]

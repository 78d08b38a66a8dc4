"""Several runs at once: what comes second waits for its turn, says so, and can be stopped."""

from pathlib import Path
from typing import Any

import pytest

from demo.images import open_image
from demo.page.examples import examples
from tests.browser.conftest import Open, filled
from tests.toy import SLOW_WIDTH

pytestmark = pytest.mark.browser
EXAMPLES = Path(__file__).parents[2] / "examples"


def begin(page: Any, photo: Path) -> None:
    page.set_input_files("#photo input[type=file]", str(photo))
    page.wait_for_selector("[data-id=fcn-compact] .zoo-class")


def size_shown(page: Any) -> str:
    return str(page.locator("[data-id=photo] .zoo-fact").inner_text())


def test_a_photo_that_comes_during_a_run_is_segmented_after_it(visit: Open, toy: str, slow_photo: Path) -> None:
    page = visit(toy)
    begin(page, slow_photo)
    page.set_input_files("#photo input[type=file]", str(EXAMPLES / "pavilion.jpg"))
    page.wait_for_function("() => document.querySelector('[data-id=photo] .zoo-fact')?.innerText.includes('640 × 427')")
    filled(page)
    assert page.locator("#go").inner_text() == "Segment" and page.locator("#go").is_enabled()
    assert page.locator("#stop").is_hidden()


def test_whoever_waits_for_another_visitor_is_told_and_may_stop(visit: Open, toy: str, slow_photo: Path) -> None:
    first, second = visit(toy), visit(toy)
    begin(first, slow_photo)
    second.locator(".zoo-example").first.click()
    second.wait_for_function("() => document.querySelector('#go')?.innerText.startsWith('Waiting for its turn')")
    assert second.locator("#go").is_disabled()
    second.locator("#stop").click()
    second.wait_for_function("() => document.querySelector('#go')?.innerText === 'Segment'")
    assert second.locator("#stop").is_hidden()
    second.locator("#go").click()
    filled(second)
    assert second.locator("#go").inner_text() == "Segment"
    assert size_shown(first).startswith(f"{SLOW_WIDTH} × ") and not size_shown(second).startswith(str(SLOW_WIDTH))
    filled(first)


def test_the_address_names_the_example_that_is_shown(visit: Open, toy: str) -> None:
    page = visit(toy)
    for number in (1, 2):
        page.locator(".zoo-example-buttons button").nth(number).dispatch_event("click")
    last = examples()[2]
    height, width = open_image(last.path).shape[:2]
    page.wait_for_function(
        "text => document.querySelector('[data-id=photo] .zoo-fact')?.innerText.includes(text)",
        arg=f"{width} × {height}",
    )
    filled(page)
    page.wait_for_url(f"**example={last.name}**")


def test_a_stop_ends_also_what_waits_and_segment_begins_anew(visit: Open, toy: str, slow_photo: Path) -> None:
    page = visit(toy)
    streams = set[Any]()  # of events, open
    page.on("request", lambda one: streams.add(one) if "/queue/data" in one.url else None)
    for end in ("requestfinished", "requestfailed"):
        page.on(end, lambda one: streams.discard(one))
    begin(page, slow_photo)
    page.locator(".zoo-example-buttons button").nth(1).click()
    page.wait_for_function("() => document.querySelector('#photo img').src.includes('coffee')")
    page.locator("#stop").click()
    page.wait_for_selector(".zoo-status.stopped")
    page.wait_for_selector("#stop", state="hidden")
    for _ in range(600):  # until the network that worked when Stop was pressed has ended
        if not streams:
            break
        page.wait_for_timeout(100)
    assert not streams
    assert size_shown(page).startswith(f"{SLOW_WIDTH} × ") and page.locator("#stop").is_hidden()
    page.locator("#go").click()
    page.wait_for_url("**example=coffee**")
    filled(page)


def test_segment_pressed_right_after_stop_segments(visit: Open, toy: str, slow_photo: Path) -> None:
    page = visit(toy)
    begin(page, slow_photo)
    page.evaluate(
        """async () => {
          document.querySelector('#stop').click();
          while (!document.querySelector('#go')) await new Promise((done) => requestAnimationFrame(done));
          document.querySelector('#go').click();
        }"""
    )
    filled(page)


def test_after_several_stops_and_choices_the_last_photo_is_segmented(visit: Open, toy: str, slow_photo: Path) -> None:
    page = visit(toy)
    begin(page, slow_photo)
    for number in (0, 1):
        page.locator(".zoo-example-buttons button").nth(number).dispatch_event("click")
        page.evaluate("document.querySelector('#stop')?.click()")
    page.locator(".zoo-example-buttons button").nth(2).dispatch_event("click")
    page.wait_for_url("**example=clock**")
    filled(page)
    page.wait_for_selector("#go:has-text('Segment')")
    page.locator(".zoo-example-buttons button").nth(3).dispatch_event("click")
    page.wait_for_url("**example=room**")
    filled(page)


UNHEARD = """
const ask = window.fetch;
window.fetch = (input, options) =>
  `${input.url ?? input}`.includes("/component_server") && `${options?.body}`.includes('"stop"')
    ? Promise.resolve(new Response("null"))
    : ask(input, options);
"""


def test_a_stop_that_the_server_does_not_answer_is_told(visit: Open, toy: str, slow_photo: Path) -> None:
    page = visit(toy, script=UNHEARD)
    begin(page, slow_photo)
    page.locator("#stop").click()
    page.wait_for_selector(".zoo-notice:has-text('its networks may go on until they have answered')")
    page.wait_for_selector(".zoo-status.stopped")

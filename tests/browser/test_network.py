"""A slow network: replies and messages that come late, or in another order than on one's own machine."""

from pathlib import Path

import pytest

from tests.browser.conftest import Open, filled, forget_filled

pytestmark = pytest.mark.browser

LATE = """
const ask = window.fetch, later = (ms) => new Promise((done) => setTimeout(done, ms));
window.fetch = async (input, options) => {
  const reply = await ask(input, options), path = new URL(input.url ?? input, location.href).pathname;
  if (path.endsWith("/queue/join")) await later(JOIN);
  if (!path.endsWith("/queue/data")) return reply;
  window.streams = (window.streams ?? 0) + 1;
  const ended = () => { window.streams--; };
  const slow = new TransformStream({
    async transform(chunk, out) { await later(MESSAGE); out.enqueue(chunk); }, flush: ended, cancel: ended,
  });
  return new Response(reply.body.pipeThrough(slow), { headers: reply.headers });
};
"""


def late(*, join: int = 0, message: int = 0) -> str:
    """A script for a page whose replies to being asked, or whose messages, come that many milliseconds late."""
    return LATE.replace("JOIN", str(join)).replace("MESSAGE", str(message))


def test_answers_that_come_before_the_reply_to_their_asking_are_shown(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=cat&models=segformer-b0", script=late(join=800))
    filled(page, 1)
    assert page.locator("#go").inner_text() == "Segment" and page.locator("#go").is_enabled()


def test_a_click_that_overtakes_the_end_of_the_last_run_is_answered(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=cat&models=fcn-compact", script=late(message=400))
    filled(page, 1)
    for number, name in enumerate(("sheep", "coffee", "clock")):
        forget_filled(page)
        page.locator(".zoo-example-buttons button").nth(number).dispatch_event("click")
        page.wait_for_url(f"**example={name}**")
        filled(page, 1)


OVERTAKEN = """
const ask = window.fetch;
let asking = 0;
window.fetch = async (input, options) => {
  if (!new URL(input.url ?? input, location.href).pathname.endsWith("/queue/join")) return ask(input, options);
  if (!asking++) await new Promise((done) => setTimeout(done, 500));
  try { return await ask(input, options); } finally { asking--; }
};
"""
"""A request to join the queue comes to the server after those that were made while it was under way."""


def test_of_two_photos_chosen_in_a_row_the_later_one_stays(visit: Open, toy: str) -> None:
    page = visit(toy, script=OVERTAKEN)
    for number in (0, 1, 2):
        page.locator(".zoo-example-buttons button").nth(number).dispatch_event("click")
    page.wait_for_url("**example=clock**")
    filled(page)
    page.wait_for_selector("#go:has-text('Segment')")
    assert "example=clock" in page.url and "800 × 600" in page.locator("[data-id=photo] .zoo-fact").inner_text()


def test_a_stop_that_overtakes_the_first_answer_leaves_no_panel_waiting(
    visit: Open, toy: str, slow_photo: Path
) -> None:
    page = visit(toy, script=late(message=400))
    page.set_input_files("#photo input[type=file]", str(slow_photo))
    page.locator("#stop").click()
    page.wait_for_function("window.streams === 0")  # what was under way has come
    assert page.locator(".zoo-status.queued, .zoo-status.loading, .zoo-status.running").count() == 0
    assert page.locator("#go").is_enabled() and page.locator("#stop").is_hidden()
    page.locator("#go").click()
    filled(page)


LATE_ANSWERS = """
const ask = window.fetch;
window.fetch = async (input, options) => {
  const reply = await ask(input, options);
  if (`${input.url ?? input}`.includes("/component_server")) {
    await new Promise((done) => setTimeout(done, 1500));
    window.answered = (window.answered ?? 0) + 1;
  }
  return reply;
};
"""


def test_what_is_said_of_a_pixel_of_the_last_photo_is_not_shown_with_the_next_one(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=cat&models=fcn-compact", script=LATE_ANSWERS)
    filled(page, 1)
    page.wait_for_function("window.answered >= 1")  # what the networks say together
    with page.expect_request(lambda request: "/component_server" in request.url):  # a moment after the click
        page.locator("[data-id=fcn-compact] .zoo-surface").click()
    page.locator(".zoo-example-buttons button").nth(2).dispatch_event("click")
    page.wait_for_url("**example=clock**")
    page.wait_for_function("window.answered >= 3")
    assert page.locator(".zoo-lead").first.inner_text().startswith("Click a pixel")
    assert page.locator("#pixel .zoo-answer").count() == 0


def test_a_link_whose_last_network_fails_leaves_the_address_bar_alive(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=cat&models=fcn-r101,setr-naive-vit-l&x=100&y=50")
    page.wait_for_selector(".zoo-status.failed")
    page.wait_for_selector("[data-models='1']")
    page.keyboard.press("l")
    page.wait_for_url("**view=labels**")
    page.locator(".zoo-example-buttons button").nth(2).dispatch_event("click")
    page.wait_for_url("**example=clock**")
    assert "x=" not in page.url

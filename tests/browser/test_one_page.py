"""A run that was taken away as one file: opened from disk, with the network off, it keeps what the panels do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.export import read_photo
from demo.models.zoo import Answer
from demo.page.one_page import one_page
from tests.browser.conftest import CAT, DESKTOP, PHONE, Open, choose, compared, settled
from tests.toy import foreign, toy_ids, toy_zoo

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def answers() -> list[Answer]:
    image = read_photo(CAT).image
    return [answer for answer in toy_zoo().stream(image, "compact") if isinstance(answer, Answer)]


@pytest.fixture(scope="module")
def file(answers: list[Answer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("taken") / "cat.html"
    path.write_bytes(one_page(read_photo(CAT), answers, computed="CPU, float32"))
    return path


@pytest.fixture
def alone(chromium: Any, file: Path) -> Iterator[Any]:
    """The file opened from disk without any network; afterwards: nothing was asked for and nothing went wrong."""
    context = chromium.new_context(viewport=DESKTOP, offline=True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(f"console: {m.text}") if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(f"page: {error}"))
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else wrong.append(r.url))
    page.goto(file.as_uri())
    page.wait_for_selector("[data-done='5']", state="attached")
    settled(page)
    yield page
    context.close()
    assert wrong == []


def test_sets_without_a_word_in_common_cannot_say_how_far_they_agree(
    chromium: Any, answers: list[Answer], tmp_path: Path
) -> None:
    """And are not told to agree least."""
    file = tmp_path / "foreign.html"
    file.write_bytes(one_page(read_photo(CAT), [foreign(answers[0]), *answers[1:3]]))
    page = chromium.new_page(viewport=DESKTOP)
    page.goto(file.as_uri())
    page.locator("#tab-differ-button").click()
    page.wait_for_selector(".zoo-pair")
    first, second, third = page.locator(".zoo-pair").all_inner_texts()
    assert "cannot say" in first and "cannot say" in second and "%" in third
    assert "have no word in common" in page.locator(".zoo-pair").first.get_attribute("title")
    assert "agree most" not in page.locator("#differ").inner_text()
    page.close()


def hover(page: Any, model: str, x: float, y: float) -> None:
    box = page.locator(f"[data-id={model}] .zoo-surface").bounding_box()
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    settled(page)


def test_every_network_says_its_class_under_the_pointer(alone: Any, answers: list[Answer]) -> None:
    names = answers[0].posterior.class_set.names
    hover(alone, toy_ids()[1], 0.3, 0.4)
    said = alone.locator("[data-id=photo] .zoo-tip").inner_text()
    x, y = (int("".join(filter(str.isdigit, part))) for part in said.split(","))
    for answer in answers:
        tip = alone.locator(f"[data-id={answer.spec.id}] .zoo-tip").inner_text()
        assert tip == names[answer.prediction.label_map[y, x]]


def test_a_click_tells_the_five_likeliest_of_every_network_at_the_point_it_names(
    alone: Any, answers: list[Answer]
) -> None:
    alone.locator(f"[data-id={toy_ids()[0]}] .zoo-surface").click(position={"x": 90, "y": 60})
    alone.wait_for_selector(".zoo-pixel[data-models='5']")
    lead = alone.locator(".zoo-pixel .zoo-lead").inner_text()
    x, y = (int(part.split()[-1]) for part in lead.split(":")[0].split(","))
    for number, answer in enumerate(answers):
        card = alone.locator(".zoo-answer").nth(number)
        assert card.locator("h3").inner_text() == answer.spec.title
        exact = sorted(answer.posterior.at(y, x), reverse=True)[:5]
        shown = [float(text.removesuffix("%")) / 100 for text in card.locator("li b").all_inner_texts()]
        assert shown == pytest.approx(exact, abs=0.02)  # the photo is a little finer than the grid
    assert "on a grid of 160 × 106 points" in alone.locator("#pixel").inner_text()


def test_legends_isolate_the_swipe_compares_and_the_tabs_change(alone: Any) -> None:
    first = alone.locator(f"[data-id={toy_ids()[0]}] .zoo-class").first
    first.click()
    alone.wait_for_selector(f"[data-id={toy_ids()[0]}] .zoo-class[aria-pressed=true]")
    alone.keyboard.press("Escape")
    alone.keyboard.press("c")
    alone.wait_for_selector(".zoo-stage .zoo-surface")  # what is not seen yet takes no focus
    divider = alone.locator(".zoo-divider")
    divider.press("Home")
    divider.press("ArrowRight")
    settled(alone)
    assert float(divider.input_value()) < 20
    alone.keyboard.press("o")
    alone.get_by_role("tab", name="Where they differ").click()
    headline = alone.locator(".zoo-headline").inner_text()
    assert headline.endswith(".") and "%" in headline and alone.locator(".zoo-differ-list").is_visible()
    for name in ("Split", "Conflict", "Majority", "Together"):
        alone.locator(f"#differ input[value={name.lower()}]").check()
        alone.wait_for_function(
            f"() => document.querySelector('#differ .zoo-surface').getAttribute('aria-label').startsWith('{name}')"
        )
    assert alone.locator(".zoo-figure").is_hidden()


def test_it_fits_a_phone(chromium: Any, file: Path) -> None:
    page = chromium.new_page(viewport=PHONE)
    page.goto(file.as_uri())
    page.wait_for_selector("[data-done='5']", state="attached")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_the_page_hands_it_over(visit: Open, toy: str, tmp_path: Path) -> None:
    page = visit(toy)
    choose(page, CAT)
    compared(page)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download as one page").click()
    assert taken.value.suggested_filename == "cat.html"
    taken.value.save_as(tmp_path / "cat.html")
    content = (tmp_path / "cat.html").read_bytes()
    assert content.startswith(b"<!doctype html>") and len(content) < 5_000_000

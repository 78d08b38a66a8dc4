"""The page of a study in a real browser: from disk, offline, printed, on a phone, with names that want to be code."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.images import write_text
from demo.study import claims_report, stress
from demo.study.pictures import pictures
from demo.study.study_page import Further, html
from demo.study.tables import tables
from tests.browser.conftest import DESKTOP, PHONE, ROOT
from tests.study.photos import make_dataset
from tests.study.test_study_page import HOSTILE, hostile_page
from tests.study.toy_records import toy_detail, toy_records
from tests.toy import toy_ids, toy_zoo

pytestmark = pytest.mark.browser
LOOKS: list[dict[str, Any]] = [{}, {"color_scheme": "dark"}, {"forced_colors": "active"}, {"viewport": PHONE}]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    names = tuple(f"photo{number}.jpg" for number in range(30))
    details = {place: toy_detail(place, len(names)) for place in range(len(names))}
    path = tmp_path_factory.mktemp("report") / "study.html"
    shown = pictures((place, ROOT / "examples/cat.png") for place in range(len(names)))
    write_text(path, html(tables(toy_records(names, truth=True)), Further(shown, details)))
    return path


@pytest.fixture
def opened(chromium: Any) -> Iterator[Any]:
    """opened(path) -> the page, offline; afterwards: nothing was asked for, nothing failed."""
    contexts, problems = [], []

    def go(path: Path, **options: Any) -> Any:
        context = chromium.new_context(**{"viewport": DESKTOP, "offline": True} | options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: problems.append(m.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda r: problems.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
        page.goto(path.as_uri())
        return page

    yield go
    for context in contexts:
        context.close()
    assert problems == []


def test_no_name_runs_anything(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "study.html"
    write_text(path, hostile_page())
    page = opened(path)
    for name in page.locator("h3.name").all():
        name.hover()
    assert page.evaluate("window.ran") is None
    told = page.locator("h3.name").all_text_contents()
    assert set(told) == set(HOSTILE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "forced colours", "phone"])
def test_axe_finds_nothing(chromium: Any, opened: Any, plain: Path, look: dict[str, Any]) -> None:
    axe = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("axe-core is not installed here: npm ci")
    page = opened(plain, **look)
    page.evaluate(axe.read_text())
    found = page.evaluate("async () => (await axe.run()).violations.map((v) => [v.id, v.nodes[0].html])")
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_click_sorts_and_a_link_leads_to_the_photos_own_section(opened: Any, plain: Path) -> None:
    page = opened(plain)
    table = page.locator("#photos table")
    table.get_by_role("button", name="Conflict").click()
    column = [float(text) for text in table.locator("tbody td:nth-child(4)").all_text_contents()]
    assert column == sorted(column, reverse=True)
    link = table.locator("tbody a").first
    name = link.text_content()
    link.click()
    assert page.locator("article:target h3").text_content() == name


def test_it_prints_on_a4(opened: Any, plain: Path, tmp_path: Path) -> None:
    content = opened(plain).pdf(prefer_css_page_size=True)
    boxes = set(re.findall(rb"/MediaBox \[([^\]]*)\]", content))
    assert content.startswith(b"%PDF") and len(boxes) == 1
    width, height = map(float, boxes.pop().split()[2:])
    assert (width, height) == pytest.approx((595, 842), abs=1)
    assert b"/Subtype /Image" in content, "pictures that nobody has scrolled to are printed too"


def test_the_pages_of_sentences_and_of_stress_fit_a_phone(opened: Any, tmp_path: Path) -> None:
    photos = make_dataset(tmp_path / "set", 2)
    claims_report([photos], toy_ids(), toy_zoo(), tmp_path / "claims", resamples=50)
    stress([photos], toy_ids(), toy_zoo(), tmp_path / "stress", kinds=["contrast"], severities=[5], resamples=50)
    for name in ("claims", "stress"):
        page = opened(tmp_path / name / f"{name}.html", viewport=PHONE)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

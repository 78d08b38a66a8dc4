"""Fetching the paper's files from the page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Open, serve

pytestmark = pytest.mark.browser
NOTE = "document.querySelector('#set-note').innerText"


@pytest.fixture
def without_files(tmp_path: Path) -> Iterator[str]:
    """The page of an installation to which a fetch brings the paper's files."""
    (tmp_path / "checkpoints").mkdir()
    yield from serve(["-m", "tests.browser.toy_app", str(tmp_path / "checkpoints")], tmp_path)


def test_a_fetch_tells_how_far_it_is_and_leaves_the_choice_of_a_set_alone(without_files: str, visit: Open) -> None:
    page = visit(without_files, "?set=paper")
    page.wait_for_function(f"() => {NOTE}.includes('5 of 5 files are not on this machine')")
    page.locator("#fetch").click()
    page.wait_for_function("() => document.querySelector('#fetch-progress').innerText.includes('10 of 100 MB')")
    page.get_by_label("Compact", exact=True).check()
    page.wait_for_function(f"() => {NOTE}.includes('trained for this project')")
    page.wait_for_function("() => document.querySelector('#fetch-progress').innerText.includes('All files are here')")
    assert page.get_by_label("Compact", exact=True).is_checked() and page.locator("#cancel-fetch").is_hidden()
    page.get_by_label("Paper", exact=True).check()
    page.wait_for_function(f"() => {NOTE}.includes('as MMSegmentation publishes them')")
    page.locator("#fetch").wait_for(state="hidden")


def test_once_its_files_are_there_the_set_says_so(without_files: str, visit: Open) -> None:
    page = visit(without_files, "?set=paper")
    page.locator("#fetch").click()
    page.wait_for_function("() => document.querySelector('#fetch-progress').innerText.includes('All files are here')")
    page.wait_for_function(f"() => !{NOTE}.includes('not on this machine')")
    page.locator("#cancel-fetch").wait_for(state="hidden")
    page.locator("#fetch").wait_for(state="hidden")
    assert "as MMSegmentation publishes them" in page.locator("#set-note").inner_text()

"""Fetching the paper's files from the page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import ROOT, Open, serve

pytestmark = pytest.mark.browser
PHOTO = ROOT / "examples" / "cat.png"
NOTE = "document.querySelector('#set-note').innerText"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="module")
def served(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve(["-m", "tests.browser.toy_app", str(folder)], tmp_path_factory.mktemp("fetching"))


@pytest.fixture
def without_files(served: str, folder: Path) -> str:
    """The page of an installation to which a fetch brings the paper's files."""
    for file in folder.iterdir():
        file.unlink()
    return served


def test_a_fetch_tells_how_far_it_is_and_leaves_the_choice_of_a_set_alone(without_files: str, visit: Open) -> None:
    page = visit(without_files, "?set=paper")
    page.wait_for_function(f"() => {NOTE}.includes('5 of 5 files are not on this machine')")
    page.locator("#fetch").click()
    page.wait_for_function("() => document.querySelector('#fetch-progress').innerText.includes('10 of 100 MB')")
    page.get_by_label("Compact", exact=True).check()
    page.wait_for_function(f"() => {NOTE}.includes('trained for this project')")
    page.wait_for_function("() => document.querySelector('#fetch-progress').innerText.includes('All files are here')")
    assert page.get_by_label("Compact", exact=True).is_checked()
    page.locator("#cancel-fetch").wait_for(state="hidden")
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


def test_a_fetch_that_fails_is_one_sentence_and_the_panels_go_on(without_files: str, visit: Open, folder: Path) -> None:
    (folder / "refused").touch()
    page = visit(without_files, "?set=paper")
    page.wait_for_function("() => document.querySelector('#set-note').innerText.includes('not on this machine')")
    page.set_input_files("#photo input[type=file]", str(PHOTO))
    page.locator("[data-id=setr-naive-vit-l] .zoo-status.failed").wait_for()
    page.locator("#fetch").click()
    told = page.locator("#fetch-progress .zoo-unfetched")
    told.wait_for()
    assert told.inner_text().startswith("Paper could not be fetched; going on with Compact. No home delivered fcn_")
    assert str(folder) not in told.inner_text() and "example.org" not in told.inner_text()
    folded = page.locator("#fetch-progress details")
    assert folded.get_attribute("open") is None
    folded.locator("summary").click()
    assert folded.locator("li").all_inner_texts() == [
        "example.org: it refused the connection",
        f"The folder: {folder}",  # this visitor sits at the machine
    ]
    page.locator("[data-id=setr-compact] .zoo-class").first.wait_for()
    assert page.locator("[data-id=setr-naive-vit-l]").count() == 0

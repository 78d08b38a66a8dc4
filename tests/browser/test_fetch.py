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


@pytest.fixture
def fetching(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """The page of a host that fetches the paper set at the start, and the folder the files come to."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    monkeypatch.setenv("SEGMENTATION_ZOO_FETCH", "paper")
    for address in serve(["-m", "tests.browser.fetching_app", str(folder)], tmp_path):
        yield address, folder


def test_what_the_host_fetches_at_the_start_is_told_and_is_the_default_then(
    fetching: tuple[str, Path], visit: Open
) -> None:
    address, folder = fetching
    page = visit(address)
    progress = "document.querySelector('#fetch-progress').innerText"
    page.wait_for_function(f"() => {progress}.includes('FCN (1 of 5): 10 of 100 MB')")
    assert page.get_by_label("Compact", exact=True).is_checked()
    (folder / "go").touch()
    page.wait_for_function(f"() => {progress}.includes('All files are here')")
    assert page.get_by_label("Compact", exact=True).is_checked(), "who is here already keeps what was chosen"
    later = visit(address)
    later.wait_for_function("() => document.querySelector('#model-set input[value=paper]').checked")
    later.wait_for_function(f"() => {NOTE}.includes('as MMSegmentation publishes them')")
    assert later.locator("#fetch-progress").inner_text() == ""

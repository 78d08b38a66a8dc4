"""The tab Study in a real browser: rows arrive, sort, open; cancel; a zip; report and data; others in between."""

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.study.records import records
from tests.browser.conftest import DESKTOP, PHONE, ROOT, Open, choose, serve, wait_until
from tests.browser.test_photos import drop, some_photos, until_shown

pytestmark = pytest.mark.browser
ROWS = "n => document.querySelectorAll('.zoo-study tbody tr').length === n"
FILES = ".zoo-study input[type=file]"


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page of this module's own: its studies take the networks for seconds."""
    yield from serve(["-m", "tests.browser.toy_app"], tmp_path_factory.mktemp("toys"))


def at_tab(visit: Open, address: str, **options: Any) -> Any:
    page = visit(address, **options)
    page.get_by_role("button", name="Study them together").click()
    page.locator(".zoo-study-drop").wait_for()
    return page


def studied(page: Any, paths: list[Path], rows: int) -> None:
    page.set_input_files(FILES, [str(path) for path in paths])
    page.wait_for_function(ROWS, arg=rows)
    page.locator(".zoo-study-drop").wait_for()


def saved(page: Any, button: str) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return Path(waiting.value.path())


def test_rows_arrive_sort_and_open(visit: Open, toys: str, tmp_path: Path) -> None:
    page = at_tab(visit, toys)
    bad = tmp_path / "notes.png"
    bad.write_bytes(b"%PDF-1.7")
    studied(page, [*some_photos(tmp_path, 4), bad], 4)
    assert "notes.png is a PDF" in page.locator(".zoo-study-faults").inner_text()
    page.locator(".zoo-study th button", has_text="Agree").click()
    page.wait_for_selector(".zoo-study th[aria-sort=descending]:has-text('Agree')")
    cells = page.locator(".zoo-study tbody td:nth-child(2)")

    def shares() -> list[float]:
        return [float(text.split()[0]) for text in cells.all_inner_texts()]

    wait_until(lambda: shares() == sorted(shares(), reverse=True), lambda: f"the rows are {shares()}", 20)
    page.locator(".zoo-study tbody button", has_text="photo-3").click()
    until_shown(page, "photo-3.png")
    page.wait_for_selector(".zoo-study tr[aria-current=true]:has-text('photo-3')")


def test_the_report_and_the_data_are_taken_away(visit: Open, toys: str, tmp_path: Path) -> None:
    page = at_tab(visit, toys)
    studied(page, some_photos(tmp_path, 3), 3)
    report = saved(page, "Report (HTML)").read_text("utf-8")
    assert "Which of these for my photos?" in report and "photo-2.png" in report
    with zipfile.ZipFile(saved(page, "Data (zip)")) as archive:
        archive.extract("study.sqlite", tmp_path)
        rows = list(csv.DictReader(io.StringIO(archive.read("answers.csv").decode())))
    assert len(rows) == 15 and records(tmp_path / "study.sqlite").names == ("photo-1.png", "photo-2.png", "photo-3.png")


def test_a_dropped_zip_is_studied_and_its_photos_open(visit: Open, toys: str, tmp_path: Path) -> None:
    page = at_tab(visit, toys)
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for photo in some_photos(tmp_path, 2):
            archive.write(photo, f"holiday/{photo.name}")
    drop(page, [path], ".zoo-study-drop")
    page.wait_for_function(ROWS, arg=2)
    page.locator(".zoo-study tbody button", has_text="holiday/photo-2.png").click()
    until_shown(page, "photo-2.png")


@pytest.mark.parametrize(
    ("name", "said"), [("../out.png", "names a file outside itself"), ("notes.txt", "holds no photo")]
)
def test_a_zip_that_is_refused_is_told_in_a_sentence(
    visit: Open, toys: str, tmp_path: Path, name: str, said: str
) -> None:
    page = at_tab(visit, toys)
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"x")
    page.set_input_files(FILES, str(path))
    page.locator(".zoo-study-message", has_text=said).wait_for()
    assert page.locator(".zoo-study-drop").is_visible()


def test_cancel_keeps_what_is_measured_and_another_visitor_is_answered_meanwhile(
    visit: Open, toys: str, tmp_path: Path, slow_photo: Path
) -> None:
    page, other = at_tab(visit, toys), visit(toys)
    (quick,) = some_photos(tmp_path, 1)
    slow = [tmp_path / f"slow{number}.png" for number in range(12)]  # a minute of networks at least
    for number, path in enumerate(slow):
        path.write_bytes(slow_photo.read_bytes() + bytes([number]))
    page.set_input_files(FILES, [str(quick), *map(str, slow)])
    page.wait_for_function("document.querySelector('.zoo-study tbody tr')")
    choose(other, ROOT / "examples" / "cat.png")  # answered between two networks of the study
    assert page.locator(".zoo-study tbody tr").count() < 13
    page.locator(".zoo-study").get_by_role("button", name="Cancel").click()
    page.locator(".zoo-study-message", has_text="Cancelled: ").wait_for()
    assert page.locator(".zoo-study tbody tr").count() >= 1
    assert "Which of these" in saved(page, "Report (HTML)").read_text("utf-8")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_fits_and_has_no_fault_that_axe_finds(visit: Open, toys: str, tmp_path: Path, viewport: Any) -> None:
    axe = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("axe-core is not installed here: npm ci")
    page = at_tab(visit, toys, viewport=viewport)
    studied(page, some_photos(tmp_path, 2), 2)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate(axe.read_text())
    assert page.evaluate("async () => (await axe.run('.zoo-study')).violations.map((v) => v.id)") == []

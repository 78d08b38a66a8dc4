"""The figure, saved as a visitor saves it and opened again."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.browser.conftest import PHONE, Open, choose

pytestmark = pytest.mark.browser
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"


def a_png(content: bytes) -> bool:
    return Image.open(BytesIO(content)).width == 1440


def an_svg(content: bytes) -> bool:
    return b"<svg" in content and content.count(b"<image") == 12


def a_pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF") and b"/FontFile2" in content


def test_the_figure_is_of_the_measure_that_is_looked_at(visit: Open, toy: str) -> None:
    page = visit(toy)
    choose(page, PHOTO)
    contents = []
    for measure in ("Entropy", "Margin"):
        page.keyboard.press("u")
        page.get_by_label(measure, exact=True).check()
        page.get_by_role("button", name="Figure", exact=True).click()
        dialog = page.get_by_role("dialog", name="Figure")
        assert f"its {measure.lower()} on one scale" in dialog.inner_text()
        dialog.get_by_label("PNG", exact=True).check()
        with page.expect_download() as download:
            dialog.get_by_role("button", name="Download").click()
        contents.append(Path(download.value.path()).read_bytes())
        dialog.get_by_role("button", name="Close").click()
        dialog.wait_for(state="hidden")
    assert contents[0] != contents[1]
    assert all(Image.open(BytesIO(content)).format == "PNG" for content in contents)


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_what_the_panels_show_is_saved_as_a_figure_of_each_kind(visit: Open, toy: str, options: dict[str, Any]) -> None:
    page = visit(toy, **({"viewport": options} if options else {}))
    choose(page, PHOTO)
    page.get_by_role("button", name="Figure", exact=True).click()
    dialog = page.get_by_role("dialog", name="Figure")
    kinds: dict[str, Callable[[bytes], bool]] = {"PNG": a_png, "SVG": an_svg, "PDF": a_pdf}
    dialog.get_by_label("The page's grid").check()
    for kind, fits in kinds.items():
        dialog.get_by_label(kind, exact=True).check()
        with page.expect_download() as download:
            dialog.get_by_role("button", name="Download").click()
        assert download.value.suggested_filename == f"cat-grid.{kind.lower()}"
        assert fits(Path(download.value.path()).read_bytes()), kind
        page.get_by_text(f"cat-grid.{kind.lower()} is saved").wait_for()
    dialog.get_by_label("A slide").check()
    dialog.get_by_label("PNG", exact=True).check()
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "cat-slide.png"
    width, height = Image.open(download.value.path()).size
    assert width > 1.5 * height
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.textContent") == "Figure"

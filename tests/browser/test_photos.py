"""Several photos in one visit: queued, shown again, told in numbers, kept by the browser, and forgotten."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import DESKTOP, PHONE, ROOT, Open, choose, filled, settled, wait_until

pytestmark = pytest.mark.browser
EXAMPLES = ROOT / "examples"
DROP = """
([selector, files]) => {
  const carrier = new DataTransfer();
  for (const [name, bytes] of files) carrier.items.add(new File([new Uint8Array(bytes)], name));
  const event = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: carrier });
  document.querySelector(selector).dispatchEvent(event);
}
"""
DONE = "n => document.querySelectorAll('.zoo-shot[data-status=done]').length === n"


def some_photos(folder: Path, number: int, width: int = 96) -> list[Path]:
    """Small photos of as many different kinds."""
    rng = np.random.default_rng(number)
    paths = []
    for i in range(number):
        blocks = rng.integers(0, 255, (4, 6, 3), np.uint8)
        paths.append(folder / f"photo-{i + 1}.png")
        Image.fromarray(blocks).resize((width, 64), Image.Resampling.NEAREST).save(paths[-1])
    return paths


def drop(page: Any, paths: list[Path], place: str = "#right") -> None:
    page.evaluate(DROP, [place, [[path.name, list(path.read_bytes())] for path in paths]])


def all_done(page: Any, number: int) -> None:
    page.wait_for_function(DONE, arg=number)


def shown(page: Any) -> str:
    """The name of the photo in the panels."""
    return str(page.locator("[data-id=photo] .zoo-surface").get_attribute("aria-label"))


def until_shown(page: Any, name: str) -> None:
    page.wait_for_function(
        "name => document.querySelector('[data-id=photo] .zoo-surface')?.ariaLabel?.includes(name)", arg=name
    )


@pytest.mark.parametrize("place", ["#right", "#photo button"])
def test_photos_dropped_together_are_all_answered_and_a_click_shows_each(
    visit: Open, toy: str, tmp_path: Path, place: str
) -> None:
    page = visit(toy)
    drop(page, some_photos(tmp_path, 4), place)
    all_done(page, 4)
    filled(page)
    assert "photo-1.png" in shown(page)
    facts = page.locator(".zoo-shot-fact").all_inner_texts()
    assert all(fact.startswith("agree on") for fact in facts)
    assert page.locator(".zoo-shot img:visible").count() == 4
    runs: list[str] = []
    page.on("request", lambda r: runs.append(r.post_data) if "/queue/join" in r.url else None)
    page.locator(".zoo-shot", has_text="photo-3").click()
    until_shown(page, "photo-3.png")
    filled(page)
    page.wait_for_selector(".zoo-shot[aria-current=true]:has-text('photo-3')")
    assert page.locator("[data-id=fcn-compact] .zoo-class").count()
    assert not [data for data in runs if '"turn"' in (data or "") and '"path"' not in (data or "")]  # none was run again

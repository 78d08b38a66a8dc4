"""Download in two steps: a plain button has the zip made, then the browser follows a hidden button that holds it.

A download button that makes its file when clicked would hand over the file of the click before.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from demo.errors import DemoError
from demo.export import Further, write_zip
from demo.images import safe_stem
from demo.page.networks import Networks
from demo.page.store import Store
from demo.page.tabs.tab import GONE

if TYPE_CHECKING:
    from demo.render.figures import Kind

KEPT = 3
"""Zips kept of one run, more than can be on their way at once."""
ASK = "(shown) => [shown, JSON.stringify(document.querySelector('[data-ready]')?.taken() ?? {})]"
"""What each tab's script says of the moment."""
FOLLOW = "() => document.querySelector('#file a, a#file, #file button, button#file')?.click()"


def make_zip(
    networks: Networks, store: Store, key: str, name: str, models: Sequence[str], further: Further | None = None
) -> Path:
    """The zip of one run's answers under its photo's name, with what else there is.

    Raises DemoError when there is nothing to put in it.
    """
    run = store.get(key)
    answers = [run.answers[model] for model in models if model in run.answers] if run else []
    if run is None or not answers:
        raise DemoError(GONE if key else "There is nothing to download yet: segment a photo first.")
    folder = run.folder / "zips"
    folder.mkdir(parents=True, exist_ok=True)
    path = Path(mkdtemp(dir=folder)) / f"{safe_stem(name)}.zip"
    zoo = networks.zoo
    photo = run.named(name)
    figures: tuple[Kind, ...] = ("pdf", "png")
    write_zip(path, photo, answers, precision=zoo.precision, device=zoo.device, figures=figures, further=further)
    _keep_newest(folder)
    return path


def _keep_newest(folder: Path) -> None:
    """Let older zips of the run go: they lie in Gradio's own folder once they were handed over."""
    made = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    for older in made[:-KEPT]:
        rmtree(older, ignore_errors=True)

"""Download in two steps: a plain button has the zip made, then the browser follows a hidden button that holds it.

A download button that makes its file when clicked would hand over the file of the click before.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

from demo.errors import DemoError
from demo.export import write_zip
from demo.images import safe_stem
from demo.page.networks import Networks
from demo.page.store import Run, Store
from demo.page.tabs.pixel import GONE

FOLLOW = "() => document.querySelector('#file a, a#file, #file button, button#file')?.click()"


def make_zip(networks: Networks, store: Store, key: str, name: str, models: Sequence[str]) -> Path:
    """The zip of one run's answers under its photo's name. Raises DemoError when there is nothing to put in it."""
    run = store.get(key)
    answers = [run.answers[model] for model in models if model in run.answers] if run else []
    if run is None or not answers:
        raise DemoError(GONE if key else "There is nothing to download yet: segment a photo first.")
    path = Path(mkdtemp(dir=_folder(run))) / f"{safe_stem(name)}.zip"
    return write_zip(path, run.named(name), answers, precision=networks.zoo.precision, device=networks.zoo.device)


def _folder(run: Run) -> Path:
    run.folder.mkdir(parents=True, exist_ok=True)
    return run.folder

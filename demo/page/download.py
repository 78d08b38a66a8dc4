"""Download in two steps: a plain button has the zip made, then the browser follows a hidden button that holds it.

A download button that makes its file when clicked would hand over the file of the click before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from demo.errors import DemoError
from demo.export import Further, write_zip
from demo.images import safe_stem
from demo.page.networks import Networks
from demo.page.one_page import NAME, one_page
from demo.page.store import Run, Store
from demo.page.tabs.tab import GONE

if TYPE_CHECKING:
    from demo.models.zoo import Answer
    from demo.render.figures import Kind

KEPT = 3
"""Downloads kept of one run, more than can be on their way at once."""
ASK = "(shown) => [shown, JSON.stringify(document.querySelector('[data-ready]')?.taken() ?? {})]"
"""What each tab's script says of the moment."""
FOLLOW = "() => document.querySelector('#file a, a#file, #file button, button#file')?.click()"


def make_zip(
    networks: Networks, store: Store, key: str, name: str, models: Sequence[str], further: Further | None = None
) -> Iterator[str | Path]:
    """The zip of one run's answers under its photo's name, with the page as one file and what else there is.

    Yields what is written, a network or a file, and last the zip's path. Raises DemoError when there is nothing to put
    in it.
    """
    run, answers = _answered(store, key, models)
    path = _place(run, f"{safe_stem(name)}.zip")
    zoo = networks.zoo
    figures: tuple[Kind, ...] = ("pdf", "png")
    page = ((NAME, make(networks, run, name, answers)) for make in (_page,))  # made when its turn has come
    everything = Further(further.entries if further else {}, chain(further.files if further else (), page))
    written = write_zip(
        path,
        run.named(name),
        answers,
        precision=zoo.precision,
        device=zoo.device,
        figures=figures,
        further=everything,
    )
    titles = {answer.spec.id: answer.spec.title for answer in answers}
    for subject, _ in groupby(name.partition("/")[0] for name in written):
        yield titles.get(subject, subject)
    yield path


def make_page(networks: Networks, store: Store, key: str, name: str, models: Sequence[str]) -> Path:
    """One run as a page of its own, in one file. Raises DemoError when there is nothing to show in it."""
    run, answers = _answered(store, key, models)
    path = _place(run, f"{safe_stem(name)}.html")
    path.write_bytes(_page(networks, run, name, answers))
    return path


def _page(networks: Networks, run: Run, name: str, answers: Sequence[Answer]) -> bytes:
    return one_page(run.named(name), answers, computed=networks.computed, notes=run.notes)


def _answered(store: Store, key: str, models: Sequence[str]) -> tuple[Run, list[Answer]]:
    """Raises DemoError where there is no answer."""
    run = store.get(key)
    answers = [run.answers[model] for model in models if model in run.answers] if run else []
    if run is None or not answers:
        raise DemoError(GONE if key else "There is nothing to download yet: segment a photo first.")
    return run, answers


def _place(run: Run, name: str) -> Path:
    """Where a file of that name is to be written; older ones go, but for the newest."""
    folder = run.folder / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    path = Path(mkdtemp(dir=folder)) / name
    _keep_newest(folder)
    return path


def _keep_newest(folder: Path) -> None:
    """Let older downloads of the run go: they lie in Gradio's own folder once they were handed over."""
    made = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    for older in made[:-KEPT]:
        rmtree(older, ignore_errors=True)

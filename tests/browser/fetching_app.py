"""A page that fetches at its start: SEGMENTATION_ZOO_FETCH=paper python -m tests.browser.fetching_app FOLDER.

The first file comes once there is a file "go" in the folder.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from demo.models.checkpoints.download import Progress
from demo.page.at_start import wanted
from demo.page.build import build
from demo.page.fetching import Fetching
from demo.page.serve import launch
from demo.schema import Weights
from tests.toy import toy_zoo


def fetch(weights: Weights, folder: Path, sources: object, report: Callable[[Progress], None]) -> Path:
    while not (folder / "go").exists():
        report(Progress(weights.file, "here", 10_000_000, 100_000_000, 1e6))
        time.sleep(0.1)
    (folder / weights.file).touch()
    return folder / weights.file


if __name__ == "__main__":
    folders = [Path(sys.argv[1])]
    page = build(toy_zoo(), checkpoints=folders, fetching=Fetching(folders, fetch), at_start=wanted())
    launch(page)
    page.at_start.begin()
    page.block_thread()

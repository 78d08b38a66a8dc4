"""The page over toy networks, for tests: python -m tests.browser.toy_app [FOLDER].

Photos SLOW_WIDTH wide take a second a network; SETR of the paper set refuses, and the
scores of Segmenter are no logits. A fetch brings empty files to FOLDER, but
none to one that holds a file "refused".
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from demo.errors import FetchError, MissingCheckpointError
from demo.images import Limits
from demo.models.checkpoints.download import Progress
from demo.models.network import Network, Opened
from demo.models.posterior import Posterior
from demo.models.zoo import Zoo
from demo.page.build import build
from demo.page.fetching import Fetching
from demo.page.serve import launch
from demo.schema import Image, ModelSpec, Weights
from tests.toy import SLOW_WIDTH, toy_network

LIMITS = Limits(megapixels=2, megabytes=5)


def load(spec: ModelSpec) -> Network:
    if spec.id == "setr-naive-vit-l":
        raise MissingCheckpointError(f"{spec.title} wants {spec.weights.file}, which a toy has not.")
    network = toy_network(spec)

    def scores(image: Image) -> Posterior:
        if image.shape[1] == SLOW_WIDTH:
            time.sleep(1)
        posterior = network.scores(image)
        if spec.id == "segmenter-compact":  # as a mask classifier answers
            tiles = tuple(replace(tile, scores=tile.scores.exp()) for tile in posterior.tiles)
            return replace(posterior, tiles=tiles, meaning="mixture")
        return posterior

    def opened(image: Image) -> Opened:
        if image.shape[1] == SLOW_WIDTH:
            time.sleep(1)
        assert network.opened
        return network.opened(image)

    return replace(network, scores=scores, opened=opened)


def fetch(weights: Weights, folder: Path, sources: object, report: Callable[[Progress], None]) -> Path:
    report(Progress(weights.file, "here", 10_000_000, 100_000_000, 1e6))
    if (folder / "refused").exists():
        raise FetchError("No source had it.", [(f"https://example.org/{weights.file}", "it refused the connection")])
    time.sleep(0.5)
    (folder / weights.file).touch()
    return folder / weights.file


if __name__ == "__main__":
    folders = [Path(name) for name in sys.argv[1:]]
    zoo = Zoo(device="cpu", load=load)
    page = build(zoo, limits=LIMITS, checkpoints=folders, fetching=Fetching(folders, fetch))
    launch(page, limits=LIMITS)
    page.block_thread()

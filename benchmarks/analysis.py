"""How long the numbers of "Where they differ" take, as JSON: python -m benchmarks.analysis [--photo PHOTO ...]

Five label maps of 2048 x 1536 from smooth random fields, three networks of one family and two of the other, that
agree on most of the picture as networks do; and, when photos are given, the five compact networks' own maps of them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import zoom

from demo.analysis.agreement import (
    boundary_only,
    confident_conflict,
    majority,
    merge_mild,
    settle_boundaries,
    split,
    split_counts,
    vote_counts,
    votes,
)
from demo.analysis.comparison import compare
from demo.analysis.kappa import fleiss_kappa, pairwise, ratings
from demo.analysis.regions import disputed_regions, numbered
from demo.analysis.structure import measure
from demo.analysis.together import side_by_side, together
from demo.labels.ade20k import ADE20K
from demo.schema import Comparison, Family, Prediction, Size

SIZE: Size = (1536, 2048)
GRID: Size = (384, 512)
FAMILIES: tuple[Family, ...] = ("cnn", "cnn", "cnn", "transformer", "transformer")
REPEATS = 5


def scores(network: int, size: Size, classes: int = 12) -> NDArray[np.float32]:
    """(classes, H, W): one coarse scene for all, a finer deviation for each family, a finer one for each network."""
    scene, family, own = (np.random.default_rng(seed) for seed in (0, 1 + (network > 2), 10 + network))
    total = np.zeros((classes, *size), np.float32)
    for rng, cells, strength in ((scene, (6, 8), 4.0), (family, (12, 16), 1.0), (own, (24, 32), 0.8)):
        for label in range(classes):
            field = rng.normal(size=cells) * strength
            total[label] += zoom(field, (size[0] / cells[0], size[1] / cells[1]), order=1)
    return total


def probabilities(network: int, size: Size, classes: int = 12) -> NDArray[np.float32]:
    odds = np.exp(scores(network, size, classes))
    return odds / odds.sum(0)


def drawn_prediction(network: int) -> Prediction:
    p = probabilities(network, SIZE)
    ordered = np.sort(p, axis=0)
    entropy = -(p * np.log(p)).sum(0)
    return Prediction(
        str(network), p.argmax(0).astype(np.uint8), ordered[-1], entropy, ordered[-1] - ordered[-2], ADE20K
    )


def comparison_of(predictions: list[Prediction]) -> Comparison:
    titles = tuple(p.model for p in predictions)
    maps = np.stack([p.label_map for p in predictions])
    return Comparison(titles, titles, FAMILIES, maps, np.stack([p.confidence for p in predictions]), ADE20K)


def strips(network: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """150 classes, most of them improbable, in strips of 32 rows."""
    p = np.full((len(ADE20K), *GRID), 1e-5, np.float32)
    p[:12] = probabilities(network, GRID)
    return iter([(y0, p[:, y0 : y0 + 32]) for y0 in range(0, GRID[0], 32)])


def seconds(work: Callable[[], object]) -> dict[str, float]:
    """Medians over REPEATS: by the clock, and of this process alone, which other programs do not lengthen."""
    clock, own = [], []
    for _ in range(REPEATS):
        start, start_own = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - start)
        own.append(time.process_time() - start_own)
    return {"clock": round(statistics.median(clock), 4), "process": round(statistics.median(own), 4)}


def parts(predictions: list[Prediction]) -> dict[str, Callable[[], object]]:
    c = comparison_of(predictions)
    return {
        "votes": lambda: (votes(c), vote_counts(c)),
        "split": lambda: (split(c), split_counts(c)),
        "majority": lambda: majority(c),
        "confident conflict": lambda: confident_conflict(c),
        "kappas": lambda: ([pair.kappa for pair in pairwise(c)], fleiss_kappa(ratings(c))),
        "boundary-only disputes": lambda: boundary_only(c),
        "regions": lambda: numbered(disputed_regions(c), predictions[0].size),
        "structure of five": lambda: [measure(p) for p in predictions],
    }


def measured(predictions: list[Prediction]) -> dict[str, object]:
    work = parts(predictions)
    c = comparison_of(predictions)
    report: dict[str, object] = {name: seconds(one) for name, one in work.items()}
    report["all of these"] = seconds(lambda: [one() for one in work.values()])
    report["comparison object of summary.json"] = seconds(lambda: compare(c))
    report["both options on"] = seconds(lambda: votes(settle_boundaries(merge_mild(c))))
    report["all agree"] = round(float(vote_counts(c)[0] / predictions[0].label_map.size), 3)
    report["size"] = list(predictions[0].size)
    return report


def combined() -> dict[str, object]:
    models = [list(strips(network)) for network in range(5)]
    return {"together": seconds(lambda: together(side_by_side(*models), GRID)), "size": list(GRID)}


def of_photo(path: Path) -> list[Prediction]:
    from demo.models.zoo import Zoo

    return Zoo().segment(path, "compact")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photo", type=Path, nargs="*", default=[])
    photos = parser.parse_args().photo
    report = {"drawn": measured([drawn_prediction(network) for network in range(5)]), "posteriors": combined()}
    report |= {photo.name: measured(of_photo(photo)) for photo in photos}
    print(json.dumps({"repeats": REPEATS, "seconds": report}, indent=1))


if __name__ == "__main__":
    main()

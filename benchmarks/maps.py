"""From a network's scores to label, confidence, entropy and margin of every pixel, against plain PyTorch.

Peers: `plain_maps`, what the maps' definition reads like in PyTorch; and the same in strips, which a careful user would
write and which our own fallback does. Each peak of memory is taken in a process of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import zoom
from torch.nn.functional import interpolate

from benchmarks.measure import Json, alternate, in_child, peak_memory, significant, summaries, too_much
from demo.catalog import find
from demo.images import open_image
from demo.labels.ade20k import ADE20K
from demo.measures import ALWAYS
from demo.models import kernel
from demo.models.posterior import Posterior, Tile, warm_up
from demo.schema import Prediction, Seen, Size

SIZES: dict[str, Size] = {"1 MP": (864, 1152), "3 MP": (1536, 2048), "12 MP": (3000, 4000), "24 MP": (4000, 6000)}
GRID, INPUT = (64, 86), (512, 683)
"""What the paper's CNNs answer on, and what they see, for a photo of 4 : 3."""
KINDS = ("few winners", "a network's", "diffuse")
REPEATS = 5
BIG = 4e6
"""Pixels from which the strips run once."""
RETURNED = 13
"""Bytes a pixel that whoever asks for the maps gets: one label, three float32."""
PLAIN_COPIES = 4
"""Arrays of 150 x height x width x 4 bytes that the plain way holds at its peak."""
SAMPLED_ROWS = 48

Scores: TypeAlias = NDArray[np.float32]


def measure(quick: bool) -> Json:
    """{"times": {size: {kind: ...}}, "machine": what bounds it}."""
    sizes = list(SIZES)[:1] if quick else list(SIZES)
    kinds = KINDS[:1] if quick else KINDS
    report: Json = {"bounds": in_child("benchmarks.maps:bounds")}
    for size in sizes:
        report[size] = {kind: _one(size, kind, 1 if quick else REPEATS) for kind in kinds}
    return report


def _one(size: str, kind: str, repeats: int) -> Json:
    where = {"size": size, "kind": kind}
    report = in_child("benchmarks.maps:times", **where, repeats=repeats)
    for way in ("ours", "plain"):
        report[f"{way}_memory"] = in_child("benchmarks.maps:memory", **where, way=way)
    return report


def times(size: str, kind: str, repeats: int) -> Json:
    """Seconds of every way that fits, interleaved, and how exact ours is."""
    posterior = posterior_of(kind, SIZES[size])
    ways = {name: (lambda way=way: way(posterior)) for name, way in WAYS.items()}
    unfit = too_much(plain_bytes(SIZES[size]))
    if unfit:
        ways.pop("plain")
    if posterior.photo_size[0] * posterior.photo_size[1] > BIG:  # tens of seconds, and nothing to learn from repeats
        strips_once = alternate({"strips": ways.pop("strips")}, 1, warm=0)
    else:
        strips_once = {}
    report = summaries(alternate(ways, repeats) | strips_once)
    report["plain"] = report.get("plain", {"failed": unfit})
    return report | exactness(posterior, with_plain=not unfit) | work(posterior)


def memory(size: str, kind: str, way: str) -> Json:
    """Peak of resident memory during one call, above what there was before it and what it returns."""
    unfit = too_much(plain_bytes(SIZES[size])) if way == "plain" else None
    if unfit:
        return {"failed": unfit, "estimate_bytes": plain_bytes(SIZES[size])}
    posterior = posterior_of(kind, SIZES[size])
    WAYS[way](replace(posterior, photo_size=(64, 64)))  # libraries, threads and compiled code are there before
    with peak_memory() as peak:
        WAYS[way](posterior)
    returned = RETURNED * SIZES[size][0] * SIZES[size][1]
    return {"extra_bytes": None if peak.bytes is None else max(0, peak.bytes - returned), "returned_bytes": returned}


def ours(posterior: Posterior) -> Prediction:
    return posterior.reduce("ours")


def strips(posterior: Posterior) -> Prediction:
    """The fallback where numba is not to be had: PyTorch on strips that fit a core's cache."""
    with torch.inference_mode():
        label_map, fields = posterior._reduce_by_strips(*posterior.photo_size, ALWAYS)
    return Prediction("strips", label_map, class_set=ADE20K, **dict(zip(ALWAYS, fields, strict=True)))


@torch.inference_mode()
def plain(posterior: Posterior) -> Prediction:
    """Upsample to the network's input, upsample to the photo, softmax, entropy, best two."""
    scores = interpolate(posterior.tiles[0].scores[None], posterior.padded_size, mode="bilinear")
    probabilities = interpolate(scores, posterior.photo_size, mode="bilinear")[0].softmax(0)
    entropy = -torch.special.xlogy(probabilities, probabilities).sum(0)
    best, labels = probabilities.topk(2, 0)
    return Prediction(
        "plain",
        labels[0].to(torch.uint8).numpy(),
        best[0].numpy(),
        entropy.numpy(),
        (best[0] - best[1]).numpy(),
        ADE20K,
    )


WAYS: dict[str, Callable[[Posterior], Prediction]] = {"ours": ours, "strips": strips, "plain": plain}


def plain_bytes(size: Size) -> int:
    return PLAIN_COPIES * 4 * len(ADE20K) * size[0] * size[1]


def exactness(posterior: Posterior, with_plain: bool) -> Json:
    """Against float64 on sampled rows, and against plain PyTorch on every pixel where that fits."""
    prediction = ours(posterior)
    chosen = np.linspace(0, posterior.photo_size[0] - 1, SAMPLED_ROWS).astype(int)
    labels, entropy, gap = _float64(posterior, chosen)
    differ = prediction.label_map[chosen] != labels
    report: Json = {
        "entropy_error": significant(float(np.abs(prediction.entropy[chosen] - entropy).max())),
        "labels_as_float64": significant(1 - float(differ.mean()), 8),
        "widest_gap_where_not": significant(float(gap[differ].max(initial=0))),
    }
    if with_plain:
        same = plain(posterior).label_map == prediction.label_map
        report["labels_as_plain"] = significant(float(same.mean()), 9)
    return report


def _float64(posterior: Posterior, chosen: NDArray[np.int_]) -> tuple[NDArray[np.int_], Scores, Scores]:
    """Labels, entropy, and the gap between the best two scores, of the chosen rows."""
    rows, columns = posterior.weights(*posterior.photo_size)
    found = []
    for row in rows[chosen].astype(np.float64):
        line = np.einsum("i,ijc->jc", row, posterior._mosaic.astype(np.float64), optimize=True)
        scores = columns.astype(np.float64) @ line
        below = scores - scores.max(1, keepdims=True)
        total = np.exp(below).sum(1)
        entropy = np.log(total) - (np.exp(below) * below).sum(1) / total
        best = np.partition(scores, -2, axis=1)[:, -2:]
        found.append((scores.argmax(1), entropy, best[:, 1] - best[:, 0]))
    labels, entropy, gap = (np.array(part) for part in zip(*found, strict=True))
    return labels, entropy, gap


def work(posterior: Posterior) -> Json:
    """What there is to compute: classes left in a block on average, and float operations a pixel in the kernel."""
    rows, columns = posterior.weights(*posterior.photo_size)
    down = kernel.axis(rows, kernel.BLOCK_ROWS)
    across = kernel.axis(columns, kernel.BLOCK_COLUMNS)
    grid, alive, cells = posterior._mosaic, [], float(across.count.mean())
    for r, row_count in zip(down.index[::7], down.count[::7], strict=True):
        for c, column_count in zip(across.index[::7], across.count[::7], strict=True):
            block = grid[r[:row_count]][:, c[:column_count]].reshape(-1, posterior.classes)
            alive.append(int((block.max(0) >= block.min(0).max() - kernel.NEGLIGIBLE).sum()))
    classes = float(np.mean(alive))
    # a multiply-add (two operations) a grid column, four comparisons, and about 20 operations of exp and two sums
    return {"classes_in_a_block": significant(classes), "operations_a_pixel": significant(classes * (2 * cells + 24))}


def bounds() -> Json:
    """What no way can beat: writing the maps, and the arithmetic."""
    from benchmarks.inference import peak_flops

    cores = len(os.sched_getaffinity(0))
    target, source = np.ones(1 << 26, np.float32), np.ones(1 << 26, np.float32)

    def each(work: Callable[[slice], object]) -> Callable[[], object]:
        parts = [slice(i * len(target) // cores, (i + 1) * len(target) // cores) for i in range(cores)]
        return lambda: list(pool.map(work, parts))

    def copy(part: slice) -> None:
        np.copyto(target[part], source[part])

    def fill(part: slice) -> None:
        target[part] = 2

    with ThreadPoolExecutor(cores) as pool:
        runs = alternate({"copy": each(copy), "fill": each(fill)}, 7)
    return {
        "copy_bytes_a_second": significant(2 * target.nbytes / min(runs["copy"].wall)),
        "fill_bytes_a_second": significant(target.nbytes / min(runs["fill"].wall)),
        "operations_a_second": peak_flops(torch.float32, "cpu"),
        "cores": cores,
    }


def posterior_of(kind: str, size: Size) -> Posterior:
    warm_up()
    if kind == "a network's":
        return _network_posterior(size)
    scores = _few_winners() if kind == "few winners" else _diffuse()
    tile = Tile(torch.from_numpy(scores), (0, 0, *INPUT))
    return Posterior((tile,), INPUT, (0, 0, *INPUT), size, Seen(INPUT), ADE20K)


def _few_winners() -> Scores:
    """Twelve classes that win in smooth regions, the others far below, where most can be left out."""
    rng = np.random.default_rng(0)
    scores = rng.normal(-24, 3, (len(ADE20K), *GRID)).astype(np.float32)
    for label in range(0, len(ADE20K), 13):
        field = rng.normal(size=(6, 8)) * 10
        scores[label] += 24 + zoom(field, (GRID[0] / 6, GRID[1] / 8), order=1)
    return scores


def _diffuse() -> Scores:
    """All classes equally likely everywhere: nothing can be left out."""
    return np.random.default_rng(0).normal(size=(len(ADE20K), *GRID)).astype(np.float32)


def _network_posterior(size: Size) -> Posterior:
    """What the compact DeepLabV3+ says of an example, asked for at `size`."""
    from benchmarks.peers import EXAMPLE
    from demo.models.zoo import Zoo

    zoo = Zoo(device="cpu")
    network = zoo.load(find("deeplabv3plus-compact"))
    return replace(network.scores(open_image(EXAMPLE)), photo_size=size)

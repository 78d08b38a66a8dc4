"""Five models, one photo: our zoo against MMSegmentation's own two ways, models loaded, a JPEG file in.

Ours returns labels, confidence, entropy and margin of every pixel; theirs returns labels.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from benchmarks.measure import Json, Runs, alternate, in_child, significant, summaries
from benchmarks.peers import Peer, Subject, agreement, photo, photo_files, subjects, trained, zoo_of
from demo.models.cost import count_flops
from demo.models.machine import has_bfloat16
from demo.models.zoo import Zoo
from demo.schema import LabelMap, Size

SIZES: tuple[Size, ...] = ((480, 640), (1200, 1600))
REPEATS = {"compact": (9, 9), "paper": (3, 1)}
"""Runs that count, by size; the paper's networks see both photos at 683 x 512."""


def measure(quick: bool) -> Json:
    """{"compact": {size: {way: times}, "agreement", "models", ...}}; `paper` measures the others."""
    return {"compact": in_child("benchmarks.inference:measure_set", set_name="compact", quick=quick)}


def measure_set(set_name: str, quick: bool, device: str = "cpu") -> Json:
    chosen = subjects(set_name)[:2] if quick else subjects(set_name)
    sizes = SIZES[:1] if quick else SIZES
    zoos = {"exact": zoo_of(chosen, "exact", device), "fast": zoo_of(chosen, "fast", device)}
    peers = [Peer(subject, device) for subject in chosen]
    report: Json = {"weights": "trained" if trained(set_name) else "random", "device": device}
    with photo_files(sizes) as files:
        for file, size, repeats in zip(files, sizes, REPEATS[set_name], strict=False):
            report[_name(size)] = _compare(file, zoos, peers, 1 if quick else repeats, warm=int(file == files[0]))
    report["agreement"] = _agreements(sizes[0], zoos, peers)
    report["flops"] = {subject.spec.id: _flops(zoos["exact"], subject) for subject in chosen}
    fast = torch.bfloat16 if has_bfloat16(device) else torch.float32
    report["peak_flops"] = {"exact": peak_flops(torch.float32, device), "fast": peak_flops(fast, device)}
    return report


def _compare(file: Path, zoos: dict[str, Zoo], peers: list[Peer], repeats: int, warm: int) -> Json:
    """Times of the four ways, interleaved, and of each model in each way."""
    ids = [peer.subject.spec.id for peer in peers]
    by_model: dict[str, dict[str, Runs]] = {model: {} for model in ids}
    ways: dict[str, Callable[[], object]] = {
        "zoo_exact": partial(_stream, zoos["exact"], file, ids, by_model, "zoo_exact"),
        "zoo_fast": partial(_stream, zoos["fast"], file, ids, by_model, "zoo_fast"),
        "inferencer": lambda: [peer.infer(file) for peer in peers],
        "inference_model": lambda: [peer.inference_model(file) for peer in peers],
    }
    report = summaries(alternate(ways, repeats, warm))
    report["models"] = {
        model: {way: significant(runs.seconds) for way, runs in ours.items()} for model, ours in by_model.items()
    }
    return report


def _stream(zoo: Zoo, file: Path, ids: list[str], by_model: dict[str, dict[str, Runs]], way: str) -> None:
    """`Zoo.segment`, with each network's seconds written down."""
    for prediction in zoo.segment(file, ids):
        by_model[prediction.model].setdefault(way, Runs()).wall.append(prediction.seconds["network"])


def _agreements(size: Size, zoos: dict[str, Zoo], peers: list[Peer]) -> Json:
    """Share of pixels with MMSegmentation's label, by precision and model, on the same decoded photo."""
    image = photo(size)
    theirs = {peer.subject.spec.id: peer.infer(image) for peer in peers}
    return {
        precision: {
            model: significant(agreement(_labels(zoo, image, model), labels), 6) for model, labels in theirs.items()
        }
        for precision, zoo in zoos.items()
    }


def _labels(zoo: Zoo, image: object, model: str) -> LabelMap:
    return zoo.segment(image, [model])[0].label_map


def _flops(zoo: Zoo, subject: Subject) -> int:
    """Floating-point operations of one pass over the smaller photo."""
    network, image = zoo.load(subject.spec), photo(SIZES[0])
    return count_flops(lambda: network.scores(image))


def peak_flops(kind: torch.dtype, device: str) -> float:
    """Operations a second of this machine's best matrix product: what no network can exceed."""
    side = 2048 if device == "cpu" else 8192
    a, b = (torch.randn(side, side, device=device).to(kind) for _ in range(2))

    def product() -> None:
        a @ b
        if device != "cpu":
            torch.cuda.synchronize()

    best = min(alternate({"product": product}, 7)["product"].wall)
    return significant(2 * side**3 / best)


def _name(size: Size) -> str:
    return f"{size[1]}x{size[0]}"

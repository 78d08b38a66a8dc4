"""Photos a second over a hundred photos: one model at a time, files in, against a plain loop of `inference_model`.

And what the command line's `segment` takes, which overlaps its stages, beside the stages one after another; and what
photos of one size, put through a network together, would take each - and how much of its answer a photo would then owe
to the others, which is why `segment` takes them one by one.
"""

from __future__ import annotations

import time
from contextlib import redirect_stderr
from functools import partial
from io import StringIO
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from benchmarks.measure import ROOT, Json, alternate, in_child, significant, summaries
from benchmarks.peers import Peer, photo, subjects, zoo_of
from demo.schema import Image, Precision

if TYPE_CHECKING:
    from demo.models.backends.mmseg import Segmentor

EXAMPLES = ROOT / "examples"
SCENES = ROOT.parent / "shared" / "scenes" / "images" / "validation"
"""A folder of photos beside the checkout, taken when it is there."""
PHOTOS = 100
MODELS = ("fcn-compact", "segformer-compact")
ROUNDS = 3
TOGETHER = (1, 2, 4, 8)


def measure(quick: bool) -> Json:
    count, rounds = (4, 1) if quick else (PHOTOS, ROUNDS)
    return {
        "photos": {"count": count, "from": photos(count)[0].parent.name},
        "loops": in_child("benchmarks.throughput:loops", count=count, rounds=rounds),
        "stages": in_child("benchmarks.throughput:stages", count=min(count, 20), rounds=rounds),
        "batching": in_child("benchmarks.throughput:batching", rounds=1 if quick else 7),
    }


def photos(count: int) -> list[Path]:
    folder = SCENES if SCENES.is_dir() else EXAMPLES
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    return list(islice(cycle(found), count))


def loops(count: int, rounds: int) -> Json:
    """Photos a second of each model in our two precisions and in the plain loop."""
    files = photos(count)
    report: Json = {}
    for subject in subjects("compact"):
        if subject.spec.id in MODELS:
            zoos = {name: zoo_of([subject], name) for name in ("exact", "fast")}
            peer, names = Peer(subject, "cpu"), [subject.spec.id]
            runs = alternate(
                {
                    "zoo_exact": lambda: [zoos["exact"].segment(file, names) for file in files],  # noqa: B023
                    "zoo_fast": lambda: [zoos["fast"].segment(file, names) for file in files],  # noqa: B023
                    "inference_model": lambda: [peer.inference_model(file) for file in files],  # noqa: B023
                },
                rounds,
                warm=0,
            )
            report[subject.spec.id] = {
                way: {**one, "photos_a_second": significant(count / one["seconds"])}
                for way, one in summaries(runs).items()
            }
    return report


def stages(count: int, rounds: int) -> Json:
    """Seconds a photo with the compact set: of `segment`, and of its stages one after another."""
    from demo.catalog import models
    from demo.cli.segment import Batch
    from demo.export import read_photo, write_run
    from demo.images import Limits
    from demo.models.zoo import Answer, Zoo

    zoo, files = Zoo(device="cpu"), photos(count)
    zoo.warm_up("compact")
    spent = {"read": 0.0, "answer": 0.0, "write": 0.0}

    def in_turn(out: Path) -> None:
        for path in files:
            marks = [time.perf_counter()]
            photo = read_photo(path)
            marks.append(time.perf_counter())
            answers = [outcome for outcome in zoo.stream(photo.image, "compact") if isinstance(outcome, Answer)]
            marks.append(time.perf_counter())
            write_run(out, photo, answers, precision="exact", device="cpu")
            marks.append(time.perf_counter())
            for stage, before, after in zip(spent, marks, marks[1:], strict=False):
                spent[stage] += (after - before) / count / rounds

    def segment(out: Path) -> None:
        with redirect_stderr(StringIO()):
            Batch(zoo, models("compact"), out, Limits()).segment(files)

    with TemporaryDirectory() as folder:
        ways = {"segment": segment, "in_turn": in_turn}
        runs = alternate({name: partial(way, Path(folder) / name) for name, way in ways.items()}, rounds, warm=0)
    report = {name: significant(one.seconds / count) for name, one in runs.items()}
    return report | {stage: significant(seconds) for stage, seconds in spent.items()}


def batching(rounds: int) -> Json:
    """Seconds a photo of five compact networks, without the maps, at several photos of one size together."""
    image, networks = photo((480, 640)), [subject.in_zoo("cpu", "exact").scores for subject in subjects("compact")]

    @torch.inference_mode()
    def run(together: int) -> None:
        for network in networks:
            inputs, meta = first_window(network, image)
            network.network.encode_decode(inputs.expand(together, -1, -1, -1), [meta] * together)

    runs = alternate({str(number): partial(run, number) for number in TOGETHER}, rounds)
    seconds = {number: significant(one.seconds / int(number)) for number, one in runs.items()}
    return {**seconds, "changed": {precision: changed(image, precision) for precision in ("exact", "fast")}}


@torch.inference_mode()
def changed(image: Image, precision: Precision) -> Json:
    """What other photos do to one's scores: the largest difference, the largest share of cells with another class."""
    photos = [image, image[:, ::-1], image[::-1], image[::-1, ::-1]]
    found: list[tuple[float, float]] = []
    for subject in subjects("compact"):
        network = subject.in_zoo("cpu", precision).scores
        inputs, metas = zip(*(first_window(network, photo) for photo in photos), strict=True)
        with network._arithmetic():
            alone = [network.network.encode_decode(one, [meta]) for one, meta in zip(inputs, metas, strict=True)]
            together = network.network.encode_decode(torch.cat(inputs), list(metas))
        one, all_ = torch.cat(alone).float(), together.float()
        found.append((float((one - all_).abs().max()), float((one.argmax(1) != all_.argmax(1)).float().mean())))
    difference, labels = (significant(max(column)) for column in zip(*found, strict=True))
    return {"difference": difference, "labels": labels}


def first_window(network: Segmentor, image: Image) -> tuple[Tensor, Json]:
    prepared = network._prepare(image)
    height, width = network._window(prepared.padded_size) or prepared.padded_size
    return prepared.inputs[:, :, :height, :width], {**prepared.meta, "img_shape": (height, width)}

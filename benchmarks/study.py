"""A folder studied: `study` against a plain loop of `inference_model` that writes the same files; what SQLite costs;
ten thousand tiny photos: whether memory stays flat and time linear; and, where Ray is installed, what it adds a photo.

    python -m benchmarks.study [--quick]
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from itertools import count, pairwise
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
from PIL import Image as Pictures

from benchmarks.measure import Json, alternate, in_child, significant, status, summaries
from benchmarks.peers import Peer, subjects, zoo_of
from benchmarks.throughput import photos
from demo.images import write_atomic
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import encode_annotation
from demo.schema import Image, ModelSpec, Prediction
from demo.study import Progress, study
from demo.study.engine import Here
from demo.study.ledger import Ledger

PHOTOS, REPEATS, TINY, ON_RAY = 8, 3, 10_000, 400


def measure(quick: bool) -> Json:
    return {
        "loops": in_child("benchmarks.study:loops", number=2 if quick else PHOTOS, repeats=1 if quick else REPEATS),
        "tiny": in_child("benchmarks.study:tiny", number=300 if quick else TINY),
        **({"ray": in_child("benchmarks.study:on_ray", number=40 if quick else ON_RAY)} if find_spec("ray") else {}),
    }


def loops(number: int, repeats: int) -> Json:
    """Seconds and photos a second of both, with labels.png and entropy.npy of the compact set written by both.

    Each has a process of its own: how a zoo has its memory and its threads treated is not the plain loop's.
    """
    chosen = subjects("compact")
    zoo, files = zoo_of(chosen, "exact"), photos(number)
    ids, spent = [subject.spec.id for subject in chosen], Spent()
    apart = ProcessPoolExecutor(1, get_context("spawn"))
    with TemporaryDirectory() as folder, apart:
        fresh = (Path(folder) / f"out{n}" for n in count())
        source = Path(folder) / "photos.txt"
        source.write_text("\n".join(map(str, files)))

        def ours(save: Sequence[str]) -> None:
            with spent:
                study(source, ids, zoo, next(fresh), save=save)

        ways: dict[str, Callable[[], object]] = {
            "study_with_files": lambda: ours(("labels", "entropy")),
            "study": lambda: ours(()),
            "plain_loop": lambda: apart.submit(plain_loop, files, next(fresh)).result(),
        }
        with patch.dict(os.environ, GOMP_SPINCOUNT="300000"):  # libgomp's own, in place of demo's
            apart.submit(load_peers).result()
        runs = alternate(ways, repeats, warm=0)
        last = max(Path(folder).glob("out*/study.sqlite"), key=lambda path: path.stat().st_mtime)
        size = last.stat().st_size
    found = summaries(runs)
    del found["plain_loop"]["processor_seconds"]  # of this process
    return {
        **found,
        "photos_per_second": {way: significant(number / one.seconds) for way, one in runs.items()},
        "ratio": significant(runs["plain_loop"].seconds / runs["study_with_files"].seconds),
        "sqlite_share": significant(spent.seconds / spent.whole),
        "bytes_per_photo": round(size / number),
        "photos": number, "models": ids,
    }  # fmt: skip


class Spent:
    """Seconds inside `Ledger.put`, and altogether, over any number of studies."""

    def __init__(self) -> None:
        self.seconds = self.whole = 0.0

    def __enter__(self) -> None:
        self.put, self.start = Ledger.put, time.perf_counter()

        def timed(ledger: Ledger, *told: Any) -> None:
            begun = time.perf_counter()
            self.put(ledger, *told)
            self.seconds += time.perf_counter() - begun

        Ledger.put = timed  # type: ignore[method-assign]  # put back on leaving

    def __exit__(self, *_: object) -> None:
        self.whole += time.perf_counter() - self.start
        Ledger.put = self.put  # type: ignore[method-assign]  # as it was


@cache
def peers() -> list[Peer]:
    return [Peer(subject, "cpu") for subject in subjects("compact")]


def load_peers() -> None:
    for peer in peers():
        _ = peer.inferencer


def plain_loop(files: Sequence[Path], out: Path) -> None:
    """As a user of MMSegmentation would write it."""
    from mmseg.apis import inference_model

    for path in files:
        for peer in peers():
            result = inference_model(peer.inferencer.model, str(path))
            labels = result.pred_sem_seg.data[0].cpu().numpy().astype(np.uint8)
            probabilities = result.seg_logits.data.softmax(0)
            entropy = -(probabilities * probabilities.clamp_min(1e-38).log()).sum(0).cpu().numpy()
            folder = out / path.stem / peer.subject.spec.id
            write_atomic(folder / "labels.png", encode_annotation(labels, ADE20K))
            stream = BytesIO()
            np.save(stream, entropy)
            write_atomic(folder / "entropy.npy", stream.getvalue())


def tiny(number: int) -> Json:
    """Photos of 32 x 24 and answers that cost nothing: what is left is the study itself."""

    def ask(image: Image, specs: Sequence[ModelSpec]) -> Iterator[tuple[ModelSpec, Prediction]]:
        labels = image[:, :, 0] // np.uint8(64)
        field = image[:, :, 1].astype(np.float32) / 255
        for spec in specs:
            yield spec, Prediction(spec.id, labels, field, field, field, ADE20K)

    marks: list[tuple[int, float, int]] = []
    every = max(1, number // 10)

    def mark(progress: Progress) -> None:
        if progress.done % every == 0:
            marks.append((progress.done, time.perf_counter(), status("VmRSS")))

    with TemporaryDirectory() as folder:
        source = tiny_photos(Path(folder) / "photos", number)
        chosen = subjects("compact")
        zoo = zoo_of(chosen, "exact")
        start = time.perf_counter()
        done = study(source, [subject.spec.id for subject in chosen], zoo, Path(folder) / "out",
                     engine=Here(zoo, ask), on_progress=mark)  # fmt: skip
        whole = time.perf_counter() - start
        size = done.path.stat().st_size
    seconds = [after[1] - before[1] for before, after in pairwise(marks)]
    return {
        "photos": number, "seconds": significant(whole), "bytes_per_photo": round(size / number),
        "seconds_of_each_tenth": [significant(value) for value in seconds],
        "memory_mb_at_each_tenth": [round(memory / 1e6) for _, _, memory in marks],
        "seconds_after_the_last_photo": significant(start + whole - marks[-1][1]),
    }  # fmt: skip


def tiny_photos(folder: Path, number: int) -> Path:
    folder.mkdir()
    for seed in range(number):
        pixels = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8).repeat(4, 0).repeat(4, 1)
        Pictures.fromarray(pixels).save(folder / f"{seed:06}.png")
    return folder


def on_ray(number: int) -> Json:
    """Seconds a tiny photo by toy networks, here and by one and two workers of Ray; starting is timed apart."""
    from demo.study.ray_engine import OnRay
    from tests.toy import toy_ids, toy_zoo

    with TemporaryDirectory() as folder:
        source = tiny_photos(Path(folder) / "photos", number)
        here = study(source, toy_ids(), toy_zoo(), Path(folder) / "here")
        found: Json = {"here": {"seconds_a_photo": significant(here.seconds / number)}}
        for workers in (1, 2):
            start = time.perf_counter()
            engine = OnRay(toy_zoo, workers=workers)
            ready = time.perf_counter()
            done = study(source, toy_ids(), toy_zoo(), Path(folder) / f"ray{workers}", engine=engine)
            found[f"workers_{workers}"] = {
                "seconds_to_start": significant(ready - start),
                "seconds_a_photo": significant(done.seconds / number),
                "equal": final(done.path) == final(here.path),
            }
            engine.close()
    return {"photos": number, **found}


def final(path: Path) -> str:
    """study.json but for its last key."""
    return path.with_name("study.json").read_text(encoding="utf-8").partition('"timing"')[0]


if __name__ == "__main__":
    print(json.dumps(measure("--quick" in sys.argv), indent=1))

"""Photos a second over a hundred photos: one model at a time, files in, against a plain loop of `inference_model`.

And what the command line's `segment` spends on each stage, which says what overlapping them could save at most.
"""

from __future__ import annotations

import time
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import ROOT, Json, alternate, in_child, significant, summaries
from benchmarks.peers import Peer, subjects, zoo_of

EXAMPLES = ROOT / "examples"
SCENES = ROOT.parent / "shared" / "scenes" / "images" / "validation"
"""A folder of photos beside the checkout, taken when it is there."""
PHOTOS = 100
MODELS = ("fcn-compact", "segformer-compact")
ROUNDS = 3


def measure(quick: bool) -> Json:
    count, rounds = (4, 1) if quick else (PHOTOS, ROUNDS)
    return {
        "photos": {"count": count, "from": photos(count)[0].parent.name},
        "loops": in_child("benchmarks.throughput:loops", count=count, rounds=rounds),
        "stages": in_child("benchmarks.throughput:stages", count=min(count, 20)),
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


def stages(count: int) -> Json:
    """Seconds a photo that `segment` with the compact set spends reading, answering (five networks), and writing."""
    from demo.export import files, read_photo
    from demo.images import write_atomic
    from demo.models.zoo import Answer, Zoo

    zoo = Zoo(device="cpu")
    zoo.warm_up("compact")
    spent = {"read": 0.0, "answer": 0.0, "write": 0.0}
    with TemporaryDirectory() as folder:
        for path in photos(count):
            marks = [time.perf_counter()]
            photo = read_photo(path)
            marks.append(time.perf_counter())
            answers = [outcome for outcome in zoo.stream(photo.image, "compact") if isinstance(outcome, Answer)]
            marks.append(time.perf_counter())
            for name, content in files(photo, answers, precision="exact", device="cpu"):
                write_atomic(Path(folder) / path.stem / name, content)
            marks.append(time.perf_counter())
            for stage, before, after in zip(spent, marks, marks[1:], strict=False):
                spent[stage] += after - before
    return {stage: significant(seconds / count) for stage, seconds in spent.items()}

"""A dataset evaluated: `evaluate` against a plain loop of MMSegmentation's `inference_model` and IoUMetric.

Ours also counts boundary IoU, sizes, calibration and how well each uncertainty finds mistakes, and keeps every photo's
counts on disk; theirs counts IoU alone. Models are loaded beforehand; both read the same JPEG and PNG files.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from mmengine.logging import MMLogger
from mmseg.apis import inference_model
from mmseg.evaluation import IoUMetric
from PIL import Image as Pictures

from benchmarks.measure import ROOT, Json, alternate, in_child, significant, summaries
from benchmarks.peers import Peer, Subject, photo, subjects, zoo_of
from demo.analysis import scores
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import encode_annotation
from demo.models.zoo import Zoo
from demo.schema import VOID, Size
from demo.study import Evaluation, evaluate

SIZE: Size = (512, 683)
"""The commonest size of ADE20K's validation photos."""
PHOTOS = 6
REPEATS = 3


def measure(quick: bool) -> Json:
    """{"zoo": times, "plain_loop": times, "ratio", "photos_per_second", "miou"}, in a process of its own."""
    return in_child("benchmarks.evaluate:measure_set", quick=quick)


def measure_set(quick: bool) -> Json:
    """The compact set on the examples, cut and mirrored into more photos; the first network's labels are the truth."""
    chosen = subjects("compact")[:2] if quick else subjects("compact")
    zoo, peers = zoo_of(chosen, "exact"), [Peer(subject, "cpu") for subject in chosen]
    with TemporaryDirectory() as folder:
        dataset = write_dataset(Path(folder) / "dataset", zoo, chosen[0], 2 if quick else PHOTOS)
        fresh = (Path(folder) / f"out{number}" for number in count())
        ids = [subject.spec.id for subject in chosen]
        ways = {
            "zoo": lambda: evaluate(dataset, ids, zoo, next(fresh)),
            "plain_loop": lambda: [plain_loop(peer, dataset) for peer in peers],
        }
        ours, theirs = _miou(ways["zoo"]()), ways["plain_loop"]()
        runs = alternate(ways, 1 if quick else REPEATS, warm=0)
    photos = 2 if quick else PHOTOS
    return {
        **summaries(runs),
        "ratio": significant(runs["plain_loop"].seconds / runs["zoo"].seconds),
        "photos_per_second": {way: significant(photos / one.seconds) for way, one in runs.items()},
        "photos": photos, "models": ids, "size": list(SIZE), "miou": {"zoo": ours, "plain_loop": theirs},
    }  # fmt: skip


def plain_loop(peer: Peer, dataset: Path) -> float:
    """mIoU in percent, as a user of MMSegmentation would compute it on a folder."""
    metric = IoUMetric()
    metric.dataset_meta = {"classes": ADE20K.names}
    for path in sorted((dataset / "images").iterdir()):
        result = inference_model(peer.inferencer.model, str(path))
        truth = np.asarray(Pictures.open(dataset / "annotations" / f"{path.stem}.png")).astype(np.int64) - 1
        truth[truth < 0] = VOID
        metric.process({}, [{"pred_sem_seg": {"data": result.pred_sem_seg.data},
                             "gt_sem_seg": {"data": torch.from_numpy(truth)}}])  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        MMLogger.get_current_instance().setLevel("ERROR")
        return float(metric.compute_metrics(metric.results)["mIoU"])


def write_dataset(folder: Path, zoo: Zoo, subject: Subject, number: int) -> Path:
    """JPEG photos at `SIZE` and annotation PNGs, a tenth of each void."""
    for part in ("images", "annotations"):
        (folder / part).mkdir(parents=True)
    for place, image in zip(range(number), _photos(), strict=False):
        path = folder / "images" / f"{place:03}.jpg"
        Pictures.fromarray(image).save(path, quality=92)
        truth = zoo.segment(path, [subject.spec.id])[0].label_map.copy()
        truth[: SIZE[0] // 10] = VOID
        (folder / "annotations" / f"{place:03}.png").write_bytes(encode_annotation(np.roll(truth, 4, 1), ADE20K))
    return folder


def _photos() -> Iterator[np.ndarray]:
    sources: Sequence[Path] = sorted(path for path in (ROOT / "examples").iterdir() if path.suffix in (".jpg", ".png"))
    for turn in count():
        for source in sources:
            image = photo(SIZE, source)
            yield np.ascontiguousarray([image, image[:, ::-1], image[::-1]][turn % 3])


def _miou(evaluation: Evaluation) -> list[float]:
    return [round(100 * scores.mean_iou(model.counts.confusion), 2) for model in evaluation.models]


if __name__ == "__main__":
    import json
    import sys

    print(json.dumps(measure("--quick" in sys.argv), indent=1))

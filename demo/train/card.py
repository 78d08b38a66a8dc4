"""From a finished run to what is shipped: a file named by its hash, a record, and a card that says what to expect."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from demo.errors import DatasetError
from demo.train.scoring import Scores

SOURCES = (
    (
        "MSRC v2, Microsoft Research: outdoors, 23 classes, many animals",
        "people, coarse classes; a teacher inside them",
    ),
    (
        "Stanford Background (Gould et al. 2009)",
        "people for sky, tree, road, grass, water, building, mountain; a teacher",
    ),
    ("CamVid, every third frame of the training drive", "people, 11 classes"),
    ("BSDS500", "a teacher where it was sure, nothing elsewhere"),
    ("1,000 ImageNet samples, one a class", "a teacher; animals, people and vehicles from a second one"),
)
"""Where the photographs of the compact networks came from, and who labelled them."""

DATA = """\
2,696 training and 160 validation photographs, short side 192 pixels, labelled with ADE20K's 150 classes:

| photographs | labels from |
|---|---|
{sources}

The teachers are two small public networks: a DeepLabV3+ MobileNetV2 trained on ADE20K and a DeepLab MobileNetV2
trained on PASCAL VOC. So this network learnt from people on outdoor scenes and by distillation elsewhere, and it has
seen few rooms. The validation photographs are from MSRC and Stanford, labelled the same way.

The photographs are for research use, each under its source's terms, and are not part of this project."""

PURPOSE = "For trying the tool, not for conclusions about the architecture."


@dataclass(frozen=True)
class Demonstration:
    """Scores on a handful of photographs: a demonstration, not a benchmark."""

    on: str
    scores: Scores


@dataclass(frozen=True)
class Finding:
    """What a person saw when looking at the network's answers."""

    right: str
    wrong: str


def publish(
    weights: Path, folder: Path, title: str, demonstrations: list[Demonstration], finding: Finding, hardware: str
) -> Path:
    """Copy a run's weights into ``folder`` as ``<id>-<sha8>.pth`` with ``<id>.json`` and ``<id>.md``; returns the copy.

    ``run.json`` of the run lies beside the weights. Files of the same id with another hash are removed.
    """
    record_file = weights.with_name("run.json")
    if not record_file.is_file():
        raise DatasetError(f"wanted the record of the run at {record_file}, but there is none; finish the run first")
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    name = weights.stem
    shipped = folder / f"{name}-{digest[:8]}.pth"
    for old in folder.glob(f"{name}-????????.pth"):
        old.unlink()
    shutil.copyfile(weights, shipped)
    record = {
        "id": name,
        "title": title,
        "file": shipped.name,
        "sha256": digest,
        "bytes": shipped.stat().st_size,
        "hardware": hardware,
        "demonstrations": [asdict(one) for one in demonstrations],
        "finding": asdict(finding),
        "run": json.loads(record_file.read_text()),
    }
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    (folder / f"{name}.md").write_text(card(record))
    return shipped


def card(record: dict) -> str:
    """The card of one network, in Markdown, from its record."""
    run, recipe = record["run"], record["run"]["recipe"]
    stages = history(run)
    return f"""\
# {record["title"]}, compact

{PURPOSE}
Trained from nothing, for {_minutes(stages):.0f} minutes, on a small machine: the published networks of this name are far better.

| | |
|---|---|
| weights | `{record["file"]}`, {record["bytes"] / 1e6:.1f} MB at float16 |
| sha256 | `{record["sha256"]}` |
| configuration | `{record["id"]}.py`, for MMSegmentation |
| parameters | {run["parameters"] / 1e6:.2f} million |
| training | {describe(stages)} |
| hardware | {record["hardware"]} |

## Scores
Over labelled pixels; mIoU is over the classes present. The teachers' mistakes are part of these numbers.

| photographs | pixel accuracy | mIoU | classes |
|---|---|---|---|
{_rows(record)}

The validation photographs were used to choose the settings, the size photographs are shown at, and between a few
stopping points, so expect less elsewhere; the two sheep are among them. The last two rows are a demonstration on a handful of photographs, not a benchmark.
Photographs are shown to the network with a short side of {recipe["side"]} pixels.

## What it gets right and wrong
Looked at on ADE20K, COCO, animal and sheep photographs that it was not trained on.

- Right: {record["finding"]["right"]}
- Wrong: {record["finding"]["wrong"]}

## Data
{DATA.format(sources=_table(SOURCES))}

## Recipe
One recipe for all five compact networks (`demo/train/recipe.py`):

- AdamW with weight decay {recipe["weight_decay"]}, a warm start, then a cosine to zero;
- batches of 16 (the two transformers: 8 for part of the way, for more steps in the same time);
- crops of {recipe["crops"]["size"]} pixels from photographs whose short side was drawn from {_range(recipe)} pixels,
  mirrored and recoloured a little;
- cross-entropy at a quarter of the crop's resolution, in bfloat16 autocast;
- a running average of the weights is what is kept.

Beside those batches, two things differ by network: the short side of the photographs that it is shown (above), and the
peak learning rate, by backbone and by run: here {_rates(stages)}.

## Terms
Configuration and weights come with the project, under its licence as far as that is ours to give. The weights were
computed from photographs whose terms allow research use: use them for research and for trying the tool.
"""


def summary(records: list[dict]) -> str:
    """The table of all compact networks, in Markdown."""
    rows = "\n".join(
        f"| [{one['title']}]({one['id']}.md) | {one['run']['parameters'] / 1e6:.2f} M | {one['bytes'] / 1e6:.1f} MB | "
        f"{_minutes(history(one['run'])):.0f} min | "
        f"{one['run']['validation']['pixel_accuracy']:.3f} | {one['run']['validation']['mean_iou']:.3f} |"
        for one in records
    )
    validation = records[0]["run"]["validation"]
    return f"""\
# The compact networks

Five small networks of the paper's five architectures, so that the page answers in the first minute and offline.
{PURPOSE}

| network | parameters | file | trained for | pixel accuracy | mIoU |
|---|---|---|---|---|---|
{rows}

On {validation["photos"]} validation photographs with {validation["classes_present"]} classes present,
which were also used to choose. The three CNNs share the first part of their training, one ResNet-18 trunk; it is counted in each. Every card says what
its network gets right and wrong. The cards and this table are written by `demo/train/card.py` from `<id>.json`.

The photographs they learnt from are for research use, each under its source's terms, and are not part of this project.
"""


def history(run: dict) -> list[dict]:
    """The runs that led to this one, first to last."""
    before = run.get("started_from")
    return ([] if before is None else history(before)) + [run]


def describe(stages: list[dict]) -> str:
    """The chain of runs in words."""
    parts = [
        f"{stage['seconds'] / 60:.0f} minutes, {stage['photos']:,} crops in {stage['steps']:,} steps"
        + ("" if stage is stages[-1] else f" as {stage['config'].removesuffix('.py')}")
        for stage in stages
    ]
    return ", then ".join(parts)


def _minutes(stages: list[dict]) -> float:
    return sum(stage["seconds"] for stage in stages) / 60


def _rows(record: dict) -> str:
    lines = [("validation", record["run"]["validation"])]
    lines += [(one["on"], one["scores"]) for one in record["demonstrations"]]
    return "\n".join(
        f"| {on} ({scores['photos']} photos) | {scores['pixel_accuracy']:.3f} | {scores['mean_iou']:.3f} | "
        f"{scores['classes_present']} |"
        for on, scores in lines
    )


def _table(rows: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(f"| {left} | {right} |" for left, right in rows)


def _rates(stages: list[dict]) -> str:
    return ", then ".join(f"{stage['peak_learning_rate']:g}" for stage in stages)


def _range(recipe: dict) -> str:
    low, high = recipe["crops"]["sides"]
    return f"{low} to {high}"

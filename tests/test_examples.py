"""Every photograph that the project ships is small, opens, and has its author and licence on record."""

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo import catalog
from demo.analysis.comparison import compare
from demo.analysis.in_common import comparison_of
from demo.images import SUFFIXES, open_image
from demo.labels.ade20k import ADE20K
from demo.models.zoo import Zoo
from demo.page.examples import Example
from demo.page.examples import examples as offered
from demo.page.truths import Region, paint

FREE = ("public domain", "[CC0 1.0]", "[CC BY 2.0]", "[CC BY 4.0]", "[CC BY-SA 3.0]", "[CC BY-SA 4.0]")


@dataclass(frozen=True)
class Told:
    """What the five compact networks make of one photo."""

    comparison: dict[str, Any]
    largest: list[set[str]]
    """The classes on more than 2 % of it, a set a network."""
    entropies: list[float]
    right: list[float]
    """A share a network of what is painted as truth; empty where nothing is."""

    def part(self, name: str) -> float:
        return float(self.comparison["split"][name])


STORIES = {
    "all agree": lambda told: told.comparison["all_agree"] > 0.9,
    "most agree": lambda told: 0.7 < told.comparison["all_agree"] < 0.9,
    "families part": lambda told: told.part("between_families") > 0.3,
    "families part a little": lambda told: told.part("between_families") > 0.08,
    "CNNs part": lambda told: told.part("inside_cnn") > 0.5,
    "transformers part": lambda told: told.part("inside_transformer") > 0.4,
    "transformers part a little": lambda told: told.part("inside_transformer") > 0.15,
    "no clear sides": lambda told: told.part("mixed") > max(0.25, told.part("inside_cnn")),
    "all are wrong": lambda told: max(told.right) < 0.1,
    "with a truth": lambda told: min(told.right) > 0.5,
    "one is far surer": lambda told: 2 * sorted(told.entropies)[0] < sorted(told.entropies)[1],
    "indoors, all unsure": lambda told: min(told.entropies) > 2 and all("wall" in seen for seen in told.largest),
    "a street": lambda told: all({"building", "sky", "tree"} <= seen for seen in told.largest),
    "a herd": lambda told: all("animal" in seen for seen in told.largest),
}
"""What each story stands for; entropies in nats."""


def listed(examples):
    rows = re.findall(r"^\| `(.+?)` \|(.+)\|$", (examples / "SOURCES.md").read_text(encoding="utf-8"), re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}


def test_every_example_has_its_author_and_a_free_licence(examples):
    photos = {path.name for path in examples.iterdir() if path.suffix in SUFFIXES}
    rows = listed(examples)
    assert rows.keys() == photos
    assert len(photos) >= 6
    for what, author, licence, source, changes, story in rows.values():
        assert what and author and source and changes
        assert licence.startswith(FREE)
        assert story in STORIES


def test_the_examples_are_offered_in_the_order_of_their_table_each_with_its_story(examples):
    rows = listed(examples)
    assert [(example.path.name, example.story) for example in offered()] == [
        (name, row[-1]) for name, row in rows.items()
    ]
    assert len({row[-1] for row in rows.values()}) > 8


def test_a_photo_that_no_table_tells_of_comes_last_and_has_no_story(tmp_path, examples):
    for name in ("aardvark.jpg", "cat.png"):
        (tmp_path / name).write_bytes((examples / "cat.png").read_bytes())
    (tmp_path / "SOURCES.md").write_text("| `cat.png` | a cat | me | CC0 | a shelf | none | all agree |\n", "utf-8")
    assert offered(tmp_path) == [
        Example("cat", tmp_path / "cat.png", "A cat. Photo: me, CC0", "all agree"),
        Example("aardvark", tmp_path / "aardvark.jpg"),
    ]


@pytest.fixture(scope="module")
def zoo():
    if not all(
        spec.weights and catalog.ROOT.joinpath("checkpoints/compact", spec.weights.file).is_file()
        for spec in catalog.models("compact")
    ):
        pytest.skip("the compact networks are not in checkpoints/compact")
    return Zoo(device="cpu")


@pytest.mark.slow
@pytest.mark.parametrize("example", offered(), ids=lambda example: example.name)
def test_each_story_holds_with_the_compact_networks(zoo, example):
    photo = open_image(example.path)
    size = photo.shape[:2]
    answers = zoo.segment(photo, "compact")
    truth = paint([Region(row["name"], row["corners"]) for row in example.truth], size, size, ADE20K).label_map
    told = Told(
        compare(comparison_of(list(zip(catalog.models("compact"), answers, strict=True)))),
        [{ADE20K.names[i] for i in np.flatnonzero(shares(answer.label_map) > 0.02)} for answer in answers],
        [float(answer.entropy.mean()) for answer in answers],
        [float((answer.label_map == truth)[truth < 150].mean()) for answer in answers] if example.truth else [],
    )
    assert STORIES[example.story](told), told


def shares(label_map):
    return np.bincount(label_map.ravel(), minlength=len(ADE20K)) / label_map.size


def test_nothing_else_lies_among_the_examples(examples):
    assert {path.name for path in examples.iterdir()} - listed(examples).keys() == {"SOURCES.md", "truth"}


def test_a_truth_of_our_own_lies_within_its_photo_and_names_classes(examples):
    truths = [*(examples / "truth").iterdir()]
    assert truths and all(f"`truth/{path.name}`" in (examples / "SOURCES.md").read_text("utf-8") for path in truths)
    for path in truths:
        height, width = open_image(next(examples.glob(f"{path.stem}.*"))).shape[:2]
        told = json.loads(path.read_text("utf-8"))
        assert "by this project" in told["about"]
        for region in told["regions"]:
            assert region["name"] in ADE20K.names and len(region["corners"]) > 2
            assert all(0 <= x <= width and 0 <= y <= height for x, y in region["corners"])


def test_examples_open_and_are_small(examples):
    for name in listed(examples):
        path = examples / name
        pixels = open_image(path)
        assert 300 <= max(pixels.shape) <= 1600
        assert f"reduced to {pixels.shape[1]} x {pixels.shape[0]}" in listed(examples)[name][-2] or path.stem in (
            "astronaut",
            "cat",
            "coffee",
            "pavilion",
        )
        with PillowImage.open(path) as photo:
            assert (pixels == np.asarray(photo.convert("RGB"))).all()
    assert sum(path.stat().st_size for path in examples.iterdir()) < 3_000_000

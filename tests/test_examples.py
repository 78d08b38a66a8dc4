"""Every photograph that the project ships is small, opens, and has its author and licence on record."""

import json
import re

import numpy as np
from PIL import Image as PillowImage

from demo.images import SUFFIXES, open_image
from demo.labels.ade20k import ADE20K

FREE = ("public domain", "[CC0 1.0]", "[CC BY 2.0]", "[CC BY 4.0]", "[CC BY-SA 3.0]")


def listed(examples):
    rows = re.findall(r"^\| `(.+?)` \|(.+)\|$", (examples / "SOURCES.md").read_text(encoding="utf-8"), re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}


def test_every_example_has_its_author_and_a_free_licence(examples):
    photos = {path.name for path in examples.iterdir() if path.suffix in SUFFIXES}
    rows = listed(examples)
    assert rows.keys() == photos
    assert len(photos) >= 6
    for what, author, licence, source, changes in rows.values():
        assert what and author and source and changes
        assert licence.startswith(FREE)


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
        assert f"reduced to {pixels.shape[1]} x {pixels.shape[0]}" in listed(examples)[name][-1] or path.stem in (
            "astronaut",
            "cat",
            "pavilion",
        )
        with PillowImage.open(path) as photo:
            assert (pixels == np.asarray(photo.convert("RGB"))).all()
    assert sum(path.stat().st_size for path in examples.iterdir()) < 3_000_000

"""Every photograph that the project ships is small, opens, and has its author and licence on record."""

import re

import numpy as np
from PIL import Image as PillowImage

from demo.images import SUFFIXES, open_image

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
    assert {path.name for path in examples.iterdir()} - listed(examples).keys() == {"SOURCES.md"}


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

"""Small datasets on disk for the studies' tests."""

from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from demo.labels.ade20k import ADE20K
from demo.labels.annotations import encode_annotation
from demo.schema import VOID


def make_dataset(folder: Path, number: int = 4, split: str = "validation") -> Path:
    """Photos of coloured blocks with annotations of the same blocks, some of them void."""
    images, annotations = folder / "images" / split, folder / "annotations" / split
    for part in (images, annotations):
        part.mkdir(parents=True)
    for seed in range(number):
        rng = np.random.default_rng(seed)
        colours = rng.integers(0, 256, (4, 6, 3), np.uint8).repeat(12, 0).repeat(12, 1)
        truth = rng.integers(0, 5, (4, 6)).repeat(12, 0).repeat(12, 1).astype(np.uint8)
        truth[:3] = VOID
        PillowImage.fromarray(colours).save(images / f"photo{seed}.png")
        (annotations / f"photo{seed}.png").write_bytes(encode_annotation(truth, ADE20K))
    return folder

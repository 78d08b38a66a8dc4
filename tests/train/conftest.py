"""A made-up dataset, green ground under a blue sky, and a network small enough to learn it in a second."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.train import recipe as recipe_module
from demo.train.data import CropPlan
from demo.train.recipe import Recipe
from tests.train.toy import ToySegmentor, toy_answerer, toy_scorer

SKY, GRASS = 3, 10
"""As annotated: ADE20K's 1..150."""


@pytest.fixture
def toy_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every config builds a ToySegmentor."""
    monkeypatch.setattr(recipe_module, "build_network", lambda config: ToySegmentor())
    monkeypatch.setattr(recipe_module, "answerer", toy_answerer)
    monkeypatch.setattr(recipe_module, "scorer", toy_scorer)


@pytest.fixture
def quick() -> Recipe:
    """The recipe at the size of the made-up photographs, in large steps, saying everything."""
    return Recipe(
        crops=CropPlan(32, (32, 64), 4, 4),
        batch=4,
        learning_rate=0.05,
        average_decay=0.5,
        save_every=9,
        report_every=0,
        score_every=9,
    )


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """A folder laid out like ADEChallengeData2016 with 8 training and 2 validation photographs of 64 x 48."""
    root = tmp_path / "scenes"
    rng = np.random.default_rng(0)
    for split, number in (("training", 8), ("validation", 2)):
        for kind in ("images", "annotations"):
            (root / kind / split).mkdir(parents=True)
        for index in range(number):
            _scene(root, split, f"photo_{index}", rng)
    return root


def _scene(root: Path, split: str, name: str, rng: np.random.Generator) -> None:
    horizon = int(rng.integers(16, 32))
    annotation = np.full((48, 64), GRASS, dtype=np.uint8)
    annotation[:horizon] = SKY
    annotation[:2] = 0
    photo = np.where((annotation == GRASS)[..., None], [60, 140, 40], [120, 170, 230])
    photo = np.clip(photo + rng.normal(0, 12, photo.shape), 0, 255).astype(np.uint8)
    Image.fromarray(photo).save(root / "images" / split / f"{name}.jpg")
    Image.fromarray(annotation).save(root / "annotations" / split / f"{name}.png")

"""A backend is one file: whoever adds one touches nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demo.models import backends
from demo.models.zoo import Answer, Zoo
from demo.schema import ModelSpec, Weights

TOY = """
import torch
from demo.labels.class_set import of_names
from demo.models.network import Network
from demo.models.posterior import Posterior, Tile
from demo.schema import Seen

CLASSES = of_names("Brightness", ["dark", "light"])

def load(spec, files, device, precision):
    threshold = float(files.read_text())

    def scores(image):
        height, width = size = image.shape[:2]
        light = torch.from_numpy(image.astype("float32")).mean(-1) - threshold
        whole = (0, 0, height, width)
        return Posterior((Tile(torch.stack([-light, light]), whole),), size, whole, size, Seen(size), CLASSES)

    return Network(scores, 1, 4, "0" * 64, CLASSES)
"""


def test_a_toy_backend_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "toybackend.py").write_text(TOY)
    (tmp_path / "threshold.txt").write_text("99.5")
    monkeypatch.setattr(backends, "__path__", [*backends.__path__, str(tmp_path)])
    weights = Weights(str(tmp_path / "threshold.txt"), "")
    spec = ModelSpec("toy", "Toy", "cnn", "own", "none", weights, backend="toybackend")
    image = np.repeat(np.arange(200, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(20, axis=0)
    (answer,) = Zoo(device="cpu").stream(image, [spec])
    assert isinstance(answer, Answer), answer.error
    assert (answer.prediction.label_map == (np.arange(200) > 99)).all()
    assert answer.prediction.class_set.names == ("dark", "light")

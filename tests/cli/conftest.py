"""Networks without weights, photos and a dataset for the commands."""

import functools
from pathlib import Path

import numpy as np
import pytest

from demo.errors import CorruptCheckpointError
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import encode_annotation
from demo.models import zoo as zoo_module
from demo.models.network import Network
from demo.models.zoo import Zoo
from demo.schema import ModelSpec
from tests.cli.commands import save
from tests.toy import toy_network


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """`segment` with networks that need no weights; the last one refuses to load."""

    def load(spec: ModelSpec) -> Network:
        if spec.id == "segformer-compact":
            raise CorruptCheckpointError("segformer-compact-00000000.pth is not what\nit should be.")
        return toy_network(spec)

    monkeypatch.setattr(zoo_module, "Zoo", functools.partial(Zoo, load=load))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return save(tmp_path / "owl.png", seed=1)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Two photos with ground truth in ADE20K's layout, and one annotation that is no PNG."""
    for number in range(3):
        save(tmp_path / "ade" / "images" / f"{number}.png", seed=number)
        (tmp_path / "ade" / "annotations").mkdir(exist_ok=True)
        truth = np.full((40, 50), number, np.uint8)
        (tmp_path / "ade" / "annotations" / f"{number}.png").write_bytes(encode_annotation(truth, ADE20K))
    (tmp_path / "ade" / "annotations" / "2.png").write_text("not a PNG")
    return tmp_path / "ade"

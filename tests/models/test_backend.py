"""What MMSegmentation is imported with, and what is said of a config that cannot be run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from demo import catalog
from demo.errors import BackendError
from demo.models.backend import load_network
from demo.models.checkpoints import locate
from demo.models.network import Network
from demo.models.zoo import Zoo
from demo.schema import ModelSpec, Weights

SHIPPED = catalog.find("fcn-compact")


def load(tmp_path: Path, change: str) -> Network:
    """The shipped network with its config changed by a line of Python."""
    config = tmp_path / "own.py"
    config.write_text(f"{catalog.resolve_config(SHIPPED).read_text()}\n{change}\n")
    checkpoint = locate(SHIPPED.weights)
    assert checkpoint
    weights = Weights(str(checkpoint), "")
    return load_network(ModelSpec("own", "Own", "cnn", "own", str(config), weights), checkpoint)


def test_an_own_config_is_loaded(tmp_path: Path) -> None:
    assert load(tmp_path, "").parameters > 1e6


@pytest.mark.parametrize("classes", [19, 171])
def test_a_network_of_other_classes_is_refused(tmp_path: Path, classes: int) -> None:
    with pytest.raises(BackendError, match=rf"ADE20K's 150 classes, got own with {classes}\. Use a config"):
        load(tmp_path, f"model['decode_head']['num_classes'] = {classes}")


@pytest.mark.parametrize("key", ["model", "test_pipeline"])
def test_a_config_without_a_part_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(BackendError, match=rf"got own\.py, which has no {key}\. Add what is missing"):
        load(tmp_path, f"del {key}")


def test_a_model_without_a_backbone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="This network cannot be built here"):
        load(tmp_path, "del model['backbone']")


def test_what_only_training_needs_is_not_imported_and_can_be_later() -> None:
    code = (
        "import sys, demo.models.backend as b\n"
        "print([name for name in (*b.TRAINING, 'torch.distributed.fsdp') if name in sys.modules])\n"
        "from torch.distributed.optim import ZeroRedundancyOptimizer as first\n"
        "from mmengine.model.wrappers.fully_sharded_distributed import MMFullyShardedDataParallel as second\n"
        "print(first.__name__, second.__name__)"
    )
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=catalog.ROOT, capture_output=True, text=True)
    said = ["[]", "ZeroRedundancyOptimizer MMFullyShardedDataParallel"]
    assert run.stdout.splitlines()[-2:] == said, run.stderr


def test_attention_is_one_pass_over_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[object] = []
    attend = torch.nn.functional.scaled_dot_product_attention

    def counted(*args: object, **kwargs: object) -> torch.Tensor:
        passes.append(args)
        return attend(*args, **kwargs)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", counted)
    setr = Zoo(device="cpu").load(catalog.find("setr-compact"))
    setr.scores(np.zeros((64, 64, 3), np.uint8))
    assert passes

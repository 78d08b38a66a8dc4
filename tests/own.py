"""A network of the user's own in any class set: the shipped FCN with its last layer drawn at random."""

from __future__ import annotations

from pathlib import Path

import torch

from demo import catalog
from demo.models.checkpoints.files import locate
from demo.models.checkpoints.tensors import load_state

SHIPPED = catalog.find("fcn-compact")


def own_network(folder: Path, classes: int, changes: str = "", name: str = "own") -> str:
    """Config and weights in `folder`, as -m names them; `changes` are lines of Python at the config's end."""
    folder.mkdir(parents=True, exist_ok=True)
    config, weights = folder / f"{name}.py", folder / f"{name}.pth"
    head = f"model['decode_head']['num_classes'] = {classes}"
    config.write_text(f"{catalog.resolve_config(SHIPPED).read_text()}\n{head}\n{changes}\n")
    checkpoint = locate(SHIPPED.weights)
    assert checkpoint, "the compact networks are in the repository"
    state = dict(load_state(checkpoint))
    random = torch.Generator().manual_seed(7)
    width = state["decode_head.conv_seg.weight"].shape[1]
    state["decode_head.conv_seg.weight"] = torch.randn((classes, width, 1, 1), generator=random) * 0.3
    state["decode_head.conv_seg.bias"] = torch.zeros(classes)
    torch.save({"state_dict": state}, weights)
    return f"{config}:{weights}"


CITYSCAPES = "test_dataloader['dataset']['type'] = 'CityscapesDataset'"
"""A change of the config."""

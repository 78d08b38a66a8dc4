"""NVIDIA's own SegFormer weights, in the Transformers layout, for MMSegmentation's MiT and SegformerHead.

MMSegmentation's head differs from NVIDIA's: it projects every stage to 256 channels, NVIDIA to 768 from B2 on; it has a
normalisation and a ReLU after each projection, NVIDIA neither. `head_options` gives a head of NVIDIA's width without
those ReLUs, and `to_mmsegmentation` normalisations that do nothing but add the projections' biases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from demo.models.checkpoints import ssseg
from demo.schema import Weights

if TYPE_CHECKING:
    from torch import Tensor

STAGES = 4
BATCH_NORM_EPS = 1e-5
HUB_FILES = ("pytorch_model.bin", "model.safetensors")

_RENAMED = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        # Transformers 4 and the files on the Hub; Transformers 5
        (r"segformer\.encoder\.patch_embeddings\.(\d)\.proj", r"backbone.layers.\1.0.projection"),
        (r"segformer\.encoder\.patch_embeddings\.(\d)\.layer_norm", r"backbone.layers.\1.0.norm"),
        (r"segformer\.encoder\.block\.(\d)\.(\d+)", r"backbone.layers.\1.1.\2"),
        (r"segformer\.encoder\.layer_norm\.(\d)", r"backbone.layers.\1.2"),
        (r"segformer\.stages\.(\d)\.patch_embeddings\.proj", r"backbone.layers.\1.0.projection"),
        (r"segformer\.stages\.(\d)\.patch_embeddings\.layer_norm", r"backbone.layers.\1.0.norm"),
        (r"segformer\.stages\.(\d)\.blocks\.(\d+)", r"backbone.layers.\1.1.\2"),
        (r"segformer\.stages\.(\d)\.layer_norm", r"backbone.layers.\1.2"),
        (r"\.layer_norm_1\.|\.layernorm_before\.", ".norm1."),
        (r"\.layer_norm_2\.|\.layernorm_after\.", ".norm2."),
        (r"\.attention\.self\.(query|key|value)\.", r".attn.\1."),
        (r"\.attention\.q_proj\.", ".attn.query."),
        (r"\.attention\.k_proj\.", ".attn.key."),
        (r"\.attention\.v_proj\.", ".attn.value."),
        (r"\.attention\.(output\.dense|o_proj)\.", ".attn.attn.out_proj."),
        (r"\.attention\.(self\.sr|sequence_reduction\.sequence_reduction)\.", ".attn.sr."),
        (r"\.attention\.(self|sequence_reduction)\.layer_norm\.", ".attn.norm."),
        (r"\.mlp\.(dense1|fc1)\.", ".ffn.layers.0."),
        (r"\.mlp\.dwconv\.dwconv\.", ".ffn.layers.1."),
        (r"\.mlp\.(dense2|fc2)\.", ".ffn.layers.4."),
        (r"decode_head\.(linear_c|linear_projections)\.(\d)\.proj\.", r"decode_head.convs.\2."),
    )
)

_SPLIT = re.compile(r"\.attn\.(query|key|value)\.")
_POINTWISE = re.compile(r"\.ffn\.layers\.[04]\.weight$")
"""Linear layers that MMSegmentation has as 1 x 1 convolutions."""


def converted(state: Mapping[str, Tensor]) -> tuple[ssseg.ModelOptions, Mapping[str, Tensor]]:
    """A state dict of any known layout in MMSegmentation's, and what the network must be built with to take it."""
    if is_transformers_segformer(state):
        return {"decode_head": head_options(state)}, to_mmsegmentation(state)
    if ssseg.is_ssseg(state):
        return ssseg.model_options(state), ssseg.to_mmsegmentation(state)
    return {}, state


def is_transformers_segformer(state: Mapping[str, object]) -> bool:
    """Whether these are the names of Transformers' SegformerForSemanticSegmentation."""
    return "decode_head.linear_fuse.weight" in state and any(key.startswith("segformer.") for key in state)


def stand_ins(weights: Weights) -> tuple[str, ...]:
    """The names under which NVIDIA's weights are accepted in place of a SegFormer file of the model zoo."""
    repository = hub_repository(weights)
    if not repository:
        return ()
    folder = repository.partition("/")[2]
    model = re.sub("-finetuned.*", "", folder) + ("-640" if "_640x640_" in weights.file else "")
    flat = [f"{name}.{suffix}" for name in (folder, model) for suffix in ("bin", "safetensors")]
    return *(f"{folder}/{file}" for file in HUB_FILES), *flat


def hub_repository(weights: Weights) -> str:
    """Where on the Hugging Face Hub NVIDIA's weights for this network are; nothing for any other network."""
    match = re.match(r"segformer_mit-b([0-5])_\d+x\d+_\w+_ade20k_", weights.file)
    if not match:
        return ""
    side = 640 if match[1] == "5" else 512  # NVIDIA fine-tuned B5 at 640 pixels only
    return f"nvidia/segformer-b{match[1]}-finetuned-ade-{side}-{side}"


def head_options(state: Mapping[str, Tensor]) -> dict[str, int | None]:
    """What SegformerHead must be built with to take these weights, beside what its config says."""
    return {"channels": int(state["decode_head.linear_fuse.weight"].shape[0]), "act_cfg": None}


def to_mmsegmentation(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same weights under MMSegmentation's names; float32."""
    renamed = {_rename(key): value.float() for key, value in state.items()}
    trunk = {key: value for key, value in renamed.items() if key.startswith("backbone.") and not _SPLIT.search(key)}
    trunk |= dict(_attention(renamed))
    trunk |= {key: value[..., None, None] for key, value in trunk.items() if _POINTWISE.search(key)}
    return trunk | dict(_head(renamed))


def _rename(key: str) -> str:
    for pattern, name in _RENAMED:
        key = pattern.sub(name, key)
    return key


def _attention(state: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Query, key and value as torch's MultiheadAttention has them: one above the other."""
    import torch

    for stem, kind in (key.split(".attn.query.") for key in state if ".attn.query." in key):
        parts = [state[f"{stem}.attn.{part}.{kind}"] for part in ("query", "key", "value")]
        yield f"{stem}.attn.attn.in_proj_{kind}", torch.cat(parts)


def _head(state: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """The decode head; Transformers puts the coarsest stage first in the fusion, MMSegmentation the finest."""
    import torch

    for stage in range(STAGES):
        stem, bias = f"decode_head.convs.{stage}", state[f"decode_head.convs.{stage}.bias"]
        yield f"{stem}.conv.weight", state[f"{stem}.weight"][..., None, None]
        yield f"{stem}.bn.weight", torch.ones_like(bias)
        yield f"{stem}.bn.bias", bias
        yield f"{stem}.bn.running_mean", torch.zeros_like(bias)
        yield f"{stem}.bn.running_var", torch.full_like(bias, 1 - BATCH_NORM_EPS)
    blocks = state["decode_head.linear_fuse.weight"].chunk(STAGES, dim=1)
    yield "decode_head.fusion_conv.conv.weight", torch.cat(blocks[::-1], dim=1)
    for name in ("weight", "bias", "running_mean", "running_var"):
        yield f"decode_head.fusion_conv.bn.{name}", state[f"decode_head.batch_norm.{name}"]
    for name in ("weight", "bias"):
        yield f"decode_head.conv_seg.{name}", state[f"decode_head.classifier.{name}"]

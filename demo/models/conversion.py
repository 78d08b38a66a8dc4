"""NVIDIA's own SegFormer weights, in the Transformers layout, as MMSegmentation's SegformerHead and MiT want them.

MMSegmentation's head has a normalisation and a ReLU after each level's projection, NVIDIA's has neither. The converted
normalisation is the identity plus an offset, large enough that the ReLU never closes (see `_head`), and what the offset
adds is taken off again in the normalisation that follows the fusion. So the logits are the same, not nearly the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from demo.schema import Weights

if TYPE_CHECKING:
    from torch import Tensor

LEVELS = 4
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


def to_mmsegmentation(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same weights under MMSegmentation's names; float32."""
    renamed = {_rename(key): value.float() for key, value in state.items()}
    converted = {
        key: value
        for key, value in renamed.items()
        if ".attn.query." not in key
        and ".attn.key." not in key
        and ".attn.value." not in key
        and not key.startswith("decode_head.")
    }
    converted |= dict(_attention(renamed))
    converted |= {
        key: value[..., None, None] for key, value in converted.items() if re.search(r"ffn\.layers\.[04]\.weight", key)
    }
    return converted | dict(_head(renamed))


def _rename(key: str) -> str:
    for pattern, name in _RENAMED:
        key = pattern.sub(name, key)
    return key


def _attention(state: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Query, key and value as torch's MultiheadAttention has them: one above the other."""
    import torch

    for key in state:
        if ".attn.query." in key:
            stem, kind = key.split(".attn.query.")
            parts = [state[f"{stem}.attn.{part}.{kind}"] for part in ("query", "key", "value")]
            yield f"{stem}.attn.attn.in_proj_{kind}", torch.cat(parts)


def _head(state: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """The decode head; Transformers puts the coarsest level first in the fusion, MMSegmentation the finest."""
    import torch

    fuse = torch.cat(state["decode_head.linear_fuse.weight"].chunk(LEVELS, dim=1)[::-1], dim=1)
    offsets = []
    for level in range(LEVELS):
        weight, bias = state[f"decode_head.convs.{level}.weight"], state[f"decode_head.convs.{level}.bias"]
        offset = _offset(
            weight, bias, state[f"backbone.layers.{level}.2.weight"], state[f"backbone.layers.{level}.2.bias"]
        )
        offsets.append(offset)
        stem = f"decode_head.convs.{level}"
        yield f"{stem}.conv.weight", weight[..., None, None]
        yield f"{stem}.bn.weight", torch.ones_like(bias)
        yield f"{stem}.bn.bias", bias + offset
        yield f"{stem}.bn.running_mean", torch.zeros_like(bias)
        yield f"{stem}.bn.running_var", torch.full_like(bias, 1 - BATCH_NORM_EPS)
    shift = (fuse[..., 0, 0].double() @ torch.cat(offsets).double()).float()
    yield "decode_head.fusion_conv.conv.weight", fuse
    for name in ("weight", "bias", "running_var"):
        yield f"decode_head.fusion_conv.bn.{name}", state[f"decode_head.batch_norm.{name}"]
    yield "decode_head.fusion_conv.bn.running_mean", state["decode_head.batch_norm.running_mean"] + shift
    yield "decode_head.conv_seg.weight", state["decode_head.classifier.weight"]
    yield "decode_head.conv_seg.bias", state["decode_head.classifier.bias"]


def _offset(weight: Tensor, bias: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """What to add to each channel of a projection so that it is never negative.

    A projection sees scale * z + shift, where z left a layer normalisation of C channels, so that |z| <= sqrt(C); by
    Cauchy-Schwarz its channel k is at least weight_k . shift + bias_k - sqrt(C) |weight_k * scale|.
    """
    reach = weight.shape[1] ** 0.5 * (weight * scale).norm(dim=1)
    return 1.001 * (reach - weight @ shift - bias).clamp(min=0)

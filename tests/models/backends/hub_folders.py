"""Tiny networks of random weights of each family that transformers segments with, saved as Hub repositories are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

CLASSES = 7
NAMES = {index: f"thing {index}" for index in range(CLASSES)}
STAGES = ["stage1", "stage2", "stage3", "stage4"]


Labels = dict[str, Any]


def _labels(names: dict[int, str]) -> Labels:
    return {"id2label": names, "label2id": {name: index for index, name in names.items()}}


def _swin(t: Any) -> Any:
    return t.SwinConfig(embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 1, 1], window_size=4, out_features=STAGES)


def _segformer(t: Any, labels: Labels) -> tuple[Any, Any]:
    config = t.SegformerConfig(hidden_sizes=[8, 8, 16, 16], depths=[1] * 4, decoder_hidden_size=8, **labels)
    return t.SegformerForSemanticSegmentation(config), t.SegformerImageProcessorPil(size={"height": 64, "width": 64})


def _upernet(t: Any, labels: Labels, backbone: Any) -> tuple[Any, Any]:
    config = t.UperNetConfig(backbone_config=backbone, hidden_size=16, pool_scales=[1, 2], **labels)
    size = {"height": 96, "width": 64}
    return t.UperNetForSemanticSegmentation(config), t.SegformerImageProcessorPil(size=size)


def _upernet_convnext(t: Any, labels: Labels) -> tuple[Any, Any]:
    backbone = t.ConvNextConfig(hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], out_features=STAGES)
    return _upernet(t, labels, backbone)


def _upernet_swin(t: Any, labels: Labels) -> tuple[Any, Any]:
    return _upernet(t, labels, _swin(t))


def _beit_like(t: Any, labels: Labels, config: Any, model: Any) -> tuple[Any, Any]:
    made = config(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=16, image_size=64, patch_size=16,
        out_indices=[1, 2, 3, 4], use_relative_position_bias=True, pool_scales=[1, 2], use_auxiliary_head=True,
        auxiliary_channels=8, **labels,
    )  # fmt: skip
    return model(made), t.BeitImageProcessorPil(size={"height": 64, "width": 64}, do_center_crop=False)


def _beit(t: Any, labels: Labels) -> tuple[Any, Any]:
    return _beit_like(t, labels, t.BeitConfig, t.BeitForSemanticSegmentation)


def _data2vec(t: Any, labels: Labels) -> tuple[Any, Any]:
    return _beit_like(t, labels, t.Data2VecVisionConfig, t.Data2VecVisionForSemanticSegmentation)


def _dpt(t: Any, labels: Labels) -> tuple[Any, Any]:
    config = t.DPTConfig(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=16, image_size=64, patch_size=16,
        backbone_out_indices=[0, 1, 2, 3], neck_hidden_sizes=[8, 8, 16, 16], fusion_hidden_size=8, is_hybrid=False,
        auxiliary_loss_weight=0.4, **labels,
    )  # fmt: skip
    return t.DPTForSemanticSegmentation(config), t.DPTImageProcessorPil(size={"height": 64, "width": 64})


def _mobilevit(t: Any, labels: Labels) -> tuple[Any, Any]:
    config = t.MobileViTConfig(
        hidden_sizes=[8, 12, 16], neck_hidden_sizes=[8, 8, 8, 8, 16, 16, 16], num_attention_heads=2,
        aspp_out_channels=8, image_size=64, **labels,
    )  # fmt: skip
    processor = t.MobileViTImageProcessorPil(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64})
    return t.MobileViTForSemanticSegmentation(config), processor


def _mobilenet(t: Any, labels: Labels) -> tuple[Any, Any]:
    config = t.MobileNetV2Config(depth_multiplier=0.25, **labels)
    processor = t.MobileNetV2ImageProcessorPil(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64})
    return t.MobileNetV2ForSemanticSegmentation(config), processor


def _maskformer(t: Any, labels: Labels) -> tuple[Any, Any]:
    backbone = t.SwinConfig(embed_dim=8, depths=[1] * 4, num_heads=[1] * 4, window_size=4, out_features=STAGES)
    decoder = t.DetrConfig(
        d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2,
        encoder_ffn_dim=16, decoder_ffn_dim=16, num_queries=5, backbone_config=t.ResNetConfig(),
        use_timm_backbone=False, backbone=None, use_pretrained_backbone=False,
    )  # fmt: skip
    config = t.MaskFormerConfig(
        backbone_config=backbone, decoder_config=decoder, fpn_feature_size=32, mask_feature_size=32, **labels
    )
    return t.MaskFormerForInstanceSegmentation(config), t.MaskFormerImageProcessorPil(size={"height": 64, "width": 96})


def _mask2former(t: Any, labels: Labels) -> tuple[Any, Any]:
    config = t.Mask2FormerConfig(
        backbone_config=_swin(t), feature_size=32, mask_feature_size=32, hidden_dim=32, encoder_feedforward_dim=16,
        dim_feedforward=16, encoder_layers=1, decoder_layers=2, num_attention_heads=2, num_queries=5, **labels,
    )  # fmt: skip
    return (
        t.Mask2FormerForUniversalSegmentation(config),
        t.Mask2FormerImageProcessorPil(size={"height": 64, "width": 96}),
    )


def _eomt(t: Any, labels: Labels) -> tuple[Any, Any]:
    config = t.EomtConfig(
        hidden_size=16, num_hidden_layers=3, num_attention_heads=2, image_size=64, patch_size=16, num_blocks=1,
        num_queries=5, num_upscale_blocks=1, num_register_tokens=1, **labels,
    )  # fmt: skip
    size = {"shortest_edge": 64, "longest_edge": None}
    processor = t.EomtImageProcessorPil(size=size, do_split_image=True, do_pad=False)
    return t.EomtForUniversalSegmentation(config), processor


def _oneformer(t: Any, labels: Labels) -> tuple[Any, Any]:
    config = t.OneFormerConfig(
        backbone_config=_swin(t), conv_dim=32, mask_dim=32, hidden_dim=32, encoder_feedforward_dim=16,
        dim_feedforward=16, encoder_layers=1, decoder_layers=2, num_attention_heads=2, num_queries=5, **labels,
    )  # fmt: skip
    return t.OneFormerForUniversalSegmentation(config), t.OneFormerImageProcessorPil(size={"height": 64, "width": 96})


def letters(t: Any) -> Any:
    """A tokenizer of CLIP's kind, in whose vocabulary every letter is a word and so is "the"."""
    known = [chr(code) for code in range(33, 127)]
    words = [*known, *(f"{letter}</w>" for letter in known), "th", "the</w>", "<|startoftext|>", "<|endoftext|>"]
    return t.CLIPTokenizer(
        vocab={word: index for index, word in enumerate(words)}, merges=[("t", "h"), ("th", "e</w>")]
    )


FAMILIES: dict[str, Callable[[Any, Labels], tuple[Any, Any]]] = {
    "segformer": _segformer,
    "upernet-convnext": _upernet_convnext,
    "upernet-swin": _upernet_swin,
    "beit": _beit,
    "data2vec": _data2vec,
    "dpt": _dpt,
    "mobilevit": _mobilevit,
    "mobilenet-v2": _mobilenet,
    "maskformer": _maskformer,
    "mask2former": _mask2former,
    "oneformer": _oneformer,
    "eomt": _eomt,
}


def save(family: str, folder: Path, names: dict[int, str] = NAMES) -> Path:
    """The family's network of those classes and its image processor as a folder of the Hub's layout."""
    import transformers

    for seed in range(3, 30):
        torch.manual_seed(seed)
        network, processor = FAMILIES[family](transformers, _labels(names))
        _enliven(network, len(names))
        if _many_labels(network, processor):
            break
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
    if family == "oneformer":
        letters(transformers).save_pretrained(folder)
    return folder


def _enliven(network: torch.nn.Module, classes: int) -> None:
    """Weights that keep the photo's variance through the layers: labels differ from pixel to pixel."""
    with torch.no_grad():
        for name, value in network.named_parameters():
            if value.ndim > 1:
                gain = 6.0 if "class" in name else 1.7
                value.copy_(torch.randn_like(value) * gain * value[0].numel() ** -0.5)
            elif name.endswith("bias"):
                value.zero_()
        network.train()
        for module in network.modules():
            if isinstance(module, torch.nn.Dropout | torch.nn.Dropout2d):
                module.p = 0.0
        for _ in range(30 if any(isinstance(m, torch.nn.BatchNorm2d) for m in network.modules()) else 0):
            network(pixel_values=torch.randn(2, 3, 64, 64).cumsum(-1) / 4)  # batch norms learn what they see
        network.eval()
        logits = getattr(_answer(network, _noise()), "logits", None)
        if logits is not None:  # as the last layer's bias has it, no class is everywhere
            *_, last = (m for m in network.modules() if getattr(m, "out_channels", 0) == classes and m.bias is not None)
            last.weight /= logits.std()
            last.bias.copy_((last.bias - logits.mean((0, 2, 3))) / logits.std())


def _noise() -> torch.Tensor:
    return torch.randn(1, 3, 64, 64).cumsum(-1) / 4


def _answer(network: Any, pixels: torch.Tensor) -> Any:
    task = {"task_inputs": torch.arange(77)[None]} if network.config.model_type == "oneformer" else {}
    return network(pixel_values=pixels, **task)


def photo(height: int, width: int) -> np.ndarray:
    """Two slopes and noise: (height, width, 3) uint8."""
    rows, columns = np.mgrid[:height, :width]
    noise = np.random.default_rng(5).integers(0, 90, (height, width))
    return np.stack([rows * 255 // height, columns * 255 // width, noise], axis=-1).astype(np.uint8)


def _many_labels(network: torch.nn.Module, processor: Any) -> bool:
    with torch.no_grad():
        answer = _answer(network, processor(photo(90, 130), return_tensors="pt")["pixel_values"])
    scores = getattr(answer, "logits", None)
    if scores is None:
        classes, masks = answer.class_queries_logits.softmax(-1)[..., :-1], answer.masks_queries_logits.sigmoid()
        scores = torch.einsum("bqc, bqhw -> bchw", classes, masks)
    return max(scores.argmax(1).unique(return_counts=True)[1]) < 0.9 * scores[:, 0].numel()


def change(folder: Path, file: str, **values: object) -> None:
    """Some values of one of the folder's JSON files."""
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | values))

"""A MiT grafted from a ViT answers as that ViT does without class token and positions, and learns to do without."""

import runpy
from pathlib import Path

import pytest
import torch
from PIL import Image as PillowImage

from demo.models.backends.mmseg import build_backbone
from demo.train import graft
from demo.train.data import Folder, mixed
from demo.train.graft import CELL, Following, Said, follow
from demo.train.weights import LARGE, halve, read_weights

EXAMPLES, CHECKPOINTS = (Path(__file__).parents[2] / name for name in ("examples", "checkpoints"))
VIT = dict(
    type="VisionTransformer", img_size=224, patch_size=14, patch_bias=True, embed_dims=128, num_layers=3, num_heads=2
)
MIT = {
    **runpy.run_path(str(CHECKPOINTS / "compact/segformer-compact.py"))["model"]["backbone"],
    "num_layers": [1, 1, 3],
    "num_heads": [1, 2, 2],
    "mlp_ratio": 3,
}
"""The shipped one's, with a last stage as wide and deep as `VIT`."""


class Network(torch.nn.Module):
    """What `follow` takes: a backbone, and how pixels go into it."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = build_backbone(MIT)
        self.data_preprocessor = torch.nn.Module()
        self.data_preprocessor.mean = torch.tensor([123.675, 116.28, 103.53])
        self.data_preprocessor.std = torch.tensor([58.395, 57.12, 57.375])


@pytest.fixture
def photos() -> list[PillowImage.Image]:
    return [PillowImage.open(path).convert("RGB").resize((256, 192)) for path in sorted(EXAMPLES.glob("*.jpg"))[:5]]


@pytest.fixture
def vit() -> torch.nn.Module:
    torch.manual_seed(0)
    network = build_backbone({**VIT, "out_indices": (1, 2)})
    with torch.no_grad():
        for name, value in network.named_parameters():
            if "weight" in name and value.ndim == 2:
                value.normal_(std=0.08)
        network.pos_embed.normal_(std=0.02)
    for module in (network, *network.modules()):
        module.training = False
    return network


def _missed(mit: torch.nn.Module, wanted: list[torch.Tensor], photos: list[PillowImage.Image]) -> float:
    """Share of the variance of the wanted maps (C, h, w) that the last stage misses, before its norm."""
    heard: list[torch.Tensor] = []
    hook = mit.layers[2][2].register_forward_pre_hook(lambda _, given: heard.append(given[0][0].T))
    with torch.no_grad():
        for photo in photos:
            mit.eval()(graft.VIT.given(photo, CELL))
    hook.remove()
    told, asked = torch.cat(heard, 1), torch.cat([one.flatten(1) for one in wanted], 1)
    return ((told - asked).square().mean() / asked.var(1).mean()).item()


def _bare(vit: torch.nn.Module, photo: PillowImage.Image) -> torch.Tensor:
    """The ViT's last map (C, h, w) from patches alone, each with the mean of all positions."""
    tokens, size = vit.patch_embed(graft.VIT.given(photo))
    tokens = tokens + vit.pos_embed[:, 1:].mean(1, keepdim=True)
    for layer in vit.layers:
        tokens = layer(tokens)
    return tokens[0].T.reshape(-1, *size)


@pytest.mark.slow
def test_a_grafted_mit_answers_as_the_vit_does_without_positions(
    vit: torch.nn.Module, photos: list[PillowImage.Image]
) -> None:
    torch.manual_seed(0)
    mit = build_backbone(MIT)
    with torch.no_grad():
        wanted = [_bare(vit, photo) for photo in photos]
    before = _missed(mit, wanted, photos)
    graft.graft(mit, vit, photos)
    assert _missed(mit, wanted, photos) < 0.15 < before


@pytest.mark.slow
def test_it_learns_to_say_what_the_vit_says(vit: torch.nn.Module, scenes: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    photographs, network = mixed([Folder(scenes)], "training"), Network()
    said = Said(vit, photographs, tmp_path / "said")
    seen = [photographs[index][0] for index in range(len(photographs))]
    wanted = [said(pair.photo)[128:] for pair in photographs.pairs]
    before = _missed(network.backbone, wanted, seen)
    state = follow(
        network,
        photographs,
        said,
        60,
        Following(learning_rate=2e-3, batch=2, average_decay=0.9, steps=40),
        lambda line: None,
    )
    network.backbone.load_state_dict(state)
    assert _missed(network.backbone, wanted, seen) < 0.9 * before


@pytest.mark.slow
def test_a_trunk_is_written_once(
    vit: torch.nn.Module, scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graft, "_dinov2", lambda trunk: vit)
    monkeypatch.setattr(graft, "build_network", lambda config: Network())
    monkeypatch.setattr(graft, "initialise", lambda network: None)
    photographs, out = mixed([Folder(scenes)], "training"), tmp_path / "mit.pth"
    lines: list[str] = []
    for _ in range(2):
        graft.write_grafted(Path("config.py"), Path("vit.pth"), photographs, out, 0.001, lines.append)
    written = read_weights(out)
    assert written.keys() == build_backbone(MIT).state_dict().keys()
    stamp = out.stat().st_mtime_ns
    graft.write_grafted(Path("config.py"), Path("vit.pth"), photographs, out, 0.001, lines.append)
    assert out.stat().st_mtime_ns == stamp


def test_large_matrices_may_be_stored_at_float8() -> None:
    torch.manual_seed(0)
    state = {
        "fine": 0.004 * torch.randn(400, LARGE // 200),
        "coarse": 0.03 * torch.randn(400, LARGE // 200),
        "small": torch.randn(8, 8),
        "bias": torch.randn(2 * LARGE),
        "count": torch.tensor(3),
    }
    stored = halve(state, narrow=True)
    kinds = {name: value.dtype for name, value in stored.items()}
    assert kinds == {
        "fine": torch.float8_e5m2,
        "coarse": torch.float8_e4m3fn,
        "small": torch.float16,
        "bias": torch.float16,
        "count": torch.int64,
    }
    for name in ("fine", "coarse"):
        missed = (stored[name].float() - state[name]).square().mean() / state[name].square().mean()
        assert missed < 0.004
    assert {value.dtype for value in halve(state).values()} == {torch.float16, torch.int64}

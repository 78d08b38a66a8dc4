"""NVIDIA's SegFormer weights give the same logits here as in Transformers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from demo import catalog
from demo.models.backends.mmseg import build, load
from demo.models.backends.mmseg_config import read_config
from demo.models.backends.modules import without_random_init
from demo.models.checkpoints.tensors import load_state
from demo.models.checkpoints.conversion import head_options, hub_repository, is_transformers_segformer, stand_ins, to_mmsegmentation
from demo.schema import Weights

transformers = pytest.importorskip("transformers")

SHAPES = {
    "b0": ((32, 64, 160, 256), (2, 2, 2, 2), 256),
    "b1": ((64, 128, 320, 512), (2, 2, 2, 2), 256),
    "b2": ((64, 128, 320, 512), (3, 4, 6, 3), 768),
    "b3": ((64, 128, 320, 512), (3, 4, 18, 3), 768),
    "b4": ((64, 128, 320, 512), (3, 8, 27, 3), 768),
    "b5": ((64, 128, 320, 512), (3, 6, 40, 3), 768),
}
"""Channels and blocks by stage, width of the head: the published configurations."""


def published(name: str) -> nn.Module:
    channels, blocks, width = SHAPES[name]
    config = transformers.SegformerConfig(
        num_labels=150, hidden_sizes=list(channels), depths=list(blocks), decoder_hidden_size=width
    )
    return transformers.SegformerForSemanticSegmentation(config).eval()


def nvidias(name: str) -> nn.Module:
    """The published network, its weights random, no bias and no normalisation left at a value that hides a mistake."""
    network = published(name)
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            flat = parameter.ndim == 1
            parameter.copy_(parameter + 0.3 * torch.randn_like(parameter) if flat else _spread(parameter))
        network.decode_head.batch_norm.running_mean.normal_()
        network.decode_head.batch_norm.running_var.uniform_(0.5, 2)
    return network


def _spread(parameter: torch.Tensor) -> torch.Tensor:
    return torch.randn_like(parameter) / parameter[0].numel() ** 0.5


def ours(name: str, state: dict[str, torch.Tensor]) -> nn.Module:
    config = read_config(catalog.resolve_config(catalog.find(f"segformer-{name}")))
    config.model.decode_head.update(head_options(state))
    with without_random_init():
        return build(config).eval()


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_every_parameter_of_every_size_has_its_place(name: str) -> None:
    with torch.device("meta"):
        state = published(name).state_dict()
    places = {key: value.shape for key, value in ours(name, state).state_dict().items()}
    fitting = {key: value.shape for key, value in to_mmsegmentation(state).items()}
    assert fitting == {key: shape for key, shape in places.items() if not key.endswith("num_batches_tracked")}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["b0", "b2"])
def test_the_logits_are_the_same(name: str) -> None:
    theirs = nvidias(name)
    photo = torch.randn(1, 3, 96, 128)
    with torch.inference_mode():
        expected = theirs(pixel_values=photo).logits
        network = ours(name, theirs.state_dict())
        network.load_state_dict(to_mmsegmentation(theirs.state_dict()))
        got = network.decode_head(network.backbone(photo))
    assert expected.std() > 0.5
    assert expected.std(dim=(2, 3)).mean() > 0.1, "the pixels differ"
    torch.testing.assert_close(got, expected, atol=1e-4, rtol=0)


def test_the_names_of_files_on_the_hub_are_the_other_ones(tmp_path: Path) -> None:
    """Transformers 5 has new names in memory and saves, as it reads, the ones that NVIDIA's files have."""
    theirs = nvidias("b0")
    theirs.save_pretrained(tmp_path)
    saved = load_state(tmp_path / "model.safetensors")
    assert "segformer.encoder.block.0.0.attention.self.query.weight" in saved
    converted, in_memory = to_mmsegmentation(saved), to_mmsegmentation(theirs.state_dict())
    assert converted.keys() == in_memory.keys()
    assert all(torch.equal(converted[key], in_memory[key]) for key in converted)


@pytest.mark.slow
def test_a_file_of_nvidias_loads_as_any_other(tmp_path: Path) -> None:
    theirs = nvidias("b0")
    theirs.save_pretrained(tmp_path)
    torch.save(load_state(tmp_path / "model.safetensors"), tmp_path / "segformer-b0.bin")
    spec = catalog.find("segformer-b0")
    network = load(spec, tmp_path / "segformer-b0.bin")
    assert network.parameters == pytest.approx(sum(parameter.numel() for parameter in theirs.parameters()), rel=0.01)
    photo = (torch.rand(64, 96, 3) * 255).byte().numpy()
    probabilities = network.scores(photo).at(10, 20)
    assert probabilities.shape == (150,)
    assert probabilities.sum() == pytest.approx(1, abs=1e-4)


def test_only_segformer_of_transformers_is_taken_for_it() -> None:
    state = nvidias("b0").state_dict()
    assert is_transformers_segformer(state)
    assert not is_transformers_segformer(to_mmsegmentation(state))
    assert not is_transformers_segformer({key: value for key, value in state.items() if key.startswith("segformer.")})


def test_every_segformer_of_the_catalogue_has_a_stand_in_and_nothing_else_has() -> None:
    repositories = {
        spec.id: hub_repository(spec.weights)
        for name in catalog.SETS
        for spec in catalog.models(name)
        if hub_repository(spec.weights)
    }
    sides = {f"segformer-b{number}": 640 if number == 5 else 512 for number in range(6)} | {"segformer-b5-640": 640}
    assert repositories == {
        name: f"nvidia/{name.removesuffix('-640')}-finetuned-ade-{side}-{side}" for name, side in sides.items()
    }
    assert all(f"{name}.bin" in stand_ins(catalog.find(name).weights) for name in sides)
    assert stand_ins(Weights("fcn.pth", "")) == ()

"""SSSegmentation's checkpoints give here the logits that its own modules gave for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from demo import catalog
from demo.errors import CorruptCheckpointError
from demo.labels.ade20k import ADE20K
from demo.models.backends.mmseg import Segmentor, build, fill, load
from demo.models.backends.mmseg_config import read_config
from demo.models.backends.modules import without_random_init
from demo.models.checkpoints.conversion import converted
from demo.models.checkpoints.ssseg import is_ssseg, to_mmsegmentation
from tests.models.checkpoints.ssseg_layout import GOLDEN, NETWORKS, keys, picture, state, thinned


def shapes(network: str) -> dict[str, Tensor]:
    """The checkpoint without its numbers."""
    return {key: torch.empty(shape, device="meta") for key, shape in keys(network).items()}


def ours(network: str, weights: dict[str, Tensor]) -> tuple[nn.Module, dict[str, Tensor]]:
    """MMSegmentation's network as it is built for these weights, and these under its names."""
    config = read_config(catalog.resolve_config(catalog.find(f"{network}-ssseg")))
    options, fitting = converted(weights)
    for part, changes in options.items():
        config.model[part].update(changes)
    with without_random_init():
        return build(config).eval(), dict(fitting)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_parameter_has_its_place_and_none_is_left(network: str) -> None:
    built, weights = ours(network, shapes(network))
    wanted = {key: tuple(value.shape) for key, value in built.state_dict().items()}
    assert {key: tuple(value.shape) for key, value in weights.items()} == wanted


@pytest.mark.slow  # 14 to 300 million weights to make and run
@pytest.mark.parametrize("network", NETWORKS)
def test_the_logits_are_the_same(network: str) -> None:
    built, weights = ours(network, state(network))
    fill(built, weights, Path(network), own=False)
    with torch.inference_mode():
        logits = built.decode_head(built.backbone(picture(network)))[0].numpy()
    expected = np.load(GOLDEN)[network]
    assert expected.std() > 0.15
    np.testing.assert_allclose(thinned(network, logits), expected, atol=1e-5, rtol=0)


def test_the_pooled_branch_of_deeplab_moves_to_the_front_of_the_bottleneck() -> None:
    weight = torch.arange(2560.0).reshape(1, 2560, 1, 1).expand(512, -1, 3, 3)
    fitting = to_mmsegmentation(shapes("deeplabv3plus") | {"aspp_net.bottleneck.0.weight": weight})
    moved = fitting["decode_head.bottleneck.conv.weight"][0, :, 0, 0].tolist()
    assert moved == [*range(2048, 2560), *range(2048)]


@pytest.mark.parametrize("network", ["pspnet", "segformer"])
def test_no_other_tensor_changes(network: str) -> None:
    """PSPNet's pools come after the features in both; SegFormer's query, key and value are one tensor in both."""
    weights = {key: torch.rand(1) for key in keys(network)}
    fitting = to_mmsegmentation(weights)
    kept = [value for key, value in weights.items() if not key.startswith("auxiliary")]
    assert all(value is other for value, other in zip(kept, fitting.values(), strict=True))
    assert [key for key in fitting if "psp_modules" in key and key.endswith("conv.weight")] == (
        [f"decode_head.psp_modules.{branch}.1.conv.weight" for branch in range(4)] if network == "pspnet" else []
    )


@pytest.mark.slow
def test_a_checkpoint_as_it_is_published_loads_as_any_other(tmp_path: Path) -> None:
    torch.save({"model": state("segformer")}, tmp_path / "net.pth")
    network = load(catalog.find("segformer-ssseg"), tmp_path / "net.pth")
    assert network.parameters == sum(value.numel() for key, value in state("segformer").items() if _counts(key))
    probabilities = network.scores((np.random.default_rng(0).random((64, 96, 3)) * 255).astype(np.uint8)).at(10, 20)
    assert probabilities.shape == (150,) and probabilities.sum() == pytest.approx(1, abs=1e-4)


def _counts(key: str) -> bool:
    return not key.endswith(("running_mean", "running_var", "num_batches_tracked"))


@pytest.mark.slow
def test_a_name_that_is_not_known_is_told(tmp_path: Path) -> None:
    weights = state("segformer") | {"extra.weight": torch.zeros(1)}
    torch.save({"model": weights}, tmp_path / "net.pth")
    with pytest.raises(CorruptCheckpointError, match=r"extra\.weight has no place"):
        load(catalog.find("segformer-ssseg"), tmp_path / "net.pth")


def test_only_ssseg_is_taken_for_it() -> None:
    assert all(is_ssseg(shapes(network)) for network in NETWORKS)
    assert not any(is_ssseg(to_mmsegmentation(shapes(network))) for network in NETWORKS)
    assert not is_ssseg({"decoder.0.weight": 1})


@pytest.mark.slow
def test_a_head_that_resizes_to_input_size_leaves_the_last_step_to_posterior() -> None:
    """SETR's with two convolutions: 128 x 128 scores of a window of 512, the same labels, nearly the same numbers."""
    config = read_config(catalog.resolve_config(catalog.find("setr-ssseg")))
    config.model.backbone.update(embed_dims=32, num_layers=4, num_heads=2, out_indices=(0, 1, 2, 3))
    config.model.decode_head.update(in_channels=32, num_convs=2, kernel_size=3)
    torch.manual_seed(0)
    network = build(config).eval()
    for parameter in network.parameters():
        parameter.data = parameter + 0.1 * torch.randn_like(parameter)
    photo = np.random.default_rng(0).integers(0, 256, (512, 512, 3), np.uint8)
    mean, deviation = network.data_preprocessor.mean[:, 0, 0].numpy(), network.data_preprocessor.std[:, 0, 0].numpy()
    inputs = torch.from_numpy(((photo - mean) / deviation).transpose(2, 0, 1)[None].astype(np.float32))
    with torch.inference_mode():
        whole = network.decode_head(network.backbone(inputs))[0].softmax(0).numpy()
    answer = Segmentor(network, config, ADE20K, "cpu", "exact")(photo)
    assert answer.tiles[0].scores.shape == (150, 128, 128)
    assert answer.bytes < whole.nbytes / 15
    prediction = answer.reduce("setr")
    np.testing.assert_allclose(prediction.confidence, whole.max(0), atol=1e-5)
    assert (prediction.label_map == whole.argmax(0)).mean() > 0.9999

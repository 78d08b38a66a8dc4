"""Our maps against MMSegmentation's own `inference_model`: the same label on every pixel, the same entropy.

The networks carry random weights; the classifier is scaled so that many classes win somewhere.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from demo.catalog import find, models, resolve_config
from demo.images import open_image
from demo.models import posterior as posteriors
from demo.models.backend import Segmentor, _read_config, build_network
from demo.schema import Image

inference_model = pytest.importorskip("mmseg.apis").inference_model

COMPACT = [spec.id for spec in models("compact")]
PAPER = [spec.id for spec in models("paper")]


def _reference(network: torch.nn.Module, image: Image) -> tuple[np.ndarray, np.ndarray]:
    """(label map, entropy in nats computed in float64) as MMSegmentation computes the scores."""
    result = inference_model(network, np.ascontiguousarray(image[..., ::-1]))
    probabilities = result.seg_logits.data.double().softmax(0)
    entropy = -torch.special.xlogy(probabilities, probabilities).sum(0)
    return result.pred_sem_seg.data[0].numpy(), entropy.numpy()


def _random_network(config: Path) -> torch.nn.Module:
    torch.manual_seed(0)
    network = build_network(config).eval()
    heads = network.decode_head if isinstance(network.decode_head, torch.nn.ModuleList) else [network.decode_head]
    for head in heads:
        if hasattr(head, "conv_seg"):
            torch.nn.init.normal_(head.conv_seg.weight, std=2.0)
    network.cfg = _read_config(config)
    return network


def _check(config: Path, image: Image) -> None:
    network = _random_network(config)
    labels, entropy = _reference(network, image)
    posterior = Segmentor(network, _read_config(config), "cpu", "exact")(image)
    prediction = posterior.reduce("model")
    differ = prediction.label_map != labels
    assert np.all(prediction.margin[differ] < 1e-5), f"{differ.sum()} pixels differ beyond argmax ties"
    assert differ.mean() < 1e-4
    assert len(np.unique(labels)) > 5
    assert np.abs(prediction.entropy - entropy).max() < 1e-4


@pytest.mark.parametrize("model", COMPACT)
def test_compact_architectures_answer_as_mmsegmentation_does(model: str, examples: Path) -> None:
    _check(resolve_config(find(model)), open_image(examples / "pavilion.jpg"))


@pytest.mark.slow
@pytest.mark.parametrize("model", PAPER)
def test_paper_sizes_answer_as_mmsegmentation_does(model: str, examples: Path) -> None:
    _check(resolve_config(find(model)), open_image(examples / "pavilion.jpg"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ocrnet", "pointrend", "upernet", "encnet", "segmenter", "segnext"])
def test_heads_that_are_not_one_plain_forward_answer_too(name: str, examples: Path) -> None:
    found = [spec for spec in models("zoo") if name in spec.id]
    if not found:
        pytest.skip(f"no {name} model of the installed index runs here")
    smallest = min(found, key=lambda spec: spec.reported.training_memory_gb or 99)
    _check(resolve_config(smallest), open_image(examples / "pavilion.jpg"))


@pytest.mark.parametrize("model", ["fcn-compact", "setr-compact"])
def test_one_pixel_and_one_class_agree_with_the_maps(model: str, examples: Path) -> None:
    config = resolve_config(find(model))
    posterior = Segmentor(_random_network(config), _read_config(config), "cpu", "exact")(
        open_image(examples / "pavilion.jpg")
    )
    prediction = posterior.reduce("model", (90, 121))
    for y, x in ((0, 0), (89, 120), (41, 60)):
        probabilities = posterior.at(y, x, (90, 121))
        assert probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert probabilities.argmax() == prediction.label_map[y, x]
        assert probabilities.max() == pytest.approx(prediction.confidence[y, x], abs=1e-5)
        index = int(prediction.label_map[y, x])
        assert posterior.probability(index, (90, 121))[y, x] == pytest.approx(probabilities[index], abs=1e-5)


@pytest.mark.parametrize("model", ["fcn-compact", "setr-compact"])
def test_strips_without_the_compiled_kernel_give_the_same_maps(
    model: str, examples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = resolve_config(find(model))
    posterior = Segmentor(_random_network(config), _read_config(config), "cpu", "exact")(
        open_image(examples / "pavilion.jpg")
    )
    compiled = posterior.reduce("model")
    monkeypatch.setattr(posteriors, "kernel", None)
    plain = posterior.reduce("model")
    assert np.mean(compiled.label_map != plain.label_map) < 1e-4
    for name in ("confidence", "entropy", "margin"):
        assert np.abs(getattr(compiled, name) - getattr(plain, name)).max() < 1e-4

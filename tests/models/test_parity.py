"""Our maps against MMSegmentation's own `inference_model`: the same label on every pixel, the same entropy.

With the shipped weights on a photo as it is, and with random ones, the paper's networks too, on a smaller one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from demo.catalog import find, models, resolve_config
from demo.images import open_image
from demo.labels.ade20k import ADE20K
from demo.models import posterior as posteriors
from demo.models.backends.mmseg import Segmentor, build, build_network, fill
from demo.models.backends.mmseg_config import read_config
from demo.models.checkpoints.files import locate
from demo.models.checkpoints.tensors import load_state
from demo.models.posterior import Posterior
from demo.schema import Image

pytestmark = pytest.mark.slow

COMPACT = [spec.id for spec in models("compact")]
PAPER = [spec.id for spec in models("paper")]


def _reference(network: torch.nn.Module, image: Image) -> tuple[np.ndarray, np.ndarray]:
    """(label map, entropy in nats computed in float64) as MMSegmentation computes the scores."""
    from mmseg.apis import inference_model

    torch.manual_seed(0)  # SegNeXt's head draws its bases at every answer
    result = inference_model(network, np.ascontiguousarray(image[..., ::-1]))
    probabilities = result.seg_logits.data.double().softmax(0)
    entropy = -torch.special.xlogy(probabilities, probabilities).sum(0)
    return result.pred_sem_seg.data[0].numpy(), entropy.numpy()


def _random_network(path: Path, image: Image, shorter: int = 1) -> torch.nn.Module:
    """Random weights; the classifier is scaled and centred on `image`, so that many classes win somewhere.

    Photos and windows are so many times `shorter` than the config says.
    """
    torch.manual_seed(0)
    config = read_config(path)
    test = config.model.test_cfg
    for part, key in ((test, "crop_size"), (test, "stride"), *((step, "scale") for step in config.test_pipeline)):
        if key in part:
            part[key] = tuple(side // shorter for side in part[key])
    network = build(config).eval()
    network.cfg = config
    heads = network.decode_head if isinstance(network.decode_head, torch.nn.ModuleList) else [network.decode_head]
    classifier = getattr(heads[-1], "conv_seg", None)
    if classifier is not None:
        from mmseg.apis import inference_model

        scores = inference_model(network, np.ascontiguousarray(image[..., ::-1])).seg_logits.data
        scale = 4 / float((scores - scores.mean((1, 2), keepdim=True)).std())
        classifier.weight.data *= scale
        classifier.bias.data = (classifier.bias.data - scores.mean((1, 2))) * scale
    return network


def _trained_network(model: str) -> torch.nn.Module:
    spec = find(model)
    checkpoint = locate(spec.weights)
    assert checkpoint, f"{model} is not in the repository"
    network = build_network(resolve_config(spec)).eval()
    fill(network, load_state(checkpoint), checkpoint, own=False)
    network.cfg = read_config(resolve_config(spec))
    return network


def _check(network: torch.nn.Module, image: Image, least_classes: int) -> None:
    labels, entropy = _reference(network, image)
    posterior = Segmentor(network, network.cfg, ADE20K, "cpu", "exact")(image)
    prediction = posterior.reduce("model")
    differ = prediction.label_map != labels
    assert np.all(prediction.margin[differ] < 1e-5), f"{differ.sum()} pixels differ beyond argmax ties"
    assert differ.mean() < 1e-4
    assert len(np.unique(labels)) >= least_classes
    assert np.abs(prediction.entropy - entropy).max() < 1e-4


@pytest.fixture(scope="module")
def photo(examples: Path) -> Image:
    return open_image(examples / "pavilion.jpg")


@pytest.fixture(scope="module", params=["fcn-compact", "setr-compact"])
def posterior(request: pytest.FixtureRequest, photo: Image) -> Posterior:
    """A whole-photo answer and one in windows."""
    network = _random_network(resolve_config(find(request.param)), photo)
    return Segmentor(network, network.cfg, ADE20K, "cpu", "exact")(photo)


@pytest.mark.parametrize("model", COMPACT)
def test_trained_networks_answer_as_mmsegmentation_does(model: str, photo: Image) -> None:
    _check(_trained_network(model), photo, least_classes=2)


@pytest.mark.parametrize("model", COMPACT)
def test_each_architecture_answers_as_mmsegmentation_does(model: str, photo: Image) -> None:
    _check(_random_network(resolve_config(find(model)), photo, shorter=2), photo, least_classes=20)


@pytest.mark.parametrize("model", PAPER)
def test_paper_sizes_answer_as_mmsegmentation_does(model: str, photo: Image) -> None:
    _check(_random_network(resolve_config(find(model)), photo, shorter=4), photo, least_classes=20)


@pytest.mark.parametrize("name", ["ocrnet", "pointrend", "upernet", "encnet", "segmenter", "segnext"])
def test_heads_that_are_not_one_plain_forward_answer_too(name: str, photo: Image) -> None:
    found = [spec for spec in models("zoo") if name in spec.id]
    if not found:
        pytest.skip(f"no {name} model of the installed index runs here")
    smallest = min(found, key=lambda spec: spec.reported.training_memory_gb or 99)
    _check(_random_network(resolve_config(smallest), photo, shorter=4), photo, least_classes=2)


def test_one_pixel_and_one_class_agree_with_the_maps(posterior: Posterior) -> None:
    prediction = posterior.reduce("model", (90, 121))
    for y, x in ((0, 0), (89, 120), (41, 60)):
        probabilities = posterior.at(y, x, (90, 121))
        assert probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert probabilities.argmax() == prediction.label_map[y, x]
        assert probabilities.max() == pytest.approx(prediction.confidence[y, x], abs=1e-5)
        index = int(prediction.label_map[y, x])
        assert posterior.probability(index, (90, 121))[y, x] == pytest.approx(probabilities[index], abs=1e-5)


def test_strips_without_the_compiled_kernel_give_the_same_maps(
    posterior: Posterior, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = posterior.reduce("model")
    monkeypatch.setattr(posteriors, "kernel", None)
    plain = posterior.reduce("model")
    assert np.mean(compiled.label_map != plain.label_map) < 1e-4
    for name in ("confidence", "entropy", "margin"):
        assert np.abs(getattr(compiled, name) - getattr(plain, name)).max() < 1e-4


def test_a_pixel_outside_the_photo_is_refused(posterior: Posterior) -> None:
    with pytest.raises(ValueError, match="inside 90 x 121, but got y=90"):
        posterior.at(90, 0, (90, 121))

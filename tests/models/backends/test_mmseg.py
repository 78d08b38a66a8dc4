"""What MMSegmentation is imported with, and what is said of a config that cannot be run."""

from __future__ import annotations

import inspect
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from demo import catalog
from demo.errors import BackendError, CorruptCheckpointError
from demo.models.backends import mmseg
from demo.models.backends.mmseg import load
from demo.models.backends.modules import check_input
from demo.models.checkpoints.files import locate
from demo.models.network import Network
from demo.models.zoo import Answer, Refusal, Zoo
from demo.schema import ModelSpec, Weights

SHIPPED = catalog.find("fcn-compact")


def changed(tmp_path: Path, change: str) -> Network:
    """The shipped network with its config changed by a line of Python."""
    config = tmp_path / "own.py"
    config.write_text(f"{catalog.resolve_config(SHIPPED).read_text()}\n{change}\n")
    checkpoint = locate(SHIPPED.weights)
    assert checkpoint
    weights = Weights(str(checkpoint), "")
    return load(ModelSpec("own", "Own", "cnn", "own", str(config), weights), checkpoint)


def test_an_own_config_is_loaded(tmp_path: Path) -> None:
    assert changed(tmp_path, "").parameters > 1e6


@pytest.mark.parametrize("key", ["model", "test_pipeline"])
def test_a_config_without_a_part_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(BackendError, match=rf"got own\.py, which has no {key}\. Add what is missing"):
        changed(tmp_path, f"del {key}")


def test_a_model_without_a_backbone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="This network cannot be built here"):
        changed(tmp_path, "del model['backbone']")


OLD = "type='MultiScaleFlipAug', img_scale=(64, 64), flip=False, transforms=[dict(type='Resize', keep_ratio=True)]"
FAULTS = {
    "of 0.x": (
        f"test_pipeline = [dict(type='LoadImageFromFile'), dict({OLD})]",
        r"own\.py is written for MMSegmentation 0\.x \(MultiScaleFlipAug\), but 1\.x is installed\. Take .* or write",
    ),
    "of 0.x by its keys": (
        "test_pipeline = [dict(type='Resize', img_scale=(64, 64)), dict(type='PackSegInputs')]",
        r"0\.x \(img_scale\)",
    ),
    "of 0.x by its data": ("del test_pipeline\ndata = dict(test=dict(type='ADE20KDataset'))", r"0\.x \(data\)"),
    "step that nothing defines": (
        "test_pipeline.insert(0, dict(type='MyCrop'))",
        r"own\.py wants MyCrop in its test_pipeline, which nothing here defines\. Name the module that does",
    ),
    "step with an option of another": (
        "test_pipeline.insert(0, dict(type='Resize', factor=3))",
        r"The test_pipeline of own\.py cannot be built \(TypeError: .*factor.* Check its steps\.",
    ),
    "steps without a type": ("test_pipeline = [dict(scale=3)]", "The test_pipeline of own.py cannot be built"),
    "steps that are none": ("test_pipeline = 7", "The test_pipeline of own.py cannot be built"),
    "steps of chance": (
        "test_pipeline.insert(0, dict(type='RandomFlip', prob=0.5))",
        r"The test_pipeline of own\.py has RandomFlip, which changes a photo at random.* Take it out\.",
    ),
    "steps of chance by their class": (
        "from mmcv.transforms import RandomFlip\ntest_pipeline.insert(0, dict(type=RandomFlip, prob=0.5))",
        r"has RandomFlip, which changes a photo at random",
    ),
    "steps of chance of another name": (
        "test_pipeline.insert(0, dict(type='mmseg.PhotoMetricDistortion'))",
        r"has PhotoMetricDistortion, which changes a photo at random",
    ),
    "steps of chance within others": (
        "test_pipeline.insert(0, dict(type='Compose', transforms=[dict(type='RandomCrop', crop_size=(9, 9))]))",
        r"has RandomCrop, which changes a photo at random",
    ),
    "steps that cut": (
        "test_pipeline.insert(0, dict(type='CenterCrop', crop_size=(9, 9)))",
        r"own\.py has CenterCrop, which cuts the photo: the rest of it would have no answer\. Take it out\.",
    ),
    "steps for several images": (
        "test_pipeline = [dict(type='TestTimeAug', transforms=[[dict(type='RandomFlip', prob=1.0)]])]",
        r"own\.py has TestTimeAug, which makes several images of one\. Give one image's steps",
    ),
    **{
        f"windows of {told}": (
            f"model['test_cfg'] = dict(mode='slide', {told})",
            r"The test_cfg of own\.py should have crop_size and stride, .* Correct them, or take mode='whole'\.",
        )
        for told in (
            "crop_size=(64, 64)",
            "crop_size=(64, 64), stride=(0, 9)",
            "crop_size=(64, 64), stride=(-9, -9)",
            "crop_size=(64, 64), stride=(64, 65)",
            "crop_size=64, stride=32",
        )
    },
    "a way of testing that is none": ("model['test_cfg'] = dict(mode='some')", r"but has 'some'\. Correct it\."),
    "layer that nothing defines": (
        "model['backbone']['type'] = 'MyNet'",
        r"This network cannot be built here: .*MyNet.* Name the module that defines it in the config's custom_imports",
    ),
    "layer with a wrong size": (
        "model['decode_head']['channels'] = -1",
        r"This network cannot be built here.* Check the model in its config\.",
    ),
    "of a scope that is none": ("default_scope = 5", "This network cannot be built here: KeyError"),
    "too many classes": (
        "model['decode_head']['num_classes'] = 300",
        r"Wanted scores for 2 to 255 classes, got own with 300, .* or correct num_classes\.",
    ),
    "that raises what nobody catches": (
        "raise BaseException('bare')",
        r"got own\.py, which cannot be read \(BaseException: bare\)\. Check the file",
    ),
    "that stops": ("import sys\nsys.exit(3)", r"got own\.py, which cannot be read \(SystemExit: 3\)\. Check the file"),
    "that inherits from itself": (
        "_base_ = ['./own.py']",
        r"own\.py, which cannot be read \(\w+: .*Look whether its _base_.*again\.",
    ),
    "of a module that is not there": (
        "custom_imports = dict(imports=['my.layers'])",
        r"own\.py wants the module my\.layers \(custom_imports\), which cannot be imported \(ModuleNotFound.*\)\. "
        "Install the package that has it, or name its folder in PYTHONPATH",
    ),
}


@pytest.fixture
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A config that reads itself without end is stopped earlier than usual, as each turn takes a while."""
    read = mmseg.read_config

    def stopped(path: Path) -> object:
        usual = sys.getrecursionlimit()
        sys.setrecursionlimit(len(inspect.stack(0)) + 250)
        try:
            return read(path)
        finally:
            sys.setrecursionlimit(usual)

    monkeypatch.setattr(mmseg, "read_config", stopped)


@pytest.mark.slow
@pytest.mark.parametrize(("change", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_config_that_cannot_be_run_says_why_and_the_other_networks_answer(
    tmp_path: Path, change: str, sentence: str, shallow: None
) -> None:
    with pytest.raises(BackendError, match=sentence) as told:
        changed(tmp_path, change)
    assert str(told.value).endswith(".")
    zoo = Zoo(device="cpu")
    (tmp_path / "own.pth").write_bytes(locate(SHIPPED.weights).read_bytes())
    own, shipped = zoo.stream(np.zeros((40, 50, 3), np.uint8), [f"{tmp_path}/own.py:{tmp_path}/own.pth", SHIPPED.id])
    assert isinstance(own, Refusal) and str(own.error) == str(told.value)
    assert isinstance(shipped, Answer)


UNANSWERED = {
    "resized without bounds": (
        "test_pipeline[1] = dict(type='Resize', scale=(40000, 40000), keep_ratio=True)",
        r"test_pipeline of own\.py should make an image of at most 8192 .*, but makes one of 40000 x 32000 of a photo",
    ),
    "resized by a factor without bounds": (
        "test_pipeline[1] = dict(type='Resize', scale_factor=1000.0)",
        r"but makes one of 50000 x 40000 of a photo of 50 x 40\. Correct its size\.",
    ),
    "padded without bounds": (
        "model['data_preprocessor']['test_cfg'] = dict(size=(20000, 30000))",
        r"data_preprocessor of own\.py should make .*, but makes one of 30000 x 20000",
    ),
    "padded to a multiple without bounds": (
        "model['data_preprocessor']['test_cfg'] = dict(size_divisor=100000)",
        r"data_preprocessor of own\.py should make .*, but makes one of 100000 x 100000",
    ),
    "steps that end too early": (
        "test_pipeline.pop()",
        r"The test_pipeline of own\.py should end in what a network takes, .*\. End it with PackSegInputs\.",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("change", "sentence"), UNANSWERED.values(), ids=UNANSWERED)
def test_a_pipeline_that_makes_nothing_to_answer_is_one_sentence(tmp_path: Path, change: str, sentence: str) -> None:
    with pytest.raises(BackendError, match=sentence):
        changed(tmp_path, change).scores(np.zeros((40, 50, 3), np.uint8))


def test_a_photo_at_its_own_size_is_never_too_large() -> None:
    check_input((9000, 6000), (9000, 6000), "The test_pipeline")
    with pytest.raises(BackendError, match="makes one of 6001 x 9000 of a photo of 6000 x 9000"):
        check_input((9000, 6001), (9000, 6000), "The test_pipeline")


def test_types_may_be_the_classes_themselves(tmp_path: Path) -> None:
    """As in MMEngine's later way to write configs, in Python alone."""
    photo = np.random.default_rng(3).integers(0, 255, (40, 50, 3), np.uint8)
    written = (
        "from mmcv.transforms import LoadImageFromFile, Resize\nfrom mmseg.datasets import PascalVOCDataset\n"
        "from mmseg.datasets.transforms import PackSegInputs, ResizeToMultiple\n"
        "for step, kind in zip(test_pipeline, (LoadImageFromFile, Resize, ResizeToMultiple, PackSegInputs)):\n"
        "    step['type'] = kind\n"
    )
    named, classes = changed(tmp_path, ""), changed(tmp_path, written)
    assert torch.equal(named.scores(photo).tiles[0].scores, classes.scores(photo).tiles[0].scores)


def test_a_config_that_may_not_be_read_costs_itself_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = locate(SHIPPED.weights)
    config, read = tmp_path / "own.py", Path.read_text
    config.write_text("model = dict()")

    def refused(path: Path, **how: str) -> str:
        if path == config:
            raise PermissionError(13, "Permission denied")
        return read(path, **how)

    monkeypatch.setattr(Path, "read_text", refused)
    own, shipped = catalog.resolve([f"{config}:{weights}", SHIPPED.id])
    assert (own.id, shipped) == ("own", SHIPPED)


def test_a_step_of_chance_that_never_happens_may_stay(tmp_path: Path) -> None:
    assert changed(tmp_path, "test_pipeline.insert(0, dict(type='RandomFlip', prob=0.0))").parameters > 1e6


def test_a_scope_that_is_none_leaves_no_lock_held(tmp_path: Path) -> None:
    """Networks are loaded by another thread for each photo."""
    with pytest.raises(BackendError, match="cannot be built here"):
        changed(tmp_path, "default_scope = 5")
    with ThreadPoolExecutor(1) as other:
        assert other.submit(changed, tmp_path, "").result(timeout=60).parameters > 1e6


@pytest.mark.slow
def test_a_module_of_custom_imports_registers_what_the_config_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "zoo_test_layers.py").write_text(
        "from mmseg.registry import TRANSFORMS\n"
        "@TRANSFORMS.register_module()\nclass ZooTestStep:\n    def __call__(self, data):\n        return data\n"
    )
    change = "custom_imports = dict(imports=['zoo_test_layers', 'demo.models.efficientnet_lite', 'demo.train.card'])\n"
    network = changed(tmp_path, change + "test_pipeline.insert(0, dict(type='ZooTestStep'))")
    assert network.scores(np.zeros((40, 50, 3), np.uint8)).classes == 150
    assert changed(tmp_path, "custom_imports = dict(imports='none.such', allow_failed_imports=True)").parameters > 1e6


def with_weight(tmp_path: Path, key: str, value: float) -> Path:
    """The shipped checkpoint with one number of one tensor replaced."""
    checkpoint = locate(SHIPPED.weights)
    assert checkpoint
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    state[key].view(-1)[5] = value
    torch.save({"state_dict": state}, tmp_path / "spoilt.pth")
    return tmp_path / "spoilt.pth"


@pytest.mark.parametrize(
    "value", [float("nan"), *(pytest.param(value, marks=pytest.mark.slow) for value in (float("inf"), -float("inf")))]
)
@pytest.mark.parametrize("key", ["decode_head.conv_seg.weight", "decode_head.convs.0.bn.running_var"])
def test_a_weight_that_is_no_number_is_named(tmp_path: Path, key: str, value: float) -> None:
    checkpoint = with_weight(tmp_path, key, value)
    spec = ModelSpec("own", "Own", "cnn", "own", SHIPPED.config, Weights(str(checkpoint), ""))
    wanted = rf"spoilt\.pth should hold finite numbers, but 1 of [\d,]+ in {key} are nan or infinite.* Use an earlier"
    with pytest.raises(CorruptCheckpointError, match=wanted):
        load(spec, checkpoint)


@pytest.mark.parametrize("dtype", [torch.int8, torch.bool, torch.complex64])
def test_weights_that_are_no_fractions_are_named(tmp_path: Path, dtype: torch.dtype) -> None:
    key = "decode_head.conv_seg.weight"
    checkpoint = with_weight(tmp_path, key, 0.5)
    state = torch.load(checkpoint, weights_only=True)["state_dict"]
    torch.save(state | {key: state[key].to(dtype)}, checkpoint)
    spec = ModelSpec("own", "Own", "cnn", "own", SHIPPED.config, Weights(str(checkpoint), ""))
    wanted = rf"does not fit its network: {key} holds {str(dtype)[6:]} where fractions are wanted\. Use"
    with pytest.raises(CorruptCheckpointError, match=wanted):
        load(spec, checkpoint)


def test_what_an_own_file_has_beyond_its_network_is_left_out_and_noted(tmp_path: Path) -> None:
    """As files with the averages of training have."""
    checkpoint = with_weight(tmp_path, "decode_head.conv_seg.bias", 0.5)
    state = torch.load(checkpoint, weights_only=True)["state_dict"]
    torch.save(state | {"ema_decode_head_bias": torch.full((3,), torch.nan), "steps": torch.tensor(7)}, checkpoint)
    own = ModelSpec("own", "Own", "cnn", "own", SHIPPED.config, Weights(str(checkpoint), ""))
    told = "spoilt.pth has more than its network, which was left out: ema_decode_head_bias, steps."
    assert load(own, checkpoint).notes == (told,)
    with pytest.raises(
        CorruptCheckpointError, match=r"does not fit its network: ema_decode_head_bias has no place; steps"
    ):
        load(replace(own, set="zoo"), checkpoint)
    del state["decode_head.conv_seg.bias"]
    torch.save(state | {"rest": torch.zeros(1)}, checkpoint)
    with pytest.raises(CorruptCheckpointError, match=r"decode_head\.conv_seg\.bias is missing; rest has no place"):
        load(own, checkpoint)


@pytest.mark.slow
def test_large_weights_are_numbers(tmp_path: Path) -> None:
    """Though their sum is none in 16 bits, in which the file has them."""
    checkpoint = with_weight(tmp_path, "decode_head.conv_seg.weight", 6e4)
    state = torch.load(checkpoint, weights_only=True)["state_dict"]
    state["decode_head.conv_seg.weight"].fill_(6e4)
    assert state["decode_head.conv_seg.weight"].sum().isinf()
    torch.save(state, checkpoint)
    spec = ModelSpec("own", "Own", "cnn", "own", SHIPPED.config, Weights(str(checkpoint), ""))
    assert load(spec, checkpoint).parameters > 1e6


@pytest.mark.slow
def test_what_only_training_needs_is_not_imported_and_can_be_later() -> None:
    code = (
        "import sys, demo.models.backends.mmseg, demo.models.backends.mmseg_package as b\n"
        "print([name for name in (*b.TRAINING, 'torch.distributed.fsdp') if name in sys.modules])\n"
        "from torch.distributed.optim import ZeroRedundancyOptimizer as first\n"
        "from mmengine.model.wrappers.fully_sharded_distributed import MMFullyShardedDataParallel as second\n"
        "print(first.__name__, second.__name__)"
    )
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=catalog.ROOT, capture_output=True, text=True)
    said = ["[]", "ZeroRedundancyOptimizer MMFullyShardedDataParallel"]
    assert run.stdout.splitlines()[-2:] == said, run.stderr


def test_attention_is_one_pass_over_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[object] = []
    attend = torch.nn.functional.scaled_dot_product_attention

    def counted(*args: object, **kwargs: object) -> torch.Tensor:
        passes.append(args)
        return attend(*args, **kwargs)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", counted)
    setr = Zoo(device="cpu").load(catalog.find("setr-compact"))
    setr.scores(np.zeros((64, 64, 3), np.uint8))
    assert passes

"""Where checkpoint files are, whether they are right, and that loading one never runs code."""

from __future__ import annotations

import hashlib
import os
import pickle
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch

from demo.errors import BackendError, CorruptCheckpointError
from demo.models.checkpoints import files, hashes, tensors
from demo.models.checkpoints.tensors import load_state
from demo.models.checkpoints.files import locate, verify
from demo.schema import Weights

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.count": torch.tensor(7)}
SEGFORMER = Weights("segformer_mit-b4_512x512_160k_ade20k_20210728_183055-7f509d7d.pth", "7f509d7d")
B5_AT_640 = Weights("segformer_mit-b5_640x640_160k_ade20k_20210801_121243-41d2845b.pth", "41d2845b")


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for the repository's checkpoints/."""
    folder = tmp_path / "repository" / "checkpoints"
    folder.mkdir(parents=True)
    monkeypatch.setattr(files, "CHECKPOINTS", folder)
    return folder


def put(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def same(state: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> bool:
    return state.keys() == expected.keys() and all(torch.equal(state[key], expected[key]) for key in expected)


# ---- locate


def test_a_file_is_looked_for_in_the_named_folders_then_in_the_repository(own_folder: Path, tmp_path: Path) -> None:
    weights = Weights("net.pth", "")
    assert locate(weights, [tmp_path / "absent"]) is None
    last = put(own_folder / "paper" / "net.pth")
    assert locate(weights) == last
    middle = put(own_folder / "net.pth")
    assert locate(weights) == middle
    inside = put(tmp_path / "mine" / "sub" / "net.pth")
    first = put(tmp_path / "other" / "net.pth")
    assert locate(weights, [tmp_path / "mine", tmp_path / "other"]) == inside
    assert locate(weights, [tmp_path / "other", tmp_path / "mine"]) == first


def test_a_folder_that_may_not_be_looked_into_hides_nothing_else(
    own_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `lost+found` on a disk of one's own."""
    (tmp_path / "disk" / "lost+found").mkdir(parents=True)
    wanted, is_file = put(tmp_path / "disk" / "paper" / "net.pth"), Path.is_file

    def looked_at(path: Path) -> bool:
        if path.parent.name == "lost+found":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", looked_at)
    assert locate(Weights("net.pth", ""), [tmp_path / "disk"]) == wanted


def test_it_is_not_looked_for_deeper_and_a_folder_is_no_file(own_folder: Path) -> None:
    put(own_folder / "a" / "b" / "net.pth")
    (own_folder / "net.pth").mkdir()
    assert locate(Weights("net.pth", "")) is None


def test_an_own_file_is_where_its_path_says(own_folder: Path, tmp_path: Path) -> None:
    path = put(tmp_path / "elsewhere" / "own.pth")
    assert locate(Weights(str(path), "")) == path


@pytest.mark.parametrize(
    ("weights", "name"),
    [
        (SEGFORMER, "segformer-b4-finetuned-ade-512-512/pytorch_model.bin"),
        (SEGFORMER, "segformer-b4-finetuned-ade-512-512/model.safetensors"),
        (SEGFORMER, "segformer-b4-finetuned-ade-512-512.bin"),
        (SEGFORMER, "segformer-b4.bin"),
        (SEGFORMER, "paper/segformer-b4.safetensors"),
        (B5_AT_640, "segformer-b5-finetuned-ade-640-640/pytorch_model.bin"),
        (B5_AT_640, "segformer-b5-640.bin"),
    ],
)
def test_nvidias_files_stand_in_for_segformer(own_folder: Path, weights: Weights, name: str) -> None:
    stand_in = put(own_folder / name)
    assert locate(weights) == stand_in
    assert locate(Weights("segformer_mit-b3_512x512_160k_ade20k_20210726_081410-962b98d2.pth", "962b98d2")) is None
    exact = put(own_folder / "deep" / weights.file)
    assert locate(weights) == exact


# ---- verify


def test_a_right_file_gives_its_whole_hash(tmp_path: Path) -> None:
    path = put(tmp_path / "net.pth", b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    for known in ("", digest[:8], digest, digest.upper()):
        assert verify(path, Weights("net.pth", known)) == digest


def test_a_wrong_file_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "net.pth", b"weights")
    with pytest.raises(
        CorruptCheckpointError, match=r"net\.pth is damaged .* should begin 00000000, but it is [0-9a-f]{16}"
    ):
        verify(path, Weights("net.pth", "0" * 8))
    with pytest.raises(CorruptCheckpointError, match="Rename it if the digits that its name ends in are no hash"):
        verify(path, Weights(str(path), "0" * 8))
    put(path, b"\xef\xbb\xbf\n <HTML><body>")
    with pytest.raises(CorruptCheckpointError, match=r"net\.pth is a web page"):
        verify(path, Weights("net.pth", "0" * 8))


def test_of_a_stand_in_no_hash_is_known(tmp_path: Path) -> None:
    path = put(tmp_path / "segformer-b4.bin", b"weights")
    assert verify(path, SEGFORMER) == hashlib.sha256(b"weights").hexdigest()


def test_a_file_is_hashed_again_only_when_it_changed(tmp_path: Path) -> None:
    path = put(tmp_path / "net.pth", b"weights")
    hashes._sha256.cache_clear()
    first = hashes.sha256_of(path)
    hashes.sha256_of(path)
    assert hashes._sha256.cache_info().hits == 1
    put(path, b"weighty")
    os.utime(path, ns=(1, 1))
    assert hashes.sha256_of(path) == hashlib.sha256(b"weighty").hexdigest() != first


# ---- load_state


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("wrapped", [True, False])
def test_a_state_dict_is_read_bare_or_wrapped_new_or_old(tmp_path: Path, zipped: bool, wrapped: bool) -> None:
    content = {"state_dict": STATE, "meta": {"CLASSES": ("wall",)}} if wrapped else STATE
    torch.save(content, tmp_path / "net.pth", _use_new_zipfile_serialization=zipped)
    assert same(load_state(tmp_path / "net.pth"), STATE)


def test_module_in_front_is_dropped(tmp_path: Path) -> None:
    torch.save({f"module.{key}": value for key, value in STATE.items()}, tmp_path / "net.pth")
    assert same(load_state(tmp_path / "net.pth"), STATE)


def test_what_training_leaves_beside_the_tensors_does_no_harm(tmp_path: Path) -> None:
    """numpy scalars and arrays, and MMEngine's history of losses, which pickles its own methods."""
    history = pytest.importorskip("mmengine.logging").HistoryBuffer([1.0, 2.0], [1, 1])
    meta = {"loss": np.float64(1), "step": np.int64(2), "seen": np.arange(3), "names": np.array(["a"], dtype=object)}
    content = {"state_dict": STATE, "meta": meta, "message_hub": {"log_scalars": {"train/loss": history}}}
    for zipped in (True, False):
        torch.save(content, tmp_path / "net.pth", _use_new_zipfile_serialization=zipped)
        assert same(load_state(tmp_path / "net.pth"), STATE)


class Malice:
    """A pickle of it creates a file when it is loaded with the plain pickle module."""

    def __init__(self, file: Path, way: str) -> None:
        self.file = file
        self.way = way

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        if self.way == "system":
            return os.system, (f"touch '{self.file}'",)
        if self.way == "exec":
            return exec, (f"open({str(self.file)!r}, 'w')",)
        return getattr, (self.file, "touch")


@pytest.mark.parametrize("way", ["system", "exec"])
@pytest.mark.parametrize("where", ["meta", "tensors", "plain"])
def test_a_file_with_code_in_it_is_refused_and_not_run(tmp_path: Path, way: str, where: str) -> None:
    path, trace = tmp_path / "net.pth", tmp_path / "trace"
    malice = Malice(trace, way)
    if where == "plain":
        path.write_bytes(pickle.dumps(malice, protocol=2))
    else:
        torch.save({"state_dict": STATE | ({"x": malice} if where == "tensors" else {}), "meta": malice}, path)
    with pytest.raises(CorruptCheckpointError, match=rf"would run .*{way}.*Nothing in it was run"):
        load_state(path)
    assert not trace.exists()
    with suppress(RuntimeError, TypeError):
        torch.load(path, weights_only=False)
    assert trace.exists(), "the file is as malicious as this test needs it"


def test_a_method_of_an_allowed_class_is_not_looked_up(tmp_path: Path) -> None:
    """getattr is answered with nothing, or else it would be a way out of the allowed classes."""
    torch.save({"state_dict": STATE, "meta": Malice(np.dtype("f4"), "getattr")}, tmp_path / "net.pth")
    content = tensors._read_pickle(tmp_path / "net.pth")
    assert isinstance(content, dict)
    assert content["meta"] is None


def test_a_whole_model_is_refused(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "net.pth")
    with pytest.raises(CorruptCheckpointError, match=r"net\.pth was refused: loading it would run torch\.nn.*Linear"):
        load_state(tmp_path / "net.pth")


def cut_short(path: Path) -> None:
    torch.save({"a": torch.zeros(10_000)}, path)
    path.write_bytes(path.read_bytes()[:20_000])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_bytes(b""), "it is empty"),
        (lambda path: path.write_bytes(b"nonsense"), "it is no file of tensors"),
        (lambda path: path.write_bytes(b"hello"), "it is no file of tensors"),
        (lambda path: path.write_bytes(b"<!doctype html><html>"), "It is a web page"),
        (cut_short, "its end is missing"),
        (
            lambda path: torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), path),
            r"is a TorchScript program, .*Save its state_dict\(\) where you trust it",
        ),
        (lambda path: zipfile.ZipFile(path, "w").writestr("a.txt", "hello"), "it is no file of tensors"),
        (lambda path: torch.save([1, 2], path), "holds no state dict: .*got a list"),
        (lambda path: torch.save({}, path), "holds no state dict: .*a dict of nothing"),
        (
            lambda path: torch.save({"model": {"a": 1}, "epoch": 3}, path),
            "holds no state dict: .*a dict of model, epoch",
        ),
        (lambda path: torch.save({"state_dict": {}}, path), "holds no state dict"),
        (
            lambda path: torch.save({"teacher": STATE, "student": STATE}, path),
            r"a dict of teacher, student\. Save the network's state_dict\(\) alone, and give that file\.$",
        ),
        (
            lambda path: torch.save({"state_dict": STATE | {"epoch": 3}}, path),
            r"got there tensors beside epoch of type int\. Save",
        ),
        (
            lambda path: path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
            "what Git LFS leaves in its place; get it with: git lfs pull",
        ),
    ],
)
def test_what_is_no_checkpoint_is_said_so(tmp_path: Path, make: object, reason: str) -> None:
    path = tmp_path / "net.pth"
    make(path)
    with pytest.raises(CorruptCheckpointError, match=rf"net\.pth .*{reason}") as raised:
        load_state(path)
    assert "weights_only" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda state: {"net": state, "epoch": 3},
        lambda state: {"model_state_dict": state, "optimizer": {"state": {}, "param_groups": []}},
        lambda state: {"model": {"state_dict": state}},
        lambda state: {f"model.{key}": value for key, value in state.items()},
        lambda state: {"state_dict": {f"module._orig_mod.{key}": value for key, value in state.items()}},
    ],
)
def test_a_state_dict_is_found_under_other_names_and_without_its_wrappers(tmp_path: Path, wrapped: object) -> None:
    torch.save(wrapped(STATE), tmp_path / "net.pth")
    assert same(load_state(tmp_path / "net.pth"), STATE)


def test_a_file_is_read_as_what_it_is_and_not_as_what_it_is_called(tmp_path: Path) -> None:
    pytest.importorskip("safetensors.torch").save_file(STATE, tmp_path / "net.pth")
    torch.save(STATE, tmp_path / "net.safetensors")
    assert same(load_state(tmp_path / "net.pth"), STATE)
    with pytest.raises(CorruptCheckpointError, match=r"is a PyTorch checkpoint and no .*; rename it to net\.pth\.$"):
        load_state(tmp_path / "net.safetensors")


def test_safetensors_need_their_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "net.safetensors")
    monkeypatch.setattr(tensors, "find_spec", lambda name: None)
    with pytest.raises(BackendError, match=r"needs the package safetensors: pip install safetensors, or use the \.bin"):
        load_state(path)


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file = pytest.importorskip("safetensors.torch").save_file
    save_file(STATE, tmp_path / "net.safetensors")
    assert same(load_state(tmp_path / "net.safetensors"), STATE)
    odd = (tmp_path / "net.safetensors").rename(tmp_path / os.fsdecode(b"caf\xe9.safetensors"))
    assert same(load_state(odd), STATE)
    with pytest.raises(CorruptCheckpointError, match="is not a safetensors file"):
        load_state(put(tmp_path / "bad.safetensors", b"nonsense"))

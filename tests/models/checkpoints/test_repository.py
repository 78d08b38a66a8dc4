"""Repositories of the Hub, fetched from a local server that answers as the Hub does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.catalog import resolve
from demo.errors import CorruptCheckpointError, FetchError, MissingCheckpointError, UnknownModelError
from demo.models.checkpoints import transfer
from demo.models.checkpoints.download import Progress, fetch
from demo.models.checkpoints.files import CHECKPOINTS, locate, verify
from demo.models.zoo import Zoo
from tests.hub_server import COMMIT, Hub, serving

TENSORS = bytes(range(256)) * 4096
NAME = "some-lab/net-ade"
TENSORS_FILE = "model.safetensors"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    config = {"model_type": "segformer", "architectures": ["SegformerForSemanticSegmentation"]}
    told = Hub(described={"config": config, "gated": False}, hashes={TENSORS_FILE: hashlib.sha256(TENSORS).hexdigest()})
    told.repositories[NAME] = {
        "config.json": json.dumps(config).encode(),
        "preprocessor_config.json": b"{}",
        TENSORS_FILE: TENSORS,
        "pytorch_model.bin": b"pickle",
        "README.md": b"card",
    }
    monkeypatch.setattr(transfer, "PAUSE", 0.001)
    for name in ("HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    with serving(told):
        monkeypatch.setenv("HF_ENDPOINT", told.url)
        yield told


def fetched(name: str = NAME) -> Path:
    (spec,) = resolve(f"hf:{name}")
    return fetch(spec.weights, CHECKPOINTS)


def refused(name: str = NAME) -> str:
    with pytest.raises(FetchError) as raised:
        fetched(name)
    assert "\n" not in str(raised.value)
    assert raised.value.tried
    return str(raised.value)


def test_what_a_network_needs_comes_to_where_the_hubs_programs_look(hub: Hub, tmp_path: Path) -> None:
    (spec,) = resolve(f"hf:{NAME}")
    assert locate(spec.weights) is None
    with pytest.raises(MissingCheckpointError, match=f"python -m demo fetch hf:{NAME}"):
        Zoo(device="cpu").load(spec)
    seen: list[Progress] = []
    folder = fetch(spec.weights, CHECKPOINTS, (), seen.append)
    assert folder == tmp_path / "home" / "hub" / "models--some-lab--net-ade" / "snapshots" / COMMIT
    assert locate(spec.weights) == folder
    assert {path.name for path in folder.iterdir() if path.suffix in (".json", ".safetensors", ".bin", ".md")} == {
        "config.json", "preprocessor_config.json", "model.safetensors"
    }  # fmt: skip
    assert any(progress.file == "model.safetensors" and progress.total == len(TENSORS) for progress in seen)
    assert verify(folder, spec.weights) == hashlib.sha256(TENSORS).hexdigest()
    asked = len(hub.asked)
    assert locate(spec.weights) == folder and len(hub.asked) == asked
    cached = pytest.importorskip("huggingface_hub").try_to_load_from_cache
    assert cached(NAME, "config.json", cache_dir=tmp_path / "home" / "hub") == str(folder / "config.json")


@pytest.mark.slow
def test_a_tokenizer_comes_with_a_network_that_is_asked_in_words(hub: Hub) -> None:
    hub.repositories[NAME] |= {"vocab.json": b"{}", "merges.txt": b"#version: 0.2"}
    assert not (fetched() / "vocab.json").exists()
    hub.described["config"] = {"architectures": ["OneFormerForUniversalSegmentation"]}
    folder = fetched(f"{NAME}@{COMMIT[::-1]}")
    assert {"vocab.json", "merges.txt"} < {path.name for path in folder.iterdir()}


def test_bytes_that_changed_since_are_noticed(hub: Hub) -> None:
    folder = fetched()
    (folder / "model.safetensors").write_bytes(TENSORS[::-1])
    with pytest.raises(CorruptCheckpointError, match="is damaged: its SHA-256 should begin"):
        verify(folder, resolve(f"hf:{NAME}")[0].weights)


def test_a_cut_download_goes_on_where_it_stopped(hub: Hub) -> None:
    hub.cuts = 2
    folder = fetched()
    assert (folder / "model.safetensors").read_bytes() == TENSORS
    ranges = [asked for path, asked in hub.asked if path.endswith("model.safetensors")]
    assert ranges[0] is None and len(ranges) == 3 and all(asked and asked != "bytes=0-" for asked in ranges[1:])


def test_other_bytes_than_the_hub_states_are_refused(hub: Hub) -> None:
    hub.repositories[NAME]["model.safetensors"] = TENSORS[::-1]
    assert "other bytes" in refused()


def test_a_commit_of_its_own_can_be_named_and_a_wrong_one_is_said(hub: Hub) -> None:
    assert fetched(f"{NAME}@{COMMIT}").name == COMMIT
    assert locate(resolve(f"hf:{NAME}")[0].weights) is None, "main was never asked for"
    hub.error = (404, "RevisionNotFound")
    assert "has no revision v9 there" in refused(f"{NAME}@v9")


@pytest.mark.slow
def test_gated(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.described["gated"] = "manual"
    hub.token = "secret"
    assert "it is gated; accept its terms at" in refused() and "HF_TOKEN" in refused()
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert (fetched() / "config.json").is_file()
    hub.error = (403, "GatedRepo")
    assert "it is gated" in refused()


def test_missing(hub: Hub) -> None:
    assert "it is not there, or private: check its name" in refused("some-lab/none")


def test_no_segmentation_network(hub: Hub) -> None:
    hub.described["config"] = {"architectures": ["BertModel"]}
    assert "no semantic segmentation network of transformers, but a BertModel" in refused()


def test_a_pickle_only(hub: Hub) -> None:
    del hub.repositories[NAME]["model.safetensors"]
    assert "its weights are a pickle only (pytorch_model.bin), which is never read" in refused()


def test_no_processor(hub: Hub) -> None:
    del hub.repositories[NAME]["preprocessor_config.json"]
    assert "it has no preprocessor_config.json" in refused()


def test_offline_nothing_is_asked(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE is set" in refused()
    assert not hub.asked


def test_a_folder_named_with_into_is_a_cache_that_checkpoints_finds(hub: Hub, tmp_path: Path) -> None:
    (spec,) = resolve(f"hf:{NAME}")
    folder = fetch(spec.weights, tmp_path / "disk")
    assert folder.is_relative_to(tmp_path / "disk")
    assert locate(spec.weights) is None and locate(spec.weights, (tmp_path / "disk",)) == folder


def test_a_source_is_for_other_files(hub: Hub) -> None:
    (spec,) = resolve(f"hf:{NAME}")
    with pytest.raises(FetchError, match=r"comes from the Hub, or from the mirror of it that HF_ENDPOINT names"):
        fetch(spec.weights, CHECKPOINTS, ["https://example.org"])


@pytest.mark.parametrize("name", ["hf:", "hf:name", "hf:./none", "hf:a/../b", "hf:a/b/c", "hf:a/b@/etc/x", "hf:a/b@c//d"])
def test_what_is_no_name_is_said(name: str) -> None:
    with pytest.raises(UnknownModelError, match="is neither a folder here nor a repository; write hf:org/name"):
        resolve(name)

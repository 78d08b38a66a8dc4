"""The set of Hub networks: what its rows say, and a run of all of them, fetched from a local Hub as random weights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from demo import catalog, cli
from demo.catalog import resolve
from demo.errors import ClassSetError
from demo.labels.ade20k import ADE20K
from demo.models.checkpoints.files import locate
from demo.models.zoo import Zoo
from demo.schema import ModelSpec
from tests.hub_server import COMMIT, Hub, serving
from tests.models.backends.hub_folders import change, photo, save

NAMES = dict(enumerate(ADE20K.names))
ROWS = catalog.models("hub")
FAMILIES = ("upernet-convnext", "upernet-swin", "segformer", "mask2former", "beit", "dpt", "eomt")


def family_of(repository: str) -> str:
    return next(family for family in FAMILIES if family in repository)


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("transformers")
    return tmp_path_factory.mktemp("networks")


@pytest.fixture
def hub(networks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    for name in ("HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    with serving(Hub()) as told:
        monkeypatch.setenv("HF_ENDPOINT", told.url)
        yield told


def fill(hub: Hub, networks: Path, specs: Sequence[ModelSpec]) -> list[str]:
    """Random networks of ADE20K's classes under the names of some of the set, whose ids come back."""
    for spec in specs:
        folder = networks / family_of(spec.config)
        hub.add(spec.config, folder if folder.exists() else save(folder.name, folder, NAMES))
    return [spec.id for spec in specs]


def test_each_convolutional_network_stands_before_a_transformer_of_its_size() -> None:
    pairs = [(spec, after) for spec, after in pairwise(ROWS) if spec.family == "cnn"]
    assert len(pairs) == 3 and all(after.family == "transformer" for _, after in pairs)
    for spec, after in pairs:
        assert spec.weights.size and after.weights.size
        assert 0.9 < spec.weights.size / after.weights.size < 1.1


@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.id)
def test_a_row_says_where_its_number_stands_and_what_nobody_made_sure_of(spec: ModelSpec) -> None:
    assert spec.weights.repository == spec.config and spec.weights.licence and spec.trained_by
    assert (spec.reported.miou is None) == (not spec.reported.source)
    assert spec.reported.miou is not None or "mIoU" in spec.unverified
    assert not spec.reported.source or urlsplit(spec.reported.source).scheme == "https"
    pull_request = spec.weights.revision.startswith("refs/pr/")
    assert not pull_request or f"pull request {spec.weights.revision.rpartition('/')[2]}" in spec.unverified


@pytest.mark.slow
def test_a_set_is_fetched_shown_with_its_revision_and_run(
    hub: Hub, networks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = fill(hub, networks, ROWS[:2])
    assert cli.main(["fetch", *pair]) == 0
    folders = capsys.readouterr().out.splitlines()
    assert [Path(folder).name for folder in folders] == [spec.weights.revision for spec in ROWS[:2]]
    assert cli.main(["fetch", *pair]) == 0 and "on disk" in capsys.readouterr().err
    answers = list(Zoo(device="cpu").stream(photo(60, 80), pair))
    for spec, answer in zip(ROWS[:2], answers, strict=True):
        assert answer.prediction.class_set == ADE20K
        assert f"Revision {spec.weights.revision} of {spec.config} on the Hugging Face Hub." in answer.network.notes


@pytest.mark.slow
def test_the_whole_set_answers(hub: Hub, networks: Path, tmp_path: Path) -> None:
    fill(hub, networks, ROWS)
    assert cli.main(["fetch", "hub"]) == 0
    Image.fromarray(photo(90, 130)).save(tmp_path / "photo.png")
    assert cli.main(["segment", str(tmp_path / "photo.png"), "-m", "hub", "-o", str(tmp_path / "out")]) == 0
    told = json.loads((tmp_path / "out" / "photo" / "summary.json").read_text(encoding="utf-8"))
    assert [model["id"] for model in told["models"]] == [spec.id for spec in ROWS]
    assert {model["class_set"] for model in told["models"]} == {"ADE20K"}


@pytest.mark.slow
def test_a_repository_that_names_other_classes_than_the_catalogue_is_refused(hub: Hub, networks: Path) -> None:
    spec = next(spec for spec in ROWS if spec.id == "segformer-b0-hub")
    assert cli.main(["fetch", *fill(hub, networks, [spec])]) == 0
    where = locate(spec.weights)
    assert where is not None and where.name == COMMIT
    names = {str(index): f"LABEL_{index}" for index in range(len(ADE20K))}
    change(where, "config.json", id2label=names)
    assert Zoo(device="cpu").load(spec).class_set == ADE20K, "names that nobody gave deny nothing"
    change(where, "config.json", id2label=names | {"3": "street"})
    with pytest.raises(ClassSetError, match=f"names others. Name it hf:{spec.config} to run it in its own"):
        Zoo(device="cpu").load(spec)
    (own,) = resolve(f"hf:{spec.config}")
    assert Zoo(device="cpu").load(own).class_set.names[3] == "street"


def test_a_pickle_only_is_told_once_for_each_with_what_to_do(
    hub: Hub, networks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = ROWS[0]
    fill(hub, networks, [spec])
    files = hub.repositories[spec.config]
    files["pytorch_model.bin"] = files.pop("model.safetensors")
    capsys.readouterr()  # what making the network said
    assert cli.main(["fetch", spec.id]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == (
        f"error: The Hub did not deliver {spec.config}@{spec.weights.revision}; a folder with its files, got "
        "elsewhere, is a model too: hf:./folder."
    )
    assert said[1].startswith("127.0.0.1, ") and said[1].endswith(
        "name a revision that has model.safetensors, such as refs/pr/1"
    )

"""The `zoo`: every other ADE20K row of the model index that the installed MMSegmentation carries, and its configs.

Nothing of MMSegmentation is imported to read it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from demo.catalog import sets
from demo.catalog.sets import ZOO, Row, data, digits, model_set, published
from demo.errors import BackendError
from demo.labels.ade20k import ADE20K
from demo.schema import Family, ModelSpec, Reported


@cache
def zoo() -> tuple[ModelSpec, ...]:
    """The rows that can run here and are in no other set. Raises BackendError where MMSegmentation is not installed."""
    rows = [row for row in index() if row["Name"] not in excluded()]
    ids = [short(_config_of(row)) for row in rows]
    specs = map(_zoo_row, rows, ids, _titles(rows, ids))
    taken = {spec.weights.file for spec in sets.rows("paper")}
    return tuple(spec for spec in specs if spec.weights.file not in taken)


def resolve_config(spec: ModelSpec) -> Path:
    """Where the MMSegmentation config of a model lies on this machine.

    Raises BackendError when the package that should contain it is not installed or does not have it.
    """
    if spec.config.endswith(".py"):
        path = sets.ROOT / spec.config  # an absolute path stays as it is
        if path.is_file():
            return path
        raise BackendError(f"The config of {spec.id} is missing: {path} is not a file.")
    folder = _package_folder()
    if folder is None:
        raise BackendError(_not_installed(f"{spec.id} needs its config"))
    for path in sorted((folder / "configs").glob(f"*/{spec.config}.py")):
        return path
    raise BackendError(
        f"The installed MMSegmentation has no config {spec.config}.py, which {spec.id} needs; "
        "install the version that requirements.txt names."
    )


@cache
def excluded() -> dict[str, str]:
    """The rows of the installed model index that are left out: config name -> why it cannot run here."""
    reasons = data()["zoo"]["unrunnable"]
    return {row["Name"]: reasons[_folder(row)] for row in index() if _folder(row) in reasons}


def installed() -> bool:
    """Whether MMSegmentation's package, with its index, is on this machine."""
    return _package_folder() is not None


def _package_folder() -> Path | None:
    """mmseg/.mim, found without importing mmseg."""
    package = find_spec("mmseg")
    places = package.submodule_search_locations if package else None
    folders = [Path(place) / ".mim" for place in places or ()]
    return next((folder for folder in folders if (folder / "model-index.yml").is_file()), None)


def _not_installed(need: str) -> str:
    return f"{need} from MMSegmentation's package, which is not installed: pip install -r requirements.txt."


@cache
def index() -> tuple[Row, ...]:
    """Every ADE20K row of the installed model index, as its YAML has it."""
    folder = _package_folder()
    if folder is None:
        raise BackendError(_not_installed("The zoo is read"))
    try:
        import yaml
    except ImportError as error:
        raise BackendError(f"The zoo is read with PyYAML ({error}): pip install -r requirements.txt.") from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = yaml.load((folder / "model-index.yml").read_bytes(), loader)["Import"]
    listed = (row for file in files for row in yaml.load((folder / file).read_bytes(), loader).get("Models", ()))
    return tuple(row for row in listed if _result(row) is not None)


def _result(row: Row) -> Row | None:
    results = row["Results"] if isinstance(row["Results"], list) else [row["Results"]]
    return next((result for result in results if result.get("Dataset") == "ADE20K"), None)


def _folder(row: Row) -> str:
    return str(row["Config"]).split("/")[-2]


def _config_of(row: Row) -> str:
    corrected: str | None = data()["zoo"]["configs"].get(digits(row["Weights"]))
    return corrected or str(row["Name"])


def _zoo_row(row: Row, name: str, title: str) -> ModelSpec:
    found = model_set(ZOO)
    weights = published(found, row["Weights"].split("/v0.5/")[1])
    result = _result(row) or {}
    memory = row["Metadata"].get("Memory (GB)")
    reported = Reported(round(result["Metrics"]["mIoU"] / 100, 4), None, None if memory is None else float(memory))
    backbone = row["Metadata"]["Architecture"][0]
    family: Family = "transformer" if backbone.startswith(tuple(data()["zoo"]["transformers"])) else "cnn"
    paper = row.get("Paper", {}).get("URL", "")
    return ModelSpec(name, title, family, ZOO, _config_of(row), weights, reported, paper, found.trained_by, ADE20K)


def short(config: str) -> str:
    """A readable id of a config name: what all rows share (ADE20K, 160k iterations, 512 pixels, GPUs) is left out."""
    if setr := re.match(r"setr_vit-l[-_](pup|mla)_8xb(\d)", config):
        return f"setr-{setr[1]}-vit-l" + ("-b8" if setr[2] == "1" else "")
    short = re.sub(r"_\d+xb\d+-?", "_", config).replace("ade20k-512x512", "").replace("ade20k-640x640", "640")
    short = re.sub(r"patch4-|-384x384|amp-|adamw-|160k|mscan-|mit-|vit_|(?<=fpn)_fpnhead|-pre(?=_)", "", short)
    short = short.replace("uperhead", "upernet")
    if not config.startswith("knet"):
        short = re.sub(r"-d(8|32)(?=_)", "", short)
    return re.sub(r"[-_]+", "-", short).strip("-")


def _titles(rows: Sequence[Row], ids: Sequence[str]) -> list[str]:
    """Head and backbone; where several rows have both, what tells their ids apart in brackets."""
    plain = [_plain_title(row["In Collection"], row["Metadata"]["Architecture"][0]) for row in rows]
    words = {title: [name.split("-") for name, own in zip(ids, plain, strict=True) if own == title] for title in plain}
    titles = []
    for name, title in zip(ids, plain, strict=True):
        shared = set.intersection(*map(set, words[title]))
        extra = " ".join(word for word in name.split("-") if word not in shared)
        titles.append(f"{title} ({extra})" if extra and len(words[title]) > 1 else title)
    return titles


def _plain_title(head: str, backbone: str) -> str:
    """As the papers spell them: the index has Segformer, KNet, MIT-B0, ViT-T_16, and both SVT-S and Twins-SVT-S."""
    head = {"Segformer": "SegFormer", "KNet": "K-Net"}.get(head, head)
    return f"{head} {re.sub('^SVT', 'Twins-SVT', backbone).replace('MIT-', 'MiT-').replace('_16', '')}"

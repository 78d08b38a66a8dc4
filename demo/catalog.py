"""The models as data: sets of rows, names with "did you mean", and model files of the user's own.

The sets and their rows are written in catalog.toml; only the `zoo`, every other ADE20K row of the model index that the
installed MMSegmentation carries, is read there. Nothing of MMSegmentation is imported to read it.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from itertools import chain, count
from pathlib import Path
from typing import Any, TypeAlias

from demo.errors import BackendError, MissingCheckpointError, UnknownModelError
from demo.labels.ade20k import ADE20K
from demo.schema import Family, ModelSpec, Reported, Weights

ROOT = Path(__file__).resolve().parent.parent
"""The repository: relative paths in the catalogue start here."""
ZOO = "zoo"
"""The set that is read from the installed MMSegmentation."""
SEGFORMER_LICENCE = ", from NVIDIA's MiT weights: research and evaluation only"
COMPACT = Path("checkpoints/compact")
"""Where demo/train writes; the set's row has the same folder."""
OWN_FILES = "my_config.py:my_weights.pth"

_Row = Mapping[str, Any]
Names: TypeAlias = str | Sequence[str | ModelSpec]
"""How models are named; see `resolve`."""


@dataclass(frozen=True)
class ModelSet:
    """One set, as catalog.toml describes it."""

    name: str
    label: str
    """What the page calls it."""
    trained_by: str
    about: str
    """A sentence without its full stop."""
    licence: str
    folder: str = ""
    """Where its files are shipped; empty where they are fetched."""
    hosts: str = ""
    """Which hosts have its files; empty where they are shipped."""

    @property
    def shipped(self) -> bool:
        return bool(self.folder)

    @property
    def fetched_whole(self) -> bool:
        """Whether one fetch brings all of it; the zoo's models are fetched one by one."""
        return not self.shipped and self.name != ZOO


def model_set(name: str) -> ModelSet:
    """What is known of a set as a whole. Raises UnknownModelError for a set that does not exist."""
    if name in SETS:
        return _sets()[name]
    raise UnknownModelError(f"No model set is called {name!r}{_suggest(name, SETS)} Sets: {', '.join(SETS)}.")


def models(set_name: str) -> tuple[ModelSpec, ...]:
    """The rows of one set. A row says nothing about whether its file is on disk.

    Raises UnknownModelError for a set that does not exist, BackendError for "zoo" without MMSegmentation installed.
    """
    if set_name == ZOO:
        return _zoo()
    found = model_set(set_name)
    read = _shipped_row if found.shipped else _published_row
    return tuple(read(found, row) for row in _data()[set_name])


def default_set(on_disk: Callable[[ModelSpec], bool]) -> str:
    """The set that runs when nobody names one: the first of `default_order` of which every file is there."""
    *wanted, last = default_order()
    return next((name for name in wanted if all(map(on_disk, models(name)))), last)


def default_order() -> tuple[str, ...]:
    return tuple(_data()["default"]["sets"])


def find(name: str) -> ModelSpec:
    """The one model of that id, config name or weights file, whatever the case and whether - or _.

    Raises UnknownModelError, which suggests the nearest ids, or names the candidates of an ambiguous title like "FCN".
    """
    wanted = _plain(name)
    named = list(_written())
    hits = _called(wanted, named)
    if not hits and _package_folder() is not None:
        named += models("zoo")
        hits = _called(wanted, named)
    if len(hits) == 1:
        return hits[0]
    if hits:
        raise UnknownModelError(f"{name!r} is the name of {len(hits)} models: {', '.join(spec.id for spec in hits)}.")
    raise UnknownModelError(_why_unknown(name, [*SETS, *(spec.id for spec in named)]))


def resolve(names: Names) -> tuple[ModelSpec, ...]:
    """The models that somebody named: a set, an id, several with commas or in a list, or "my_config.py:my_weights.pth".

    Each comes once, in the order named, under an id of its own; rows already resolved stay as they are. Raises
    UnknownModelError, or MissingCheckpointError for an own weights file.
    """
    found: list[ModelSpec] = []
    for item in _items(names):
        for spec in (item,) if isinstance(item, ModelSpec) else _resolve_one(item):
            if not any((spec.config, spec.weights) == (other.config, other.weights) for other in found):
                found.append(spec)
    if not found:
        raise UnknownModelError(f"No model was named. Name a set ({', '.join(SETS)}), a model's id, or {OWN_FILES}.")
    return _with_ids_apart(found)


def named_in_catalogue(names: Names) -> tuple[ModelSpec, ...]:
    """As `resolve`, for names from strangers: files of this machine are no models there. Raises UnknownModelError."""
    for item in _items(names):
        if isinstance(item, str) and _own_paths(item):
            raise UnknownModelError(f"{item!r} is not in the catalogue; name a set ({', '.join(SETS)}) or an id.")
    return resolve(names)


def resolve_config(spec: ModelSpec) -> Path:
    """Where the MMSegmentation config of a model lies on this machine.

    Raises BackendError when the package that should contain it is not installed or does not have it.
    """
    if spec.config.endswith(".py"):
        path = ROOT / spec.config  # an absolute path stays as it is
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
    reasons = _data()["zoo"]["unrunnable"]
    return {row["Name"]: reasons[_folder(row)] for row in _index() if _folder(row) in reasons}


# ---- the written sets


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@cache
def _sets() -> dict[str, ModelSet]:
    return {row["name"]: ModelSet(**row) for row in _data()["sets"]}


SETS = tuple(_sets())
"""The sets' names, in the order in which they are listed."""


def _written() -> Iterator[ModelSpec]:
    """Every model that has a row in catalog.toml."""
    for name in SETS:
        if name != ZOO:
            yield from models(name)


def _shipped_row(found: ModelSet, row: _Row) -> ModelSpec:
    """The newest <id>-<sha8>.pth beside the config; a row without one keeps a name that no folder holds."""
    name = row["id"]
    files = [path for path in (ROOT / found.folder).glob(f"{name}-*.pth") if _digits(path.name)]
    newest = max(files, key=lambda path: (path.stat().st_mtime, path.name), default=None)
    file = newest.name if newest else f"{name}.pth"
    weights = Weights(file, _digits(file), size=newest.stat().st_size if newest else None, licence=found.licence)
    return _spec(found, row, f"{found.folder}/{name}.py", weights)


def _published_row(found: ModelSet, row: _Row) -> ModelSpec:
    megabytes = row.get("megabytes", row.get("parameters_mb", 0))
    weights = replace(_published(found, f"{row['folder']}/{row['file']}"), size=int(1e6 * megabytes) or None)
    return _spec(found, row, row["config"], weights)


def _spec(found: ModelSet, row: _Row, config: str, weights: Weights) -> ModelSpec:
    reported = Reported(row.get("miou"), row.get("fps"), row.get("memory_gb"), row.get("parameters_mb"))
    known = (row["id"], row["title"], row["family"], found.name, config, weights, reported, row["paper"])
    return ModelSpec(*known, trained_by=found.trained_by, class_set=ADE20K)


def _published(found: ModelSet, path: str) -> Weights:
    """A file of a set that is fetched, by its path below the hosts' folders."""
    file = path.rpartition("/")[2]
    licence = found.licence + (SEGFORMER_LICENCE if file.startswith("segformer") else "")
    hosts = _data()["hosts"][found.hosts]
    return Weights(file, _digits(file), tuple(host + path for host in hosts), licence=licence)


def _digits(file: str) -> str:
    """The first eight hex digits of the SHA-256 that a file name ends in, or nothing."""
    match = re.search(r"-([0-9a-f]{8})\.[a-z]+$", file)
    return match[1] if match else ""


# ---- the zoo: rows of the installed model index


def _package_folder() -> Path | None:
    """mmseg/.mim, found without importing mmseg."""
    package = find_spec("mmseg")
    places = package.submodule_search_locations if package else None
    folders = [Path(place) / ".mim" for place in places or ()]
    return next((folder for folder in folders if (folder / "model-index.yml").is_file()), None)


def _not_installed(need: str) -> str:
    return f"{need} from MMSegmentation's package, which is not installed: pip install -r requirements.txt."


@cache
def _index() -> tuple[_Row, ...]:
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


def _result(row: _Row) -> _Row | None:
    results = row["Results"] if isinstance(row["Results"], list) else [row["Results"]]
    return next((result for result in results if result.get("Dataset") == "ADE20K"), None)


def _folder(row: _Row) -> str:
    return str(row["Config"]).split("/")[-2]


@cache
def _zoo() -> tuple[ModelSpec, ...]:
    rows = [row for row in _index() if row["Name"] not in excluded()]
    ids = [_short(_config_of(row)) for row in rows]
    specs = map(_zoo_row, rows, ids, _titles(rows, ids))
    taken = {spec.weights.file for spec in models("paper")}
    return tuple(spec for spec in specs if spec.weights.file not in taken)


def _config_of(row: _Row) -> str:
    corrected: str | None = _data()["zoo"]["configs"].get(_digits(row["Weights"]))
    return corrected or str(row["Name"])


def _zoo_row(row: _Row, name: str, title: str) -> ModelSpec:
    found = model_set(ZOO)
    weights = _published(found, row["Weights"].split("/v0.5/")[1])
    result = _result(row) or {}
    memory = row["Metadata"].get("Memory (GB)")
    reported = Reported(round(result["Metrics"]["mIoU"] / 100, 4), None, None if memory is None else float(memory))
    backbone = row["Metadata"]["Architecture"][0]
    family: Family = "transformer" if backbone.startswith(tuple(_data()["zoo"]["transformers"])) else "cnn"
    paper = row.get("Paper", {}).get("URL", "")
    return ModelSpec(name, title, family, ZOO, _config_of(row), weights, reported, paper, found.trained_by, ADE20K)


def _short(config: str) -> str:
    """A readable id of a config name: what all rows share (ADE20K, 160k iterations, 512 pixels, GPUs) is left out."""
    if setr := re.match(r"setr_vit-l[-_](pup|mla)_8xb(\d)", config):
        return f"setr-{setr[1]}-vit-l" + ("-b8" if setr[2] == "1" else "")
    short = re.sub(r"_\d+xb\d+-?", "_", config).replace("ade20k-512x512", "").replace("ade20k-640x640", "640")
    short = re.sub(r"patch4-|-384x384|amp-|adamw-|160k|mscan-|mit-|vit_|(?<=fpn)_fpnhead|-pre(?=_)", "", short)
    short = short.replace("uperhead", "upernet")
    if not config.startswith("knet"):
        short = re.sub(r"-d(8|32)(?=_)", "", short)
    return re.sub(r"[-_]+", "-", short).strip("-")


def _titles(rows: Sequence[_Row], ids: Sequence[str]) -> list[str]:
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


# ---- names


def _plain(name: str) -> str:
    return name.strip().casefold().replace("_", "-").removesuffix(".py").removesuffix(".pth")


def _called(wanted: str, specs: Sequence[ModelSpec]) -> list[ModelSpec]:
    """The models with that id; where there is none, those with that config, weights file or title."""
    exact = [spec for spec in specs if _plain(spec.id) == wanted]
    hits = exact or [spec for spec in specs if wanted in map(_plain, (spec.config, spec.weights.file, spec.title))]
    owners = [spec for spec in hits if _plain(spec.config) == wanted]  # a set may borrow the configs of one before it
    return [spec for spec in owners if spec.set == owners[0].set] or hits


def _suggest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(_plain(name), known, n=3, cutoff=0.6)
    return f": did you mean {' or '.join(close)}?" if close else "."


def _why_unknown(name: str, known: Sequence[str]) -> str:
    for config, reason in excluded().items() if _package_folder() is not None else ():
        if _plain(name) in (_plain(config), _short(config)):
            return f"{name} is in MMSegmentation's model index, but it cannot run here: it {reason}."
    return f"No model is called {name!r}{_suggest(name, known)} `python -m demo list` shows them all."


def _items(names: Names) -> Iterator[str | ModelSpec]:
    for name in [names] if isinstance(names, str) else names:
        if isinstance(name, ModelSpec) or _own_paths(name):
            yield name
        else:
            yield from (part.strip() for part in name.split(",") if part.strip())


def _resolve_one(item: str) -> tuple[ModelSpec, ...]:
    if item.casefold() in SETS:
        return models(item.casefold())
    paths = _own_paths(item)
    return (_own_model(paths),) if paths else (find(item),)


# ---- model files of the user's own


def _own_paths(item: str) -> tuple[str, str] | None:
    """Config and weights of "a.py:b.pth", split at the last ".py:" so that Windows drives keep their colon."""
    config, found, weights = item.strip().rpartition(".py:")
    return (config + ".py", weights) if found and weights else None


def _own_model(paths: tuple[str, str]) -> ModelSpec:
    config, weights = (Path(path).expanduser() for path in paths)
    if not config.is_file():
        raise UnknownModelError(f"{config} is not a file; an own model is written {OWN_FILES}.")
    if not weights.is_file():
        raise MissingCheckpointError(f"{weights} is not a file; an own model is written {OWN_FILES}.")
    digits = _digits(weights.name)
    known = "" if digits.isdecimal() else digits  # more likely a date than a hash
    file = Weights(str(weights.resolve()), known, size=weights.stat().st_size)
    return ModelSpec(config.stem, config.stem, _guess_family(config), "own", str(config.resolve()), file)


def _with_ids_apart(specs: Sequence[ModelSpec]) -> tuple[ModelSpec, ...]:
    """Own models whose id another model has take a longer one: that of the config and the weights, then a number."""
    if not any(spec.set == "own" for spec in specs):
        return tuple(specs)
    taken = {spec.id for spec in (*_written(), *specs) if spec.set != "own"}
    apart = []
    for spec in specs:
        if spec.set == "own":
            stems = f"{spec.id}-{Path(spec.weights.file).stem}"
            names = chain((spec.id, stems), (f"{stems}-{number}" for number in count(2)))
            spec = replace(spec, id=next(name for name in names if name not in taken))
            taken.add(spec.id)
        apart.append(spec)
    return tuple(apart)


def _guess_family(config: Path) -> Family:
    """Transformer when the config, or one that it inherits from, names an attention backbone."""
    pattern = r"VisionTransformer|Swin|SVT|PCPVT|BEiT|MAE|Segmenter|segformer|setr|swin|twins|_vit"
    return "transformer" if any(re.search(pattern, text) for text in _texts(config, set())) else "cnn"


def _texts(config: Path, seen: set[Path]) -> Iterator[str]:
    seen.add(config)
    text = config.read_text(encoding="utf-8", errors="replace")
    yield text
    for name in re.findall(r"""["']([^"']+\.py)["']""", text):
        base = (config.parent / name).resolve()
        if base.is_file() and base not in seen:
            yield from _texts(base, seen)

"""Model files of the user's own, written my_config.py:my_weights.pth."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from demo.catalog.sets import digits, written
from demo.errors import MissingCheckpointError, UnknownModelError
from demo.names import no_file
from demo.schema import Family, ModelSpec, Weights

OWN_FILES = "my_config.py:my_weights.pth"


def own_paths(item: str) -> tuple[str, str] | None:
    """Config and weights of "a.py:b.pth", split at the last ".py:" so that Windows drives keep their colon."""
    config, found, weights = item.strip().rpartition(".py:")
    return (config + ".py", weights) if found and weights else None


def own_model(paths: tuple[str, str], classes: str = "") -> ModelSpec:
    """The row of a config and its weights, whose `classes` may be told by a set's name or a CSV file.

    Raises UnknownModelError or MissingCheckpointError for a file not there.
    """
    config, weights = (Path(path).expanduser() for path in paths)
    for path, error in ((config, UnknownModelError), (weights, MissingCheckpointError)):
        if other := no_file(path):
            raise error(f"{path} should be a file, as an own model is written {OWN_FILES}, but is {other}.")
    hexadecimal = digits(weights.name)
    known = "" if hexadecimal.isdecimal() else hexadecimal  # more likely a date than a hash
    file = Weights(str(weights.resolve()), known, size=weights.stat().st_size)
    family, config = _guess_family(config), config.resolve()
    return ModelSpec(config.stem, config.stem, family, "own", str(config), file, classes=classes)


def with_ids_apart(specs: Sequence[ModelSpec]) -> tuple[ModelSpec, ...]:
    """Own models whose id another model has take a longer one: that of the config and the weights, then a number."""
    if not any(spec.set == "own" for spec in specs):
        return tuple(specs)
    taken = {spec.id for spec in (*written(), *specs) if spec.set != "own"}
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
    try:
        text = config.read_text(encoding="utf-8", errors="replace")
    except OSError:  # which loading it will tell, of this model alone
        return
    yield text
    for name in re.findall(r"""["']([^"']+\.py)["']""", text):
        base = (config.parent / name).resolve()
        if base.is_file() and base not in seen:
            yield from _texts(base, seen)

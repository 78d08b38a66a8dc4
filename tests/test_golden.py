"""What the compact networks say of two examples: the same files and numbers until one of them is trained anew."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from demo import export
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import decode_annotation
from demo.models.zoo import Answer, Zoo

GOLDEN = Path(__file__).parent / "golden"
JOINED = {"class_set", "cannot_say", "seconds", "version"}
"""Keys of summary.json that are not in the golden files: of the class set, or other in every run."""


def plain(value: object) -> object:
    """Without `JOINED`, numbers to 2 in 10,000: another processor may round otherwise."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key not in JOINED}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return pytest.approx(value, abs=2e-4) if isinstance(value, float) else value


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cat", "room"])
def test_the_compact_networks_say_what_they_said(name: str, examples: Path) -> None:
    photo = export.read_photo(next(examples.glob(f"{name}.*")))
    answers = [outcome for outcome in Zoo(device="cpu").stream(photo.image, "compact") if isinstance(outcome, Answer)]
    found = dict(export.files(photo, answers, precision="exact", device="cpu"))
    models = [answer.spec.id for answer in answers]
    maps = [
        f"{model}/{file}" for model in models for file in ("labels.png", "entropy.npy", "entropy.png", "overlay.png")
    ]
    assert [*found] == [*maps, "summary.json", "manifest.json"]
    assert plain(json.loads((GOLDEN / f"{name}.json").read_text())) == _without(json.loads(found["summary.json"]))
    for answer in answers:
        saved = decode_annotation(found[f"{answer.spec.id}/labels.png"], ADE20K)
        assert np.array_equal(saved, answer.prediction.label_map)


def _without(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without(item) for key, item in value.items() if key not in JOINED}
    return [_without(item) for item in value] if isinstance(value, list) else value

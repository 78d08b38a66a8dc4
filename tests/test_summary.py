"""summary.json is what its JSON Schema says, and the schema says all of it."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import demo
from demo.export import Photo, files
from tests.summary_schema import keys, schema
from tests.toy import toy_zoo

SHIPPED = Path(demo.__file__).parent / "data/summary.schema.json"


@pytest.fixture(scope="module")
def told() -> dict:
    image = np.random.default_rng(1).integers(0, 256, (4, 5, 3), np.uint8).repeat(12, 0).repeat(12, 1)
    answers = list(toy_zoo().stream(image, "compact"))
    content = dict(files(Photo("x.png", image), answers, precision="exact", device="cpu", measures=["energy"]))
    return json.loads(content["summary.json"])


def paths(value: object, before: str = "") -> Iterator[str]:
    """Of every key, as `keys` writes them; what is looked up by a name (pairs, stages, measures) counts as one."""
    if isinstance(value, list):
        for one in value:
            yield from paths(one, before)
    elif isinstance(value, dict):
        for name, inner in value.items():
            path = f"{before}.{name}" if before else name
            yield path
            looked_up = name in ("seconds", "split", "agreement", "kappa", "jensen_shannon", "measures")
            yield from () if looked_up else paths(inner, f"{path}[]" if isinstance(inner, list) else path)


def test_the_shipped_schema_is_that_of_the_shapes() -> None:
    assert json.loads(SHIPPED.read_text(encoding="utf-8")) == schema(), "run: python tests/test_docs.py"


def test_what_a_run_writes_is_valid_and_a_changed_summary_is_not(told: dict) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    check = jsonschema.Draft202012Validator(json.loads(SHIPPED.read_text(encoding="utf-8")))
    check.check_schema(check.schema)
    check.validate(told)
    for broken in ({**told, "models": "none"}, {key: value for key, value in told.items() if key != "photo"}):
        assert not check.is_valid(broken)
    assert not check.is_valid({**told, "comparison": {**told["comparison"], "all_agree": "0.5"}})


def test_every_key_that_is_written_is_in_the_schema_with_a_description_and_the_reverse(told: dict) -> None:
    described = {path: words for path, _, words in keys()}
    assert all(described.values()), [path for path, words in described.items() if not words]
    assert told["comparison"]["regions"], "else their keys go untested"
    missing = set(described) - set(paths(told))
    assert set(paths(told)) <= set(described)
    conflicts = {f"comparison.confident_conflict_pairs[].{key}" for key in ("classes", "area")}
    assert missing <= conflicts | {"models[].notes"}, "which are not told of every photo"


def test_means_and_divergences_are_those_of_the_maps_and_of_the_probabilities(told: dict) -> None:
    image = np.random.default_rng(1).integers(0, 256, (4, 5, 3), np.uint8).repeat(12, 0).repeat(12, 1)
    answers = list(toy_zoo().stream(image, "compact"))
    for entry, answer in zip(told["models"], answers, strict=True):
        assert entry["mean_confidence"] == pytest.approx(answer.prediction.confidence.mean(), rel=1e-6)
        assert entry["mean_margin"] == pytest.approx(answer.prediction.margin.mean(), rel=1e-6)
    every = np.stack([np.concatenate([s for _, s in a.posterior.strips()], 1) for a in answers]).astype(np.float64)

    def entropy(p: np.ndarray) -> np.ndarray:
        return -(p * np.log(np.maximum(p, 1e-300))).sum(-3)

    mutual = entropy(every.mean(0)) - entropy(every).mean(0)
    assert told["comparison"]["mutual_information"] == pytest.approx(mutual.mean(), abs=1e-5)
    one, other = every[0], every[4]
    apart = entropy((one + other) / 2) - (entropy(one) + entropy(other)) / 2
    pair = f"{answers[0].spec.id}|{answers[4].spec.id}"
    assert told["comparison"]["jensen_shannon"][pair] == pytest.approx(apart.mean(), abs=1e-5)

"""A manifest is read or refused in a sentence, and every number that is not what it was is told."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from demo import manifest
from demo.errors import ManifestError

SUMMARY: dict[str, Any] = {
    "photo": "owl.png", "size": [40, 50], "sha256": "ab" * 32, "precision": "exact", "device": "cpu",
    "models": [
        {"id": "fcn", "checkpoint_sha256": "1" * 64, "seconds": {"network": 0.1}, "mean_entropy": 0.5,
         "classes": [{"name": "sky", "index": 3, "area": 0.75}]},
    ],
    "comparison": None,
}  # fmt: skip
FILES = {"fcn/labels.png": "a" * 64, "fcn/entropy.npy": "b" * 64}


@pytest.fixture
def then() -> manifest.Json:
    return manifest.manifest(copy.deepcopy(SUMMARY), FILES, measures=[])


def test_it_holds_what_a_run_was_made_of_and_no_times(then: manifest.Json) -> None:
    assert then["photo"] == {"name": "owl.png", "sha256": "ab" * 32, "size": [40, 50]}
    assert then["models"] == {"fcn": "1" * 64} and then["settings"] == {"precision": "exact", "measures": []}
    assert {"segmentation-zoo", "python", "numpy", "torch"} <= set(then["versions"]) and then["files"] == FILES
    assert "seconds" not in json.dumps(then)


def test_a_run_that_repeats_another_is_the_same_to_the_last_digit(then: manifest.Json) -> None:
    later = copy.deepcopy(SUMMARY)
    later["models"][0]["seconds"] = {"network": 9.0}
    now = manifest.manifest(later, FILES, measures=[])
    assert manifest.differing(then, now) == []
    assert [*manifest.verdict(then, now)] == ["The same to the last digit: 3 numbers and 2 maps."]


def test_each_number_and_map_that_differs_is_told_with_what_was_made_otherwise(then: manifest.Json) -> None:
    later = copy.deepcopy(SUMMARY)
    later["models"][0]["mean_entropy"] = 0.5000000001
    later["models"][0]["classes"] = [{"name": "tree", "index": 5, "area": 1.0}]
    later["models"][0]["checkpoint_sha256"] = "2" * 64
    now = manifest.manifest(later, FILES | {"fcn/labels.png": "c" * 64}, measures=[])
    found = manifest.differing(then, now)
    assert "models.fcn.mean_entropy: 0.5, 0.5000000001" in found
    assert "models.fcn.classes.sky.area: 0.75, nothing" in found
    assert "models.fcn.classes.tree.area: nothing, 1.0" in found
    assert "fcn/labels.png: other bytes" in found and "fcn/entropy.npy: other bytes" not in found
    assert manifest.made_otherwise(then, now) == [f'models.fcn: "{"1" * 64}", "{"2" * 64}"']
    lines = [*manifest.verdict(then, now)]
    assert lines[0] == f"{len(found)} differences to 3 numbers and 2 maps (then, now):"
    assert "Made with something else (then, now):" in lines


def test_many_differences_are_listed_in_part_and_counted(then: manifest.Json) -> None:
    now = copy.deepcopy(then)
    now["numbers"]["comparison"] = {str(number): number for number in range(50)}
    lines = [*manifest.verdict(then, now)]
    assert len(lines) == manifest.SHOWN + 2 and lines[-1] == f"  and {51 - manifest.SHOWN} more"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no json", "is no JSON"),
        ("[]", "lacks what one has"),
        ('{"format": 1}', "lacks what one has"),
        (json.dumps(manifest.manifest(SUMMARY, FILES) | {"settings": {"precision": "weird"}}), "lacks what one has"),
        ('{"format": 7}', "has format 7; this version reads format 1"),
    ],
)
def test_what_is_no_manifest_is_refused_in_a_sentence(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(content)
    with pytest.raises(ManifestError, match=said):
        manifest.read(path)


def test_a_manifest_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"cannot be read .*; give the manifest\.json of a run"):
        manifest.read(tmp_path / "gone.json")

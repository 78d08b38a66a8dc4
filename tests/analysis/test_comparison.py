import json

import numpy as np
import pytest
from hypothesis import given

from demo.analysis.comparison import compare
from demo.schema import Comparison
from tests.analysis.maps import comparison, comparisons


@given(comparisons())
def test_any_comparison_becomes_json(c: Comparison) -> None:
    told = json.loads(json.dumps(compare(c), allow_nan=False))
    assert len(told["votes"]) == len(c.ids)
    assert sum(told["votes"]) == pytest.approx(1)
    assert sum(told["split"].values()) == pytest.approx(1)
    assert told["split"]["all_agree"] == told["all_agree"] == told["votes"][0]
    listed = sum(region["area"] for region in told["regions"])
    assert told["all_agree"] + told["boundary_only"] + listed <= 1 + 1e-9
    assert len(told["kappa"]) == len(told["agreement"]) == len(c.ids) * (len(c.ids) - 1) // 2


def test_the_keys_of_summary_json() -> None:
    maps = np.zeros((2, 40, 40), np.uint8)
    maps[1, 10:30, 10:30] = 7
    told = compare(comparison(maps, np.full(maps.shape, 0.9)))
    assert (told["all_agree"], told["boundary_only"]) == (0.75, 0)
    assert told["confident_conflict"] == 0.25
    assert told["confident_conflict_pairs"] == [{"classes": ["wall", "bed"], "area": 0.25}]
    assert told["agreement"] == {"a|b": 0.75}
    assert told["kappa"] == {"a|b": 0.0}
    (region,) = told["regions"]
    assert list(region)[:4] == ["area", "box", "point", "where"]
    undefined = compare(comparison(maps[:1]))
    assert undefined["fleiss_kappa"] is None
    assert undefined["regions"] == []

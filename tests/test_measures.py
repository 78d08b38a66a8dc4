"""The table of measures: what it says is complete, and what reads it reads all of it."""

import math

import numpy as np
import pytest

from demo.labels.ade20k import ADE20K
from demo.measures import ALWAYS, BY_ID, MEASURES, Measure
from demo.schema import Prediction


@pytest.mark.parametrize("measure", MEASURES, ids=[*BY_ID])
def test_a_row_says_what_a_reader_needs(measure: Measure) -> None:
    assert measure.title and measure.formula and measure.source
    assert measure.explain(19).endswith(".") and "{" not in measure.explain(19)
    assert measure.top(19) > 0


def test_the_scale_of_entropy_follows_the_number_of_classes() -> None:
    assert [BY_ID["entropy"].top(classes) for classes in (2, 19, 150)] == [math.log(c) for c in (2, 19, 150)]
    assert BY_ID["confidence"].top(2) == BY_ID["confidence"].top(150) == 1
    assert BY_ID["entropy"].explain(19) == (
        "Entropy of the 19 probabilities: 0 is certain, ln 19 = 2.94 nats is no idea at all."
    )


def test_a_prediction_holds_the_measures_of_the_table_only() -> None:
    field = np.zeros((2, 3), np.float32)
    labels = np.zeros((2, 3), np.uint8)
    whole = Prediction(
        "toy", labels, field, field, field, ADE20K, more={name: field for name in BY_ID if name not in ALWAYS}
    )
    assert tuple(whole.measures) == tuple(BY_ID)
    assert tuple(Prediction("toy", labels, field, field, field, ADE20K).measures) == ALWAYS
    with pytest.raises(ValueError, match="energy must be float32"):
        Prediction("toy", labels, field, field, field, ADE20K, more={"energy": field[:1]})
    with pytest.raises(ValueError, match=r"among entropy, .* got 'doubt'"):
        Prediction("toy", labels, field, field, field, ADE20K, more={"doubt": field})

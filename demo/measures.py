"""The measures of doubt at a pixel, as data: what they are called, what they count in, how long their scale is.

One table for what makes the maps (the kernel), keeps them (`Prediction`), writes them (export, command line) and shows
them (page, documents). A new measure is one row here and one line in each of `models.kernel._summarise` and
`models.posterior._summarise`, which compute it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Needs = Literal["probabilities", "logits"]


@dataclass(frozen=True)
class Measure:
    """One number a pixel, on a scale from 0 to `top`; what lies outside it is drawn as its end."""

    id: str
    """Its key wherever measures are listed, and the stem of its files."""
    title: str
    unit: str
    """Empty for a share."""
    needs: Needs
    """What it is computed from; a network whose scores are no logits cannot say what needs them."""
    high_is_doubt: bool
    formula: str
    """Of the probabilities p and the logits z of a pixel's C classes."""
    sentence: str
    """What it tells, for a reader of the page; {classes} and {top} stand for the class set's numbers."""
    source: str
    fixed_top: float | None = None
    """None where the top is ln C, for C classes."""

    def top(self, classes: int) -> float:
        """The end of the scale, for that many classes."""
        return math.log(classes) if self.fixed_top is None else self.fixed_top

    def explain(self, classes: int) -> str:
        """The sentence, for that many classes.

        >>> BY_ID["entropy"].explain(19)
        'Entropy of the 19 probabilities: 0 is certain, ln 19 = 2.94 nats is no idea at all.'
        """
        return self.sentence.format(classes=classes, top=f"{self.top(classes):.2f}")


MEASURES = (
    Measure(
        "entropy", "Entropy", "nats", "probabilities", True, "-Σ p ln p",
        "Entropy of the {classes} probabilities: 0 is certain, ln {classes} = {top} nats is no idea at all.",
        "Shannon, A Mathematical Theory of Communication, 1948",
    ),
    Measure(
        "confidence", "Confidence", "", "probabilities", False, "max p",
        "Probability of the likeliest class.",
        "Hendrycks and Gimpel, A Baseline for Detecting Misclassified and Out-of-Distribution Examples, ICLR 2017",
        1.0,
    ),
    Measure(
        "margin", "Margin", "", "probabilities", False, "first p - second p",
        "Likeliest minus second likeliest probability.",
        "Scheffer et al., Active Hidden Markov Models for Information Extraction, IDA 2001",
        1.0,
    ),
    Measure(
        "max_logit", "Max logit", "logits", "logits", False, "max z",
        "Score of the likeliest class before the softmax: low where nothing that the network has a word for fits. "
        "Compare pixels of one network, not networks: each has a zero of its own.",
        "Hendrycks et al., Scaling Out-of-Distribution Detection for Real-World Settings, ICML 2022",
        10.0,
    ),
    Measure(
        "energy", "Negative energy", "logits", "logits", False, "ln Σ exp z",
        "Log-sum-exp of the scores before the softmax, the negative energy of the paper: low where nothing that the "
        "network has a word for fits. Compare pixels of one network, not networks: each has a zero of its own.",
        "Liu et al., Energy-based Out-of-distribution Detection, NeurIPS 2020",
        10.0,
    ),
)  # fmt: skip
"""Every measure, in the order in which they are offered; the first is shown where nobody chose."""

BY_ID = {measure.id: measure for measure in MEASURES}
ALWAYS = ("entropy", "confidence", "margin")
"""What every network can say and every `Prediction` has."""

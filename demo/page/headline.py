"""The first sentence of "Where they differ": how far the networks agree, in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from demo.analysis.regions import percent
from demo.schema import Comparison

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WORTH_TELLING = 0.02
"""Of the photo: on less, who stands alone is no news."""


@dataclass(frozen=True)
class Shares:
    """What the sentence tells, as shares 0..1 of the photo; all but `shifted` without what is put aside."""

    agreed: float
    shifted: float
    """Boundary-only disputes."""
    between: float
    """The CNNs agree, the transformers agree, on different classes."""
    alone: Sequence[float]
    """By model: it contradicts all others, which agree."""
    silent: float = 0
    """A model has no word for what another names, and nobody differs in a common word."""


def headline(c: Comparison, shares: Shares, *, boundaries_aside: bool = False, mild_aside: bool = False) -> list[str]:
    """Sentences: how far all agree, and, where there is any, of what the rest is made."""
    aside = [text for text, on in (("shifted boundaries", boundaries_aside), ("mild disputes", mild_aside)) if on]
    apart = f", {' and '.join(aside)} aside" if aside else ""
    sentences = [f"{everybody(c)} agree on {percent(shares.agreed)} of the photo{apart}."]
    rest = []
    if shares.shifted > 0 and not boundaries_aside:
        rest.append(f"on {percent(shares.shifted)} only a boundary is shifted")
    if shares.between > 0:
        rest.append(f"on {percent(shares.between)} {sides(c)}")
    most = max(shares.alone)
    if most >= WORTH_TELLING:
        rest.append(f"on {percent(most)} {c.titles[list(shares.alone).index(most)]} alone contradicts the others")
    if rest:
        sentences.append(f"{_capital(', '.join(rest))}.")
    if shares.silent:
        sentences.append(f"On {percent(shares.silent)} one has no word for what another names, and cannot say.")
    return sentences


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def everybody(c: Comparison) -> str:
    """All the networks that answered, as the subject of a sentence."""
    number = len(c.ids)
    if number == 2:
        return f"{c.titles[0]} and {c.titles[1]}"
    return f"All {WORDS[number] if number < len(WORDS) else number}"


def sides(c: Comparison) -> str:
    """The families against each other, in the number that there is of each."""
    cnns, transformers = (c.families.count(family) for family in ("cnn", "transformer"))
    cnn, verb = ("the CNNs", "stand") if cnns > 1 else ("the CNN", "stands")
    return f"{cnn} {verb} against the transformer{'s' if transformers > 1 else ''}"

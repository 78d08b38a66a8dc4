"""The first sentence of "Where they differ": how far the networks agree, in words and numbers."""

from __future__ import annotations

from demo.analysis.regions import percent
from demo.schema import Comparison

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def headline(
    c: Comparison, agreed: float, shifted: float, between: float, boundaries_aside: bool, mild_aside: bool
) -> str:
    """How far all agree, and of what the rest is made; shares 0..1 of the photo.

    `agreed` and `between` count without what is put aside; `shifted` is the share of shifted boundaries.
    """
    aside = [text for text, on in (("shifted boundaries", boundaries_aside), ("mild disputes", mild_aside)) if on]
    apart = f", {' and '.join(aside)} aside" if aside else ""
    told = f"{everybody(c)} agree on {percent(agreed)} of the photo{apart}."
    rest = []
    if shifted > 0 and not boundaries_aside:
        rest.append(f"on {percent(shifted)} only a boundary is shifted")
    if between > 0:
        rest.append(f"on {percent(between)} {sides(c)}")
    if rest:
        told += f" {_capital(', '.join(rest))}."
    return told


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

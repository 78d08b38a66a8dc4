"""ADE20K's 150 classes, the set of the article's networks."""

from __future__ import annotations

from typing import Final

from demo.labels.class_set import known
from demo.schema import ClassSet

ADE20K: Final[ClassSet] = known()["ade20k"]
"""The first synonym of each class, in ADE20K's order, which puts the commonest first. 13 supercategories.

The official palette gives road and skyscraper one colour, and 36 pairs are within dE 2.3. The distinct one is chosen by
meaning: sky is blue, grass green, an animal amber. Any two classes are at least dE 15 apart, any two of the 45
commonest dE 22, and those that fill most photos (sky, building, tree, grass, road, person, animal ...) dE 32, so that
they differ in a faint overlay too.
"""

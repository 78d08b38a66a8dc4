"""The data classes that every part speaks, checked when made. numpy only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias, get_args
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from demo.measures import ALWAYS, BY_ID

Image: TypeAlias = NDArray[np.uint8]
"""(H, W, 3) RGB."""
LabelMap: TypeAlias = NDArray[np.uint8]
"""(H, W) position in the names of a class set, 0..C-1; 255 = no label, in ground truth and where sets are compared."""
Field: TypeAlias = NDArray[np.float32]
"""(H, W), one number a pixel."""
Size: TypeAlias = tuple[int, int]
"""(height, width) in pixels."""

Family = Literal["cnn", "transformer"]
Precision = Literal["exact", "fast"]
Layout = Literal["article", "grid", "slide"]
"""Of a figure: a row a network as in the article, the page's grid, or the grid on a slide."""
LAYOUTS: tuple[Layout, ...] = get_args(Layout)

VOID = 255
"""In label maps of every class set; in files, see `ClassSet.void`."""
MOST_CLASSES = 255
"""Of one set: a label map has 8 bits a pixel, and one value stands for no label."""
_COLOUR = re.compile("#[0-9a-f]{6}")


@dataclass(frozen=True)
class ClassSet:
    """The classes that a network may name, in its own order; C of them, 2 to 255.

    demo/labels/class_set.py reads and makes them. Colours are written "#rrggbb".
    """

    id: str
    title: str
    names: tuple[str, ...]
    distinct: tuple[str, ...]
    """A colour a class, no two alike to the eye where that can be."""
    official: tuple[str, ...] = ()
    """The colours that the set's authors published; empty where they did not."""
    supercategories: tuple[str, ...] = ()
    """A word a class; a dispute inside one of them is mild (house, building). Empty where the set has none."""
    offset: int = 0
    """An annotation file holds a class's position plus this."""
    void: int = 255
    """The value of an unlabelled pixel in an annotation file."""

    def __post_init__(self) -> None:
        if not 2 <= len(self.names) <= MOST_CLASSES:
            raise ValueError(f"a class set must have 2 to {MOST_CLASSES} names, but got {len(self.names)}")
        if len(set(self.names)) < len(self.names):
            raise ValueError(f"the names of a class set must differ, but got {self.names}")
        for name in ("distinct", "official", "supercategories"):
            value = getattr(self, name)
            if len(value) != len(self.names) and (value or name == "distinct"):
                raise ValueError(f"{name} must have {len(self.names)} entries, one a class, but got {len(value)}")
        if wrong := [colour for colour in self.distinct + self.official if not _COLOUR.fullmatch(colour)]:
            raise ValueError(f"colours must be written #rrggbb, but got {wrong[0]!r}")
        if not (self.offset >= 0 and self.offset + len(self) <= 256 and 0 <= self.void <= 255):
            raise ValueError(f"annotation values must lie in 0..255, but got offset {self.offset}, void {self.void}")
        if self.offset <= self.void < self.offset + len(self):
            raise ValueError(f"void {self.void} must not be the value of a class")

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def key(self) -> str:
        """A word for this set and no other: its id, and what tells it from another set of that id."""
        return f"{self.id}-{crc32(repr(self).encode()):08x}"

    @property
    def max_entropy(self) -> float:
        """Entropy of the uniform distribution, ln C nats: the top of every entropy scale."""
        return float(np.log(len(self)))

    @cached_property
    def distinct_palette(self) -> NDArray[np.uint8]:
        """(C, 3) RGB, read-only."""
        return _palette(self.distinct)

    @cached_property
    def official_palette(self) -> NDArray[np.uint8]:
        """(C, 3) RGB, read-only; the distinct colours where nobody published any."""
        return _palette(self.official or self.distinct)

    @cached_property
    def supercategory_names(self) -> tuple[str, ...]:
        """The words, each once; without any, every class is its own."""
        return tuple(dict.fromkeys(self.supercategories or self.names))

    @cached_property
    def supercategory_index(self) -> NDArray[np.uint8]:
        """(C,) position in `supercategory_names`, read-only: index it with a label map that has no void."""
        words = self.supercategories or self.names
        index = np.array([self.supercategory_names.index(word) for word in words], np.uint8)
        index.flags.writeable = False
        return index


def _palette(colours: tuple[str, ...]) -> NDArray[np.uint8]:
    palette = np.array([tuple(bytes.fromhex(colour[1:])) for colour in colours], np.uint8)
    palette.flags.writeable = False
    return palette


@dataclass(frozen=True)
class Limits:
    """What is refused before it is unpacked: `megapixels` of the photo, `megabytes` of its file.

    Above 178 megapixels Pillow itself refuses.
    """

    megapixels: float = 40
    megabytes: float = 25

    def __post_init__(self) -> None:
        if not (self.megapixels > 0 and self.megabytes > 0):
            raise ValueError(
                f"limits must be above 0, but got {self.megapixels} megapixels, {self.megabytes} megabytes"
            )


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Weights:
    """One checkpoint file: its name, what its bytes must hash to, where it may be had; or a repository of files.

    `sha256` is the whole hex digest where known, else its first eight digits. A model of the Hugging Face Hub is all
    files of a `repository`; its `file` is the repository's name without its owner. `file` may be a folder's path, too.
    """

    file: str
    sha256: str
    sources: tuple[str, ...] = ()
    size: int | None = None
    """Bytes; of a file that is to be fetched, about."""
    licence: str = ""
    repository: str = ""
    """org/name on the Hub; empty for a file."""
    revision: str = ""
    """A branch, tag or commit of the repository; empty for the one that was fetched first."""

    def __post_init__(self) -> None:
        if len(self.sha256) not in (0, 8, 64):
            raise ValueError(f"sha256 must have 8 or 64 hex digits, or be empty, but got {self.sha256!r}")

    @property
    def pinned(self) -> str:
        """The revision as a reader tells it apart: of a commit its first eight digits."""
        return self.revision[:8] if len(self.revision) == 40 else self.revision


@dataclass(frozen=True)
class Reported:
    """What a model's authors or its model zoo published; None where they did not."""

    miou: float | None = None
    """0..1 on the ADE20K validation set, each photo at one scale."""
    fps: float | None = None
    training_memory_gb: float | None = None
    parameter_memory_mb: float | None = None
    source: str = ""
    """Where the mIoU stands, when that is not where the weights come from."""


@dataclass(frozen=True)
class ModelSpec:
    """One row of the catalogue: everything known of a model before it is loaded."""

    id: str
    title: str
    family: Family
    set: str
    config: str
    """Path of an MMSegmentation config, or its name inside the installed package; of a Hub model, its repository."""
    weights: Weights
    reported: Reported = field(default_factory=Reported)
    paper: str = ""
    trained_by: str = ""
    """Whose training it is; empty for a model of the user's own."""
    class_set: ClassSet | None = None
    """None where only loading the network tells; see `Network.class_set`."""
    classes: str = ""
    """A class set's name or CSV file that the user gave, which is read when the network is loaded."""
    backend: str = "mmseg"
    """The module of demo.models.backends that builds it."""
    unverified: str = ""
    """What this project could not make sure of, as a sentence for whoever chooses the model."""

    @property
    def fetched_as(self) -> str:
        """The name by which its files can be fetched: its id, or hf:org/name@revision."""
        if self.set != "own" or not self.weights.repository:
            return self.id
        return "@".join(filter(None, (f"hf:{self.weights.repository}", self.weights.revision)))


@dataclass(frozen=True)
class Prediction:
    """What one model says of one photo, at one pixel grid; all maps have the same (H, W)."""

    model: str
    label_map: LabelMap
    confidence: Field
    """Probability of the likeliest class, 0..1."""
    entropy: Field
    """Nats, 0..ln C."""
    margin: Field
    """Likeliest minus second likeliest probability, 0..1."""
    class_set: ClassSet
    """What the label map's numbers mean."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Seconds by stage: "network", "maps"."""
    more: Mapping[str, Field] = field(default_factory=dict)
    """Maps of further measures that were asked for, by their ids in demo.measures; what could not be said is absent."""
    strips: Callable[[], Iterable[tuple[int, Field]]] | None = field(default=None, repr=False, compare=False)
    """Gives (first row, probabilities (C, rows, W)) of the same grid, where they are still at hand."""

    def __post_init__(self) -> None:
        if self.label_map.ndim != 2 or self.label_map.dtype != np.uint8:
            raise ValueError(
                f"label_map must be a 2D uint8 array, but got {self.label_map.dtype} {self.label_map.shape}"
            )
        for name, value in self.measures.items():
            if name not in BY_ID:
                raise ValueError(f"a measure must be among {', '.join(BY_ID)}, but got {name!r}")
            if value.shape != self.label_map.shape or value.dtype != np.float32:
                raise ValueError(f"{name} must be float32 {self.label_map.shape}, but got {value.dtype} {value.shape}")

    @property
    def size(self) -> Size:
        return self.label_map.shape[0], self.label_map.shape[1]

    @property
    def measures(self) -> dict[str, Field]:
        """Every measure's map by its id, in the order of demo.measures."""
        found = {name: getattr(self, name) for name in ALWAYS} | dict(self.more)
        return {name: found.pop(name) for name in BY_ID if name in found} | found


@dataclass(frozen=True, eq=False)
class Unknown:
    """What a photo shows that no class of a set names, pixel by pixel: its network has no right word for it."""

    things: tuple[str, ...]
    """What that is, in the words of whoever labelled it; at most 255."""
    places: NDArray[np.uint8]
    """(H, W) 1 + the position in `things`; 0 where there is none of them."""

    def __post_init__(self) -> None:
        if self.places.ndim != 2 or self.places.dtype != np.uint8:
            raise ValueError(f"places must be a 2D uint8 array, but got {self.places.dtype} {self.places.shape}")
        if self.places.max(initial=0) > len(self.things):
            raise ValueError(f"places must be 0..{len(self.things)}, but got {self.places.max()}")

    @classmethod
    def one(cls, thing: str, mask: NDArray[np.bool_]) -> Unknown:
        """A single thing, where an (H, W) mask is true."""
        return cls((thing,), mask.astype(np.uint8))

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(H, W) where there is any of them."""
        return self.places > 0

    def only(self, kept: NDArray[np.bool_]) -> Unknown:
        """The same where an (H, W) mask is true, nothing elsewhere."""
        return Unknown(self.things, np.where(kept, self.places, np.uint8(0)))


@dataclass(frozen=True)
class Seen:
    """What a network really looked at: its input size and how many windows cover it."""

    input_size: Size
    windows: int = 1
    window_size: Size | None = None
    """None when the whole input went through at once."""
    stride: Size | None = None

    def __str__(self) -> str:
        height, width = self.input_size
        if self.window_size is None:
            return f"{width} x {height}, whole"
        noun = "window" if self.windows == 1 else "windows"
        side = "x".join(str(s) for s in dict.fromkeys(self.window_size))
        stride = f", stride {self.stride[0]}" if self.stride and self.windows > 1 else ""
        return f"{self.windows} {noun} of {side}{stride}, in {width} x {height}"


@dataclass(frozen=True)
class Comparison:
    """The predictions of one photo, side by side: what agreement.py needs, nothing more.

    Arrays are (M, H, W), models in one order throughout.
    """

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    families: tuple[Family, ...]
    label_maps: NDArray[np.uint8]
    confidences: NDArray[np.float32]
    class_set: ClassSet
    """What the label maps' numbers mean."""

    def __post_init__(self) -> None:
        models = len(self.ids)
        if not len(self.titles) == len(self.families) == models:
            raise ValueError(
                f"ids, titles and families must be as long as each other, but got {models}, "
                f"{len(self.titles)}, {len(self.families)}"
            )
        for name in ("label_maps", "confidences"):
            shape = getattr(self, name).shape
            if len(shape) != 3 or shape[0] != models:
                raise ValueError(f"{name} must be ({models}, H, W), but got {shape}")
        if self.label_maps.shape != self.confidences.shape:
            raise ValueError(
                f"label_maps {self.label_maps.shape} and confidences {self.confidences.shape} must have one shape"
            )
        _check_labels(self.label_maps, self.class_set)


def _check_labels(label_map: NDArray[np.uint8], class_set: ClassSet) -> None:
    """ValueError for a label that is neither a class of the set nor void."""
    highest = label_map.max(initial=0)
    if highest == VOID:
        highest = label_map.max(initial=0, where=label_map != VOID)
    if highest >= len(class_set):
        raise ValueError(f"labels must be 0..{len(class_set) - 1} or {VOID}, but got {highest}")

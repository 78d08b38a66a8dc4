"""The data classes that every part speaks, checked when made. numpy only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]
"""(H, W, 3) RGB."""
LabelMap: TypeAlias = NDArray[np.uint8]
"""(H, W) class index 0..149; 255 = no label (ground truth only)."""
Field: TypeAlias = NDArray[np.float32]
"""(H, W), one number a pixel."""
Size: TypeAlias = tuple[int, int]
"""(height, width) in pixels."""

Family = Literal["cnn", "transformer"]
Precision = Literal["exact", "fast"]

CLASSES = 150
MAX_ENTROPY = float(np.log(CLASSES))
"""Entropy of the uniform distribution over the 150 classes, in nats: the top of every entropy scale."""
VOID = 255


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
    """One checkpoint file: its name, what its bytes must hash to, where it may be had.

    `sha256` is the whole hex digest where known, else its first eight digits.
    """

    file: str
    sha256: str
    sources: tuple[str, ...] = ()
    size: int | None = None
    """Bytes; of a file that is to be fetched, about."""
    licence: str = ""

    def __post_init__(self) -> None:
        if len(self.sha256) not in (0, 8, 64):
            raise ValueError(f"sha256 must have 8 or 64 hex digits, or be empty, but got {self.sha256!r}")


@dataclass(frozen=True)
class Reported:
    """What a model's authors or its model zoo published; None where they did not."""

    miou: float | None = None
    """0..1 on the ADE20K validation set."""
    fps: float | None = None
    training_memory_gb: float | None = None
    parameter_memory_mb: float | None = None


@dataclass(frozen=True)
class ModelSpec:
    """One row of the catalogue: everything known of a model before it is loaded."""

    id: str
    title: str
    family: Family
    set: str
    config: str
    """Path of an MMSegmentation config, or its name inside the installed package."""
    weights: Weights
    reported: Reported = field(default_factory=Reported)
    paper: str = ""
    trained_by: str = ""
    """Whose training it is; empty for a model of the user's own."""
    backend: str = "mmseg"
    """The module of demo.models.backends that builds it."""


@dataclass(frozen=True)
class Prediction:
    """What one model says of one photo, at one pixel grid; all four maps have the same (H, W)."""

    model: str
    label_map: LabelMap
    confidence: Field
    """Probability of the likeliest class, 0..1."""
    entropy: Field
    """Nats, 0..ln 150."""
    margin: Field
    """Likeliest minus second likeliest probability, 0..1."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Seconds by stage: "network", "maps"."""

    def __post_init__(self) -> None:
        if self.label_map.ndim != 2 or self.label_map.dtype != np.uint8:
            raise ValueError(
                f"label_map must be a 2D uint8 array, but got {self.label_map.dtype} {self.label_map.shape}"
            )
        for name in ("confidence", "entropy", "margin"):
            value = getattr(self, name)
            if value.shape != self.label_map.shape or value.dtype != np.float32:
                raise ValueError(f"{name} must be float32 {self.label_map.shape}, but got {value.dtype} {value.shape}")

    @property
    def size(self) -> Size:
        return self.label_map.shape[0], self.label_map.shape[1]


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

"""One change of a photo as a person asks for it, and how the answer to the changed photo is laid over the first one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.changes import pixels
from demo.errors import ChangeError
from demo.schema import Image, Size

Value = TypeVar("Value", bound=np.generic)
Box: TypeAlias = tuple[int, int, int, int]
"""(y0, x0, y1, x1) in pixels, the end excluded."""

SHORT_SIDE = 512
"""Photos are changed at most so large: to this ADE20K's networks bring a photo's short side, so a blur or a grain of
so many pixels is about what they see (MMSegmentation's test pipeline for ADE20K)."""
LEAST_SIDE = 16
"""Of a box, in pixels."""


@dataclass(frozen=True)
class Amount:
    """How strong a change is."""

    name: str
    unit: str
    low: float
    high: float
    usual: float
    step: float


@dataclass(frozen=True)
class Kind:
    """One kind of change."""

    id: str
    title: str
    sentence: str
    amount: Amount | None = None
    box: bool = False
    named: bool = False
    """Whether it wants the name of a class."""


KINDS: tuple[Kind, ...] = (
    Kind("crop", "Crop", "Only the box is left of the photo: the context is gone.", box=True),
    Kind("pad", "Zoom out", "The photo amid a border of its mean colour: everything is seen smaller.",
         Amount("factor", "x", 1.1, 4, 2, 0.1)),
    Kind("scale", "Scale", "The photo in fewer or more pixels; where a network brings all photos to one size, finer "
         "detail is lost and nothing else.", Amount("factor", "x", 0.1, 2, 0.5, 0.05)),
    Kind("shift", "Shift", "The photo moved to the right, its mean colour where it was.",
         Amount("share of the width", "", 0.01, 0.5, 0.1, 0.01)),
    Kind("flip", "Flip", "The photo mirrored, left and right."),
    Kind("blur", "Blur", "Gaussian blur.", Amount("sigma", "px", 0.5, 20, 3, 0.5)),
    Kind("noise", "Noise", "Gaussian noise on every colour of every pixel.",
         Amount("standard deviation", "of 0..1", 0.01, 0.6, 0.12, 0.01)),
    Kind("jpeg", "JPEG", "Saved as a JPEG file of that quality, and read again.",
         Amount("quality", "", 1, 95, 10, 1)),
    Kind("grey", "Grey", "Luma alone, without colours."),
    Kind("brightness", "Brightness", "The value of HSV raised or lowered.",
         Amount("by", "of 0..1", -0.8, 0.8, 0.3, 0.05)),
    Kind("contrast", "Contrast", "The distance from the mean colour times a factor.",
         Amount("factor", "x", 0.05, 2, 0.3, 0.05)),
    Kind("occlude", "Hide a box", "The mean colour over the box; labels below it are not compared.", box=True),
    Kind("occlude_class", "Hide a class", "The mean colour over what any network called so at first; labels below it "
         "are not compared.", named=True),
)  # fmt: skip
BY_ID = {kind.id: kind for kind in KINDS}


@dataclass(frozen=True)
class Change:
    """A kind with what it wants: an amount within its range, a box inside the photo, or a class's name."""

    kind: Kind
    amount: float = 0
    box: Box = (0, 0, 0, 0)
    name: str = ""


@dataclass(frozen=True, eq=False)
class Changed:
    """A changed photo. `here` is a part of its answer, `there` the part of the first photo that it shows."""

    image: Image
    grid: Size
    """The size at which the answer to it is asked for."""
    size: Size
    """Of the first photo."""
    here: Box
    there: Box
    mirrored: bool = False
    covered: NDArray[np.bool_] | None = None
    """(H, W) pixels of the first photo that the changed one does not show."""

    @property
    def comparable(self) -> NDArray[np.bool_]:
        """(H, W) pixels of the first photo that both show."""
        return self.back(np.ones(self.grid, np.bool_), False)

    def back(self, answer: NDArray[Value], blank: int | bool) -> NDArray[Value]:
        """A map of the changed photo (`grid`) laid over the first one (H, W), `blank` where there is nothing of it."""
        laid = np.full(self.size, blank, answer.dtype)
        laid[_part(self.there)] = self._turned(answer[_part(self.here)])
        if self.covered is not None:
            laid[self.covered] = blank
        return laid

    def forth(self, first: NDArray[Value], blank: int | bool) -> NDArray[Value]:
        """A map of the first photo (H, W) laid over the changed one (`grid`)."""
        laid = np.full(self.grid, blank, first.dtype)
        laid[_part(self.here)] = self._turned(first[_part(self.there)])
        return laid

    def _turned(self, part: NDArray[Value]) -> NDArray[Value]:
        return part[:, ::-1] if self.mirrored else part


def working(image: Image) -> Image:
    """The photo as it is changed: its short side SHORT_SIDE pixels at most, averaged."""
    height, width = image.shape[:2]
    scale = SHORT_SIDE / min(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def wanted(kind: str, size: Size, *, amount: object = None, box: object = None, name: object = None) -> Change:
    """The change that somebody asks for; `box` is x, y, width, height in pixels. Raises ChangeError."""
    found = BY_ID.get(kind)
    if found is None:
        raise ChangeError(f"There is no change called {kind!r}; there are {', '.join(BY_ID)}.")
    return Change(
        found,
        _amount(found, amount) if found.amount else 0,
        _box(found, box, size) if found.box else (0, 0, 0, 0),
        _name(name) if found.named else "",
    )


def change_photo(image: Image, change: Change, mask: NDArray[np.bool_] | None = None) -> Changed:
    """The photo with the change; `mask` (H, W) is what is hidden of it where the change hides a class."""
    height, width = size = (image.shape[0], image.shape[1])
    whole, amount, y0, x0, y1, x1 = (0, 0, height, width), change.amount, *change.box
    match change.kind.id:
        case "crop":
            cut = np.ascontiguousarray(image[_part(change.box)])
            return Changed(cut, (y1 - y0, x1 - x0), size, (0, 0, y1 - y0, x1 - x0), change.box)
        case "pad":
            return _padded(image, amount)
        case "scale":
            to = (max(LEAST_SIDE, round(width * amount)), max(LEAST_SIDE, round(height * amount)))
            method = cv2.INTER_AREA if amount < 1 else cv2.INTER_LINEAR
            return Changed(np.asarray(cv2.resize(image, to, interpolation=method)), size, size, whole, whole)
        case "shift":
            by = max(1, round(width * amount))
            moved = np.empty_like(image)
            moved[:, :by], moved[:, by:] = pixels.mean_colour(image), image[:, :-by]
            return Changed(moved, size, size, (0, by, height, width), (0, 0, height, width - by))
        case "flip":
            return Changed(np.ascontiguousarray(image[:, ::-1]), size, size, whole, whole, mirrored=True)
        case "occlude" | "occlude_class":
            covered = np.zeros(size, np.bool_) if mask is None else mask
            if change.kind.box:
                covered[_part(change.box)] = True
            hidden = np.where(covered[:, :, None], pixels.mean_colour(image), image)
            return Changed(hidden, size, size, whole, whole, covered=covered)
        case "grey":
            return Changed(pixels.grey(image), size, size, whole, whole)
    same_size = {
        "blur": pixels.blurred,
        "noise": pixels.noisy,
        "jpeg": pixels.compressed,
        "brightness": pixels.brightened,
        "contrast": pixels.contrasted,
    }
    return Changed(same_size[change.kind.id](image, amount), size, size, whole, whole)


def _padded(image: Image, factor: float) -> Changed:
    height, width = image.shape[:2]
    grid = (round(height * factor), round(width * factor))
    top, left = (grid[0] - height) // 2, (grid[1] - width) // 2
    padded = np.empty((*grid, 3), np.uint8)
    padded[:] = pixels.mean_colour(image)
    here = (top, left, top + height, left + width)
    padded[_part(here)] = image
    return Changed(padded, grid, (height, width), here, (0, 0, height, width))


def _part(box: Box) -> tuple[slice, slice]:
    y0, x0, y1, x1 = box
    return slice(y0, y1), slice(x0, x1)


def _amount(kind: Kind, given: object) -> float:
    assert kind.amount
    of = kind.amount
    if given is None:
        return of.usual
    if isinstance(given, bool) or not isinstance(given, int | float) or not of.low <= given <= of.high:
        raise ChangeError(
            f"{kind.title} wants a number from {of.low:g} to {of.high:g} ({of.name}), but got {given!r}; "
            "move the slider."
        )
    return float(given)


def _box(kind: Kind, given: object, size: Size) -> Box:
    height, width = size
    if isinstance(given, Sequence) and len(given) == 4 and all(_number(one) for one in given):
        x, y, wide, high = (round(one) for one in given)
        inside = x >= 0 and y >= 0 and x + wide <= width and y + high <= height
        if inside and wide >= LEAST_SIDE and high >= LEAST_SIDE:
            return y, x, y + high, x + wide
    got = (
        " ".join(f"{one:g}" if _number(one) else repr(one) for one in given)
        if isinstance(given, list | tuple)
        else "none"
    )
    raise ChangeError(
        f"{kind.title} wants a box inside the photo of {width} x {height} pixels, at least {LEAST_SIDE} wide and high, "
        f"but got x, y, width, height: {got}; draw it on the photo."
    )


def _number(one: object) -> bool:
    return isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)


def _name(given: object) -> str:
    if isinstance(given, str) and given.strip():
        return given.strip()
    raise ChangeError("Hide a class wants the name of a class, but got none; choose one from the list.")

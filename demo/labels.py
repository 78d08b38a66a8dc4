"""ADE20K's 150 classes: names, colours, supercategories, annotation files, and COCO's classes in their terms."""

from __future__ import annotations

import csv
import difflib
import json
from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from demo.errors import TruthError, UnknownModelError
from demo.names import leads_nowhere, same_name
from demo.schema import CLASSES, VOID, LabelMap, Size

DATA: Final = Path(__file__).parent / "data"


def _rows(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _colours(hexadecimal: Iterable[str]) -> NDArray[np.uint8]:
    colours = np.array([tuple(bytes.fromhex(text.lstrip("#"))) for text in hexadecimal], np.uint8)
    colours.flags.writeable = False
    return colours


_ADE20K: Final = _rows("ade20k.csv")
_COCO: Final = _rows("coco_panoptic.csv")

NAMES: Final[tuple[str, ...]] = tuple(row["name"] for row in _ADE20K)
"""The first synonym of each class, in ADE20K's order, which puts the commonest first."""
OFFICIAL_PALETTE: Final[NDArray[np.uint8]] = _colours(row["official"] for row in _ADE20K)
"""(150, 3) RGB, read-only. It gives road and skyscraper one colour, and 36 pairs are within dE 2.3."""
SUPERCATEGORIES: Final[tuple[str, ...]] = tuple(row["supercategory"] for row in _ADE20K)
"""One of 13 words a class. A dispute inside one of them is mild (house, building), between two severe (animal, rug)."""
SUPERCATEGORY_NAMES: Final[tuple[str, ...]] = tuple(dict.fromkeys(SUPERCATEGORIES))
"""The 13 words."""
supercategory_index: Final[NDArray[np.uint8]] = np.array(
    [SUPERCATEGORY_NAMES.index(word) for word in SUPERCATEGORIES], np.uint8
)
"""(150,) position in SUPERCATEGORY_NAMES, read-only: index it with a label map that has no void."""
supercategory_index.flags.writeable = False

COCO_NAMES: Final[dict[int, str]] = {int(row["id"]): row["name"] for row in _COCO}
"""The 133 categories of COCO panoptic by id."""
COCO_TO_ADE: Final[dict[int, int | None]] = {
    int(row["id"]): NAMES.index(row["ade20k"]) if row["ade20k"] else None for row in _COCO
}
"""COCO panoptic id -> ADE20K class index, or None where ADE20K has no such class (train, snow, umbrella)."""

DISTINCT: Final = 12.0
"""CIELAB dE (CIE76) that any two colours side by side keep at least."""
_LIGHTNESS: Final = (24.0, 95.0)
"""Where free colours are looked for: neither taken for black (void) nor for white paper."""
_MAX_PIXELS: Final = 100_000_000
_MODES: Final = {
    "RGB": "three colour channels",
    "RGBA": "colours with transparency",
    "LA": "grey with transparency",
    "L": "one grey channel",
    "P": "a palette",
    "1": "only black and white",
    "16-bit": "16 bits a channel",
}


def class_index(name: str) -> int:
    """The index of an ADE20K class, whatever the case of its name.

    Raises UnknownModelError with the nearest names.

    >>> class_index("Animal")
    126
    """
    wanted = " ".join(name.lower().split())
    if wanted in NAMES:
        return NAMES.index(wanted)
    near = difflib.get_close_matches(wanted, NAMES, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "the 150 names are in demo.labels.NAMES."
    raise UnknownModelError(f"ADE20K has no class named {name!r}; {hint}")


def distinct_palette() -> NDArray[np.uint8]:
    """A fresh (150, 3) RGB palette chosen by meaning: sky is blue, grass green, an animal amber.

    Any two classes are at least dE 15 apart, any two of the 45 commonest dE 22, and those that fill most photos (sky,
    building, tree, grass, road, person, animal ...) dE 32, so that they differ in a faint overlay too.
    """
    return _DISTINCT_PALETTE.copy()


_DISTINCT_PALETTE: Final = _colours(row["distinct"] for row in _ADE20K)


def palette_for(present: Iterable[int], *, apart: float = DISTINCT) -> NDArray[np.uint8]:
    """A (150, 3) RGB palette in which any two classes of `present` are at least `apart` (CIELAB dE) from each other.

    At the default every class keeps its colour of `distinct_palette()`, so colours never change from photo to photo;
    ask for more where few classes are drawn faintly. The commoner class of a colliding pair keeps its colour. Where
    no colour is that far from the others, the farthest is taken. Void is ignored; the order does not matter.

    >>> bool((palette_for([2, 9]) == distinct_palette()).all())
    True
    """
    palette = distinct_palette()
    classes = sorted({int(index) for index in present} - {VOID})
    if classes and not 0 <= classes[0] <= classes[-1] < CLASSES:
        raise ValueError(f"present must hold class indices 0..149 (or {VOID}), but got {classes[0]}..{classes[-1]}")
    lab = cielab(palette)
    kept: list[int] = []
    moved: list[int] = []
    for index in classes:
        collides = bool(kept) and _nearest(lab[index], lab[kept]) < apart
        (moved if collides else kept).append(index)
    for index in moved:
        palette[index] = _free_colour(lab[index], lab[kept], apart)
        lab[index] = cielab(palette[index])
        kept.append(index)
    return palette


def _nearest(colour: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(others - colour, axis=-1).min())


def _free_colour(wanted: NDArray[np.float64], taken: NDArray[np.float64], apart: float) -> NDArray[np.uint8]:
    """The candidate nearest to `wanted` among those `apart` from all `taken`; the farthest one where there is none."""
    colours, lab = _candidates()
    distance = np.min([np.linalg.norm(lab - other, axis=1) for other in taken], axis=0)
    free = distance >= apart
    cost = np.where(free, np.linalg.norm(lab - wanted, axis=1), np.inf) if free.any() else -distance
    chosen: NDArray[np.uint8] = colours[int(np.argmin(cost))]
    return chosen


@lru_cache(maxsize=1)
def _candidates() -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    lab = cielab(colours)
    usable = (lab[:, 0] > _LIGHTNESS[0]) & (lab[:, 0] < _LIGHTNESS[1])
    return colours[usable], lab[usable]


def cielab(rgb: NDArray[np.uint8] | NDArray[np.float64]) -> NDArray[np.float64]:
    """(..., 3) sRGB 0..255 -> (..., 3) CIELAB under D65 (IEC 61966-2-1, CIE 15).

    >>> cielab(np.array([255, 255, 255], np.uint8)).round().tolist()
    [100.0, 0.0, 0.0]
    """
    encoded = np.asarray(rgb, np.float64) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    tristimulus = linear @ _RGB_TO_XYZ.T / _RGB_TO_XYZ.sum(axis=1)
    small = tristimulus / (3 * (6 / 29) ** 2) + 4 / 29
    curve = np.where(tristimulus > (6 / 29) ** 3, np.cbrt(tristimulus), small)
    x, y, z = np.moveaxis(curve, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


_RGB_TO_XYZ: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def encode_annotation(label_map: LabelMap, *, palette: NDArray[np.uint8] | None = None) -> bytes:
    """The PNG of a label map in ADE20K's convention: 0 = void, 1..150 = class, in colours any viewer shows.

    `palette` is (150, 3), by default `distinct_palette()`; void is black. Pixel values are exact.
    """
    if label_map.ndim != 2 or label_map.dtype != np.uint8:
        raise ValueError(f"label_map must be a 2D uint8 array, but got {label_map.dtype} {label_map.shape}")
    if not ((label_map < CLASSES) | (label_map == VOID)).all():
        raise ValueError(f"label_map must hold 0..149 or {VOID}, but got {np.unique(label_map).tolist()}")
    colours = distinct_palette() if palette is None else palette
    image = PillowImage.fromarray(label_map + np.uint8(1))  # 255 wraps to 0: void
    image.putpalette(np.vstack([np.zeros((1, 3), np.uint8), colours]).tobytes())
    stream = BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def decode_annotation(source: Path | str | bytes, *, size: Size | None = None) -> LabelMap:
    """The label map of an ADE20K annotation PNG, path or bytes (values 0 and 255 = void, 1..150; grey or palette).

    Raises TruthError for anything else, and where `size` (height, width) is given and differs.
    """
    data, name = _read(source)
    wanted = "one grey or palette channel of 8 bits (0 = not labelled, 1..150 = class)"
    pixels = _open_png(data, name, ("L", "P"), wanted)
    if data[25] == 0 and data[24] < 8:  # Pillow stretches 1, 2 and 4 bit grey to 0..255
        pixels = pixels // np.uint8(255 // (2 ** data[24] - 1))
    pixels[pixels == VOID] = 0  # as MMSegmentation, which ignores both
    if pixels.size and pixels.max() > CLASSES:
        raise TruthError(
            f"{name} should hold 0 or {VOID} (not labelled) and 1..150 (ADE20K classes), but has {pixels.max()}; "
            "map its values to ADE20K's, or give a COCO panoptic PNG together with its JSON."
        )
    _check_size(pixels, size, name)
    return (pixels - np.uint8(1)).astype(np.uint8)  # 0 wraps to 255: void


def labelled(source: Path | str | bytes, *, size: Size | None = None) -> LabelMap:
    """`decode_annotation` of a truth that says something: one without any label is a TruthError as well."""
    label_map = decode_annotation(source, size=size)
    if (label_map == VOID).all():
        raise TruthError(
            f"{_read(source)[1]} should label at least one pixel, but all of it is not labelled (0 or {VOID}); "
            "check that it is the index mask: 1 to 150 are classes."
        )
    return label_map


def decode_panoptic(
    png: Path | str | bytes, annotations: Path | str | bytes, photo: str, *, size: Size | None = None
) -> tuple[LabelMap, NDArray[np.bool_]]:
    """A COCO panoptic truth in ADE20K's classes, and where it shows something ADE20K has no class for.

    `annotations` is the panoptic JSON, `photo` the photo's file name in it (or the PNG's). Returns the (H, W) label
    map, void where nothing is labelled or ADE20K has no class, and an (H, W) mask true only for the latter.
    Format: https://cocodataset.org/#format-data (panoptic). Raises TruthError.
    """
    data, name = _read(png)
    pixels = _open_png(data, name, ("RGB",), "the three channels of a COCO panoptic PNG").astype(np.uint32)
    _check_size(pixels, size, name)
    identities, inverse = np.unique(pixels @ np.array([1, 256, 65536], np.uint32), return_inverse=True)
    categories = _segments(annotations, photo) | {0: 0}
    if missing := [int(i) for i in identities if int(i) not in categories]:
        raise TruthError(
            f"{name} should hold only the segments that its JSON lists for {photo}, but also has {missing[:3]}; "
            "check that PNG and JSON belong together."
        )
    found = [categories[int(identity)] for identity in identities]
    classes = [COCO_TO_ADE.get(category) for category in found]
    lookup = np.array([VOID if index is None else index for index in classes], np.uint8)
    outside = np.array([index is None and category != 0 for index, category in zip(classes, found, strict=True)])
    shape = pixels.shape[:2]
    return lookup[inverse].reshape(shape), outside[inverse].reshape(shape)


def _segments(annotations: Path | str | bytes, photo: str) -> dict[int, int]:
    """Segment id -> category id of one photo."""
    data, name = _read(annotations)
    try:
        content = json.loads(data)
        listed = {_stem(entry["file_name"]): entry["segments_info"] for entry in content["annotations"]}
        segments = listed.get(_stem(photo))
        found = {int(s["id"]): int(s["category_id"]) for s in segments} if segments is not None else None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TruthError(
            f"{name} should be COCO panoptic JSON with annotations and segments_info, but is not ({error}); "
            "give the file that came with the PNG."
        ) from error
    if found is None:
        near = difflib.get_close_matches(_stem(photo), listed, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it lists {len(listed)} others."
        raise TruthError(f"{name} should list {photo}, but does not; {hint}")
    if unknown := sorted(set(found.values()) - COCO_NAMES.keys()):
        raise TruthError(
            f"{name} should use COCO's 133 panoptic categories, but {photo} has id {unknown[0]}; "
            "convert the truth to an ADE20K annotation PNG instead."
        )
    return found


def _stem(name: str) -> str:
    return same_name(Path(name).stem)


def _read(source: Path | str | bytes) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, "the file"
    try:
        return Path(source).read_bytes(), Path(source).name
    except OSError as error:
        if target := leads_nowhere(Path(source)):
            why = f"it is a link to {target}, which is not there; mount its disk"
        else:
            why = f"{error.strerror or error}; check the path"
        raise TruthError(f"Cannot read the truth {source}: {why}.") from error


def _open_png(data: bytes, name: str, modes: tuple[str, ...], wanted: str) -> NDArray[np.uint8]:
    """The pixels of a PNG in one of Pillow's `modes`; the size is checked before anything is unpacked."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise TruthError(f"{name} should be a PNG, but is not; labels need a format without loss, so save it as PNG.")
    try:
        image = PillowImage.open(BytesIO(data), formats=("PNG",))
        if image.width * image.height > _MAX_PIXELS:
            raise TruthError(
                f"{name} should have at most 100 megapixels, but is {image.width} x {image.height}; shrink it."
            )
        mode = "16-bit" if data[24] == 16 else image.mode
        if mode not in modes:
            got = _MODES.get(mode, mode)
            raise TruthError(
                f"{name} should have {wanted}, but has {got}; save the class numbers, not a picture of them."
            )
        return np.array(image, np.uint8)
    except (OSError, SyntaxError, ValueError, PillowImage.DecompressionBombError) as error:
        raise TruthError(f"{name} should be a whole PNG, but is damaged ({error}); copy or save it again.") from error


def _check_size(pixels: NDArray[np.generic], size: Size | None, name: str) -> None:
    if size is not None and pixels.shape[:2] != size:
        height, width = pixels.shape[:2]
        if size == (width, height):
            raise TruthError(
                f"{name} should be {size[1]} x {size[0]} like its photo, but is turned against it, {width} x {height}; "
                "turn it by 90 degrees to lie as the photo is shown, which its EXIF may turn."
            )
        raise TruthError(
            f"{name} should be {size[1]} x {size[0]} like its photo, but is {width} x {height}; "
            "give the truth of this photo, or resize it with nearest neighbour."
        )

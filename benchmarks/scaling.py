"""Time and memory as the photo and the number of models grow, ours and MMSegmentation's; a plot of all four."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Json, alternate, in_child, peak_memory, summaries, too_much
from benchmarks.peers import Peer, Subject, photo, subjects, zoo_of
from demo.labels.ade20k import ADE20K
from demo.schema import Image, Size

SIZES: tuple[Size, ...] = ((480, 640), (864, 1152), (1536, 2048), (3000, 4000), (4000, 6000))
MODELS = (1, 2, 3, 4, 5)
BESIDE_MODELS: Size = (1200, 1600)
"""The photo on which the number of models grows."""
REPEATS = 3
THEIR_COPIES = 3
"""Arrays of 150 x height x width float32 that MMSegmentation holds at its peak, at least."""


def measure(quick: bool) -> Json:
    sizes, repeats = (SIZES[:2], 1) if quick else (SIZES, REPEATS)
    counts = MODELS[:2] if quick else MODELS
    models = counts[-1]
    return {
        "photo": [_point(size, models, repeats) for size in sizes],
        "models": [_point(BESIDE_MODELS, count, repeats) for count in counts],
    }


def _point(size: Size, models: int, repeats: int) -> Json:
    where = {"height": size[0], "width": size[1], "models": models}
    point: Json = {"megapixels": round(size[0] * size[1] / 1e6, 2), "models": models}
    point["times"] = in_child("benchmarks.scaling:times", **where, repeats=repeats)
    point["memory"] = {way: in_child("benchmarks.scaling:memory", **where, way=way) for way in ("zoo", "inferencer")}
    return point


def times(height: int, width: int, models: int, repeats: int) -> Json:
    chosen, image = subjects("compact")[:models], photo((height, width))
    zoo, peers = zoo_of(chosen, "exact"), [Peer(subject, "cpu") for subject in chosen]
    ways = {"zoo": lambda: _ours(zoo, chosen, image), "inferencer": lambda: [peer.infer(image) for peer in peers]}
    unfit = too_much(their_bytes((height, width)))
    if unfit:
        ways.pop("inferencer")
    return summaries(alternate(ways, repeats)) | ({"inferencer": {"failed": unfit}} if unfit else {})


def memory(height: int, width: int, models: int, way: str) -> Json:
    """The highest above what was resident with the models loaded, all results of the photo kept."""
    unfit = too_much(their_bytes((height, width))) if way == "inferencer" else None
    if unfit:
        return {"failed": unfit}
    chosen, image, small = subjects("compact")[:models], photo((height, width)), photo((64, 64))
    zoo, peers = zoo_of(chosen, "exact"), [Peer(subject, "cpu") for subject in chosen]
    for warm, pictures in ((True, small), (False, image)):
        with peak_memory() as peak:
            kept = _ours(zoo, chosen, pictures) if way == "zoo" else [peer.infer(pictures) for peer in peers]
        assert warm or len(kept) == models
    return {"extra_bytes": peak.bytes}


def _ours(zoo: object, chosen: Sequence[Subject], image: Image) -> list[object]:
    return zoo.segment(image, [subject.spec.id for subject in chosen])


def their_bytes(size: Size) -> int:
    return THEIR_COPIES * 4 * len(ADE20K) * size[0] * size[1]


def plot(result: Json, path: Path) -> None:
    """Both quantities against both axes, as SVG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "scaling", "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(7.2, 4.6), layout="constrained")
        axes = figure.subplots(2, 2, sharey="row", sharex="col")
        for column, (name, label, key) in enumerate(
            (("photo", "photo, megapixels", "megapixels"), ("models", "models", "models"))
        ):
            points = result[name]
            _curves(axes[0][column], points, key, "times", "seconds", 1)
            _curves(axes[1][column], points, key, "memory", "extra_bytes", 1e-9)
            axes[1][column].set_xlabel(label)
        axes[1][1].set_xticks([point["models"] for point in result["models"]])
        axes[0][0].set_ylabel("seconds")
        axes[1][0].set_ylabel("GB above loaded models")
        axes[0][0].legend(frameon=False)
        axes[0][0].set_title("five models", loc="left", fontsize=8)
        axes[0][1].set_title("a photo of 1600 x 1200", loc="left", fontsize=8)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=150)


COLOURS = {"zoo": ("#0b6e4f", "Segmentation Zoo"), "inferencer": ("#b4531f", "MMSegInferencer")}


def _curves(axes: object, points: Sequence[Json], key: str, kind: str, value: str, unit: float) -> None:
    for way, (colour, label) in COLOURS.items():
        known = [(p[key], p[kind][way][value] * unit) for p in points if value in p[kind].get(way, {})]
        if known:
            axes.plot(*zip(*known, strict=True), "o-", color=colour, label=label, markersize=4)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.25, linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)

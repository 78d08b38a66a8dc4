"""Two thousand runs against one server: python -m benchmarks.reliability.soak [--runs N] [--networks toy|compact]

Visitors come and go: each run is a photo of its own, answered, shown and asked at a pixel; some call endpoints, some do
not wait for their answer, some break an upload off. Photos are kept for a minute in place of fifty, so that they go on
the way. What the server holds is drawn as docs/soak.svg.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from benchmarks import machine
from benchmarks.measure import ROOT, Json, status
from benchmarks.reliability.results import keep
from benchmarks.visitor import Server, Visitor, serving
from demo.catalog import models as models_of

LOOKS = 100
KEPT = 60
"""Seconds that photos are kept; of a short trial a few."""
CHART = ROOT / "docs" / "soak.svg"
COUNTED = ("runs", "pss", "rss", "open_files", "threads", "temporary_files", "temporary_folders")
NETWORKS = {"toy": ("fcn-compact", "setr-compact"), "compact": tuple(spec.id for spec in models_of("compact"))}
WIDTHS = {"toy": 128, "compact": 320}
"""Of the photos, in pixels."""
COMPACT = (
    "from demo.models.zoo import Zoo; from demo.page.serve import serve; serve(lambda: Zoo(device='cpu'), kept={})"
)
BROKEN_OFF = (
    b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    b"Content-Length: 900000\r\n\r\n--b\r\nContent-Disposition: form-data; name=files; filename=a.png\r\n\r\n"
)


def held(server: Server, folder: Path, runs: int) -> list[int]:
    """What the server holds after so many runs, in the order of COUNTED; sizes in bytes."""
    about = Path(f"/proc/{server.process}")
    shared = next(line for line in (about / "smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
    found = [(len(files), len(folders)) for _, folders, files in os.walk(folder)]
    return [
        runs,
        int(shared.split()[1]) * 1024,
        status("VmRSS", server.process),
        len(list((about / "fd").iterdir())),
        len(list((about / "task").iterdir())),
        sum(files for files, _ in found),
        sum(folders for _, folders in found),
    ]


def photo(folder: Path, number: int, width: int) -> Path:
    """The cat, made another photo by its first pixels."""
    with Image.open(ROOT / "examples" / "cat.png") as cat:
        pixels = np.asarray(cat.convert("RGB").resize((width, width * 3 // 4))).copy()
    pixels[0, :4, 0] = list(number.to_bytes(4))
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    path = folder / f"photo-{number}.png"
    path.write_bytes(stream.getvalue())
    return path


def visit(visitor: Visitor, path: Path, number: int, models: Sequence[str]) -> None:
    view = visitor.segment(path, models)
    visitor.probe(view, 40, 50)
    if number % 10 == 3:
        visitor.call("regions", visitor.upload(path.name, path.read_bytes()), ",".join(models))
    if number % 20 == 5:
        visitor.call("figure", visitor.upload(path.name, path.read_bytes()), ",".join(models))
    if number % 20 == 8:
        visitor.ask("compare", visitor.upload(path.name, path.read_bytes()), ",".join(models))  # and does not listen
    if number % 20 == 13:
        place = urlsplit(visitor.address)
        with socket.create_connection((place.hostname, place.port)) as line:
            line.sendall(BROKEN_OFF + bytes(50_000))


def soak(runs: int, networks: str, pause: Path | None = None) -> Json:
    """So many runs, ten of each visitor, none begun while the file `pause` is there; then until nothing is kept."""
    rows: list[list[int]] = []
    with TemporaryDirectory() as photos, TemporaryDirectory() as name:
        folder = Path(name)
        kept = KEPT if runs >= 100 else 5
        toy = ["-m", "benchmarks.reliability.toy_page", "0", str(kept)]
        command = toy if networks == "toy" else ["-c", COMPACT.format(kept)]
        with serving(command, {"TMPDIR": name}) as server:
            start = time.perf_counter()
            for number in until_interrupted(runs):
                while pause and pause.exists():
                    time.sleep(1)
                if number % 10 == 0:
                    visitor = Visitor(server.address)
                path = photo(Path(photos), number, WIDTHS[networks])
                visit(visitor, path, number, NETWORKS[networks])
                path.unlink()
                if number % 10 == 9 or number == runs - 1:
                    visitor.http.close()
                if number % max(1, runs // LOOKS) == 0 or number == runs - 1:
                    rows.append(held(server, folder, number + 1))
            runs, seconds = number + 1, time.perf_counter() - start
            until = time.monotonic() + 3 * kept
            while (gone := held(server, folder, runs))[5] and time.monotonic() < until:
                time.sleep(1)
        left = sum(len(files) for _, _, files in os.walk(name))
    return {
        "runs": runs,
        "seconds": round(seconds),
        "networks": networks,
        "counted": COUNTED,
        "after_a_tenth": rows[len(rows) // 10],
        "at_the_end": rows[-1],
        "pss_most": max(row[1] for row in rows),
        "rss_per_thousand_runs": round(growth(rows)),
        "when_nothing_is_kept": gone,
        "files_left": left,
        "rows": rows,
    }


def until_interrupted(runs: int) -> Iterator[int]:
    """The numbers of the runs; after Ctrl-C no further one, and what was made until then counts."""
    ended = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: ended.set())
    try:
        for number in range(runs):
            yield number
            if ended.is_set():
                return
    finally:
        signal.signal(signal.SIGINT, before)


def growth(rows: Sequence[Sequence[int]]) -> float:
    """Bytes of resident memory in a thousand runs: the slope of a line through the second half."""
    later = np.array(rows[len(rows) // 2 :], float)
    return float(1000 * np.polyfit(later[:, 0], later[:, 2], 1)[0]) if len(later) > 1 else 0.0


def draw(found: Json) -> None:
    """What is held against the number of runs."""
    from matplotlib.figure import Figure

    rows = np.array(found["rows"], float)
    drawn = Figure(figsize=(9, 5), layout="constrained")
    for place, (column, title) in enumerate(
        ((2, "resident memory, MB"), (3, "open files"), (5, "temporary files"), (4, "threads")), 1
    ):
        axes = drawn.add_subplot(2, 2, place)
        axes.plot(rows[:, 0], rows[:, column] / (1e6 if column == 2 else 1), color="#0f766e")
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_ylim(bottom=0)
        axes.set_xlabel("runs", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    drawn.savefig(CHART, metadata={"Date": None})


def faults(found: Json) -> list[str]:
    """What grew: memory by more than a tenth and 50 MB since the first tenth, or anything that is left."""
    early, last = (dict(zip(COUNTED, found[when], strict=True)) for when in ("after_a_tenth", "at_the_end"))
    grew = [name for name in ("open_files", "threads") if last[name] > early[name] + 10]
    if last["rss"] > 1.1 * early["rss"] + 50e6:
        grew.append("memory")
    if found["when_nothing_is_kept"][5] or found["files_left"]:
        grew.append("files left")
    return grew


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--networks", choices=NETWORKS, default="toy")
    parser.add_argument("--pause", type=Path, metavar="FILE", help="begin no run while there is such a file")
    options = parser.parse_args()
    busy = machine.load()
    found = soak(options.runs, options.networks, options.pause)
    found["faults"] = faults(found)
    print(json.dumps({key: value for key, value in found.items() if key != "rows"}, indent=1))
    if options.runs >= 100:
        if options.networks == "toy":
            draw(found)
        keep("soak", f"{options.networks} networks", found, busy)
    return min(1, len(found["faults"]))


if __name__ == "__main__":
    sys.exit(main())

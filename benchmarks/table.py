"""Tables of docs/benchmarks.md, and the README's short one, a machine after the other: python -m benchmarks.table"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from benchmarks.measure import ROOT, Json
from benchmarks.run import RESULTS
from benchmarks.units import amount, gb, kb, mb, ms, s, share, table, times

README, PAGE = ROOT / "README.md", ROOT / "docs/benchmarks.md"
BEGIN, END = "<!-- benchmarks:begin -->", "<!-- benchmarks:end -->"
Row: TypeAlias = tuple[str, str, str, str]

WAYS = ("zoo_exact", "zoo_fast", "inferencer", "inference_model")
RETURNED = 13
"""Bytes a pixel of the maps: one label, three float32."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit status 1 when a page is behind")
    check = parser.parse_args().check
    found = results()
    if not found:
        print("No result yet: run scripts/bench", file=sys.stderr)
        return 1
    behind = False
    for page, content in pages(found).items():
        text = page.read_text()
        updated = replaced(text, content)
        behind |= updated != text
        if not check:
            page.write_text(updated)
    return int(check and behind)


def pages(found: Sequence[Path]) -> dict[Path, str]:
    """What each page shows: every machine's results, and in the README the answers beside MMSegmentation's."""
    blocks = [block(path) for path in found]
    return {PAGE: "\n\n".join(blocks), README: _short(blocks)}


def _short(blocks: Sequence[str]) -> str:
    """The one table that compares whole answers with MMSegmentation's, the machines' rows in turn."""
    tables = []
    for text in blocks:
        lines = text.splitlines()
        start = next((number for number, line in enumerate(lines) if line.startswith("| Five models")), len(lines))
        tables.append(list(itertools.takewhile(bool, lines[start:])))
    measured = [lines for lines in tables if lines]
    return "\n".join([*measured[0], *(row for lines in measured[1:] for row in lines[2:])])


def results(folder: Path = RESULTS) -> list[Path]:
    """One result file a machine, the newest first."""
    return sorted(folder.glob("*.json"), key=lambda path: str(json.loads(path.read_text())["date"]), reverse=True)


def replaced(text: str, content: str) -> str:
    """`text` with `content` between the two markers. Raises ValueError when they are not there, once each, in order."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in after:
        raise ValueError(f"a page must have {BEGIN} and then {END}, once each")
    return f"{before}{BEGIN}\n{content}\n{END}{after}"


def block(path: Path) -> str:
    """All tables of one result file."""
    result: Json = json.loads(path.read_text())
    benchmarks: Json = result["benchmarks"]
    parts = [header(result)]
    both = benchmarks.get("inference", {}) | benchmarks.get("paper", {})
    for name, part, found in (("inference", inference, both), ("maps", maps, benchmarks.get("maps"))):
        if found:
            parts.append(f"{name}: {found['failed']}." if "failed" in found else part(found))
    if rows := list(numbers(benchmarks)):
        parts.append(table(("What", "measured", "beside it", "target"), rows))
    plot = path.with_name(f"{path.stem}-scaling.svg")
    if plot.is_file():
        parts.append(f"![Seconds and memory against megapixels and number of models](../{plot.relative_to(ROOT)})")
    return "\n\n".join(parts)


def header(result: Json) -> str:
    machine: Json = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    features = ", ".join(str(flag) for flag in machine["instructions"])
    return (
        f"{machine['processor']}, {machine['cores']} cores ({features}), {machine['memory_gb']} GB, "
        f"{machine['gpu'] or 'no GPU'}; {machine['system']}, Python {machine['python']}, {versions}; "
        f"{result['date']} UTC. {_fast(machine)}Medians of interleaved runs; `scripts/bench` repeats them."
    )


def _fast(machine: Json) -> str:
    if machine["gpu"] or any(flag.endswith("_bf16") for flag in machine["instructions"]):
        return ""
    return "This processor does not compute in bfloat16: fast is what exact is. "


def inference(found: Json) -> str:
    rows, notes = [], []
    for name, one in found.items():
        if name == "measured":
            continue
        if "failed" in one:
            notes.append(f"{name}: {one['failed']}.")
            continue
        rows += [_inference_row(name, size, one) for size in one if "x" in size and size[0].isdigit()]
        notes.append(_roofline(name, one))
    head = (
        "Five models, one photo",
        "exact",
        "fast",
        "MMSegInferencer",
        "inference_model",
        "exact is faster by",
        "fast is faster by",
        "same labels, the worst model: exact",
        "fast",
    )
    return table(head, rows) + "\n\n" + " ".join(notes)


def _inference_row(name: str, size: str, one: Json) -> tuple[str, ...]:
    ways: Json = one[size]
    exact, fast, peer, plain = (
        _seconds(ways[way]) for way in ("zoo_exact", "zoo_fast", "inferencer", "inference_model")
    )
    same = [min(one["agreement"][precision].values()) for precision in ("exact", "fast")]
    return (
        f"{name} ({one['weights']} weights), {size.replace('x', ' x ')}",
        s(exact),
        s(fast),
        s(peer),
        s(plain),
        times(peer / exact),
        times(peer / fast),
        share(same[0]),
        share(same[1]),
    )


def _roofline(name: str, one: Json) -> str:
    """What the arithmetic alone takes on this machine."""
    flops = sum(one["flops"].values())
    size = next(key for key in one if key[0].isdigit())
    words = []
    for precision in ("exact", "fast"):
        least = flops / one["peak_flops"][precision]
        spent = sum(ways[f"zoo_{precision}"] for ways in one[size]["models"].values())
        words.append(f"{s(least)} {precision} (taken: {s(spent)})")
    return (
        f"The {name} networks are {flops / 1e12:.2f} TFLOP for {size.replace('x', ' x ')}: at the speed of this "
        f"machine's fastest matrix product at least {', '.join(words)}."
    )


def maps(found: Json) -> str:
    rows = [
        _maps_row(f"{size}, {kind}", one)
        for size, kinds in found.items()
        if size not in ("bounds", "measured")
        for kind, one in kinds.items()
    ]
    head = (
        "Scores to label, confidence, entropy, margin",
        "ours",
        "PyTorch in strips",
        "plain PyTorch",
        "faster than plain by",
        "extra memory: ours",
        "plain",
        "entropy error, nats",
    )
    return table(head, rows) + "\n\n" + _maps_note(found)


def _maps_row(title: str, one: Json) -> tuple[str, ...]:
    if "failed" in one:
        return (title, one["failed"], *[""] * 6)
    ours, plain = _seconds(one["ours"]), one["plain"]
    fits = "seconds" in plain
    memory = [one[f"{way}_memory"] for way in ("ours", "plain")]
    return (
        title,
        s(ours),
        s(_seconds(one["strips"])),
        s(_seconds(plain)) if fits else "not run",
        times(_seconds(plain) / ours) if fits else "",
        amount(memory[0].get("extra_bytes")),
        amount(memory[1].get("extra_bytes"), memory[1].get("estimate_bytes")),
        f"{one['entropy_error']:.0e}",
    )


def _maps_note(found: Json) -> str:
    largest = [name for name in found if name not in ("bounds", "measured")][-1]
    words = [
        _bounds(kind, one, found["bounds"])
        for kind, one in found[largest].items()
        if "failed" not in one and "failed" not in found["bounds"]
    ]
    return (
        f'"Extra" is what a call takes at its peak above the {RETURNED} bytes a pixel it returns; a size in brackets '
        f"is an estimate, and such work is not run. What bounds {largest}, from writing the maps at this machine's "
        f"measured speed and from the arithmetic at that of its fastest matrix product: {'; '.join(words)}."
    )


def _bounds(kind: str, one: Json, bounds: Json) -> str:
    pixels = one["ours_memory"]["returned_bytes"] / RETURNED
    writing = RETURNED * pixels / bounds["fill_bytes_a_second"]
    arithmetic = one["operations_a_pixel"] * pixels / bounds["operations_a_second"]
    return (
        f"{kind} - {one['classes_in_a_block']:.0f} of 150 classes are left after pruning, writing {s(writing)}, "
        f"arithmetic {s(arithmetic)}, taken {s(_seconds(one['ours']))}"
    )


def numbers(benchmarks: Json) -> Iterator[Row]:
    for part in (_start, _page, _busy, _why, _memory, _throughput, _gpu):
        yield from part(benchmarks)


def _start(benchmarks: Json) -> Iterator[Row]:
    found = benchmarks.get("start", {"failed": ""})
    if "failed" in found:
        return
    hello, page, first = (_seconds(found[name]) for name in ("hello", "page", "first_segmentation"))
    bare = f"bare Gradio app {s(hello)}: {times(page / hello)}"
    yield "`python app.py` to the first answered page", s(page), bare, "1.5 x"
    ever = f"{s(found['first_segmentation_ever'])} when the kernel must be compiled"
    yield "first segmentation after that, five compact networks", s(first), ever, "4 s"


def _page(benchmarks: Json) -> Iterator[Row]:
    for name, one in _measured(benchmarks, "page"):
        where = name.replace("x", " x ")
        for key, title, target in (("server", "at the server", "30 ms"), ("http", "round trip", "100 ms")):
            if "p95" in one[key]:
                measured, beside = f"p95 {ms(one[key]['p95'])}", f"p50 {ms(one[key]['p50'])}"
                yield f"click on a pixel, photo of {where}: {title}", measured, beside, target
        sent = one["http"].get("bytes")
        if sent:
            parts = ", ".join(f"{kind} {kb(sent[kind])}" for kind in ("labels", "fields", "layers") if kind in sent)
            beside = f"{parts}; the photo itself {kb(sent['photo'])}"
            yield f"five models' maps on the wire, photo of {where}", kb(sent["run"]), beside, "400 kB at 1 MP"


def _busy(benchmarks: Json) -> Iterator[Row]:
    found = dict(_measured(benchmarks, "busy"))
    if found:
        ours, spinning, theirs = (_seconds(found[way]) for way in ("zoo", "spinning", "inferencer"))
        title = "five compact networks, 640 x 480, exact, while another process keeps one core busy"
        beside = f"MMSegInferencer {s(theirs)}: {times(theirs / ours)}; OpenMP's own way of waiting {s(spinning)}"
        yield title, s(ours), beside, ""


def _why(benchmarks: Json) -> Iterator[Row]:
    for name, one in _measured(benchmarks, "why"):
        if "seconds" in one:
            title = f"receptive field of a pixel, five {name} networks ({one['weights']} weights), 640 x 480"
            beside = f"memory above the weights, at most {mb(one['extra_bytes'])}"
            yield title, s(one["seconds"]), beside, {"compact": "3 s", "paper": "60 s"}[name]


def _memory(benchmarks: Json) -> Iterator[Row]:
    found = dict(_measured(benchmarks, "memory"))
    for name in ("compact", "paper"):
        one = found.get(f"{name}_page", {})
        if "serving" in one:
            title = f"page with five {name} models loaded ({gb(one['weights_bytes'])} of weights)"
            peaks = [
                f"{gb(value['peak'])} for {key.replace('x', ' x ')}" for key, value in one.items() if key[0].isdigit()
            ]
            yield title, gb(one["serving"]), f"highest during a run: {', '.join(peaks)}", "16 GB"
    for name, title in (("page_runs", "through the page's store"), ("zoo_runs", "by five compact networks")):
        seen = found.get(name, {}).get("resident", {})
        if len(seen) == 3:
            beside = f"after 20: {mb(seen['20'])}, after 100: {mb(seen['100'])}"
            yield f"resident memory after 200 photos {title}", mb(seen["200"]), beside, "no growth"
    one = found.get("eviction", {})
    if "most_held" in one:
        title = "most weights held with a budget for two of five networks"
        yield title, mb(one["most_held"]), f"budget {mb(one['budget'])}", "within it"


def _throughput(benchmarks: Json) -> Iterator[Row]:
    found = dict(_measured(benchmarks, "throughput"))
    for model, ways in found.get("loops", {}).items():
        if model != "failed":
            exact, fast, plain = (ways[way]["photos_a_second"] for way in ("zoo_exact", "zoo_fast", "inference_model"))
            beside = f"loop of `inference_model` {plain:.1f}: {times(exact / plain)}, fast {times(fast / plain)}"
            yield f"{found['photos']['count']} photos, {model}", f"{exact:.1f} a second, fast {fast:.1f}", beside, ""
    stages = found.get("stages", {})
    if "segment" in stages:
        parts = ", ".join(f"{stage} {s(stages[stage])}" for stage in ("read", "answer", "write"))
        beside = f"stages in turn {s(stages['in_turn'])}: {parts}"
        yield "`segment` with the compact set: five networks, all files, a photo", s(stages["segment"]), beside, ""
    batching = found.get("batching", {})
    if "1" in batching:
        several = [number for number in batching if number.isdigit() and number != "1"]
        beside = ", ".join(f"{number} together {s(batching[number])}" for number in several)
        changed = batching.get("changed")
        if changed:
            beside += f"; then up to {100 * changed['fast']['labels']:.2g} % of its labels in fast depend on the others"
            beside += f", and scores in exact by up to {changed['exact']['difference']:.0e}"
        yield "five compact networks alone, a photo by itself", s(batching["1"]), f"a photo of {beside}", ""


def _gpu(benchmarks: Json) -> Iterator[Row]:
    found = benchmarks.get("gpu", {})
    if "failed" in found:
        yield "the same on a GPU", found["failed"], "", "4 x"
    for model, ways in found.get("fps", {}).items():
        measured = f"{ways['zoo_exact']:.1f} a second, fast {ways['zoo_fast']:.1f}"
        yield f"{model} on the GPU", measured, f"published {found['published_fps'][model]}", ""


def _measured(benchmarks: Json, name: str) -> Iterator[tuple[str, Json]]:
    found: Json = benchmarks.get(name, {})
    if "failed" not in found:
        yield from ((key, one) for key, one in found.items() if key != "measured" and isinstance(one, dict))


def _seconds(one: object) -> float:
    return float(one["seconds"])


if __name__ == "__main__":
    sys.exit(main())

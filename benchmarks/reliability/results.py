"""Where results of reliability are kept: one file a script, each part with when, where and how busy the machine was."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine
from benchmarks.measure import Json

RESULTS = Path(__file__).parent / "results"


def keep(script: str, part: str, found: Json, load_before: float) -> None:
    """Put one part's result among those that the script's file has."""
    path = RESULTS / f"{script}.json"
    known: Json = json.loads(path.read_text()) if path.is_file() else {}
    here = machine.describe()
    measured = {
        "machine": {name: here[name] for name in ("processor", "cores", "memory_gb", "versions")},
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "load_before": load_before,
        "load_after": machine.load(),
    }
    known.setdefault("parts", {})[part] = found | {"measured": measured}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known, indent=1) + "\n")


def tables() -> dict[str, str]:
    """The measured parts of docs/reliability.md, by their marks."""
    return {"hostile": _hostile(), "load": _load(), "soak": _soak()}


def _parts(script: str) -> Json:
    path = RESULTS / f"{script}.json"
    found: Json = json.loads(path.read_text()) if path.is_file() else {"parts": {}}
    return found


def _when(part: Json) -> str:
    at = part["measured"]
    return f"{at['date'][:10]}, load {at['load_before']:g} to {at['load_after']:g}"


def _rows(header: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _hostile() -> str:
    ways = {
        "open": "reader",
        "cli": "command `segment`, one batch",
        "api": "page's API, three calls at once",
        "page": "page in Chromium, a hundred at once",
        "alone": "page in Chromium, one by one",
    }
    rows = []
    for name, part in _parts("hostile")["parts"].items():
        slowest = part.get("slowest_seconds")
        most = part.get("peak_megabytes_above_start")
        memory = f"{most} MB above its start" if most is not None else f"{part['peak_megabytes']} MB in all"
        took = f"{slowest:g} s" if slowest is not None else f"{part['seconds_in_all'] / part['files']:.2f} s on average"
        counts = part["files"], part["photos"], part["sentences"], len(part["faults"])
        rows.append((ways[name], *counts, took, memory, part.get("files_left", 0), _when(part)))
    header = "way in", "files", "photos", "sentences", "faults", "slowest", "memory, most", "files left", "measured"
    return _rows(header, rows)


def _load() -> str:
    parts = _parts("load")["parts"]
    columns = []
    for part in parts.values():
        few, many = part["fewest_and_most_answers_of_a_visitor"]
        wordless = sum(part["refused_without_words"].values())
        columns.append(
            {
                "seconds": part["seconds"],
                "a network takes at least": f"{part['milliseconds_a_network']} ms",
                "answers; somebody else's": f"{part['answers']}; {part['answers_of_another']}",
                "of them in browsers": part.get("answers_in_browsers", 0),
                "refused in words; without": f"{part['refused_in_words']}; {wordless}",
                "answers of the unluckiest and the luckiest visitor": f"{few}, {many}",
                "waiting and answering: median, 95 %": f"{part['p50_seconds']} s, {part['p95_seconds']} s",
                "answers a second; one visitor alone": f"{part['answers_a_second']}; {part['alone_answers_a_second']}",
                "share of one visitor's rate": f"{part['share_of_alone']:.0%}".replace("%", " %"),
                "memory before, most, after": "{megabytes_before}, {megabytes_most}, {megabytes_after} MB".format(
                    **part
                ),
                "measured": _when(part),
            }
        )
    rows = [(title, *(column[title] for column in columns)) for title in (columns[0] if columns else ())]
    return _rows(("what", *parts), rows)


def _soak() -> str:
    parts = _parts("soak")["parts"]
    rows: dict[str, list[object]] = {}
    for part in parts.values():
        early, last, gone = (
            dict(zip(part["counted"], part[when], strict=True))
            for when in ("after_a_tenth", "at_the_end", "when_nothing_is_kept")
        )

        def seen(name: str, scale: float = 1, unit: str = "", early: Json = early, last: Json = last) -> str:
            return f"{early[name] / scale:.0f}, {last[name] / scale:.0f}{unit}"

        for title, value in (
            ("runs, seconds", f"{part['runs']}, {part['seconds']}"),
            ("memory (PSS) after a tenth, at the end", seen("pss", 1e6, " MB")),
            ("memory (RSS) after a tenth, at the end", seen("rss", 1e6, " MB")),
            ("memory (PSS), most", f"{part['pss_most'] / 1e6:.0f} MB"),
            (
                "growth of RSS in a thousand runs, over the second half",
                f"{part['rss_per_thousand_runs'] / 1e6:+.0f} MB",
            ),
            ("open files after a tenth, at the end", seen("open_files")),
            ("threads after a tenth, at the end", seen("threads")),
            ("temporary files after a tenth, at the end", seen("temporary_files")),
            ("when the visitors are gone for as long as photos are kept", f"{gone['temporary_files']} files"),
            ("when the server has ended", f"{part['files_left']} files"),
            ("measured", _when(part)),
        ):
            rows.setdefault(title, []).append(value)
    return (
        _rows(("what", *parts), [(title, *values) for title, values in rows.items()]) if rows else "Not measured yet."
    )

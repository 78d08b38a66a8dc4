"""The documents cannot be wrong about what can be tested: commands, Python, links, tables, versions.

`python tests/test_docs.py` writes the generated parts of README.md and docs/ anew.
"""

import argparse
import ast
import functools
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pydantic import TypeAdapter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import demo  # noqa: E402
from benchmarks.reliability import results  # noqa: E402
from demo import catalog  # noqa: E402
from demo.analysis.claims import CLAIMS  # noqa: E402
from demo.analysis.numbers import DEFINITIONS, FINDING, PER_IMAGE  # noqa: E402
from demo.cli import build_parser  # noqa: E402
from demo.glossary import FIGURES, NO_FIGURES  # noqa: E402
from demo.images import SUFFIXES  # noqa: E402
from demo.measures import MEASURES  # noqa: E402
from demo.models import zoo as zoo_module  # noqa: E402
from demo.models.zoo import Zoo  # noqa: E402
from demo.page.replies import REPLIES  # noqa: E402
from demo.page.tabs.statistics import COLUMNS  # noqa: E402
from demo.schema import ModelSpec  # noqa: E402
from demo.study.definitions import DEFINITIONS as STUDY_NUMBERS  # noqa: E402
from demo.study.ledger import SCHEMA  # noqa: E402
from demo.study.reproduce import HEADINGS  # noqa: E402
from demo.train.card import accuracies  # noqa: E402
from tests.summary_schema import keys, schema  # noqa: E402
from tests.test_layers import LAYERS  # noqa: E402

README = ROOT / "README.md"
DOCUMENTS = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def text() -> str:
    return README.read_text(encoding="utf-8")


def fenced(language: str, document: Path = README) -> list[str]:
    content = document.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", content, re.MULTILINE | re.DOTALL)


# ---- generated parts


@functools.cache
def generated() -> dict[str, dict[str, str]]:
    """The parts of each document that are written from the code's own tables, by their marks."""
    return {
        "README.md": {"compact": compact_scores(), "models": model_table(), "commands": command_table()},
        "docs/models.md": {
            "sets": set_table(),
            "hub": hub_table(),
            "default": ", ".join(f"`{name}`" for name in catalog.default_order()),
        },
        "docs/architecture.md": {"layers": layer_table(), "modules": module_table()},
        "docs/numbers.md": {
            "measures": measure_table(),
            "figures": figure_tables(),
            "scores": score_table(),
            "summary": table(("key", "type", "what it is"), [(f"`{key}`", kind, said) for key, kind, said in keys()]),
            "claims": claim_table(),
            "statistics": table(("column", "what it is"), [row for row in COLUMNS if row[1]]),
            "study": table(("number", "unit", "formula", "source"), STUDY_NUMBERS),
            "table1": table(("column", "what it is"), HEADINGS),
        },
        "docs/reliability.md": results.tables(),
        "docs/study.md": {"schema": f"```sqlite\n{SCHEMA}```"},
    }


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def set_table() -> str:
    rows = []
    for name in catalog.SETS:
        found = catalog.model_set(name)
        where = (
            "in the repository" if found.shipped else "after fetching" if found.fetched_whole else "after fetching each"
        )
        rows.append((f"`{name}`", found.about, found.trained_by, where, found.licence))
    return table(("set", "what", "trained by", "on disk", "licence"), rows)


def hub_table() -> str:
    """The Hub's networks, each with where its number stands and what nobody here made sure of."""
    rows = []
    for spec in catalog.models("hub"):
        weights, reported = spec.weights, spec.reported
        miou = f"[{100 * reported.miou:.2f}]({reported.source})" if reported.miou else ""
        place = f"[{weights.repository}](https://huggingface.co/{weights.repository}) at {weights.pinned or 'main'}"
        family = "CNN" if spec.family == "cnn" else spec.family
        size = f"{(weights.size or 0) / 1e6:,.0f} MB"
        rows.append((f"`{spec.id}`", family, place, size, miou, weights.licence, spec.unverified))
    return table(("id", "family", "repository", "size", "mIoU", "licence", "not sure"), rows)


def layer_table() -> str:
    return table(("layer", "parts"), [(str(n), f"`{'`, `'.join(parts.split())}`") for n, parts in enumerate(LAYERS, 1)])


def module_table() -> str:
    """Every module with the first sentence that it says of itself."""
    rows = []
    for path in sorted((ROOT / "demo").rglob("*.py")):
        said = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n\n")[0]
        if path.name != "__init__.py":
            rows.append((f"`{path.relative_to(ROOT).as_posix()}`", " ".join(said.split())))
    return table(("module", "its subject"), rows)


def measure_table() -> str:
    rows = []
    for measure in MEASURES:
        top = "ln C" if measure.fixed_top is None else f"{measure.fixed_top:g}"
        doubt = "high" if measure.high_is_doubt else "low"
        scale = f"0..{top} {measure.unit}".strip()
        rows.append((measure.title, f"`{measure.id}`", measure.formula, scale, doubt, measure.needs, measure.source))
    return table(("measure", "id", "formula", "scale", "doubt is", "made of", "source"), rows)


def figure_tables() -> str:
    parts = []
    for place, figures in FIGURES.items():
        rows = [(f.title, f.unit, f.formula, f.source, ", ".join(f"`{key}`" for key in f.keys)) for f in figures]
        parts.append(f"### {place}\n\n" + table(("figure", "unit", "formula", "source", "said as"), rows))
    return "\n\n".join(parts)


def score_table() -> str:
    found = {"event": "a wrong", "other": "a right one"}
    told = DEFINITIONS | PER_IMAGE
    rows = [(m.title, f"`{key}`", m.unit, f"{m.better} is better", m.formula) for key, m in told.items()]
    rows += [
        (m.title, f"`<measure>_{key}`", m.unit, f"{m.better} is better", m.formula.format(**found))
        for key, m in FINDING.items()
    ]
    return table(("number", "id", "unit", "better", "formula and source"), rows)


def claim_table() -> str:
    rows = [(claim.sentence, claim.quantity, claim.unit, claim.test, claim.needs) for claim in CLAIMS]
    return table(("sentence, in our words", "quantity", "unit", "must be above zero", "needs"), rows)


def compact_scores() -> str:
    """The spans of the compact networks' scores, from the records that are written with their cards."""
    folder = ROOT / "checkpoints/compact"
    records = [json.loads((folder / f"{spec.id}.json").read_text()) for spec in catalog.models("compact")]
    scores = [dict(accuracies(record)) for record in records]
    spans = {
        on: f"{100 * min(s[on] for s in scores):.0f} to {100 * max(s[on] for s in scores):.0f} %" for on in scores[0]
    }
    return (
        f"Of the labelled pixels they name {spans['scenes']} right on 160 scenes and {spans['COCO, other half']} on 25 "
        "COCO photographs\nthat chose nothing; [each has a card](checkpoints/compact/README.md), and so have "
        "[two more](checkpoints/compact-more/README.md)."
    )


def model_table() -> str:
    rows = [
        "| title | family | paper | mIoU | parameters | ssseg | mIoU | compact |",
        "|---|---|---|---|---|---|---|---|",
        *map(model_row, *map(catalog.models, ("paper", "ssseg", "compact"))),
    ]
    return "\n".join(rows)


def model_row(spec: ModelSpec, other: ModelSpec, small: ModelSpec) -> str:
    """One architecture: the paper's network and SSSegmentation's, with their published numbers, and the compact one."""
    assert (spec.title, spec.family) == (other.title, other.family) == (small.title, small.family)
    family = "CNN" if spec.family == "cnn" else "transformer"
    assert spec.reported.miou and spec.reported.parameter_memory_mb and other.reported.miou
    paper = f"`{spec.id}` | {100 * spec.reported.miou:.2f} | {spec.reported.parameter_memory_mb:.0f} MB"
    ssseg = f"`{other.id}` | {100 * other.reported.miou:.2f}"
    return f"| [{spec.title}]({spec.paper}) | {family} | {paper} | {ssseg} | `{small.id}` |"


def commands() -> dict[str, argparse.ArgumentParser]:
    actions = build_parser()._subparsers._group_actions
    return dict(actions[0].choices)


def command_table() -> str:
    """Every command with what it must be given and what it does."""
    actions = build_parser()._subparsers._group_actions[0]
    helps = {action.dest: action.help for action in actions._choices_actions}
    rows = [f"| `python -m demo {needed(name, parser)}` | {helps[name]} |" for name, parser in commands().items()]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def needed(name: str, parser: argparse.ArgumentParser) -> str:
    """The command with its arguments and required options; more than one is written as ..."""
    words = [name]
    for action in parser._actions:
        if action.required or not action.option_strings:
            option = f"{action.option_strings[0]} " if action.option_strings else ""
            many = " ..." if action.nargs in ("+", "*") else ""
            named = " ".join(action.metavar) if isinstance(action.metavar, tuple) else action.metavar
            one = f"{option}{named}{many}"
            words.append(one if action.required else f"[{one}]")
    return " ".join(words)


def with_generated(content: str, parts: dict[str, str]) -> str:
    for name, part in parts.items():
        block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        assert block.search(content), f"a document has lost its marks <!-- {name} --> and <!-- /{name} -->"
        content = block.sub(lambda found, part=part: f"{found[1]}{part}\n{found[2]}", content)
    return content


@pytest.mark.parametrize(
    "name",
    ["README.md", "docs/models.md", "docs/architecture.md", "docs/numbers.md", "docs/reliability.md", "docs/study.md"],
)
def test_the_generated_parts_are_up_to_date(name: str) -> None:
    content = (ROOT / name).read_text(encoding="utf-8")
    assert content == with_generated(content, generated()[name]), f"{name} is behind; run: python tests/test_docs.py"


def test_every_number_of_a_reply_is_defined_once_and_only_what_there_is() -> None:
    keys = [key for figures in FIGURES.values() for figure in figures for key in figure.keys]
    assert len(keys) == len(set(keys)) and not set(keys) & NO_FIGURES
    replies = {key for key in keys if ".json: " not in key}
    assert replies | NO_FIGURES == set(numbers_of_replies())


def test_every_number_of_summary_json_is_defined() -> None:
    from demo.export import Photo, files
    from tests.toy import toy_zoo

    image = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
    answers = list(toy_zoo().stream(image, "compact"))
    content = dict(files(Photo("x.png", image), answers, precision="exact", device="cpu"))
    summary = json.loads(content["summary.json"])
    entry = summary["models"][0]
    told = {f"comparison.{key}" for key in numeric(summary["comparison"])} | set(numeric(entry))
    told |= {f"comparison.regions.{key}" for region in summary["comparison"]["regions"] for key in numeric(region)}
    told |= {f"comparison.regions.parties.{key}" for r in summary["comparison"]["regions"] for p in r["parties"]
             for key in numeric(p)}  # fmt: skip
    told |= {f"classes.{key}" for row in entry["classes"] for key in numeric(row)}
    defined = {key.removeprefix("summary.json: ") for figures in FIGURES.values() for f in figures for key in f.keys}
    settings = {"input_size", "windows", "classes.index", "comparison.confidence_threshold", "comparison.regions.rank",
                "comparison.regions.box", "comparison.regions.point", "comparison.regions.parties.index"}  # fmt: skip
    assert told - settings <= defined


def numeric(row: dict[str, object]) -> Iterator[str]:
    """The keys under which there is a number, a list of them, or a table of them."""
    for key, value in row.items():
        held = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
        if any(isinstance(one, int | float) and not isinstance(one, bool) for one in held):
            yield key


def numbers_of_replies() -> Iterator[str]:
    """ "Type.field" of every field of a reply that holds numbers."""
    found: dict[str, dict[str, Any]] = {}
    for name, kind in REPLIES.items():
        schema = TypeAdapter(kind).json_schema(mode="serialization")
        found |= schema.pop("$defs", {}) | {name: schema}
    for name, schema in found.items():
        yield from (f"{name}.{key}" for key, value in schema["properties"].items() if holds_numbers(value))


def holds_numbers(schema: object) -> bool:
    if isinstance(schema, list):
        return any(map(holds_numbers, schema))
    if not isinstance(schema, dict):
        return False
    inner = [schema.get(key) for key in ("anyOf", "prefixItems", "items", "additionalProperties")]
    return schema.get("type") in ("number", "integer") or holds_numbers(inner)


# ---- what README says


def test_every_command_is_in_the_readme_and_every_command_there_can_be_parsed() -> None:
    blocks = [block for document in DOCUMENTS for block in fenced("console", document)]
    shown = [line for block in blocks for line in block.splitlines() if line.startswith("python -m demo ")]
    assert len(shown) >= 8
    for line in shown:
        build_parser().parse_args(shlex.split(line)[3:])
    for name in commands():
        assert f"python -m demo {name}" in text()
    for name in re.findall(r"`python -m demo ([a-z]\w*)", text() + (ROOT / "CHANGELOG.md").read_text()):
        assert name in commands()


def test_the_python_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.toy import toy_network

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(zoo_module, "Zoo", functools.partial(Zoo, load=toy_network))
    local = [block for block in fenced("python") if "gradio_client" not in block]
    assert len(local) == 2, "and one over HTTP"
    for block in local:
        exec(compile(block, "README.md", "exec"), {})
    out = capsys.readouterr().out
    assert "'fcn-compact': (427, 640)" in out and "likeliest class at row 150" in out
    assert len(local[0].split("\n\n")[-1].splitlines()) <= 4


@pytest.mark.slow
def test_the_http_example_of_the_readme_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from demo.page.build import build
    from demo.page.serve import launch
    from tests.toy import toy_zoo

    monkeypatch.chdir(ROOT)
    page = build(toy_zoo())
    address = launch(page)
    try:
        [block] = [block for block in fenced("python") if "gradio_client" in block]
        exec(compile(block.replace("http://127.0.0.1:7860", address), "README.md", "exec"), {})
        printed = capsys.readouterr().out.splitlines()[-1]
    finally:
        page.close()
    assert 0 <= float(printed) <= 1


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_files_exist(document: Path) -> None:
    body = document.read_text(encoding="utf-8").removeprefix("---").split("---\n", 1)[-1]
    for target in re.findall(r"\]\(([^)#]+)\)", body):
        assert target.startswith("https://") or (document.parent / target).exists(), f"{document.name}: {target}"
    prose = re.sub(r"https?://\S+|^```.*?^```", "", body, flags=re.MULTILINE | re.DOTALL)
    for path in re.findall(r"(?<![\w/.])(?:examples|scripts|demo|tests|checkpoints|docs)/[\w./-]*\w", prose):
        assert (ROOT / path).exists(), f"{document.name} speaks of {path}"


def test_the_readme_is_a_front_page() -> None:
    assert len(text().splitlines()) < 150
    for document in DOCUMENTS[1:]:
        assert document.relative_to(ROOT).as_posix() in text(), f"README.md does not lead to {document.name}"


def test_what_is_segmented_in_an_example_is_a_photo() -> None:
    shown = re.findall(r"python -m demo segment ([^-]+) -", text() + (ROOT / "CHANGELOG.md").read_text())
    files = [file for words in shown for name in words.split() if "/" in name for file in ROOT.glob(name)]
    assert len(files) > 9
    assert [file.name for file in files if file.suffix not in SUFFIXES] == []


def test_the_first_screen_has_what_a_stranger_needs() -> None:
    first = text().split("## ")[0]
    for part in ("![", "scripts/run", "scripts/test", "zoo.segment(", "http://127.0.0.1:7860"):
        assert part in first
    assert len(first.splitlines()) < 50


def test_the_front_matter_makes_a_space() -> None:
    space = yaml.safe_load(text().split("---")[1])
    pins = dict(line.split("==") for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line)
    assert space["sdk"] == "gradio" and space["sdk_version"] == pins["gradio"]
    assert (ROOT / space["app_file"]).is_file()
    assert space["python_version"] == "3.11" and space["license"] == "apache-2.0"
    assert len(space["short_description"]) <= 60
    colours = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert {space["colorFrom"], space["colorTo"]} <= colours


# ---- versions, licence, what must not be in any file


def test_the_changelog_has_the_current_version_first() -> None:
    versions = re.findall(r"^## (?!Unreleased)(\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    released = [version for version in versions if version != "Unreleased"]
    assert versions[:1] in (["Unreleased"], released[:1]) and released[0] == demo.__version__ == project["version"]


def test_the_licence_is_apache_2() -> None:
    licence = (ROOT / "LICENSE").read_text()
    assert "Apache License" in licence and "Version 2.0, January 2004" in licence and "APPENDIX" in licence


def test_every_direct_dependency_is_pinned_exactly() -> None:
    for name in ("requirements.txt", "requirements-test.txt", "requirements-ray.txt", "requirements-mcp.txt"):
        lines = [line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]
        assert lines and all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_speaks_of_one_machine_or_of_a_package_registry() -> None:
    places = ["work/", "tmp/", "root/", "opt/"]
    hosts = [
        "pypi" + ".org",
        "pythonhosted" + ".org",
        "download.pytorch" + ".org",
        "deb.debian" + ".org",
        "npmjs" + ".",
    ]
    pattern = re.compile("|".join([rf"(?<![\w.~-])/{place}" for place in places] + [re.escape(host) for host in hosts]))
    for path in tracked():
        if path.suffix in (".pth", ".png", ".jpg", ".npz") or path == Path(__file__).resolve():
            continue
        found = pattern.search(path.read_text(encoding="utf-8"))
        assert not found, f"{path.relative_to(ROOT)} has {found and found[0]!r}"


if __name__ == "__main__":
    (ROOT / "demo/data/summary.schema.json").write_text(json.dumps(schema(), indent=1) + "\n", encoding="utf-8")
    for name, parts in generated().items():
        (ROOT / name).write_text(with_generated((ROOT / name).read_text(encoding="utf-8"), parts), encoding="utf-8")

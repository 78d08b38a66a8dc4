"""README and CHANGELOG cannot be wrong about what can be tested: commands, Python, links, tables, versions.

`python tests/test_docs.py` writes the generated parts of README.md anew.
"""

import argparse
import functools
import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import demo  # noqa: E402
from demo import catalog  # noqa: E402
from demo.cli import build_parser  # noqa: E402
from demo.images import SUFFIXES  # noqa: E402
from demo.models import zoo as zoo_module  # noqa: E402
from demo.models.zoo import Zoo  # noqa: E402
from demo.schema import ModelSpec  # noqa: E402
from demo.train.card import accuracies  # noqa: E402

README = ROOT / "README.md"


def text() -> str:
    return README.read_text(encoding="utf-8")


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(), re.MULTILINE | re.DOTALL)


# ---- generated parts


def generated() -> dict[str, str]:
    return {"compact": compact_scores(), "models": model_table(), "commands": command_table()}


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
        "COCO photographs\nthat chose nothing; [each has a card](checkpoints/compact/README.md), and so has "
        "[one more](checkpoints/compact-more/README.md)."
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
            one = f"{option}{action.metavar}{many}"
            words.append(one if action.required else f"[{one}]")
    return " ".join(words)


def with_generated(content: str) -> str:
    for name, part in generated().items():
        block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        assert block.search(content), f"README.md has lost its marks <!-- {name} --> and <!-- /{name} -->"
        content = block.sub(lambda found, part=part: f"{found[1]}{part}\n{found[2]}", content)
    return content


def test_the_generated_parts_are_up_to_date() -> None:
    assert text() == with_generated(text()), "README.md is out of date; run: python tests/test_docs.py"


# ---- what README says


def test_every_command_is_in_the_readme_and_every_command_there_can_be_parsed() -> None:
    shown = [line for block in fenced("console") for line in block.splitlines() if line.startswith("python -m demo ")]
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
    assert len(local) == 2
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


def test_links_and_files_exist() -> None:
    body = text().split("---", 2)[2]
    for target in re.findall(r"\]\(([^)#]+)\)", body):
        assert target.startswith("https://") or (ROOT / target).exists(), f"README.md links to {target}"
    for path in re.findall(r"\b(?:examples|scripts|demo|checkpoints)/[\w./-]*\w", re.sub(r"https?://\S+", "", body)):
        assert (ROOT / path).exists(), f"README.md speaks of {path}"


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
    for name in ("requirements.txt", "requirements-test.txt"):
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
    README.write_text(with_generated(text()), encoding="utf-8")

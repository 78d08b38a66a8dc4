"""The page's modules: their own tests, their types, and numbers written as the server's sentences write them."""

import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from demo.analysis.regions import percent
from demo.page.assets import WEB

ROOT = Path(__file__).parents[2]
NODE = shutil.which("node")
TSC = ROOT / "node_modules" / ".bin" / "tsc"

needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed here")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow  # scripts/check has npm run it
@needs_node
def test_the_modules_pass_their_tests() -> None:
    assert NODE
    done = run(NODE, "--test", *sorted(WEB.rglob("*.test.js")))
    assert done.returncode == 0, done.stdout


@pytest.mark.slow  # likewise
@needs_node
@pytest.mark.skipif(not TSC.exists(), reason="typescript is not installed here: npm ci")
def test_the_modules_are_what_their_types_say() -> None:
    done = run(TSC, "--noEmit")
    assert done.returncode == 0, done.stdout


@needs_node
def test_numbers_are_written_as_the_servers_sentences_write_them() -> None:
    draw = random.Random(1)
    numbers = [draw.random() ** 4 for _ in range(400)] + [n / 1000 for n in range(1001)] + [n / 64 for n in range(65)]
    script = (
        f'import {{ fixed, percent }} from "{(WEB / "wording.js").as_uri()}";'
        f"const numbers = {json.dumps(numbers)};"
        "console.log(JSON.stringify([numbers.map((n) => fixed(n, 2)), numbers.map(percent)]));"
    )
    assert NODE
    done = run(NODE, "--input-type=module", "--eval", script)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[f"{n:.2f}" for n in numbers], [percent(n) for n in numbers]]


def test_every_event_that_is_told_is_heard_and_every_one_that_is_heard_is_told() -> None:
    """Of those that the page's modules, its components' scripts and the server exchange."""
    page = WEB.parent
    scripts = [path for path in [*WEB.rglob("*.js"), *(page / "scripts").glob("*.js")] if ".test." not in path.name]
    text = "\n".join(path.read_text("utf-8") for path in [*scripts, *page.rglob("*.py")])
    told = set(
        re.findall(r"""emit\(\s*["`]([^"`]+)["`]|new (?:Custom)?Event\(['`"]zoo:([^'`"]+)['`"]|tell="([^"]+)\"""", text)
    )
    heard = set(re.findall(r"""hear\(\s*["`]([^"`]+)["`]|Listener\(["`]zoo:([^"`]+)["`]""", text))
    heard |= {
        (name,) for hears in re.findall(r"hears: {(.*)},", text) for name in re.findall(r'"?([\w-]+)"?: \(', hears)
    }
    tab, name = re.compile(r"\$?{[^}]*}|^(pixel|differ|truth)(?=-)"), "".join
    names = [{tab.sub("TAB", name(found)) for found in side} - {"TAB"} for side in (told, heard)]
    assert names[0] == names[1] and {"run", "point", "TAB-here", "choose"} <= names[0]

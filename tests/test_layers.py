"""Imports point downwards, and each heavy package has one home."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = [
    "names",
    "schema errors",
    "catalog labels address tiff",
    "analysis images",
    "models render",
    "study train export",
    "page",
    "cli __main__ app",
]
LAYER = {part: number for number, parts in enumerate(LAYERS) for part in parts.split()}
HOMES = {
    "torch": ("models", "train"),
    "mmseg": ("models.backend",),
    "mmcv": ("models.backend",),
    "mmengine": ("models.backend",),
    "matplotlib": ("render.figures",),
    "gradio": ("page",),
    "PIL": ("images", "tiff", "labels", "render", "train.data", "train.scoring"),
    "ray": ("study",),
}


def sources() -> dict[str, Path]:
    """The parts' modules by dotted name below demo; the networks' configs are data."""
    found = {"app": ROOT / "app.py"} if (ROOT / "app.py").exists() else {}
    for path in sorted((ROOT / "demo").rglob("*.py")):
        parts = path.relative_to(ROOT / "demo").with_suffix("").parts
        if parts != ("__init__",) and parts[:2] != ("train", "configs"):
            found[".".join(part for part in parts if part != "__init__")] = path
    return found


def imported(module: str, path: Path, tree: ast.AST) -> Iterator[str]:
    """Absolute names of everything imported anywhere in a module, lazily or not."""
    package = ["demo", *module.split(".")]
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", sources())
def test_a_module_imports_only_from_layers_below_its_own(module: str) -> None:
    path = sources()[module]
    own = module.split(".")[0]
    assert own in LAYER, f"{module} stands in no layer: add it to LAYERS"
    for name in imported(module, path, ast.parse(path.read_text())):
        top, _, rest = name.partition(".")
        if top == "demo" and rest.split(".")[0] in LAYER:
            part = rest.split(".")[0]
            below = part == own or LAYER[part] < LAYER[own] or own in ("__main__", "app")
            assert below, f"{module} imports demo.{rest}, which is not below it"
        homes = HOMES.get(top)
        if homes:
            assert module.startswith(homes), f"{module} imports {name}, which only {' and '.join(homes)} may"
        assert not name.startswith("matplotlib.pyplot"), f"{module}: pyplot leaks figures in a server"


def test_ray_is_imported_inside_functions_only() -> None:
    for module, path in sources().items():
        top = ast.Module(
            [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)], []
        )
        assert not any(name.split(".")[0] == "ray" for name in imported(module, path, top)), module


@pytest.mark.parametrize("start", ["import demo", "import demo.cli"])
def test_starting_loads_nothing_heavy(start: str) -> None:
    code = f"{start}, sys; print(*{{'torch', 'gradio', 'matplotlib', 'mmseg', 'scipy'}} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []

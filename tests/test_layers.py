"""Imports point downwards, and each heavy package has one home."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = [
    "names measures glossary summary",
    "schema errors bare",
    "labels address tiff manifest",
    "catalog",
    "analysis images changes",
    "models render",
    "study train export",
    "page",
    "cli __main__ app",
]
LAYER = {part: number for number, parts in enumerate(LAYERS) for part in parts.split()}
MMSEG = ("models.backends.mmseg_package", "models.efficientnet_lite", "models.unet_head")
"""The importer of MMSegmentation, and a backbone that it lacks."""
HOMES = {
    "torch": ("models", "train"),
    "mmseg": MMSEG,
    "mmcv": MMSEG,
    "mmengine": MMSEG,
    "transformers": ("models.backends.transformers",),
    "matplotlib": ("render.figures", "render.curves"),
    "gradio": ("page",),
    "mcp": ("page.agents",),
    "PIL": ("images", "tiff", "labels", "render", "train.data", "train.teacher"),
    "ray": ("study",),
}


@cache
def sources() -> dict[str, Path]:
    """The parts' modules by dotted name below demo."""
    found = {"app": ROOT / "app.py"} if (ROOT / "app.py").exists() else {}
    for path in sorted((ROOT / "demo").rglob("*.py")):
        parts = path.relative_to(ROOT / "demo").with_suffix("").parts
        if parts != ("__init__",):
            found[".".join(part for part in parts if part != "__init__")] = path
    return found


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imported(tree: ast.AST) -> Iterator[str]:
    """Names of everything imported anywhere in a module, lazily or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def imports(path: Path) -> tuple[str, ...]:
    return tuple(imported(tree(path)))


@cache
def graph() -> dict[str, set[str]]:
    """The modules of the parts that each one imports, lazily or not."""
    modules = sources()
    found = {}
    for module, path in modules.items():
        names = [name.removeprefix("demo.") for name in imports(path)]
        targets = {name if name in modules else name.rpartition(".")[0] for name in names}
        found[module] = targets & set(modules)
    return found


def test_imports_are_absolute() -> None:
    for module, path in sources().items():
        relative = [node for node in ast.walk(tree(path)) if getattr(node, "level", 0)]
        assert not relative, f"{module} imports relatively in line {relative[0].lineno}"


def test_the_modules_import_each_other_in_no_circle() -> None:
    order = [*TopologicalSorter(graph()).static_order()]  # raises CycleError at a circle
    assert set(order) == set(sources())


@pytest.mark.parametrize("module", sources())
def test_a_module_imports_only_from_layers_below_its_own(module: str) -> None:
    path = sources()[module]
    own = module.split(".")[0]
    assert own in LAYER, f"{module} stands in no layer: add it to LAYERS"
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top == "demo" and rest.split(".")[0] in LAYER:
            part = rest.split(".")[0]
            below = part == own or LAYER[part] < LAYER[own] or own in ("__main__", "app")
            assert below, f"{module} imports demo.{rest}, which is not below it"
        homes = HOMES.get(top)
        if homes:
            assert module.startswith(homes), f"{module} imports {name}, which only {' and '.join(homes)} may"
        assert not name.startswith("matplotlib.pyplot"), f"{module}: pyplot leaks figures in a server"


def test_no_part_counts_on_the_number_of_ade20ks_classes() -> None:
    """How many classes there are, the class set says; nobody else."""
    read = [path for end in ("py", "js", "css", "sql", "toml") for path in (ROOT / "demo").rglob(f"*.{end}")]
    found = [path.relative_to(ROOT).as_posix() for path in read if re.search(r"\b150\b", path.read_text("utf-8"))]
    assert found == ["demo/labels/ade20k.py"]


def test_ray_is_imported_inside_functions_only() -> None:
    for module, path in sources().items():
        top = ast.Module([node for node in tree(path).body if isinstance(node, ast.Import | ast.ImportFrom)], [])
        assert not any(name.split(".")[0] == "ray" for name in imported(top)), module


@pytest.mark.parametrize("start", [pytest.param("import demo", marks=pytest.mark.slow), "import demo.cli"])
def test_starting_loads_nothing_heavy(start: str) -> None:
    code = f"{start}, sys; print(*{{'torch', 'gradio', 'matplotlib', 'mmseg', 'scipy'}} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


WEB = ROOT / "demo" / "page" / "web"
WEB_LAYERS = ["draw", "ui", "tabs"]
"""The folders of the page's modules; below them what stands beside them, above them main.js."""
PURE = {
    "wording.js",
    "state.js",
    "run.js",
    *(f"draw/{name}.js" for name in ("colours", "pixels", "sampling", "zoom")),
    "tabs/truth/polygon.js",
}
"""Modules that no document is needed for: they are tested without a browser."""
IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"([^"]+)";', re.M)
EXPORT = re.compile(r"^export (?:async )?(?:const|let|function|class) (\w+)", re.M)


@cache
def web_modules() -> dict[str, str]:
    """The text of each module of the page, by its path in web/."""
    paths = sorted(path for path in WEB.rglob("*.js") if not path.name.endswith(".test.js"))
    return {path.relative_to(WEB).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def web_imports(module: str, text: str) -> dict[str, set[str]]:
    """The modules that one imports, with the names it takes from each."""
    found: dict[str, set[str]] = {}
    for names, place in IMPORT.findall(text):
        target = os.path.normpath(f"{Path(module).parent.as_posix()}/{place}")
        found.setdefault(target, set()).update(name.strip() for name in names.split(",") if name.strip())
    return found


def web_layer(module: str) -> int:
    first = module.split("/")[0]
    return len(WEB_LAYERS) + 1 if module == "main.js" else WEB_LAYERS.index(first) + 1 if first in WEB_LAYERS else 0


@pytest.mark.parametrize("module", web_modules())
def test_a_module_of_the_page_imports_what_there_is_from_below(module: str) -> None:
    modules = web_modules()
    text = modules[module]
    assert len(IMPORT.findall(text)) == len(re.findall("^import ", text, re.M)), "an import that is written otherwise"
    for target, names in web_imports(module, text).items():
        assert target in modules, f"{module} imports {target}, which is not there"
        missing = names - set(EXPORT.findall(modules[target]))
        assert not missing, f"{module} imports {missing} from {target}, which does not export them"
        assert web_layer(target) <= web_layer(module), f"{module} imports {target}, which is not below it"
        tabs = {path.split("/")[1] for path in (module, target) if path.startswith("tabs/")}
        assert len(tabs) < 2, f"{module} imports {target}: a tab reaches into no other"
        assert module not in PURE or target in PURE, f"{module} is tested without a browser, {target} is not"


def test_a_tab_of_the_page_takes_part_by_its_contract_alone() -> None:
    """It registers nothing itself: `startTab` does, from what the tab says of itself."""
    for module, text in web_modules().items():
        if module.startswith("tabs/"):
            found = re.findall(r"^(?:onDraw|onRun|hear|emit|addLayers)\(.*", text, re.M)
            assert not found, f"{module} calls {found} by itself"


def test_no_tab_of_the_page_imports_another() -> None:
    for module, targets in graph().items():
        if module.startswith("page.tabs."):
            others = {name for name in targets if name.startswith("page.tabs.")} - {"page.tabs.tab"}
            assert not others, f"{module} imports {others}"


def test_the_modules_of_the_page_import_each_other_in_no_circle() -> None:
    graph = {module: set(web_imports(module, text)) for module, text in web_modules().items()}
    assert [*TopologicalSorter(graph).static_order()][-1] == "main.js"  # raises CycleError at a circle


def test_every_module_of_the_page_is_used() -> None:
    modules = web_modules()
    used = {target for module, text in modules.items() for target in web_imports(module, text)}
    assert set(modules) - used == {"main.js"}


def test_lines_of_the_page_are_short() -> None:
    lines = [(path.name, line) for path in WEB.rglob("*.[jt]s") for line in path.read_text("utf-8").splitlines()]
    assert not [(name, line) for name, line in lines if len(line) > 120]

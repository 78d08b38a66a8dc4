"""A pytest plugin: tests that need a browser come last; workers that share a machine compute on a core each.

What is compiled or imported for nothing is most of what a quick run costs; here it is kept, or left out.
"""

import gc
import os
import sys
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path

import pytest
from _pytest.doctest import DoctestModule

OPTIONAL = {"agents.py": "mcp"}
"""Modules that import, as they are loaded, a package that not everybody has."""


if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, as torch is loaded; processes that tests start have it
# Images for containers forbid it; then every worker, and every process that a test starts, compiles everything anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
gc.disable()  # until everything is imported


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Nothing is to be looked for in a module whose package is not there."""
    package = OPTIONAL.get(collection_path.name)
    return True if package and collection_path.parent.name == "page" and not find_spec(package) else None


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """A module without an example in its docstrings is not imported to look for one."""
    found = yield
    return [one for one in found if not isinstance(one, DoctestModule) or b">>>" in file_path.read_bytes()]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_collection_finish() -> None:
    """What the imports made stays for good: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()
    gc.enable()

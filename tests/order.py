"""A pytest plugin: tests that need a browser come last; workers that share a machine compute on a core each."""

import gc
import os
from importlib.util import find_spec
from pathlib import Path

import pytest

OPTIONAL = {"agents.py": "mcp"}
"""Modules that import, as they are loaded, a package that not everybody has."""


if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, as torch is loaded; processes that tests start have it


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Nothing is to be looked for in a module whose package is not there."""
    package = OPTIONAL.get(collection_path.name)
    return True if package and collection_path.parent.name == "page" and not find_spec(package) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_collection_finish() -> None:
    """What the imports made stays for good: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()

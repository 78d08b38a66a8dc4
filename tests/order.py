"""A pytest plugin: quick tests first, then slow ones, then those that need a browser."""

import gc
from importlib.util import find_spec
from pathlib import Path

import pytest

OPTIONAL = {"agents.py": "mcp"}
"""Modules that import, as they are loaded, a package that not everybody has."""


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Nothing is to be looked for in a module whose package is not there."""
    package = OPTIONAL.get(collection_path.name)
    return True if package and collection_path.parent.name == "page" and not find_spec(package) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: 2 if item.get_closest_marker("browser") else bool(item.get_closest_marker("slow")))


def pytest_collection_finish() -> None:
    """What the imports made stays for good: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()

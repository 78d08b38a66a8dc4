"""A pytest plugin: quick tests first, then slow ones, then those that need a browser."""

import gc

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: 2 if item.get_closest_marker("browser") else bool(item.get_closest_marker("slow")))


def pytest_collection_finish() -> None:
    """What the imports made stays for good: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()

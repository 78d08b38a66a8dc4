"""Folders of real photos for tests; they are no part of the project, and tests skip without them."""

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure: no time limit on one drawn example.
settings.register_profile("zoo", deadline=None, max_examples=40)
settings.register_profile("quick", deadline=None, max_examples=12)

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def pytest_configure(config: pytest.Config) -> None:
    """Where the slow tests are left out, few examples are drawn."""
    settings.load_profile("quick" if "not slow" in config.option.markexpr else "zoo")


def _shared(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"the folder of real photos {name!r} is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def cases() -> Path:
    """Real photos with ground truth."""
    return _shared("cases")


@pytest.fixture(scope="session")
def scenes() -> Path:
    """Training and validation photographs in ADE20K's layout."""
    return _shared("scenes")


@pytest.fixture(scope="session")
def examples() -> Path:
    """The photographs that the project ships."""
    return Path(__file__).resolve().parents[1] / "examples"

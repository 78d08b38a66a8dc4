"""What the tests of studies share."""

import os
from pathlib import Path

import pytest

from tests.study.photos import make_dataset


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Four photos, one of them in a folder of its own."""
    folder = make_dataset(tmp_path / "set") / "images/validation"
    (folder / "more").mkdir()
    os.rename(folder / "photo3.png", folder / "more" / "photo3.png")
    return folder

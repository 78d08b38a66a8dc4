"""The command that opens the page."""

import sys
import types
from pathlib import Path

import pytest

from demo import cli
from demo.images import Limits


def test_serve_hands_its_options_to_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, toy: None) -> None:
    page, asked = types.ModuleType("demo.page"), {}
    page.serve = lambda zoo, **options: asked.update(options, zoo=zoo())
    monkeypatch.setitem(sys.modules, "demo.page", page)
    command = (
        "serve --host 0.0.0.0 --port 8000 --root-path /zoo --max-megapixels 50 --max-megabytes 30 --precision fast"
    )
    assert cli.main([*command.split(), "--device", "cpu", "--checkpoints", str(tmp_path)]) == 0
    zoo = asked.pop("zoo")
    assert (zoo.device, zoo.precision, zoo.checkpoints) == ("cpu", "fast", (tmp_path,))
    assert asked == {
        "host": "0.0.0.0",
        "port": 8000,
        "root_path": "/zoo",
        "limits": Limits(megapixels=50, megabytes=30),
        "checkpoints": [tmp_path],
    }

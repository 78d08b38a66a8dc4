"""The command that opens the page."""

import sys
import types
from pathlib import Path

import pytest

from demo import cli
from demo.images import Limits


def test_serve_hands_its_options_to_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, toy: None) -> None:
    page, asked = types.ModuleType("demo.page"), {}
    monkeypatch.setattr("demo.models.machine.has_bfloat16", lambda device: True)
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
        "own": (),
        "mcp": False,
    }


def test_a_fast_that_would_be_slower_is_told(
    monkeypatch: pytest.MonkeyPatch, toy: None, capsys: pytest.CaptureFixture[str]
) -> None:
    page = types.ModuleType("demo.page")
    page.serve = lambda zoo, **options: zoo()
    monkeypatch.setitem(sys.modules, "demo.page", page)
    monkeypatch.setattr("demo.models.machine.has_bfloat16", lambda device: False)
    assert cli.main(["serve", "--device", "cpu", "--precision", "fast"]) == 0
    assert "going on with exact" in capsys.readouterr().err


def test_serve_offers_models_of_the_hosts_own_and_no_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, toy: None, capsys: pytest.CaptureFixture[str]
) -> None:
    page, asked = types.ModuleType("demo.page"), {}
    page.serve = lambda zoo, **options: asked.update(options)
    monkeypatch.setitem(sys.modules, "demo.page", page)
    (tmp_path / "net.py").touch()
    (tmp_path / "net.pth").touch()
    own = f"{tmp_path / 'net.py'}:{tmp_path / 'net.pth'}"
    assert cli.main(["serve", "-m", own, "--classes", "cityscapes"]) == 0
    (spec,) = asked["own"]
    assert (spec.id, spec.classes) == ("net", "cityscapes")
    assert cli.main(["serve", "-m", own, "fcn-compact"]) == 2
    assert "takes models of your own" in capsys.readouterr().err


@pytest.mark.slow
def test_without_their_package_the_tools_for_agents_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ["mcp", *(name for name in sys.modules if name.startswith("mcp."))]:
        monkeypatch.setitem(sys.modules, name, None)  # as if it were not there
    monkeypatch.delitem(sys.modules, "demo.page.agents", raising=False)
    monkeypatch.delattr("demo.page.agents", raising=False)  # which an import finds first
    monkeypatch.setattr("demo.page.blocks.PageBlocks.block_thread", lambda page: page.close())  # a page is no answer
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert cli.main(["serve", "--mcp"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == ("error: --mcp needs the package mcp, which is not installed: pip install -r requirements-mcp.txt")

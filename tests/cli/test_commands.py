"""What holds for every command: results on stdout, one line on stderr, exit codes."""

import importlib
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from demo import cli
from demo.cli import check
from tests.cli.commands import ROOT, Capture, python_m_demo


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "error: the following arguments are required: COMMAND. `python -m demo --help` shows the options."),
        (["dance"], "invalid choice: 'dance'"),
        (["list", "fcn-compct"], "did you mean fcn-compact"),
        (["segment", "owl.jpg", "-o", "out", "-m", "fcn-compct"], "did you mean fcn-compact"),
        (["segment", "owl.jpg"], "-o/--out"),
        (["segment", "owl.jpg", "-o", "out", "--precision", "best"], "invalid choice: 'best'"),
        (["segment", "owl.jpg", "-o", "out", "--max-megapixels", "0"], "must be a number above 0"),
        (
            ["segment", "owl.jpg", "-o", "out", "--checkpoints", "no-such"],
            "no-such should be a folder of checkpoints, but is not there",
        ),
        (
            ["study", "photos", "-o", "out", "--stress", ","],
            "must be names of corruptions with commas between, or own, but is ','",
        ),
        (["study", "photos", "-o", "out", "--save", ""], "must be labels or entropy, or both with a comma, but is ''"),
        (["serve", "--port", "0"], "but is '0'; choose another. `python -m demo serve"),
        (["check", "--checkpoints", "app.py"], "app.py should be a folder of checkpoints, but is a file"),
    ],
)
def test_a_mistake_is_one_line_on_stderr_and_exit_code_2(arguments: list[str], complaint: str, capsys: Capture) -> None:
    try:
        code = cli.main(arguments)
    except SystemExit as stop:
        code = int(str(stop.code))
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and err.count("\n") == 1 and complaint in err


@pytest.mark.slow
def test_python_m_demo_passes_the_exit_code_on() -> None:
    assert python_m_demo("list", "nothing-like-it").returncode == 2
    assert python_m_demo("--version").stdout == f"Segmentation Zoo {cli.demo.__version__}\n"


def test_the_installed_command_is_the_same_one() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, name = scripts["segmentation-zoo"].partition(":")
    assert getattr(importlib.import_module(module), name) is cli.main


@pytest.mark.slow
def test_ctrl_c_stops_with_130_and_no_traceback() -> None:
    code = (
        "import signal, time, demo.cli.list_models as l, demo.cli as c\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a run in the background may ignore it
        "l.row = lambda spec: (print('ready', flush=True), time.sleep(60))\n"
        "raise SystemExit(c.main(['list', 'compact']))"
    )
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "error: Stopped.\n")


@pytest.mark.slow
def test_a_closed_pipe_is_no_error() -> None:
    run = subprocess.run(
        f"{sys.executable} -m demo list --json | head -n 1", shell=True, cwd=ROOT, capture_output=True, text=True
    )
    assert (run.stdout, run.stderr) == ("[\n", "")


def test_where_nothing_is_installed_every_command_says_so(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise ModuleNotFoundError(name='numpy')")
    run = python_m_demo("check", PYTHONPATH=str(tmp_path))
    told = "error: The package numpy is not installed: pip install -r requirements.txt\n"
    assert (run.returncode, run.stdout, run.stderr) == (2, "", told)


def lacking(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`check` fails to import a module when it runs."""

    def run(_: object) -> int:
        raise ModuleNotFoundError(name=module)

    monkeypatch.setattr(check, "run", run)


def test_a_package_that_is_missed_late_is_named(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    lacking("filelock", monkeypatch)
    assert cli.main(["check"]) == 2
    assert "The package filelock is not installed: pip" in capsys.readouterr().err


def test_a_module_of_our_own_that_is_missed_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking("demo.x", monkeypatch)
    with pytest.raises(ModuleNotFoundError):
        cli.main(["check"])

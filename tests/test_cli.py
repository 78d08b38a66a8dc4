"""The commands as a person or a script meets them: results on stdout, one line on stderr, exit codes."""

import functools
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo import catalog, cli
from demo.errors import CorruptCheckpointError
from demo.labels import decode_annotation
from demo.models import zoo as zoo_module
from demo.models.network import Network
from demo.models.zoo import Zoo
from demo.schema import ModelSpec
from tests.toy import toy_ids, toy_network

ROOT = Path(__file__).parents[1]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """`segment` with networks that need no weights; the last one refuses to load."""

    def load(spec: ModelSpec) -> Network:
        if spec.id == "segformer-compact":
            raise CorruptCheckpointError("segformer-compact-00000000.pth is not what\nit should be.")
        return toy_network(spec)

    monkeypatch.setattr(zoo_module, "Zoo", functools.partial(Zoo, load=load))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return save(tmp_path / "owl.png", seed=1)


def save(path: Path, seed: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    PillowImage.fromarray(coarse).resize((50, 40)).save(path)
    return path


def python_m_demo(*arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "demo", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, **options})


# ---- what holds for every command


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


def test_python_m_demo_passes_the_exit_code_on() -> None:
    assert python_m_demo("list", "nothing-like-it").returncode == 2
    assert python_m_demo("--version").stdout == f"Segmentation Zoo {cli.demo.__version__}\n"


def test_ctrl_c_stops_with_130_and_no_traceback() -> None:
    code = (
        "import time, demo.cli.list_models as l, demo.cli as c\n"
        "l.row = lambda spec: (print('ready', flush=True), time.sleep(60))\n"
        "raise SystemExit(c.main(['list', 'compact']))"
    )
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "error: Stopped.\n")


def test_a_closed_pipe_is_no_error() -> None:
    run = subprocess.run(
        f"{sys.executable} -m demo list --json | head -n 1", shell=True, cwd=ROOT, capture_output=True, text=True
    )
    assert (run.stdout, run.stderr) == ("[\n", "")


# ---- list


def test_list_shows_every_model_of_the_sets_named(capsys: Capture) -> None:
    assert cli.main(["list", "compact", "paper"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["set", "id", "title", "family", "mIoU", "file"]
    specs = [*catalog.models("compact"), *catalog.models("paper")]
    assert [line.split()[1] for line in lines] == [spec.id for spec in specs]
    assert "39.91" in lines[5] and "39.91" not in lines[0]


def test_list_json_holds_every_field(capsys: Capture) -> None:
    assert cli.main(["list", "paper", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == [spec.id for spec in catalog.models("paper")]
    assert rows[0]["reported"]["miou"] == pytest.approx(0.3991)
    assert rows[0]["weights"]["file"].endswith(".pth")


def test_list_takes_less_than_a_second_of_processor_and_no_torch() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert python_m_demo("list").returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1
    imports = python_m_demo("list", PYTHONPROFILEIMPORTTIME="1").stderr
    imported = {line.rpartition("|")[2].strip().split(".")[0] for line in imports.splitlines()}
    assert "demo" in imported and not imported & {"torch", "gradio", "matplotlib", "mmseg", "scipy"}


# ---- segment


def test_segment_writes_the_files_of_every_model_and_a_summary(
    toy: None, photo: Path, tmp_path: Path, capsys: Capture
) -> None:
    models = toy_ids()[:2]
    assert cli.main(["segment", str(photo), "-m", *models, "-o", str(tmp_path / "out"), "--json"]) == 0
    out, err = capsys.readouterr()
    folder = tmp_path / "out" / "owl"
    assert json.loads(out) == [{"photo": str(photo), "folder": str(folder)}]
    assert err.startswith("[1/1] owl.png: ") and err.count("\n") == 1
    maps = ("entropy.npy", "entropy.png", "labels.png", "overlay.png")
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert written == {"summary.json", *(f"{model}/{name}" for model in models for name in maps)}
    assert decode_annotation(folder / models[0] / "labels.png").shape == (40, 50)
    summary = json.loads((folder / "summary.json").read_text())
    assert [entry["id"] for entry in summary["models"]] == list(models)
    assert summary["comparison"]["all_agree"] <= 1


def test_a_photo_that_cannot_be_read_costs_itself_alone(
    toy: None, photo: Path, tmp_path: Path, capsys: Capture
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_text("<svg></svg>")
    out = tmp_path / "out"
    assert cli.main(["segment", str(bad), str(photo), "-m", toy_ids()[0], "-o", str(out)]) == 1
    complaint, progress = capsys.readouterr().err.splitlines()
    assert complaint.startswith("error: [1/2] bad.jpg: ") and progress.startswith("[2/2] owl.png: ")
    assert [path.name for path in out.iterdir()] == ["owl"]


def test_a_network_that_cannot_load_costs_itself_alone_and_is_asked_once(
    toy: None, photo: Path, tmp_path: Path, capsys: Capture
) -> None:
    second, out = save(tmp_path / "cat.png", seed=2), tmp_path / "out"
    assert cli.main(["segment", str(photo), str(second), "-m", "compact", "-o", str(out)]) == 1
    complaints = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(complaints) == 1 and complaints[0].endswith("is not what it should be.")
    for name in ("owl", "cat"):
        summary = json.loads((out / name / "summary.json").read_text())
        assert [entry["id"] for entry in summary["models"]] == [i for i in toy_ids() if i != "segformer-compact"]


def test_without_any_network_nothing_is_written(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "out"
    assert cli.main(["segment", str(photo), "-m", "segformer-compact", "-o", str(out)]) == 2
    assert "`python -m demo check` says what is missing" in capsys.readouterr().err
    assert not out.exists()


def test_photos_of_one_name_do_not_overwrite_each_other(toy: None, tmp_path: Path) -> None:
    photos = [save(tmp_path / name, seed) for seed, name in enumerate(["owl.png", "owl.bmp", "b/owl.png"])]
    out = tmp_path / "out"
    for _ in range(2):  # and a second run finds each photo's own folder again
        assert cli.main(["segment", *map(str, photos), "-m", toy_ids()[0], "-o", str(out)]) == 0
        names = {path.name: json.loads((path / "summary.json").read_text())["photo"] for path in out.iterdir()}
        assert names == {"owl": "owl.png", "owl-2": "owl.bmp", "owl-3": "owl.png"}


def test_a_folder_that_cannot_be_written_is_a_sentence(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "file").write_text("")
    assert cli.main(["segment", str(photo), "-m", toy_ids()[0], "-o", str(tmp_path / "file")]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_photo_over_the_limit_is_refused(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    command = ["segment", str(photo), "-m", toy_ids()[0], "-o", str(tmp_path / "out"), "--max-megapixels", "0.001"]
    assert cli.main(command) == 1
    assert "megapixels" in capsys.readouterr().err


@pytest.mark.slow
def test_a_shipped_network_segments_and_prints_nothing_but_json(photo: Path, tmp_path: Path) -> None:
    run = python_m_demo("segment", str(photo), "-m", "fcn-compact", "-o", str(tmp_path / "out"), "--json")
    assert json.loads(run.stdout) == [{"photo": str(photo), "folder": str(tmp_path / "out" / "owl")}]
    assert run.returncode == 0 and run.stderr.count("\n") == 1

"""The commands as a person or a script meets them: results on stdout, one line on stderr, exit codes."""

import functools
import hashlib
import importlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
import tomllib
import types
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo import catalog, cli
from demo.cli import check
from demo.cli.console import LiveLine
from demo.cli.segment import ahead
from demo.errors import CorruptCheckpointError
from demo.images import Limits
from demo.labels import decode_annotation, encode_annotation
from demo.models import zoo as zoo_module
from demo.models.checkpoints.homes import Home
from demo.models.network import Network
from demo.models.zoo import Zoo
from demo.schema import ModelSpec, Weights
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
    path.parent.mkdir(parents=True, exist_ok=True)
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
        (
            ["segment", "owl.jpg", "-o", "out", "--checkpoints", "no-such"],
            "no-such should be a folder of checkpoints, but is not there",
        ),
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


def test_python_m_demo_passes_the_exit_code_on() -> None:
    assert python_m_demo("list", "nothing-like-it").returncode == 2
    assert python_m_demo("--version").stdout == f"Segmentation Zoo {cli.demo.__version__}\n"


def test_the_installed_command_is_the_same_one() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, name = scripts["segmentation-zoo"].partition(":")
    assert getattr(importlib.import_module(module), name) is cli.main


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


def test_a_closed_pipe_is_no_error() -> None:
    run = subprocess.run(
        f"{sys.executable} -m demo list --json | head -n 1", shell=True, cwd=ROOT, capture_output=True, text=True
    )
    assert (run.stdout, run.stderr) == ("[\n", "")


# ---- list


def test_list_shows_every_model_of_the_sets_named(capsys: Capture) -> None:
    assert cli.main(["list", "compact", "paper"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert re.split("  +", header) == ["set", "id", "title", "trained by", "family", "mIoU", "file"]
    specs = [*catalog.models("compact"), *catalog.models("paper")]
    assert [line.split()[1] for line in lines] == [spec.id for spec in specs]
    assert "39.91" in lines[5] and "39.91" not in lines[0]
    assert "OpenMMLab" in lines[5] and "this project" in lines[0]


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


def test_what_was_left_out_of_a_networks_file_is_told_once(
    photo: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = lambda spec: replace(toy_network(spec), notes=("net.pth has more than its network.",))  # noqa: E731
    monkeypatch.setattr(zoo_module, "Zoo", functools.partial(Zoo, load=load))
    photos = [str(photo), str(save(tmp_path / "cat.png", 2))]
    assert cli.main(["segment", *photos, "-m", toy_ids()[0], "-o", str(tmp_path / "out")]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "net.pth" in line]
    assert told == ["FCN (fcn-compact): net.pth has more than its network."]


def test_what_was_ignored_of_a_photo_is_told(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    png = photo.read_bytes()
    photo.write_bytes(png[:33] + b"\0\0\0\5tEXta\0bcd" + bytes(4) + png[33:])
    assert cli.main(["segment", str(photo), "-m", toy_ids()[0], "-o", str(tmp_path / "out")]) == 0
    told, progress = capsys.readouterr().err.splitlines()
    assert told.startswith("[1/1] owl.png: Its texts or its colour profile are damaged or too long") and progress
    summary = json.loads((tmp_path / "out/owl/summary.json").read_text())
    assert summary["sha256"] == hashlib.sha256(photo.read_bytes()).hexdigest()


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


def thin_photos_fail(spec: ModelSpec) -> Network:
    """A toy network that cannot compute photos of two rows."""

    def scores(image: np.ndarray) -> object:
        if len(image) == 2:
            raise RuntimeError("Kernel size can't be greater than actual input size")
        return toy_network(spec).scores(image)

    return replace(toy_network(spec), scores=scores, bytes=100)


@pytest.mark.parametrize("budget", [None, 100])
def test_a_photo_that_no_network_can_answer_costs_itself_alone(
    budget: int | None, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where networks leave the memory between photos."""
    monkeypatch.setattr(zoo_module, "Zoo", functools.partial(Zoo, load=thin_photos_fail, memory_budget=budget))
    PillowImage.new("RGB", (50, 2)).save(tmp_path / "thin.png")
    photos = [save(tmp_path / "owl.png", 1), tmp_path / "thin.png", save(tmp_path / "cat.png", 2)]
    out, models = tmp_path / "out", toy_ids()[:2]
    assert cli.main(["segment", *map(str, photos), "-m", *models, "-o", str(out), "--json"]) == 1
    printed = capsys.readouterr()
    assert [Path(row["photo"]).name for row in json.loads(printed.out)] == ["owl.png", "cat.png"]
    complaints = [line for line in printed.err.splitlines() if line.startswith("error: ")]
    assert len(complaints) == 2 and all(line.startswith("error: [2/3] thin.png: ") for line in complaints)
    for name in ("owl", "cat"):
        summary = json.loads((out / name / "summary.json").read_text())
        assert [entry["id"] for entry in summary["models"]] == list(models)


def test_the_next_network_computes_while_maps_are_written() -> None:
    """And no further than the next."""
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(4):
            made.append(number)
            yield number

    for number in ahead(items()):
        wait_until(lambda: len(made) == min(number + 2, 4))  # noqa: B023
        assert made == list(range(min(number + 2, 4)))


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true() and time.monotonic() < deadline:
        time.sleep(0.001)


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


# ---- names that are no UTF-8


def latin(folder: Path, name: bytes) -> Path:
    """A path whose last part is those bytes."""
    return Path(os.fsdecode(os.fsencode(folder) + b"/" + name))


@pytest.fixture
def latin_dataset(tmp_path: Path) -> Path:
    """Photos with truths of 2, whose names hold bytes of Latin-1 and Shift JIS, in a folder of such a name."""
    dataset = latin(tmp_path, b"d\xe9j\xe0")
    for number, name in enumerate((b"caf\xe9.png", b"caf\xe8.png", b"\x83\x65.png")):
        os.replace(save(tmp_path / "photo.png", number), latin(made(dataset / "images"), name))
        truth = encode_annotation(np.full((40, 50), 1, np.uint8))
        latin(made(dataset / "annotations"), name).write_bytes(truth)
    return dataset


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


LATIN = ["%83e", "caf%E8", "caf%E9"]
"""How reports show them."""


def test_segment_takes_names_of_any_bytes(toy: None, latin_dataset: Path, tmp_path: Path, capsys: Capture) -> None:
    photos = sorted((latin_dataset / "images").iterdir())
    out = latin(tmp_path, b"out\xff")
    assert cli.main(["segment", *map(str, photos), "-m", toy_ids()[0], "-o", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert sorted(row["photo"].rpartition("/")[2] for row in printed) == [f"{name}.png" for name in LATIN]
    assert sorted(path.name for path in out.iterdir()) == LATIN
    for name in LATIN:
        assert json.loads((out / name / "summary.json").read_text("utf-8"))["photo"] == f"{name}.png"


@pytest.mark.parametrize("command", ["evaluate", "claims"])
def test_studies_take_names_of_any_bytes(
    command: str, toy: None, latin_dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    latin(latin_dataset / "images", b"bad\xe9.png").write_text("no photo")
    latin(latin_dataset / "annotations", b"bad\xe9.png").write_bytes(encode_annotation(np.zeros((4, 5), np.uint8)))
    out = latin(tmp_path, b"out\xff")
    assert cli.main([command, str(latin_dataset), "-m", toy_ids()[0], "-o", str(out)]) == 1
    printed = capsys.readouterr()
    assert printed.out.endswith("/report.html\n")
    assert "error: bad%E9.png is left out: bad%E9.png is " in printed.err
    report = json.loads((out / {"evaluate": "scores.json", "claims": "claims.json"}[command]).read_text("utf-8"))
    assert "d%E9j%E0" in str(report) and "bad%E9.png is left out" in (out / "report.html").read_text("utf-8")
    if command == "evaluate":
        rows = (out / "photos.csv").read_text("utf-8").splitlines()[1:]
        assert [row.split(",")[0] for row in rows] == LATIN


def test_an_own_model_may_have_a_name_of_any_bytes(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    config, weights = latin(tmp_path, b"n\xe9t.py"), latin(tmp_path, b"w\xe9.pth")
    config.write_text("model = dict()")
    weights.write_bytes(b"weights")
    assert cli.main(["segment", str(photo), "-m", f"{config}:{weights}", "-o", str(tmp_path / "out")]) == 0
    assert json.loads((tmp_path / "out/owl/summary.json").read_text("utf-8"))["models"][0]["id"] == "n%E9t"
    (tmp_path / "set/images").mkdir(parents=True)
    (tmp_path / "set/annotations").mkdir()
    os.replace(photo, tmp_path / "set/images/owl.png")
    (tmp_path / "set/annotations/owl.png").write_bytes(encode_annotation(np.zeros((40, 50), np.uint8)))
    command = ["evaluate", str(tmp_path / "set"), "-m", f"{config}:{weights}", "-o", str(tmp_path / "scores")]
    assert cli.main(command) == 0
    assert "\nn%E9t,n%E9t," in (tmp_path / "scores/scores.csv").read_text("utf-8")


def test_paths_are_printed_as_the_bytes_they_are(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    code = f"from demo import cli; cli._print_any_path(); print({name!r})"
    for encoding, printed in (("utf-8", b"caf\xe9\n"), ("ascii", b"caf\\udce9\n")):
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, env=environment)
        assert (run.stdout, run.stderr) == (printed, b"")


# ---- serve


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


# ---- train


def test_train_hands_its_options_on_and_prints_the_weights(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    from demo.train import compact
    from demo.train.data import Folder

    asked: list[object] = []

    def train(
        data: list[Folder], configs: Path, out: Path, *, pace: float, report: Callable[[str], None]
    ) -> list[Path]:
        asked.extend([data, configs, out, pace])
        report("fcn-compact: 3.5 minutes")
        return [out / "fcn-compact.pth"]

    monkeypatch.setattr(compact, "train_compact", train)
    assert cli.main(["train", "ade", "coco:14", "-o", str(tmp_path), "--pace", "0.5"]) == 0
    assert asked == [[Folder(Path("ade")), Folder(Path("coco"), 14)], ROOT / "checkpoints", tmp_path, 0.5]
    assert capsys.readouterr() == (f"{tmp_path / 'fcn-compact.pth'}\n", "fcn-compact: 3.5 minutes\n")


# ---- fetch


@pytest.fixture
def own_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModelSpec:
    """The one model there is to fetch: its file lies in tmp_path/shelf."""
    content = b"weights" * 1000
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "net.pth").write_bytes(content)
    weights = Weights("net.pth", hashlib.sha256(content).hexdigest())
    spec = ModelSpec("net", "Net", "cnn", "paper", "net.py", weights)
    monkeypatch.setattr(catalog, "resolve", lambda names: (spec,))
    return spec


def test_fetch_brings_a_file_once(own_model: ModelSpec, tmp_path: Path, capsys: Capture) -> None:
    command = ["fetch", "net", "--source", str(tmp_path / "shelf"), "--into", str(tmp_path / "into")]
    assert cli.main(command) == 0
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'into' / 'net.pth'}\n"
    assert err.startswith("net [") and "MB" in err
    assert cli.main(command) == 0
    assert capsys.readouterr() == ("", f"net: on disk, {tmp_path / 'into' / 'net.pth'}\n")


def test_fetch_repairs_a_damaged_file(own_model: ModelSpec, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "into").mkdir()
    (tmp_path / "into" / "net.pth").write_text("<!doctype html><title>For sale</title>")
    command = ["fetch", "net", "--source", str(tmp_path / "shelf"), "--into", str(tmp_path / "into")]
    assert cli.main(command) == 0
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'into' / 'net.pth'}\n"
    assert err.startswith(f"net: {tmp_path / 'into' / 'net.pth'} is damaged or another file; fetching it anew\n")
    assert (tmp_path / "into" / "net.pth").read_bytes() == (tmp_path / "shelf" / "net.pth").read_bytes()


def test_files_that_no_source_has_are_one_sentence_and_then_each_source_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    specs = catalog.models("ssseg")[:2]
    monkeypatch.setattr(catalog, "resolve", lambda names: [replace_sources(spec) for spec in specs])
    (tmp_path / "empty").mkdir()
    command = ["fetch", "ssseg", "--source", "http://127.0.0.1:1", "--into", str(tmp_path / "into")]
    assert cli.main(command) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.splitlines() == [
        "error: No home delivered fcn_resnet101os8_ade20k.pth (237 MB), pspnet_resnet101os8_ade20k.pth (282 MB); by "
        f"hand, put them into {tmp_path / 'into'} under these names. Or name a source that has them: --source.",
        "127.0.0.1: it refused the connection",
    ]


def replace_sources(spec: ModelSpec) -> ModelSpec:
    """The same model without a home of its own."""
    return replace(spec, weights=replace(spec.weights, sources=()))


def test_a_folder_that_cannot_take_a_file_is_said_as_it_is(
    own_model: ModelSpec, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "file").write_text("")
    assert cli.main(["fetch", "net", "--source", str(tmp_path / "shelf"), "--into", str(tmp_path / "file" / "in")]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "the folder" in err and "cannot be made" in err


def test_the_first_fetch_of_a_file_without_a_hash_notes_it_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "net.pth").write_bytes(b"weights" * 1000)
    spec = ModelSpec("net", "Net", "cnn", "paper", "net.py", Weights("net.pth", ""))
    monkeypatch.setattr(catalog, "resolve", lambda names: (spec,))
    command = ["fetch", "net", "--source", str(tmp_path / "shelf"), "--into", str(tmp_path / "into")]
    digest = hashlib.sha256(b"weights" * 1000).hexdigest()
    said = (
        f"net: nobody has published a hash of net.pth; that of this file, {digest[:16]}..., is noted in "
        "net.pth.sha256, and any later file is held to it\n"
    )
    assert cli.main(command) == 0
    assert capsys.readouterr().err.endswith(said)
    assert (tmp_path / "into" / "net.pth.sha256").read_text() == f"{digest}  net.pth\n"
    assert cli.main(command) == 0
    assert "hash" not in capsys.readouterr().err
    (tmp_path / "into" / "net.pth.sha256").unlink()  # as of a file that was put there by hand
    assert cli.main(command) == 0
    assert capsys.readouterr().err.endswith(said)
    (tmp_path / "into" / "net.pth").write_bytes(b"others")
    (tmp_path / "shelf" / "net.pth").write_bytes(b"others")
    assert cli.main(command) == 1
    assert f"other bytes: their SHA-256 begins {hashlib.sha256(b'others').hexdigest()[:8]}, wanted {digest[:8]}" in (
        capsys.readouterr().err
    )


def test_progress_rewrites_one_line_on_a_terminal_and_adds_ten_elsewhere(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = LiveLine()
    for step in range(101):
        quiet.show(f"{step} %", step / 100)
    quiet.end()
    assert capsys.readouterr().err.splitlines() == [f"{step} %" for step in range(0, 101, 10)]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    live = LiveLine()
    live.show("1 %", 0.01)
    live.show("2 %", 0.02)
    live.end()
    assert capsys.readouterr().err == "\r1 %\033[K\r2 %\033[K\n"


# ---- check


def test_check_says_what_is_there_in_plain_words(capsys: Capture) -> None:
    cli.main(["check"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"Segmentation Zoo {cli.demo.__version__}, Python 3.")
    assert lines[1].startswith("Packages: torch ")
    assert [line.split(":")[0] for line in lines[2 : 3 + len(catalog.SETS)]] == [
        *(f"Set {name}" for name in catalog.SETS),
        "Device",
    ]


def test_check_json_has_the_same(capsys: Capture) -> None:
    code = cli.main(["check", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert code == (1 if report["problems"] else 0)
    assert {found["name"]: found["models"] for found in report["sets"]}["paper"] == 5
    assert report["machine"]["cores"] >= 1
    assert "torch" in [package["name"] for package in report["packages"]]


def test_check_names_what_is_wrong_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("numpy==0.1\nno-such-package==1.0\nopencv-contrib-python-headless==5.0.0.93\n")
    packages = tuple(check.pinned_packages(requirements))
    monkeypatch.setattr(check, "pinned_packages", lambda: packages)
    real = importlib.import_module

    def without_libgl(name: str) -> object:
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file")
        return real(name)

    monkeypatch.setattr(check.importlib, "import_module", without_libgl)
    monkeypatch.setattr(check, "locate", lambda weights, folders: None)
    assert cli.main(["check"]) == 1
    wrong = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Wrong: ")]
    assert wrong[0].startswith("Wrong: numpy 0.1 is pinned, ") and "Remedy: pip install" in wrong[0]
    assert wrong[1].startswith("Wrong: no-such-package 1.0 is not installed.")
    assert wrong[2].startswith("Wrong: cv2 does not start: libGL.so.1")
    assert wrong[3].startswith("Wrong: The compact set should come with the project, but lacks fcn-compact,")


def test_check_asks_nobody_unless_it_is_told_to(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    asked: list[str] = []

    def ask(homes: tuple[Home, ...]) -> tuple[Home, ...]:
        asked.extend(home.host for home in homes)
        return tuple(replace(home, answers=False, said="it refused the connection") for home in homes)

    monkeypatch.setattr(check, "ask", ask)
    cli.main(["check"])
    assert asked == [] and "Home" not in capsys.readouterr().out
    cli.main(["check", "--online"])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Home ")]
    assert asked == ["mmassets.onedl.ai", "download.openmmlab.com", "github.com"]
    assert lines[0] == "Home mmassets.onedl.ai (paper, zoo): it refused the connection."
    assert lines[2] == "Home github.com (ssseg): it refused the connection."


def test_check_knows_how_each_pinned_package_is_imported() -> None:
    for package in check.pinned_packages():
        assert find_spec(check.MODULES.get(package.name, package.name)), package.name


def test_check_tells_of_packages_that_the_command_line_itself_uses() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['httpx', 'yaml', 'filelock', 'PIL', 'scipy']))\n"
        "from demo import cli\nfrom demo.cli import check\n"
        "pinned, check._machine = list(check.pinned_packages()), lambda: None\n"
        "check.pinned_packages = lambda: [one for one in pinned if one.name in ('httpx', 'pyyaml')]\n"
        "sys.exit(cli.main(['check']))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (1, "")
    assert "Wrong: httpx does not start" in run.stdout and "Wrong: yaml does not start" in run.stdout
    assert "Set compact: 5 of 5" in run.stdout and "Set zoo" not in run.stdout


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


# ---- studies


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Two photos with ground truth in ADE20K's layout, and one annotation that is no PNG."""
    for number in range(3):
        save(tmp_path / "ade" / "images" / f"{number}.png", seed=number)
        (tmp_path / "ade" / "annotations").mkdir(exist_ok=True)
        truth = np.full((40, 50), number, np.uint8)
        (tmp_path / "ade" / "annotations" / f"{number}.png").write_bytes(encode_annotation(truth))
    (tmp_path / "ade" / "annotations" / "2.png").write_text("not a PNG")
    return tmp_path / "ade"


def test_evaluate_prints_a_row_a_model_and_leaves_the_bad_file_out(
    toy: None, dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    models = toy_ids()[:2]
    assert cli.main(["evaluate", str(dataset), "-m", *models, "-o", str(tmp_path / "out")]) == 1
    out, err = capsys.readouterr()
    header, *rows, report = out.splitlines()
    assert header.startswith("model") and "mIoU" in header
    assert [row.split()[0] for row in rows] == list(models)
    assert Path(report).is_file()
    assert err.splitlines()[-1].startswith("error: 2.png is left out")


def test_evaluate_json_is_scores_json(toy: None, dataset: Path, tmp_path: Path, capsys: Capture) -> None:
    cli.main(["evaluate", str(dataset), "-m", toy_ids()[0], "-o", str(tmp_path / "out"), "--json", "--flip"])
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "out" / "scores.json").read_text())
    assert printed["settings"]["flip"] is True


@pytest.mark.parametrize("command", ["evaluate", "claims"])
def test_studies_read_photos_up_to_the_size_asked_for(
    command: str, toy: None, dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    save(dataset / "images" / "0.png", seed=0)
    PillowImage.new("RGB", (60, 50)).save(dataset / "images" / "1.png")
    (dataset / "annotations" / "1.png").write_bytes(encode_annotation(np.full((50, 60), 1, np.uint8)))
    asked = [command, str(dataset), "-m", toy_ids()[0], "-o", str(tmp_path / "out"), "--max-megapixels"]
    assert cli.main([*asked, "0.0025"]) == 1
    assert "1.png is left out: 1.png is 60 x 50, 0.0 megapixels" in capsys.readouterr().err
    cli.main([*asked, "1"])
    assert "megapixels" not in capsys.readouterr().err


def test_claims_refuse_a_verdict_on_three_photos(toy: None, dataset: Path, tmp_path: Path, capsys: Capture) -> None:
    photos = [str(path) for path in sorted((dataset / "images").iterdir())]
    models = [name for name in toy_ids() if name != "segformer-compact"]
    assert cli.main(["claims", *photos, "-m", *models, "-o", str(tmp_path / "out")]) == 0
    header, *rows, report = capsys.readouterr().out.splitlines()
    assert header.split() == ["verdict", "photos", "claim"]
    assert rows and all(row.startswith("cannot tell") for row in rows)
    assert Path(report).is_file()


def test_reproduce_prints_the_table(toy: None, tmp_path: Path, capsys: Capture) -> None:
    command = ["reproduce", "-m", toy_ids()[0], "-o", str(tmp_path / "out"), "--seconds", "0.2"]
    code = cli.main(command)
    out, err = capsys.readouterr()
    assert code == (1 if "error: " in err else 0)
    assert "FCN" in out and Path(out.splitlines()[-1]).is_file()


@pytest.mark.slow
def test_a_shipped_network_segments_and_prints_nothing_but_json(photo: Path, tmp_path: Path) -> None:
    run = python_m_demo("segment", str(photo), "-m", "fcn-compact", "-o", str(tmp_path / "out"), "--json")
    assert json.loads(run.stdout) == [{"photo": str(photo), "folder": str(tmp_path / "out" / "owl")}]
    assert run.returncode == 0 and run.stderr.count("\n") == 1

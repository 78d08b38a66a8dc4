"""python -m demo check: what is installed, which networks are on disk, which device, what is wrong, what to do."""

from __future__ import annotations

import argparse
import importlib
import platform
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import demo
from demo import catalog
from demo.cli.console import add_checkpoints_option, print_json
from demo.errors import BackendError
from demo.models.checkpoints.files import locate
from demo.models.checkpoints.homes import Home, ask, known_homes

if TYPE_CHECKING:
    from demo.cli.console import Subparsers
    from demo.models.machine import Machine

REQUIREMENTS = catalog.ROOT / "requirements.txt"
INSTALL = f"pip install -r {'requirements.txt' if Path('requirements.txt').is_file() else REQUIREMENTS}"
MODULES = {
    "onedl-mmcv": "mmcv",
    "onedl-mmengine": "mmengine",
    "onedl-mmsegmentation": "mmseg",
    "pillow": "PIL",
    "pyyaml": "yaml",
    "opencv-contrib-python-headless": "cv2",
}
"""What to import of a pinned package, where that is not its own name."""
WRONG = 1


@dataclass(frozen=True)
class Package:
    name: str
    wanted: str
    installed: str | None


@dataclass(frozen=True)
class SetOnDisk:
    name: str
    models: int
    missing: tuple[str, ...]
    """Ids of the models whose file is in none of the folders."""


@dataclass(frozen=True)
class Problem:
    what: str
    remedy: str


@dataclass(frozen=True)
class Findings:
    version: str
    python: str
    packages: tuple[Package, ...]
    sets: tuple[SetOnDisk, ...]
    machine: Machine | None
    """None when PyTorch does not start."""
    problems: tuple[Problem, ...]
    homes: tuple[Home, ...] = ()
    """Where the files may be fetched; empty unless that was asked for."""


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "check", help="what is installed, what is missing, what to do", description=run.__doc__
    )
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    parser.add_argument(
        "--online", action="store_true", help="ask also each home of checkpoint files whether it answers"
    )
    add_checkpoints_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Say what is installed, which networks are on disk, which device they run on, and what to mend (exit code 1)."""
    findings = look_around(options.checkpoints)
    if options.online:
        findings = replace(findings, homes=ask(known_homes()))
    if options.json:
        print_json(asdict(findings))
    else:
        print("\n".join(in_words(findings)))
    return WRONG if findings.problems else 0


def look_around(checkpoints: Sequence[Path]) -> Findings:
    """Everything that can be found out without running a network."""
    packages = tuple(pinned_packages())
    problems = [*_package_problems(packages), *_import_problems(packages)]
    machine = _machine()
    sets = tuple(_set_on_disk(name, checkpoints) for name in _sets_known())
    problems += _set_problems(sets)
    problems += _unused_gpu(machine)
    return Findings(demo.__version__, platform.python_version(), packages, sets, machine, tuple(problems))


def pinned_packages(requirements: Path = REQUIREMENTS) -> Iterator[Package]:
    """What requirements.txt pins, beside what is installed."""
    for name, wanted in re.findall(r"^([\w.-]+)==([\w.]+)", requirements.read_text(), re.MULTILINE):
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed = None
        yield Package(name, wanted, installed)


def _package_problems(packages: Sequence[Package]) -> Iterator[Problem]:
    for package in packages:
        if package.installed is None:
            yield Problem(f"{package.name} {package.wanted} is not installed.", INSTALL)
        elif package.installed.partition("+")[0] != package.wanted:
            yield Problem(f"{package.name} {package.wanted} is pinned, {package.installed} is installed.", INSTALL)


def _import_problems(packages: Sequence[Package]) -> Iterator[Problem]:
    """Packages that are installed but do not start, as OpenCV without its system libraries."""
    for package in packages:
        if package.installed is None:
            continue  # told above
        name = MODULES.get(package.name, package.name)
        try:
            with redirect_stdout(StringIO()), warnings.catch_warnings():  # some talk while they start
                warnings.simplefilter("ignore")
                importlib.import_module(name)
        except (ImportError, OSError) as error:
            remedy = INSTALL.replace("install", "install --force-reinstall", 1)
            yield Problem(f"{name} does not start: {error}.", remedy)


def _machine() -> Machine | None:
    try:
        from demo.models.machine import describe_machine
    except (ImportError, OSError):  # told above
        return None
    return describe_machine()


def _sets_known() -> Iterator[str]:
    """The zoo is read from MMSegmentation's package, which may be missing."""
    for name in catalog.SETS:
        try:
            catalog.models(name)
        except BackendError:  # told above
            continue
        yield name


def _set_on_disk(name: str, checkpoints: Sequence[Path]) -> SetOnDisk:
    specs = catalog.models(name)
    missing = tuple(spec.id for spec in specs if locate(spec.weights, checkpoints) is None)
    return SetOnDisk(name, len(specs), missing)


def _set_problems(sets: Sequence[SetOnDisk]) -> Iterator[Problem]:
    """Only the sets that belong to the project must be there."""
    for found in sets:
        folder = catalog.model_set(found.name).folder
        if folder and found.missing:
            what = f"The {found.name} set should come with the project, but lacks {', '.join(found.missing)}."
            yield Problem(what, f"get the project again, with the files in {folder}")


def _unused_gpu(machine: Machine | None) -> Iterator[Problem]:
    if machine and not machine.gpus and Path("/proc/driver/nvidia/version").exists():
        what = "This machine has an NVIDIA driver, but the installed PyTorch sees no GPU."
        yield Problem(what, "install the PyTorch build for its CUDA version, or stay on the CPU")


def in_words(findings: Findings) -> Iterator[str]:
    """The findings as lines of plain text."""
    yield f"Segmentation Zoo {findings.version}, Python {findings.python} ({sys.platform})"
    right = [package for package in findings.packages if package.installed]
    yield "Packages: " + ", ".join(f"{package.name} {package.installed}" for package in right)
    for found in findings.sets:
        yield _set_in_words(found)
    if findings.machine:
        yield _machine_in_words(findings.machine)
    for home in findings.homes:
        yield f"Home {home.host} ({', '.join(home.sets)}): {home.said}."
    if not findings.problems:
        yield "Nothing is wrong."
    for problem in findings.problems:
        yield f"Wrong: {problem.what} Remedy: {problem.remedy}"


def _set_in_words(found: SetOnDisk) -> str:
    there = f"Set {found.name}: {found.models - len(found.missing)} of {found.models} networks on disk."
    if not found.missing or catalog.model_set(found.name).shipped:
        return there
    name = "MODEL" if found.name == catalog.ZOO else found.name
    return f"{there} Get what is missing with: python -m demo fetch {name}"


def _machine_in_words(machine: Machine) -> str:
    device = f"GPU {', '.join(machine.gpus)}" if machine.gpus else "CPU"
    native = (
        "computes bfloat16 natively"
        if machine.bfloat16
        else "has no native bfloat16, so --precision fast computes as exact does"
    )
    cores = "1 core" if machine.cores == 1 else f"{machine.cores} cores"
    return f"Device: {device}; {cores}, {machine.memory_gb:.0f} GB memory; {native}."

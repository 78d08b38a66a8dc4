"""requirements.lock: every package with its hashes, what requirements.txt pins among them, and all that those need."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PYTHONS = ("3.11", "3.12", "3.13")
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"}


def environment(python: str) -> dict[str, str]:
    return {**LINUX, "python_version": python, "python_full_version": f"{python}.5", "extra": ""}


def locked(python: str) -> dict[str, Requirement]:
    """What is installed on Linux, by name."""
    lines = [re.split(r" \\$| --hash", line)[0] for line in LOCK.splitlines() if line[:1].isalnum()]
    found = [Requirement(line) for line in lines]
    here = [one for one in found if one.marker is None or one.marker.evaluate(environment(python))]
    names = [canonicalize_name(one.name) for one in here]
    assert len(set(names)) == len(names), f"two versions of one package on Python {python}"
    return dict(zip(names, here, strict=True))


def direct() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("python", PYTHONS)
def test_it_pins_what_requirements_txt_pins(python: str) -> None:
    found = locked(python)
    for wanted in direct():
        assert str(found[canonicalize_name(wanted.name)].specifier) == str(wanted.specifier), (
            "requirements.lock is behind requirements.txt; CONTRIBUTING.md has the command that writes it"
        )


@pytest.mark.parametrize("python", PYTHONS)
def test_all_that_the_packages_need_is_in_it(python: str) -> None:
    """By what is installed here; torch may be its CPU build here, which needs less."""
    found, missing = locked(python), []
    for name, one in found.items():
        try:
            needs = requires(name) or []
        except PackageNotFoundError:
            continue
        for need in map(Requirement, needs):
            if need.marker and not any(
                need.marker.evaluate({**environment(python), "extra": extra}) for extra in one.extras or [""]
            ):
                continue
            other = found.get(canonicalize_name(need.name))
            version = str(other.specifier).removeprefix("==") if other else ""
            if not other or not need.specifier.contains(version, prereleases=True):
                missing.append(f"{name} needs {need}, the lock has {other}")
    assert missing == []


def test_every_package_has_hashes_and_no_place_is_named() -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK)
    packages = [block for block in blocks if re.match(r"[a-z0-9][\w.-]*(\[[\w,]+\])?==", block)]
    assert len(packages) > 80
    for block in packages:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]
    assert not re.search(r"https?://|file:|index-url|find-links|@ ", LOCK)

"""The ladder's corruptions: the same for one seed, stronger with severity, and ours are the published ones."""

import sys

import numpy as np
import pytest

from demo.changes.corruptions import NAMES, OWN, PACKAGED, SEVERITIES, chosen, corrupted
from demo.errors import ChangeError
from demo.images import open_image
from demo.schema import Image


@pytest.fixture(scope="module")
def photo() -> Image:
    from tests.test_layers import ROOT

    return open_image(ROOT / "examples" / "cat.png")[100:228, 150:310].copy()


def difference(one: Image, other: Image) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize("kind", OWN)
def test_each_step_is_further_from_the_photo(kind: str, photo: Image) -> None:
    steps = [difference(corrupted(photo, kind, severity), photo) for severity in SEVERITIES]
    assert steps == sorted(steps) and steps[0] > 0
    assert np.array_equal(corrupted(photo, kind, 3, seed=1), corrupted(photo, kind, 3, seed=1))


def test_another_seed_is_another_noise(photo: Image) -> None:
    one, other = (corrupted(photo, "gaussian_noise", 2, seed=seed) for seed in (1, 2))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("kind", [kind for kind in OWN if kind != "gaussian_noise"])
def test_ours_are_those_of_the_package(kind: str, severity: int, photo: Image) -> None:
    """But for rounding, where the package cuts off: at most one step of 255."""
    package = pytest.importorskip("imagecorruptions", reason="requirements-stress.txt is not installed")
    theirs = package.corrupt(photo, severity=severity, corruption_name=kind)
    ours = corrupted(photo, kind, severity)
    assert np.abs(ours.astype(int) - theirs.astype(int)).max() <= 1


@pytest.mark.parametrize("severity", SEVERITIES)
def test_our_noise_is_as_strong_as_the_packages(severity: int) -> None:
    package = pytest.importorskip("imagecorruptions", reason="requirements-stress.txt is not installed")
    flat = np.full((256, 256, 3), 120, np.uint8)
    theirs = package.corrupt(flat, severity=severity, corruption_name="gaussian_noise").astype(float)
    ours = corrupted(flat, "gaussian_noise", severity).astype(float)
    assert ours.std() == pytest.approx(theirs.std(), rel=0.02) and abs(ours.mean() - theirs.mean()) < 1.5


@pytest.mark.slow
@pytest.mark.parametrize("kind", PACKAGED)
def test_the_packages_are_repeatable_and_keep_numpys_state(kind: str, photo: Image) -> None:
    pytest.importorskip("imagecorruptions", reason="requirements-stress.txt is not installed")
    np.random.seed(4)
    before = np.random.get_state()[1].copy()
    one, other = (corrupted(photo, kind, 3, seed=7) for _ in range(2))
    assert one.shape == photo.shape and one.dtype == np.uint8 and np.array_equal(one, other)
    assert np.array_equal(np.random.get_state()[1], before)
    assert difference(one, photo) > 0


def test_without_the_package_its_corruptions_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imagecorruptions", None)
    with pytest.raises(ChangeError, match=r"fog is a corruption of the package imagecorruptions-imaug, which is not"):
        chosen(["brightness", "fog"], [1])


@pytest.mark.parametrize(
    ("kinds", "severities", "sentence"),
    [
        (["rust"], [1], "There is no corruption called 'rust'; there are gaussian_noise, gaussian_blur,"),
        (["contrast"], [6], "A severity must be 1, 2, 3, 4 or 5, but got 6"),
        ([], [1], "at least one corruption and one severity, but got none"),
    ],
)
def test_what_is_no_rung_is_one_sentence(kinds: list[str], severities: list[int], sentence: str) -> None:
    with pytest.raises(ChangeError, match=sentence):
        chosen(kinds, severities)


def test_kinds_are_taken_once_and_in_order() -> None:
    assert chosen(["contrast", "brightness", "contrast"], [3, 1, 3]) == (("contrast", "brightness"), (1, 3))
    assert len(NAMES) == len(set(NAMES)) == 19

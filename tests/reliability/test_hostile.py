"""Some sixty hostile files, a few of each kind: a photo or one sentence, and nothing left; the script takes all."""

from __future__ import annotations

import pytest

from benchmarks.reliability.corpus import Hostile, corpus, sample
from benchmarks.reliability.hostile import by_api, by_cli, opened, sentence_fault


@pytest.fixture(scope="module")
def files() -> list[Hostile]:
    return list(corpus())


@pytest.mark.slow
def test_there_are_over_a_thousand_files_of_every_kind_with_names_of_their_own(files: list[Hostile]) -> None:
    names = [file.name for file in files]
    assert len(names) >= 1000 and len(set(names)) == len(names)
    assert len(sample(10_000, files)) == len({file.kind for file in files}) == 12


@pytest.mark.slow
def test_each_is_read_or_refused_in_one_sentence(files: list[Hostile]) -> None:
    some = sample(25, files)
    found = opened(some)
    assert found["faults"] == {}
    assert found["photos"] + found["sentences"] == len(some) >= 60 and 10 < found["photos"] < len(some) - 10


@pytest.mark.slow
def test_a_batch_with_them_goes_on_to_the_end(files: list[Hostile]) -> None:
    found = by_cli(sample(50, files))
    assert found["faults"] == {} and found["exit_code"] == 1 and found["photos"] > 5


@pytest.mark.slow
def test_a_page_answers_each_and_keeps_none_when_it_ends(files: list[Hostile]) -> None:
    found = by_api(sample(50, files))
    assert found["faults"] == {} and found["files_left"] == 0 and found["photos"] > 5


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ("a.png is empty; copy it again.", ""),
        ("Traceback (most recent call last).", "our own words: Traceback"),
        ("a.png\nis empty.", "more than a line"),
        ("\x1b[31mred.", "control characters"),
        ("oops", "no sentence"),
        ("x" * 800, "very long"),
    ],
)
def test_what_is_no_sentence_is_found(told: str, fault: str) -> None:
    assert sentence_fault(told) == fault

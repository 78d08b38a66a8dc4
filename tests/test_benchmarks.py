"""The documents show the newest result; the tools that measure tell the truth; and, slow, our lead holds.

Only ratios from one run on one machine are checked, with wide margins.
"""

from __future__ import annotations

import doctest
import json
from pathlib import Path

import pytest

from benchmarks import inference, measure, run, table, units, visitor
from benchmarks.measure import Json, alternate, in_child, main_memory, too_much
from demo.page.build import build
from tests.children import BLOCK
from tests.toy import toy_zoo


@pytest.fixture(params=table.results(), ids=lambda path: path.stem)
def result(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_the_documents_show_every_result() -> None:
    for page, content in table.pages(table.results()).items():
        text = page.read_text()
        assert text == table.replaced(text, content), "run: python -m benchmarks.table"


def test_a_result_tells_its_machine_and_has_what_the_tables_need(result: Path) -> None:
    content: Json = json.loads(result.read_text())
    assert {"processor", "cores", "memory_gb", "instructions", "gpu", "versions"} <= set(content["machine"])
    assert set(content["benchmarks"]) <= set(run.NAMES)
    for name, one in content["benchmarks"].items():
        assert {"date", "load_before", "seconds", "versions"} <= set(one["measured"]), name
    for name, keys in {
        "maps": {"bounds", "1 MP", "3 MP", "12 MP", "24 MP"}, "inference": {"compact", "measured"},
    }.items():  # fmt: skip
        assert keys <= set(content["benchmarks"].get(name, keys))


def test_results_say_nothing_of_where_they_were_measured(result: Path) -> None:
    text = result.read_text()
    assert not [word for word in ("/home", "/work", "/tmp", "/root", "http:", "https:") if word in text]


def test_a_benchmark_that_failed_says_so_in_the_table(tmp_path: Path) -> None:
    path = tmp_path / "some-machine.json"
    here = {
        "processor": "P",
        "cores": 2,
        "memory_gb": 16,
        "instructions": ["avx2"],
        "gpu": None,
        "system": "Linux",
        "python": "3.11",
        "versions": {"torch": "2"},
    }
    failed = {"failed": "was killed, as a system does that is out of memory", "measured": {}}
    path.write_text(
        json.dumps({"machine": here, "date": "2026-01-01 00:00", "benchmarks": dict.fromkeys(run.NAMES, failed)})
    )
    block = table.block(path)
    assert "P, 2 cores (avx2), 16 GB, no GPU" in block
    assert "maps: was killed" in block


def test_tables_go_between_the_markers_and_nowhere_else() -> None:
    text = f"before\n{table.BEGIN}\nold\n{table.END}\nafter"
    assert table.replaced(text, "new") == f"before\n{table.BEGIN}\nnew\n{table.END}\nafter"
    for wrong in ("no markers", table.BEGIN, f"{table.END}{table.BEGIN}", text + text):
        with pytest.raises(ValueError, match="once each"):
            table.replaced(wrong, "new")


def test_results_are_put_together_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "results" / "machine.json"
    for name, value in (("maps", 1), ("page", 2), ("maps", 3)):
        run.keep(path, name, {"value": value, "measured": {"date": "2026-01-01"}}, {"cores": 2})
    found = json.loads(path.read_text())["benchmarks"]
    assert {name: one["value"] for name, one in found.items()} == {"maps": 3, "page": 2}


@pytest.mark.parametrize("module", [measure, units])
def test_examples_in_the_tools_are_true(module: object) -> None:
    assert doctest.testmod(module).attempted > 0
    assert doctest.testmod(module).failed == 0


def test_work_alternates_and_every_run_counts() -> None:
    order: list[str] = []
    works = {name: (lambda name=name: order.append(name)) for name in "ab"}
    runs = alternate(works, repeats=3, warm=1)
    assert order == ["a", "b", "a", "b", "b", "a", "a", "b"]
    assert [len(one.wall) for one in runs.values()] == [3, 3]


@pytest.mark.slow
def test_a_peak_is_seen_though_the_memory_is_given_back() -> None:
    peak = in_child("tests.children:peak_of_a_block")["bytes"]  # where nothing else comes and goes
    if peak is None:
        pytest.skip("this system does not tell the peak")
    assert 0.9 * BLOCK < peak < 1.5 * BLOCK


def test_nothing_that_cannot_fit_is_started() -> None:
    assert too_much(0.1 * main_memory()) is None
    assert "not run: estimated at" in str(too_much(2 * main_memory()))


@pytest.mark.slow
def test_a_child_answers_or_says_how_it_ended() -> None:
    assert in_child("tests.children:answers", value=5) == {"value": 5}
    assert in_child("tests.children:fails") == {"failed": "RuntimeError: no such luck"}
    assert in_child("tests.children:is_killed") == {"failed": "was killed, as a system does that is out of memory"}


def test_a_visitor_reads_the_differences_that_gradio_sends() -> None:
    old = {"panels": [{"status": "queued", "message": "a"}], "gone": 1}
    steps = [
        ["replace", ["panels", 0, "status"], "done"],
        ["append", ["panels", 0, "message"], "b"],
        ["add", ["panels", 1], {"status": "queued"}],
        ["add", ["new"], 2],
        ["delete", ["gone"], None],
    ]
    assert visitor._updated(None, old) is old
    assert visitor._updated(old, steps) == {
        "panels": [{"status": "done", "message": "ab"}, {"status": "queued"}],
        "new": 2,
    }
    assert visitor._updated(old, [["replace", [], {"all": "new"}]]) == {"all": "new"}


@pytest.mark.slow
def test_a_visitor_finds_the_event_that_runs_the_networks() -> None:
    page = build(toy_zoo())
    page.store.close()
    guest = visitor.Visitor("http://nowhere")
    vars(guest)["config"] = page.get_config_file()
    event = guest._event("viewer", "run")
    given = {"path": "photo.png", "meta": {"_type": "gradio.FileData"}}
    assert [guest._input(component, "photo.png", ["fcn-compact"]) for component in event["inputs"]][:3] == [
        given,
        "compact",
        ["fcn-compact"],
    ]


@pytest.mark.slow
def test_maps_take_a_third_of_the_time_and_memory_of_plain_pytorch() -> None:
    """Processor seconds, which a busy machine does not stretch; a quarter of a megapixel, which fits everywhere."""
    for kind, found in in_child("tests.children:maps_of_a_small_photo").items():
        assert 3 * found["ours"]["processor_seconds"] < found["plain"]["processor_seconds"], kind
        assert found["entropy_error"] < 1e-4
        assert found["labels_as_float64"] > 0.9999
        extra = {way: found[f"{way}_memory"]["extra_bytes"] for way in ("ours", "plain")}
        if extra["ours"] is not None:
            assert extra["ours"] < 75e6
            assert 3 * extra["ours"] < extra["plain"]


@pytest.mark.slow
def test_a_photo_takes_no_longer_than_with_mmsegmentation() -> None:
    """Two compact networks, exact; the margin is wide, the labels are the same."""
    found = inference.measure_set("compact", quick=True)
    ways = found["640x480"]
    assert ways["zoo_exact"]["processor_seconds"] < 1.3 * ways["inferencer"]["processor_seconds"]
    assert min(found["agreement"]["exact"].values()) > 0.9999

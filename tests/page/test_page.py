"""The page as a whole: what it imports, what it refuses, what a visitor is told."""

import re
import subprocess
import sys
from html import escape
from pathlib import Path
from typing import Literal

import gradio as gr
import pytest

from demo import catalog
from demo.errors import DemoError, FetchError
from demo.images import Limits
from demo.labels.ade20k import ADE20K
from demo.models.checkpoints.download import Progress
from demo.page import components, selection
from demo.page.components import PhotoInput
from demo.page.examples import examples
from demo.page.failures import guarded, sentence
from demo.page.fetching import Fetching, UnfetchedError
from demo.page.handlers import Page
from demo.page.networks import Networks
from demo.page.store import Store
from demo.page.tabs import pixel
from demo.schema import Weights
from tests.toy import toy_ids, toy_zoo

ROOT = Path(__file__).parents[2]
CAT = str(ROOT / "examples" / "cat.png")
COMPACT_CHOSEN = ("compact", *(list(toy_ids()) if name == "compact" else [] for name in catalog.SETS))
"""What the page's choice of models gives."""


def asked(turn: str) -> gr.EventData:
    """What the browser sends along when it asks for a run."""
    return gr.EventData(None, {"turn": turn})


@pytest.mark.slow
def test_the_page_stands_before_torch_is_imported_and_gradio_is_told_not_to_call_home() -> None:
    code = (
        "import demo.page, os, sys; print('gradio' in sys.modules, os.environ['GRADIO_ANALYTICS_ENABLED'])\n"
        "from demo.page.build import build\n"
        "build(lambda: None); print('torch' in sys.modules, 'matplotlib' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.split()[-3:] == ["False", "False", "False"], run.stderr


def test_a_path_that_was_not_uploaded_is_refused() -> None:
    photo = PhotoInput(render=False)
    for path in ("/etc/passwd", str(ROOT / "examples" / "cat.png"), None):
        with pytest.raises(gr.Error, match="Upload a file"):
            photo.preprocess(gr.data_classes.ImageData(path=path))
    assert photo.preprocess(None) is None


def test_a_users_mistake_is_told_in_its_own_words_and_ours_by_a_reference(caplog: pytest.LogCaptureFixture) -> None:
    assert sentence(DemoError("Wanted this, got that.")).message == "Wanted this, got that."

    @guarded
    def broken() -> None:
        raise KeyError("secret path")

    with pytest.raises(gr.Error) as caught:
        broken()
    assert "secret" not in caught.value.message
    assert caught.value.message.split()[-1].rstrip(".") in caplog.text and "secret path" in caplog.text


def test_the_last_update_of_a_run_says_everything_again(store: Store) -> None:
    """To a browser that is told a whole run at once, what the last update leaves out was never said."""
    page = Page(Networks(toy_zoo()), store, Fetching(), ())
    *_, before, last = page.run(asked("a"), CAT, *COMPACT_CHOSEN)
    assert last[:3] == before[:3] and [panel.status for panel in last[0].panels] == ["done"] * 5
    assert last[3]["value"] == "Segment" and last[5] == before[5]


def test_a_run_that_was_stopped_before_its_turn_came_changes_nothing_but_the_buttons(store: Store) -> None:
    page = Page(Networks(toy_zoo()), store, Fetching(), ())
    page.stop({"turn": "a"})
    (only,) = page.run(asked("a"), CAT, *COMPACT_CHOSEN)
    assert [update for update in only if update != gr.skip()] == [only[3], only[4]]
    assert only[3]["value"] == "Segment" and only[4]["visible"] is False
    *_, last = page.run(asked("a"), CAT, *COMPACT_CHOSEN)  # the stop was for that once
    assert [panel.status for panel in last[0].panels] == ["done"] * 5


@pytest.mark.parametrize("question", [None, {}, {"turn": 3}, {"turn": ""}, {"turn": "x" * 1000}])
def test_a_stop_that_names_no_turn_stops_nothing(store: Store, question: object) -> None:
    page = Page(Networks(toy_zoo()), store, Fetching(), ())
    assert page.stop(question) == {} and not page.stopped


def test_at_least_one_model_must_be_chosen() -> None:
    lists = {name: [f"{name}-a", f"{name}-b"] for name in catalog.SETS} | {"zoo": None}
    assert selection.chosen("paper", *lists.values()) == ["paper-a", "paper-b"]
    with pytest.raises(gr.Error, match="at least one model"):
        selection.chosen("zoo", *lists.values())


def test_the_paper_set_is_offered_with_its_size(tmp_path: Path) -> None:
    networks = Networks(toy_zoo())
    lacking = selection.missing(networks, "paper")
    if len(lacking) < 5:
        pytest.skip("files of the paper set are on this machine")
    assert selection.gigabytes(lacking) == selection.gigabytes(selection.missing(networks, "ssseg")) == "2.3 GB"
    files = "5 of 5 files are not on this machine (2.3 GB); their first home is"
    assert f"{files} mmassets.onedl.ai." in selection.about(networks, "paper")
    assert f"{files} github.com." in selection.about(networks, "ssseg")
    assert not selection.offer(networks, "compact") and not selection.offer(networks, "zoo")


def test_of_each_network_of_the_hub_a_visitor_reads_licence_revision_score_and_what_is_not_sure() -> None:
    said = selection.about(Networks(toy_zoo()), "hub")
    rows = re.findall("<li>(.*?)</li>", said)
    for spec, row in zip(catalog.models("hub"), rows, strict=True):
        assert spec.title in row and spec.weights.repository in row and escape(spec.weights.licence) in row
        assert spec.weights.revision[:8] in row and escape(spec.unverified) in row
        assert (f"{100 * spec.reported.miou:.2f}" in row) if spec.reported.miou else ("mIoU (" not in row)
    assert "nobody here has run one with its trained weights" in said and "<li>" not in selection.about(
        Networks(toy_zoo()), "paper"
    )


def test_the_zoos_list_says_whose_files_are_here_and_begins_with_them(tmp_path: Path) -> None:
    spec = max(catalog.models("zoo"), key=lambda spec: spec.title)
    (tmp_path / spec.weights.file).touch()
    shown = selection.lists(Networks(toy_zoo(), [tmp_path]), "zoo")[catalog.SETS.index("zoo")]
    (first, model), *others = shown["choices"]
    assert model == spec.id and first.startswith(spec.title) and first.endswith("file here)")
    assert all(title.endswith("no file here)") for title, _ in others if not title.endswith(", file here)"))


def test_a_fetch_tells_its_progress_and_can_be_cancelled(tmp_path: Path) -> None:
    specs = selection.missing(Networks(toy_zoo()), "paper")[:2]
    if not specs:
        pytest.skip("files of the paper set are on this machine")

    def endless(weights: Weights, into: Path, sources: object, report: object) -> Path:
        while True:
            report(Progress(weights.file, "here", 10_000_000, 100_000_000, 1e6))

    fetching = Fetching([tmp_path], endless)
    words = fetching.files(specs)
    assert "looking for a source" in next(words)
    assert next(words).endswith("10 of 100 MB, 1.0 MB/s, 90 s left")
    fetching.cancel()
    assert list(words)[-1].startswith("Cancelled.")


def no_home(weights: Weights, into: Path, sources: object, report: object) -> Path:
    raise FetchError(f"told with {into}", [("https://example.org/x.pth", "it refused the connection")])


def test_every_file_is_tried_and_what_failed_is_one_sentence_without_a_path(tmp_path: Path) -> None:
    specs = catalog.models("ssseg")[:3]

    def some(weights: Weights, into: Path, sources: object, report: object) -> Path:
        return into / weights.file if weights == specs[1].weights else no_home(weights, into, sources, report)

    fetching = Fetching([tmp_path], some)
    for _ in range(2):  # and the next visitor may try again
        with pytest.raises(UnfetchedError) as raised:
            list(fetching.files(specs))
        assert str(raised.value) == (
            "No home delivered fcn_resnet101os8_ade20k.pth (237 MB), deeplabv3plus_resnet101os8_ade20k.pth (261 MB); "
            "by hand, put them into this server's folder of checkpoints under these names."
        )
        assert raised.value.details == ["example.org: it refused the connection"]


def test_a_disk_that_takes_no_file_ends_the_fetch_and_is_told_to_the_log_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def full(weights: Weights, into: Path, sources: object, report: object) -> Path:
        raise FetchError(f"the disk of {into} is full")

    with pytest.raises(DemoError, match=r"^The files cannot be kept on this machine; its log says why\.$"):
        list(Fetching([tmp_path], full).files(catalog.models("ssseg")))
    assert f"the disk of {tmp_path} is full" in caplog.text


def test_every_example_has_a_credit_and_a_thumbnail() -> None:
    shipped = examples()
    assert len(shipped) >= 6
    for example in shipped:
        assert "Photo: " in example.credit, example.name
        offered = example.as_dict()
        assert str(offered["thumb"]).startswith("data:image/jpeg;base64,") and len(str(offered["thumb"])) < 30_000


def test_the_page_links_to_its_code_where_the_project_says_where_that_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "pyproject.toml"
    assert components.code_address(project) is None
    project.write_text('[project]\nname = "zoo"\n', "utf-8")
    assert components.code_address(project) is None
    project.write_text('[project]\nname = "zoo"\nurls.Source = "https://example.org/zoo?a&b"\n', "utf-8")
    assert components.code_address(project) == "https://example.org/zoo?a&b"
    monkeypatch.setattr(components, "code_address", lambda: None)
    assert ">Code</a>" not in str(components.header().html_template)
    monkeypatch.setattr(components, "code_address", lambda: "https://example.org/zoo?a&b")
    assert 'href="https://example.org/zoo?a&amp;b" target="_blank" rel="noopener">Code</a>' in str(
        components.header().html_template
    )


def test_the_numbers_at_a_pixel() -> None:
    import numpy as np

    probabilities = np.zeros(150, np.float32)
    probabilities[[3, 7]] = 0.75, 0.25
    assert [row["index"] for row in pixel.likeliest(probabilities, ADE20K)][:2] == [3, 7]
    assert [row["probability"] for row in pixel.likeliest(probabilities, ADE20K)][:2] == [0.75, 0.25]


@pytest.mark.parametrize("meaning", ["logits", "mixture"])
def test_the_measures_at_a_pixel_are_those_of_its_map(meaning: Literal["logits", "mixture"]) -> None:
    import numpy as np
    import torch

    from demo.measures import ALWAYS, BY_ID
    from demo.models.posterior import Posterior, Tile
    from demo.schema import Seen

    scores = torch.from_numpy(np.random.default_rng(4).gamma(1.0, size=(150, 3, 4)).astype(np.float32))
    posterior = Posterior((Tile(scores, (0, 0, 6, 8)),), (6, 8), (0, 0, 6, 8), (24, 32), Seen((6, 8)), ADE20K, meaning)
    maps, found = posterior.reduce("toy", measures=[*BY_ID]).measures, posterior.measures_at(17, 5)
    assert set(found) == set(maps) == (set(BY_ID) if meaning == "logits" else set(ALWAYS))
    assert found == {name: pytest.approx(field[17, 5], abs=1e-5) for name, field in maps.items()}


def test_after_a_fetch_that_failed_the_page_goes_on_with_compact(tmp_path: Path) -> None:
    networks = Networks(toy_zoo())
    if len(selection.missing(networks, "ssseg")) < 5:
        pytest.skip("files of the set are on this machine")
    page = Page(networks, Store(Limits()), Fetching([tmp_path], no_home), ())
    *_, (words, _, _, chosen) = page.fetch("ssseg")
    assert chosen == "compact"
    text, _, folded = str(words).partition("<details>")
    assert "SSSegmentation could not be fetched; going on with Compact. No home delivered fcn_" in text
    assert "example.org" not in text and "<li>example.org: it refused the connection</li>" in folded
    assert str(tmp_path) not in str(words)


def test_after_a_fetch_that_brought_some_the_page_stays_with_the_set(tmp_path: Path) -> None:
    networks = Networks(toy_zoo(), [tmp_path])
    if len(selection.missing(networks, "ssseg")) < 5:
        pytest.skip("files of the set are on this machine")
    (tmp_path / catalog.models("ssseg")[0].weights.file).touch()
    page = Page(networks, Store(Limits()), Fetching([tmp_path], no_home), ())
    *_, (words, fetch, _, chosen) = page.fetch("ssseg")
    assert chosen == gr.skip() and fetch["visible"]
    assert "Not all of SSSegmentation could be fetched. No home delivered pspnet_" in str(words)

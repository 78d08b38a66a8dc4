"""The tab "What if" at the server: a photo is changed, answered a network at a time, compared, and climbs a ladder."""

from base64 import b64decode
from io import BytesIO
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from demo.changes.change import change_photo, wanted
from demo.errors import BackendError
from demo.models.network import Network
from demo.models.zoo import Zoo
from demo.page import changed, replies
from demo.page.networks import Networks
from demo.page.store import Run, Store
from demo.page.tabs.what_if import WhatIf, kinds
from demo.page.wire import in_folder, panel_of
from demo.schema import ModelSpec
from tests.page.test_replies import check
from tests.toy import toy_ids, toy_network, toy_scores, toy_zoo

PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"
CROP = {"kind": "crop", "box": [100, 60, 200, 160]}


def opened(store: Store, path: Path = PHOTO) -> Run:
    run = store.open(path)
    for answer in toy_zoo().stream(run.image, "compact", run.size):
        run.keep(answer, panel_of(answer, in_folder(run.folder)))
    return run


@pytest.fixture(scope="module")
def run(store: Store) -> Run:
    return opened(store)


@pytest.fixture
def tab(store: Store) -> WhatIf:
    return WhatIf(store, Networks(toy_zoo()))


def work(tab: WhatIf, run: Run, model: str, **more: object) -> None:
    tab.work(gr.EventData(None, {"run": run.key, "model": model} | more))


def pixels(url: object) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(b64decode(str(url).split(",")[1]))))


@pytest.mark.slow
def test_the_replies_are_what_their_types_say(run: Run, tab: WhatIf) -> None:
    model = toy_ids()[0]
    asked = {"run": run.key, "change": CROP, "model": model}
    check(replies.ChangeKinds, kinds())
    check(replies.Preview, tab.ask(asked | {"what": "preview"}))
    check(replies.SeenNames, tab.ask(asked | {"what": "names"}))
    check(replies.Pending, tab.ask(asked | {"what": "answer"}))
    work(tab, run, model, change=CROP)
    check(replies.Altered, tab.ask(asked | {"what": "answer"}))
    figure = {"what": "figure", "models": [model, "no such model"], "name": "a/cat.png", "kind": "png"}
    assert tab.ask(asked | figure) == {"message": "There is nothing to draw yet: climb the ladder first."}
    work(tab, run, model)
    check(replies.Ladder, tab.ask(asked | {"what": "ladder"}))
    drawn = tab.ask(asked | figure)
    check(replies.Figure, drawn)
    assert drawn["name"] == "cat-stress.png" and pixels(drawn["url"]).shape[1] == 1440
    assert "figure with models, name and kind" in str(tab.ask(asked | figure | {"kind": "exe"})["message"])


def test_a_crop_is_compared_with_the_first_answer_inside_the_box(run: Run, tab: WhatIf) -> None:
    model = toy_ids()[0]
    work(tab, run, model, change=CROP)
    told = tab.ask({"run": run.key, "what": "answer", "change": CROP, "model": model})
    seed = sum(map(ord, model))
    again = toy_scores(seed, run.image[60:220, 100:300]).reduce(model)
    first = run.answers[model].prediction
    before, after = first.label_map[60:220, 100:300], again.label_map
    assert told["pixels"] == 160 * 200 and told["changed"] == (before != after).mean() > 0
    assert told["entropy_before"] == pytest.approx(first.entropy[60:220, 100:300].mean(), abs=1e-5)
    assert told["entropy_after"] == pytest.approx(again.entropy.mean(), abs=1e-5)
    assert np.array_equal(pixels(told["after"]), after) and np.array_equal(pixels(told["marks"]) > 0, before != after)
    top = told["flips"][0]  # type: ignore[index]
    assert top["share"] == ((before == top["before"]) & (after == top["after"])).mean()
    assert sum(row["share"] for row in told["flips"]) + told["other_flips"] == pytest.approx(told["changed"])  # type: ignore[attr-defined,operator]


def test_the_answer_to_a_mirrored_photo_is_mirrored_back(store: Store) -> None:
    """A network that looks at each pixel alone changes nothing."""

    def pointwise(spec: ModelSpec) -> Network:
        from dataclasses import replace

        return replace(toy_network(spec), scores=lambda image: toy_scores(1, image, cells=60))

    path = store.folder / "mirrored.png"
    half = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8).repeat(15, 0).repeat(12, 1)
    Image.fromarray(half).save(path)
    run, zoo = store.open(path), Zoo(device="cpu", load=pointwise)
    model = toy_ids()[0]
    for answer in zoo.stream(run.image, [model], run.size):
        run.keep(answer, panel_of(answer, in_folder(run.folder)))
    tab = WhatIf(store, Networks(zoo))
    work(tab, run, model, change={"kind": "flip"})
    told = tab.ask({"run": run.key, "what": "answer", "change": {"kind": "flip"}, "model": model})
    assert told["changed"] == 0


def test_a_preview_is_what_the_networks_are_given(run: Run, tab: WhatIf) -> None:
    told = tab.ask({"run": run.key, "what": "preview", "change": {"kind": "pad", "amount": 1.5}})
    made = change_photo(run.image, wanted("pad", run.image.shape[:2], amount=1.5))
    seen = pixels(told["url"])
    assert seen.shape == made.image.shape and np.abs(seen.astype(int) - made.image).mean() < 3
    assert (told["height"], told["width"]) == made.grid and told["compared"] == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "crop", "box": [0, 0, 5000, 20]}, "wants a box inside the photo"),
        ({"kind": "crop"}, "got x, y, width, height: none"),
        ({"kind": "blur", "amount": -3}, "Blur wants a number from 0.5 to 20 (sigma), but got -3"),
        ({"kind": "occlude_class", "name": "no such thing"}, "None of the networks that answered sees 'no such thing'"),
        ({"kind": "rust"}, "There is no change called 'rust'"),
        ({}, "There is no change called ''"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_everywhere(
    run: Run, tab: WhatIf, change: dict[str, object], sentence: str
) -> None:
    asked = {"run": run.key, "change": change, "model": toy_ids()[0]}
    assert sentence in str(tab.ask(asked | {"what": "preview"})["message"])
    work(tab, run, toy_ids()[0], change=change)
    assert sentence in str(tab.ask(asked | {"what": "answer"})["message"])


def test_what_any_network_calls_so_is_hidden(run: Run, tab: WhatIf) -> None:
    name = tab.ask({"run": run.key, "what": "names"})["names"][0]  # type: ignore[index]
    told = tab.ask({"run": run.key, "what": "preview", "change": {"kind": "occlude_class", "name": name}})
    masks = [a.prediction.label_map == a.prediction.class_set.names.index(name) for a in run.answers.values()]
    assert told["compared"] == pytest.approx(1 - np.any(masks, axis=0).mean())


def test_a_refusal_is_that_networks_alone(run: Run, store: Store) -> None:
    def load(spec: ModelSpec) -> Network:
        if spec.id == toy_ids()[0]:
            raise BackendError("No.")
        return toy_network(spec)

    tab = WhatIf(store, Networks(Zoo(device="cpu", load=load)))
    for model in toy_ids()[:2]:
        work(tab, run, model, change=CROP)
        work(tab, run, model)
    asked = {"run": run.key, "change": CROP, "what": "answer"}
    assert tab.ask(asked | {"model": toy_ids()[0]}) == {"message": "No."}
    assert "after" in tab.ask(asked | {"model": toy_ids()[1]})
    ladder = tab.ask({"run": run.key, "what": "ladder"})
    assert ladder["refused"] == {toy_ids()[0]: "No."} and ladder["left"][toy_ids()[0]] == 0  # type: ignore[index]


def test_a_call_asks_one_network_and_a_slow_one_once(run: Run, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed, "SLICE", -1.0)
    asked: list[str] = []

    class Counting(Networks):
        def outcomes(self, image, models, size):  # type: ignore[no-untyped-def]
            asked.extend(models)
            yield from super().outcomes(image, models, size)

    tab, model = WhatIf(store, Counting(toy_zoo())), toy_ids()[2]
    work(tab, run, model)
    work(tab, run, model)
    assert asked == [model]  # the photo as it is has been answered, and then one rung
    told = tab.ask({"run": run.key, "what": "ladder"})
    assert len(told["rungs"]) == 2 and told["left"][model] == 24 and told["rungs_each"] == 26  # type: ignore[arg-type,index]


@pytest.mark.slow
def test_a_large_photo_is_asked_again_at_the_size_at_which_it_is_changed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changed, "SLICE", -1.0)
    path = store.folder / "large.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (9, 12, 3), np.uint8).repeat(100, 0).repeat(100, 1)).save(
        path
    )
    run, model = opened(store, path), toy_ids()[0]
    tab, change = WhatIf(store, Networks(toy_zoo())), {"kind": "flip"}
    asked = {"run": run.key, "what": "answer", "change": change, "model": model}
    work(tab, run, model, change=change)
    assert tab.ask(asked) == {"again": True}, "the first half"
    work(tab, run, model, change=change)
    assert pixels(tab.ask(asked)["before"]).shape == (512, 683)


def test_little_is_remembered(run: Run, tab: WhatIf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed, "CHANGES", 3)
    for amount in range(5):
        work(tab, run, toy_ids()[0], change={"kind": "flip", "amount": amount})
    assert len(tab._changing.kept(run).answers) == 3


def test_nonsense_asks_no_network(run: Run, tab: WhatIf) -> None:
    for asked in (None, {}, {"run": run.key}, {"run": "gone", "model": "x"}, {"run": run.key, "model": "no-such"}):
        tab.work(gr.EventData(None, asked))
    work(tab, run, toy_ids()[0], change=[1])
    assert not tab._changing.kept(run).answers and not tab._changing.kept(run).rungs

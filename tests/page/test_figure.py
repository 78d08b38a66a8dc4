"""The figure that the page's script asks for is of what the panels show at the moment."""

from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.page.figure import Figures, Look
from demo.page.store import Run, Store
from demo.page.wire import in_folder, panel_of
from tests.toy import toy_zoo

pytest.importorskip("gradio")
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"
MODELS = ["fcn-compact", "setr-compact"]


@pytest.fixture(scope="module")
def run(store: Store) -> Run:
    run = store.open(PHOTO)
    for answer in toy_zoo().stream(run.image, MODELS, run.size, ["entropy", "confidence", "margin", "energy"]):
        run.keep(answer, panel_of(answer, in_folder(run.folder)))
    return run


def ask(store: Store, run: Run, **look: object) -> dict[str, Any]:
    question = {"run": run.key, "name": "cat.png", "models": MODELS, "kind": "png", "layout": "grid", **look}
    return Figures(store).ask(question)


@pytest.mark.slow
def test_measure_and_opacity_are_those_of_the_panels(store: Store, run: Run) -> None:
    drawn = [ask(store, run, **look) for look in ({}, {"measure": "margin"}, {"opacity": 1}, {"opacity": 0.6})]
    contents = [b64decode(str(reply["url"]).partition(",")[2]) for reply in drawn]
    assert len(set(contents)) == 3 and contents[0] == contents[3]


def test_a_measure_that_a_network_cannot_say_is_a_sentence(store: Store, run: Run) -> None:
    answer = run.answers[MODELS[0]]
    run.answers[MODELS[0]] = replace(answer, prediction=answer.posterior.reduce(MODELS[0], run.size))
    try:
        message = ask(store, run, measure="energy")["message"]
    finally:
        run.answers[MODELS[0]] = answer
    assert message.startswith(
        "A figure of negative energy needs logits, and the scores of FCN are none; choose another"
    )


@pytest.mark.parametrize("told", [{"measure": 3}, {"measure": "mood"}, {"opacity": 7}, {"opacity": "much"}, {}])
def test_a_look_that_is_none_is_that_of_a_first_visit(told: dict[str, object]) -> None:
    assert Look.of(told) == Look()

"""The tabs as a contract: each has a place, what answers it, and a script that is listed."""

import re
from pathlib import Path

import pytest

from demo.images import Limits
from demo.page.assets import WEB
from demo.page.networks import Networks
from demo.page.store import Store
from demo.page.tabs import tabs
from demo.page.tabs.tab import Tab
from tests.toy import toy_zoo

TABS = tabs(Store(Limits()), Networks(toy_zoo))


@pytest.mark.parametrize("tab", TABS, ids=[tab.name for tab in TABS])
def test_a_tab_builds_a_place_of_its_name(tab: Tab) -> None:
    built = tab.build()
    assert built.elem_id == tab.name
    if tab.ask:
        assert f"zoo-{tab.name}" in built.html_template


@pytest.mark.parametrize("tab", [tab for tab in TABS if tab.ask], ids=[tab.name for tab in TABS if tab.ask])
@pytest.mark.parametrize("question", [None, {}, [], {"run": 3}, {"run": "gone", "models": [], "x": 0, "y": 0}])
def test_any_question_is_answered_by_a_sentence(tab: Tab, question: object) -> None:
    assert tab.ask is not None
    assert str(tab.ask(question)["message"]).endswith(".")


def test_every_tab_that_is_asked_has_a_script_and_every_script_a_tab() -> None:
    listed = re.search(r"const TABS = \[(.*)\];", (WEB / "main.js").read_text("utf-8"))
    assert listed and set(listed[1].split(", ")) == {tab.name for tab in TABS if tab.ask}
    scripts = "".join(path.read_text("utf-8") for path in Path(WEB / "tabs").rglob("*.js"))
    assert set(re.findall(r'^  name: "(\w+)",', scripts, re.M)) == {tab.name for tab in TABS if tab.ask}

"""The documents' example of a tab, added to a copy of the project, is on the page."""

import re
from pathlib import Path

import pytest

from tests.browser import conftest
from tests.browser.conftest import Open, filled
from tests.test_guides import follow, project, run

pytestmark = pytest.mark.browser
__all__ = ["project"]  # the fixture


def test_the_example_of_a_tab_is_on_the_page(
    project: Path,
    visit: Open,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    follow("add-a-tab.md", project)
    assert "passed" in run(project, "-m", "pytest", "-q", "tests/page/test_tabs.py")
    monkeypatch.setattr(conftest, "ROOT", project)
    for address in conftest.serve(["-m", "tests.browser.toy_app"], tmp_path):
        page = visit(address, "?example=cat&models=fcn-compact,setr-compact")
        filled(page, 2)
        page.get_by_role("tab", name="Fragments").click()
        page.wait_for_selector("#fragments li")
        rows = page.locator("#fragments li").all_inner_texts()
        assert [row.split(":")[0] for row in rows] == ["FCN", "SETR"]
        assert all(re.fullmatch(r"\w+: [\d,]+ pieces", row) for row in rows)

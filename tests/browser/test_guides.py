"""The tab that docs/add-a-tab.md walks through, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.analysis.structure import measure
from demo.images import open_image
from tests.browser.conftest import ROOT, Open, choose, serve
from tests.test_guides import copied, follow
from tests.toy import toy_zoo

pytestmark = pytest.mark.browser
PHOTO = ROOT / "examples" / "cat.png"


@pytest.fixture
def with_the_tab(tmp_path: Path) -> Iterator[str]:
    project = copied(tmp_path)
    follow("add-a-tab.md", project)
    yield from serve(["-m", "tests.browser.toy_app"], tmp_path, project)


def test_the_tab_of_the_document_is_mounted_and_says_what_its_function_found(with_the_tab: str, visit: Open) -> None:
    page = visit(with_the_tab)
    choose(page, PHOTO)
    page.get_by_role("tab", name="Fragments").click()
    rows = page.locator("#fragments li")
    rows.nth(4).wait_for()
    answers = toy_zoo().stream(open_image(PHOTO), "compact")
    assert rows.all_inner_texts() == [
        f"{answer.spec.title}: {measure(answer.prediction).fragments:,} pieces" for answer in answers
    ]

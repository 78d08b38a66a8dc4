"""`python app.py` with the compact networks: a real photo, five real answers; and the same for programs."""

from pathlib import Path

import pytest

from demo.labels.ade20k import ADE20K
from demo.labels.annotations import decode_annotation
from tests.browser.conftest import Open, choose
from tests.browser.test_differ import agree_with_summary
from tests.browser.test_differ import open_tab as open_differ
from tests.browser.test_what_if import answered, kind, type_box
from tests.browser.test_what_if import open_tab as open_what_if

pytestmark = pytest.mark.browser
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"


def test_five_trained_networks_answer_differ_and_change_their_minds(visit: Open, compact: str) -> None:
    page = visit(compact)
    choose(page, PHOTO)
    page.get_by_role("tab", name="Statistics").click()
    page.locator(".zoo-table tbody tr").nth(4).wait_for()
    rows = page.locator(".zoo-table tbody tr").all_inner_texts()
    assert [row.split()[0] for row in rows] == ["FCN", "PSPNet", "DeepLabV3+", "SETR", "SegFormer"]
    assert all("whole" in row for row in rows)
    open_differ(page)
    agree_with_summary(page)
    open_what_if(page)
    kind(page, "Crop")
    type_box(page, 20, 20, 64, 64)
    answered(page)
    flips = page.locator(".zoo-what-card li").all_inner_texts()
    assert any("→" in words for words in flips)


def test_programs_get_the_same_answers(compact: str) -> None:
    client_module = pytest.importorskip("gradio_client")
    client = client_module.Client(compact, verbose=False)
    photo = client_module.handle_file(str(PHOTO))
    summary = client.predict(photo=photo, models="fcn-compact,segformer-compact", api_name="/segment")
    assert summary["photo"] == "cat.png" and summary["size"] == [300, 451]
    assert [model["id"] for model in summary["models"]] == ["fcn-compact", "segformer-compact"]
    labels = decode_annotation(Path(client.predict(photo=photo, model="fcn-compact", api_name="/label_map")), ADE20K)
    first = summary["models"][0]["classes"][0]
    assert (labels == first["index"] - 1).mean() == pytest.approx(first["area"])
    probed = client.predict(photo=photo, models="fcn-compact", x=10, y=20, api_name="/probe")
    assert probed["models"][0]["classes"][0]["index"] == labels[20, 10]
    assert Path(client.predict(photo=photo, model="fcn-compact", api_name="/overlay")).stat().st_size > 1000
    with pytest.raises(Exception, match="did you mean"):
        client.predict(photo=photo, models="fnc-compact", api_name="/segment")
    with pytest.raises(Exception, match="x must be"):
        client.predict(photo=photo, models="fcn-compact", x=10_000, y=20, api_name="/probe")

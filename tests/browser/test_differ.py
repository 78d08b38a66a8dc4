"""Where they differ, in a real browser: sentences, maps, tables, and what choosing and overlooking does."""

import io
import json
import re
import zipfile
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.analysis.agreement import confident_conflict, split, votes
from demo.images import open_image
from demo.page.differences import comparison_of
from tests.browser.conftest import DESKTOP, PHONE, Open, choose
from tests.browser.test_panels import pixels, settle
from tests.toy import toy_zoo

pytestmark = pytest.mark.browser
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"


@pytest.fixture(scope="module")
def comparison() -> Any:
    return comparison_of(
        [(answer.spec, answer.prediction) for answer in toy_zoo().stream(open_image(PHOTO), "compact")]
    )


def open_tab(page: Any) -> Any:
    page.get_by_role("tab", name="Where they differ").click()
    page.wait_for_selector(".zoo-differ-tables table")
    for name in ("votes", "split", "conflict", "majority", "regions"):
        page.wait_for_function("id => document.querySelector('[data-ready]').layer(id)", arg=name)
    settle(page)
    return page


@pytest.fixture
def page(page: Any) -> Any:
    open_tab(page)
    show(page, "votes")
    return page


def show(page: Any, name: str) -> None:
    page.locator(f"#differ .zoo-bar label:has(input[value={name}])").click()
    settle(page)


def layer(page: Any, name: str) -> np.ndarray:
    found = page.evaluate(
        "id => { const map = document.querySelector('[data-ready]').layer(id);"
        " const values = btoa(Array.from(map.values, v => String.fromCharCode(v)).join(''));"
        " return { width: map.width, height: map.height, values }; }",
        name,
    )
    return np.frombuffer(b64decode(found["values"]), np.uint8).reshape(found["height"], found["width"])


def legend(page: Any) -> dict[str, str]:
    rows = page.locator("#differ .zoo-code").all()
    return {row.locator("span").inner_text(): row.locator("b").inner_text() for row in rows}


def summary(page: Any) -> dict[str, Any]:
    with page.expect_download() as caught:
        page.get_by_role("button", name="Download results").click()
    with zipfile.ZipFile(io.BytesIO(Path(caught.value.path()).read_bytes())) as archive:
        name = next(name for name in archive.namelist() if name.endswith("summary.json"))
        return json.loads(archive.read(name))


def sentences(page: Any) -> list[str]:
    return page.locator(".zoo-region").evaluate_all("rows => rows.map(row => row.textContent)")


def headline(page: Any) -> str:
    return page.locator(".zoo-headline").inner_text().replace("\xa0", " ")


def agree_with_summary(page: Any) -> None:
    """What the page says is what summary.json says."""
    told = summary(page)["comparison"]
    assert sentences(page) == [region["sentence"] for region in told["regions"]]
    for pair, kappa in told["kappa"].items():
        cell = page.locator(f"[data-pair='{pair}']").text_content()
        assert f"κ {kappa:.2f}" in cell if kappa is not None else "κ n/a" in cell
    assert f"{told['fleiss_kappa']:.2f};" in page.locator("#differ").inner_text()
    show(page, "votes")
    said = [float(text.removeprefix("< ").split()[0]) for text in legend(page).values()]
    assert said == pytest.approx([100 * share for share in told["votes"]], abs=0.5)


def test_numbers_and_sentences_are_those_of_summary_json(page: Any) -> None:
    agree_with_summary(page)


def test_maps_in_the_browser_are_exact(page: Any, comparison: Any) -> None:
    assert np.array_equal(layer(page, "votes"), votes(comparison))
    assert np.array_equal(layer(page, "split"), split(comparison))


def test_pointing_says_who_says_what(page: Any) -> None:
    show(page, "split")
    page.locator("#differ .zoo-surface").hover()
    settle(page)
    said = page.locator("#differ .zoo-tip").inner_text()
    assert re.match(r"all: |CNNs: .+; transformers: |(FCN|PSPNet).*: ", said), said


def test_choosing_a_region_outlines_it_in_every_panel_and_pins_its_middle(page: Any) -> None:
    before = [pixels(page, card) for card in range(6)]
    first = page.locator(".zoo-region").first
    first.click()
    settle(page)
    assert first.get_attribute("aria-pressed") == "true"
    for card in range(6):
        assert (pixels(page, card) != before[card]).any(axis=2).mean() > 0.001, card
    page.get_by_role("tab", name="Pixel").click()
    page.wait_for_selector("#pixel .zoo-answer")
    open_tab(page)
    page.locator(".zoo-region").first.click()
    settle(page)
    assert all(np.array_equal(pixels(page, card), before[card]) for card in range(6))


def test_a_region_can_be_chosen_on_the_map(page: Any) -> None:
    numbers = layer(page, "regions")
    y, x = (int(np.median(axis)) for axis in np.nonzero(numbers == 1))
    rows, columns = np.nonzero(numbers == 1)
    near = np.argmin((rows - y) ** 2 + (columns - x) ** 2)
    surface = page.locator("#differ .zoo-surface")
    box = surface.bounding_box()
    place = ((columns[near] + 0.5) / numbers.shape[1], (rows[near] + 0.5) / numbers.shape[0])
    surface.click(position={"x": float(place[0] * box["width"]), "y": float(place[1] * box["height"])})
    settle(page)
    assert page.locator(".zoo-region").first.get_attribute("aria-pressed") == "true"


def test_a_pair_goes_to_the_swipe(page: Any) -> None:
    page.locator("[data-pair='pspnet-compact|setr-compact']").click()
    page.wait_for_selector(".zoo-stage:visible")
    assert page.locator(".zoo-name.left").inner_text() == "PSPNet"
    assert page.locator(".zoo-name.right").inner_text() == "SETR"


def test_a_pair_is_called_by_its_networks_and_what_is_written_on_it(page: Any) -> None:
    pair = page.locator("[data-pair='pspnet-compact|setr-compact']")
    own = "parts => parts.map(part => [...part.childNodes].find(node => node.nodeType === 3).data)"
    written = pair.locator("b, b ~ span").evaluate_all(own)
    name = " ".join(pair.aria_snapshot().split('"')[1].split()).replace(" ,", ",")
    assert name == f"PSPNet and SETR: {', '.join(written)}" and written[0].endswith("%")


def test_regions_say_how_they_are_ordered_and_numbers_keep_their_units(page: Any) -> None:
    told = page.locator(".zoo-differ-list").inner_text()
    assert "Largest and surest first." in told and "Severe: different kinds of thing." in told
    words = page.locator(".zoo-differ-tables p").first.inner_text()
    assert " %" not in words and "\xa0%" in words
    medians = page.locator("#differ .zoo-table td:nth-child(7)").all_inner_texts()
    assert medians and all(re.fullmatch(r"[\d,]+ px", median) for median in medians), medians


def test_overlooking_changes_the_numbers(page: Any) -> None:
    def agreed() -> float:
        return float(re.search(r"agree on ([\d.]+) %", headline(page)).group(1))

    plain = agreed()
    page.get_by_label("Hide boundary-only disputes").check()
    page.wait_for_function("() => document.querySelector('.zoo-headline').textContent.includes('boundaries aside')")
    settled = agreed()
    assert settled > plain
    page.get_by_label("Ignore mild disputes").check()
    page.wait_for_function("() => document.querySelector('.zoo-headline').textContent.includes('mild disputes aside')")
    assert agreed() >= settled
    for name in ("Hide boundary-only disputes", "Ignore mild disputes"):
        page.get_by_label(name).uncheck()
    page.wait_for_function("() => !document.querySelector('.zoo-headline').textContent.includes(' aside')")
    assert agreed() == plain


def test_the_threshold_moves_without_the_server(page: Any, comparison: Any) -> None:
    show(page, "conflict")
    slider = page.get_by_label("Confidence from which a network counts as sure")
    with page.expect_request(lambda request: "component_server" in request.url):  # on release, for the classes alone
        slider.fill("60")
    settle(page)
    found = confident_conflict(comparison, 0.6)
    area = next(iter(legend(page).values()))
    assert float(area.removeprefix("< ").split()[0]) == pytest.approx(100 * found.area, abs=0.5)
    usual = page.evaluate(
        "() => { const slider = document.querySelector('#differ .zoo-differ-main input[type=range]'), times = [];"
        " for (let value = 30; value < 90; value++) { slider.value = value; const start = performance.now();"
        " slider.dispatchEvent(new Event('input')); times.push(performance.now() - start); }"
        " return times.sort((a, b) => a - b)[times.length >> 1]; }"
    )
    assert usual < 16  # milliseconds


def test_together_says_what_it_is(page: Any) -> None:
    show(page, "together")
    page.wait_for_selector("#differ .zoo-code")
    assert "not Bayesian uncertainty" in page.locator("#differ").inner_text()
    page.get_by_label("Which map of the mean").select_option("mutual_information")
    settle(page)
    assert "1.61 nats" in page.locator(".zoo-differ-scale").inner_text()
    assert "JS" in page.locator("[data-pair='fcn-compact|setr-compact']").inner_text()


def test_regions_can_be_copied(page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy", exact=True).click()
    page.wait_for_function("() => document.querySelector('.zoo-differ-list .zoo-button').textContent === 'Copied'")
    lines = page.evaluate("() => navigator.clipboard.readText()").splitlines()
    assert lines == [headline(page), *sentences(page)]


def test_one_network_is_told_what_is_missing(visit: Open, toy: str) -> None:
    page = visit(toy)
    for title in ("PSPNet", "DeepLabV3+", "SETR", "SegFormer"):
        page.locator("#models-compact").get_by_label(title, exact=True).uncheck()
    choose(page, PHOTO, models=1)
    page.get_by_role("tab", name="Where they differ").click()
    page.wait_for_selector("#differ .zoo-table")
    assert "only FCN has answered" in headline(page)
    assert page.locator("#differ .zoo-surface:visible").count() == 0


def test_on_a_phone_the_map_comes_before_the_list_and_nothing_overflows(page: Any) -> None:
    page.set_viewport_size(PHONE)
    settle(page)
    surface, regions = (page.locator(selector).bounding_box() for selector in ("#differ .zoo-surface", ".zoo-regions"))
    assert surface["y"] + surface["height"] <= regions["y"]
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size(DESKTOP)


def test_a_line_above_the_panels_leads_here(page: Any) -> None:
    page.get_by_role("tab", name="Pixel").click()
    page.get_by_role("button", name="Where they differ ↓").click()
    page.wait_for_selector(".zoo-headline")
    said = page.locator(".zoo-teaser span").inner_text().replace("\xa0", " ")
    assert headline(page).startswith(said)

"""Several photos in one visit: queued, shown again, told in numbers, kept by the browser, and forgotten."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    ROOT,
    SLOW_FRAMES_AND_ANSWERS,
    Open,
    choose,
    filled,
    settled,
    wait_until,
)

pytestmark = pytest.mark.browser
EXAMPLES = ROOT / "examples"
DROP = """
([selector, files]) => {
  const carrier = new DataTransfer();
  for (const [name, bytes] of files) carrier.items.add(new File([new Uint8Array(bytes)], name));
  const event = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: carrier });
  document.querySelector(selector).dispatchEvent(event);
}
"""
DONE = "n => document.querySelectorAll('.zoo-shot[data-status=done]').length === n"


def some_photos(folder: Path, number: int, width: int = 96) -> list[Path]:
    """Small photos of as many different kinds."""
    rng = np.random.default_rng(number)
    paths = []
    for i in range(number):
        blocks = rng.integers(0, 255, (4, 6, 3), np.uint8)
        paths.append(folder / f"photo-{i + 1}.png")
        Image.fromarray(blocks).resize((width, 64), Image.Resampling.NEAREST).save(paths[-1])
    return paths


def drop(page: Any, paths: list[Path], place: str = "#right") -> None:
    page.evaluate(DROP, [place, [[path.name, list(path.read_bytes())] for path in paths]])


def all_done(page: Any, number: int) -> None:
    page.wait_for_function(DONE, arg=number)


def shown(page: Any) -> str:
    """The name of the photo in the panels."""
    return str(page.locator("[data-id=photo] .zoo-surface").get_attribute("aria-label"))


def until_shown(page: Any, name: str) -> None:
    page.wait_for_function(
        "name => document.querySelector('[data-id=photo] .zoo-surface')?.ariaLabel?.includes(name)", arg=name
    )


@pytest.mark.parametrize("place", ["#right", "#photo button"])
def test_photos_dropped_together_are_all_answered_and_a_click_shows_each(
    visit: Open, toy: str, tmp_path: Path, place: str
) -> None:
    page = visit(toy)
    drop(page, some_photos(tmp_path, 4), place)
    all_done(page, 4)
    filled(page)
    assert "photo-1.png" in shown(page)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.zoo-shot-fact')].every((fact) => fact.innerText.startsWith('agree '))"
    )
    wait_until(lambda: page.locator(".zoo-shot img:visible").count() == 4, lambda: "four thumbnails")
    uploads: list[str] = []
    page.on("request", lambda r: uploads.append(r.url) if "/upload" in r.url else None)
    page.locator(".zoo-shot", has_text="photo-3").click()
    until_shown(page, "photo-3.png")
    filled(page)
    page.wait_for_selector(".zoo-shot[aria-current=true]:has-text('photo-3')")
    assert page.locator("[data-id=fcn-compact] .zoo-class").count()
    assert not uploads  # the server has it


def test_a_choice_of_several_files_is_queued(visit: Open, toy: str, tmp_path: Path) -> None:
    page = visit(toy)
    with page.expect_file_chooser() as chooser:
        page.locator("#photo button").first.click()
    chooser.value.set_files([str(path) for path in some_photos(tmp_path, 2)])
    all_done(page, 2)


def test_photos_are_chosen_from_where_the_page_begins(visit: Open, toy: str, tmp_path: Path) -> None:
    page = visit(toy, viewport=PHONE, has_touch=True, is_mobile=True)
    button = page.get_by_role("button", name="Choose photos")
    box = button.bounding_box()
    assert box["y"] + box["height"] < PHONE["height"], "in sight without scrolling"
    assert "Ctrl" not in page.locator(".zoo-empty").inner_text()
    with page.expect_file_chooser() as chooser:
        button.tap()
    chooser.value.set_files([str(path) for path in some_photos(tmp_path, 2)])
    all_done(page, 2)


def test_a_bad_photo_among_several_costs_one_sentence_and_no_other(visit: Open, toy: str, tmp_path: Path) -> None:
    bad = tmp_path / "holiday.jpg"
    bad.write_bytes(b"%PDF-1.7 not a photo at all")
    photos = some_photos(tmp_path, 2)
    page = visit(toy)
    drop(page, [photos[0], bad, photos[1]])
    all_done(page, 2)
    sentences = page.locator(".zoo-visit-faults li")
    assert sentences.count() == 1 and "holiday.jpg is a PDF" in sentences.inner_text()
    assert page.locator(".zoo-visit-words").inner_text() == "2 of 3 photos have answers · 1 failed"
    page.get_by_label("Take holiday.jpg from the strip").click()
    page.wait_for_function("() => document.querySelectorAll('.zoo-shot').length === 2")
    assert sentences.count() == 0


def test_stop_ends_the_queue_in_words_and_go_on_goes_on(
    visit: Open, toy: str, slow_photo: Path, tmp_path: Path
) -> None:
    page = visit(toy)
    drop(page, [slow_photo, *some_photos(tmp_path, 2)])
    page.wait_for_selector("[data-id=fcn-compact] .zoo-class")
    page.get_by_role("button", name="Stop the queue").click()
    page.wait_for_selector(".zoo-visit-words:has-text('for the queue was stopped')")
    page.wait_for_selector(".zoo-status.stopped")
    assert page.locator(".zoo-shot[data-status=stopped]").count() == 3
    page.get_by_role("button", name="Go on").click()
    all_done(page, 3)


@pytest.mark.parametrize("place", ["#right", "#photo"])
def test_one_file_of_which_the_browser_knows_no_type_is_read_or_told_what_it_is(
    visit: Open, toy: str, tmp_path: Path, place: str
) -> None:
    page = visit(toy)
    (tmp_path / "IMG_1.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(2000))
    drop(page, [tmp_path / "IMG_1.heic"], place)  # as files without a type
    page.get_by_text("IMG_1.heic is a HEIC photo").wait_for()
    drop(page, some_photos(tmp_path, 1), place)
    until_shown(page, "photo-1.png")


@pytest.mark.parametrize("script", ["", SLOW_FRAMES_AND_ANSWERS], ids=["at once", "over a slow line"])
def test_another_photo_is_shown_while_the_first_is_answered_which_goes_on_behind(
    visit: Open, toy: str, slow_photo: Path, tmp_path: Path, script: str
) -> None:
    page = visit(toy, script=script)
    photos = some_photos(tmp_path, 1)
    choose(page, photos[0])
    page.set_input_files("#photo input[type=file]", str(slow_photo))
    page.wait_for_selector("[data-id=fcn-compact] .zoo-status.running")
    until_shown(page, "slow.png")
    page.locator(".zoo-shot", has_text="photo-1").click()
    until_shown(page, "photo-1.png")
    filled(page)
    assert page.locator(".zoo-shot[data-status=done]").count() == 1
    all_done(page, 2)
    assert "photo-1.png" in shown(page)


def test_back_and_forward_move_between_photos_and_bring_their_view(visit: Open, toy: str, tmp_path: Path) -> None:
    page = visit(toy)
    drop(page, some_photos(tmp_path, 2))
    all_done(page, 2)
    page.keyboard.press("l")
    page.wait_for_url("**view=labels**")
    page.locator(".zoo-shot", has_text="photo-2").click()
    until_shown(page, "photo-2.png")
    page.keyboard.press("u")
    page.wait_for_url("**view=uncertainty**")
    page.go_back()
    until_shown(page, "photo-1.png")
    page.wait_for_function("() => document.querySelector('input[name=zoo-view]:checked').value === 'labels'")
    page.go_forward()
    until_shown(page, "photo-2.png")
    page.wait_for_function("() => document.querySelector('input[name=zoo-view]:checked').value === 'uncertainty'")


def test_the_table_sorts_by_keyboard_and_goes_away_as_csv(visit: Open, toy: str, tmp_path: Path) -> None:
    page = visit(toy)
    drop(page, some_photos(tmp_path, 3))
    all_done(page, 3)
    page.locator(".zoo-visit-numbers summary").click()
    page.wait_for_selector(".zoo-visit-numbers td")
    agree = page.get_by_role("columnheader", name="Agree")
    agree.get_by_role("button").focus()
    for order in ("descending", "ascending"):
        page.keyboard.press("Enter")
        page.wait_for_selector(f"th[aria-sort={order}]:has-text('Agree')")
    with page.expect_download() as download:
        page.get_by_role("button", name="Table as CSV").click()
    rows = list(csv.DictReader(StringIO(Path(download.value.path()).read_text())))
    shares = [float(row["agreement"]) for row in rows]
    assert len(rows) == 3 and shares == sorted(shares)
    assert {row["photo"] for row in rows} == {f"photo-{i}.png" for i in (1, 2, 3)}
    assert {"split", "conflict", "seconds", "mean_entropy_FCN", "mean_entropy_SegFormer"} <= set(rows[0])
    names = page.locator(".zoo-visit-numbers tbody th").all_inner_texts()
    assert names == [row["photo"] for row in rows]


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_photos_of_one_camera_are_told_apart_and_their_table_is_whole(
    visit: Open, toy: str, tmp_path: Path, size: dict[str, int]
) -> None:
    page = visit(toy, viewport=size)
    photos = [path.rename(tmp_path / f"holiday_20240501_00{i}.jpg") for i, path in enumerate(some_photos(tmp_path, 3))]
    drop(page, photos)
    all_done(page, 3)
    names = page.locator(".zoo-shot-name")
    assert [name[-7:] for name in names.all_inner_texts()] == ["000.jpg", "001.jpg", "002.jpg"]
    assert names.evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
    page.locator(".zoo-visit-numbers summary").click()
    page.wait_for_selector(".zoo-visit-numbers td")
    table = page.locator(".zoo-photo-table")
    assert size == PHONE or table.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_a_reload_keeps_own_photos_until_they_are_forgotten(visit: Open, toy: str, tmp_path: Path) -> None:
    page = visit(toy)
    drop(page, some_photos(tmp_path, 2))
    all_done(page, 2)
    page.wait_for_selector(".zoo-visit-kept:has-text('This browser keeps 2 of your photos')")
    page.reload()
    until_shown(page, "photo-1.png")  # which was shown before
    filled(page)
    assert page.locator(".zoo-shot").count() == 2
    page.get_by_role("button", name="Forget these photos").click()
    page.wait_for_selector(".zoo-visit", state="hidden")
    page.reload()
    page.wait_for_selector("[data-ready=yes]", state="attached")
    left = page.evaluate(
        """() => new Promise((done) => {
          const asked = indexedDB.open('zoo-photos');
          asked.onsuccess = () => {
            const all = asked.result.transaction('photos').objectStore('photos').count();
            all.onsuccess = () => done(all.result);
          };
        })"""
    )
    assert left == 0 and page.locator(".zoo-shot").count() == 0


LOST = """
() => {
  const ask = window.fetch;
  let lost = true;
  window.fetch = (input, options) => {
    const looks = `${input.url ?? input}`.includes("/component_server") && `${options?.body}`.includes('"look"');
    if (!looks || !lost) return ask(input, options);
    lost = false;
    return Promise.resolve(new Response('{"message": "This photo is no longer kept here."}'));
  };
}
"""


def test_a_photo_that_the_server_has_let_go_is_sent_again(visit: Open, toy: str, tmp_path: Path) -> None:
    page = visit(toy)
    drop(page, some_photos(tmp_path, 2))
    all_done(page, 2)
    page.evaluate(LOST)
    with page.expect_request("**/upload**"):
        page.locator(".zoo-shot", has_text="photo-2").click()
    until_shown(page, "photo-2.png")


@pytest.mark.parametrize("size", [DESKTOP, PHONE, {"width": 320, "height": 640}])
def test_the_strip_fits_and_has_no_fault_that_axe_finds(
    visit: Open, toy: str, tmp_path: Path, size: dict[str, int]
) -> None:
    axe = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("axe-core is not installed here: npm ci")
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"%PDF-1.7")
    page = visit(toy, viewport=size)
    drop(page, [*some_photos(tmp_path, 4), bad])
    all_done(page, 4)
    page.locator(".zoo-visit-numbers summary").click()
    page.wait_for_selector(".zoo-visit-numbers td")
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".zoo-visit section").evaluate("(strip) => strip.scrollWidth <= strip.clientWidth")  # cut
    page.evaluate(axe.read_text())
    found = page.evaluate("async () => (await axe.run('#visit')).violations.map((v) => v.id)")
    assert found == []
    first = page.locator(".zoo-shot[tabindex='0']")
    first.focus()
    page.keyboard.press("ArrowRight")
    wait_until(
        lambda: page.evaluate("document.activeElement.innerText").startswith("photo-2"),
        lambda: "the arrow moves nothing",
    )


def test_a_link_holds_the_whole_state(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=cat")
    filled(page)
    compared_sides = ("setr-compact:labels", "layer:votes")
    page.locator("#tab-differ-button").click()
    page.locator("[data-region='2']").click()
    page.locator("input[name=zoo-differ-map][value=conflict]").check(force=True)
    page.keyboard.press("c")
    for side, key in zip(("left", "right"), compared_sides, strict=True):
        page.get_by_label(f"Map on the {side}").select_option(key)
    row = page.locator("[data-id=fcn-compact] .zoo-class").first
    name = row.locator("span").first.inner_text() if row.is_visible() else row.evaluate("b => b.children[1].innerText")
    row.evaluate("button => button.click()")
    page.wait_for_function("() => location.search.includes('class=') && location.search.includes('right=layer')")
    link = page.url.rsplit("/", 1)[1]
    for part in ("tab=differ", "region=2", "map=conflict", "view=compare", "left=setr-compact:labels"):
        assert part in link, link
    again = visit(toy, link)
    filled(again)
    again.wait_for_selector("[data-region='2'][aria-pressed=true]")
    again.wait_for_selector("#tab-differ-button[aria-selected=true]")
    again.wait_for_function(
        "([l, r]) => { const [a, b] = document.querySelectorAll('.zoo-sides select');"
        " return a?.value === l && b?.value === r; }",
        arg=list(compared_sides),
    )
    again.wait_for_selector(f".zoo-chip:has-text('Only {name}')")
    assert again.locator("input[name=zoo-differ-map]:checked").input_value() == "conflict"


def test_a_threshold_is_in_the_link(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=cat&view=uncertainty&hide=above-0.5&palette=official&stretch=yes")
    filled(page)
    page.wait_for_selector(".zoo-hide output:has-text('nats')")
    assert page.locator(".zoo-hide select").input_value() == "above"
    page.locator(".zoo-cutoff").press("ArrowLeft")
    page.wait_for_function("() => /hide=above-0\\.4\\d/.test(location.search)")
    assert "palette=official" in page.url and "stretch=yes" in page.url


def test_what_a_visitor_sees_is_what_a_link_shows(visit: Open, toy: str) -> None:
    """Every control of the panels, and of what the comparison overlooks."""
    places = "#viewer input, #viewer select, #tabs .zoo-differ-all input"
    controls = (
        f"() => [...document.querySelectorAll('{places}')]"
        + """.filter(
        (one) => (one.closest("label") ?? one).checkVisibility()).map(
        (one) => [one.ariaLabel ?? one.closest("label")?.innerText ?? one.name,
                  one.type === "checkbox" || one.type === "radio" ? one.checked : one.value])"""
    )
    pictures = "() => [...document.querySelectorAll('#viewer .zoo-map')].filter((one) => one.checkVisibility()).map("
    pictures += "(one) => one.toDataURL())"

    def look(page: Any) -> list[Any]:
        compared_again(page)
        return [page.evaluate(controls), page.evaluate(pictures)]

    def compared_again(page: Any) -> None:
        page.wait_for_function("() => !document.querySelector('#tab-differ .zoo-row [role=status]')?.textContent")
        page.wait_for_selector("[data-region]", state="attached")
        settled(page)

    page = visit(toy, "?example=cat&tab=differ")
    filled(page)
    compared_again(page)
    first = look(page)
    for name in ("Patterns", "Hide boundary-only disputes", "Ignore mild disputes"):
        page.get_by_label(name).check(force=True)
    page.get_by_label("How far a boundary may be shifted").press("ArrowRight")
    for key in ("l", "u", "c"):
        page.keyboard.press("Escape")
        page.evaluate("() => document.activeElement?.blur()")
        page.keyboard.press(key)
        page.wait_for_function("view => location.search.includes(`view=${view}`)", arg=VIEW_OF[key])
        settled(page)
        if key == "l":
            page.get_by_label("Names").uncheck(force=True)
        elif key == "u":
            page.get_by_label("White = high").check(force=True)
            page.get_by_label("Opacity").press("ArrowLeft")
        else:
            page.get_by_label("Divider").press("ArrowRight")
        page.wait_for_function("() => /mild=ignored/.test(location.search) && /within=0.01/.test(location.search)")
        page.wait_for_function("word => location.search.includes(word)", arg=LAST_OF[key])
        seen = look(page)
        assert seen != first
        again = visit(toy, page.url.rsplit("/", 1)[1])
        filled(again)
        wait_until(lambda again=again, seen=seen: look(again) == seen, lambda: "the link shows something else")
        again.close()


VIEW_OF = {"l": "labels", "u": "uncertainty", "c": "compare"}
LAST_OF = {"l": "names=no", "u": "opacity=0.99", "c": "cut=0.501"}


def test_a_panel_shown_alone_is_in_the_link(visit: Open, toy: str) -> None:
    page = visit(toy, "?example=cat")
    filled(page)
    page.get_by_label("Show SETR alone").click()
    page.wait_for_function("() => location.search.includes('alone=setr-compact')")
    again = visit(toy, page.url.rsplit("/", 1)[1])
    filled(again)
    again.locator("[data-id=fcn-compact]").wait_for(state="hidden")
    assert again.locator("[data-id=setr-compact]").is_visible()


def test_what_a_link_says_wrongly_is_as_if_it_were_not_there(visit: Open, toy: str) -> None:
    wrong = "tab=no&left=x&right=__proto__&class=unicorn&map=constructor&region=77&hide=below-9&first=toString&sure=x"
    wrong += "&alone=x&opacity=7&cut=z&within=9"
    page = visit(toy, f"?example=cat&view=compare&palette=mad&measure=valueOf&{wrong}")
    filled(page)
    page.wait_for_function(
        "() => !/unicorn|alone|opacity|cut|within|region|tab=|hide|map=|sure|left=x|proto/.test(location.search)"
    )
    assert page.locator("input[name=zoo-view]:checked").input_value() == "compare"
    page.locator("#tab-differ-button").click()
    assert page.locator("input[name=zoo-differ-map]:checked").input_value() == "votes"

"""The page of a study: whole, bounded, and whatever a photo is called, nothing but text."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from demo.labels.ade20k import ADE20K
from demo.study.groups import Groups
from demo.study.html import tag
from demo.study.pictures import LARGE, pictures
from demo.study.study_page import Further, html
from demo.study.study_photos import short
from demo.study.tables import LISTED, SHOWN, tables
from tests.study.toy_records import toy_detail, toy_label_maps, toy_records

HOSTILE = (
    "<img src=x onerror=window.ran=1>.jpg",
    '"><script>window.ran=1</script>.jpg',
    "' onmouseover='window.ran=1.jpg",
    "new\nline.jpg",
    "n" * 300 + ".jpg",
    "caf%E9.jpg",
    "\u202egpj.exe",
)


def hostile_page() -> str:
    """A page in which every text that is not the project's own wants to be code."""
    bad = HOSTILE[0]
    records = toy_records(HOSTILE, name=bad, version=bad, photo_problems={5: bad}, answer_problems=((0, 1, bad),))
    groups = Groups(bad, ((HOSTILE[1], np.array([0, 1, 2])), (HOSTILE[2], np.array([3, 4]))))
    details = {place: toy_detail(place, len(HOSTILE)) for place in range(len(HOSTILE))}
    return html(tables(records, groups), Further({}, details))


class Elements(HTMLParser):
    """Every element with its attributes, and links within the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_hostile_names_are_text_everywhere() -> None:
    found = Elements(hostile_page()).found
    assert sum(tag == "script" for tag, _ in found) == 1
    assert not any(tag == "img" for tag, _ in found)
    assert not [name for _, attributes in found for name in attributes if name.startswith("on")]


def test_links_lead_to_places_of_the_page_and_nowhere_else() -> None:
    found = Elements(hostile_page()).found
    places = [str(attributes["id"]) for _, attributes in found if "id" in attributes]
    links = [str(attributes["href"]) for tag, attributes in found if tag == "a"]
    assert len(places) == len(set(places))
    assert links and all(link.startswith("#") and link[1:] in places for link in links)


def test_a_class_leads_to_the_photo_that_has_most_of_it() -> None:
    names = tuple(f"{number}.jpg" for number in range(4))
    told, maps = tables(toy_records(names)), toy_label_maps(4)
    page = html(told, Further({}, {place: toy_detail(place, 4) for place in range(4)}))
    [first, *_] = told.classes
    most = int((maps == ADE20K.names.index(first.name)).sum((1, 2, 3)).argmax())
    row = next(line for line in page.partition('id="classes"')[2].splitlines() if f">{first.name}</td>" in line)
    assert f'href="#photo-{most}"' in row and f">{most}.jpg</a>" in row


def test_only_the_pages_own_script_may_run_and_nothing_is_loaded() -> None:
    page = html(tables(toy_records(("a.jpg",))))
    policy = next(a["content"] for t, a in Elements(page).found if "http-equiv" in a)
    assert policy and "default-src 'none'" in policy and "script-src 'sha256-" in policy
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)


def test_the_page_is_bounded_however_many_photos_there_are() -> None:
    names = tuple(f"{number:06d}.jpg" for number in range(LISTED + 700))
    page = html(tables(toy_records(names)))
    assert page.count('<article id="photo-') == SHOWN
    assert page.count("<td") < 15 * LISTED + 3000
    assert "Of 1,200 photos the 500 on which the networks agree least" in page


def test_what_a_study_has_not_got_has_no_place() -> None:
    page = html(tables(toy_records(("a.jpg", "b.jpg"))))
    assert not any(f'id="{part}"' in page for part in ("stress", "claims", "groups", "problems"))
    assert "Right, %" not in page
    assert "Right, %" in html(tables(toy_records(("a.jpg", "b.jpg"), truth=True)))


def test_pictures_are_small_and_one_that_is_gone_costs_itself(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    PillowImage.fromarray(rng.integers(0, 256, (900, 1200, 3), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no photo")
    seen: list[int] = []
    found = pictures(
        [(0, tmp_path / "a.png"), (1, tmp_path / "b.png"), (2, tmp_path / "gone.png")], on_photo=seen.append
    )
    assert [*found] == [0] and seen == [1, 2, 3]
    assert len(found[0].large) < LARGE * LARGE and found[0].thumb.startswith("data:image/jpeg;base64,")
    page = html(tables(toy_records(("a.png", "b.png"))), Further(found))
    assert page.count("could not be read again") == 1


def test_tag_escapes_text_and_attributes() -> None:
    assert str(tag("a", "<b>", tag("br"), title='"x"', hidden=True, lang=None)) == (
        '<a title="&#34;x&#34;" hidden>&lt;b&gt;<br></a>'
    )


def test_a_long_name_is_cut_in_the_middle() -> None:
    assert short("a" * 100 + "end.jpg").endswith("end.jpg") and len(short("a" * 300)) == 80

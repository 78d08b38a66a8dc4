"""A run as one file: whole maps, the likeliest classes on a grid, nothing that asks for more, and hostile names."""

import json
import re
import warnings
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.analysis.comparison import grid_of
from demo.export import Photo, read_photo
from demo.measures import BY_ID
from demo.models.zoo import Answer
from demo.page.one_page import FULL, kept_pixels, one_page
from demo.page.tabs.pixel import TOP
from demo.page.theme import USED, variables
from demo.page.wire import within
from tests.toy import foreign, toy_ids, toy_zoo

PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"


@pytest.fixture(scope="module")
def photo() -> Photo:
    return read_photo(PHOTO)


@pytest.fixture(scope="module")
def answers(photo: Photo) -> list[Answer]:
    return [answer for answer in toy_zoo().stream(photo.image, "compact") if isinstance(answer, Answer)]


def held(page: bytes, place: str) -> Any:
    found = re.search(f'<script type="application/json" id="{place}">(.*?)</script>', page.decode(), re.S)
    assert found
    return json.loads(found[1])


def pixels(url: str) -> np.ndarray:
    return np.asarray(PillowImage.open(BytesIO(b64decode(url.partition(",")[2]))))


@pytest.mark.slow
def test_it_holds_whole_maps_of_every_network_and_asks_for_nothing(photo: Photo, answers: list[Answer]) -> None:
    page = one_page(photo, answers, computed="CPU, float32")
    view = held(page, "zoo-given")["props"]["value"]
    assert [panel["id"] for panel in view["panels"]] == [*toy_ids()] and view["name"] == "cat.png"
    for panel, answer in zip(view["panels"], answers, strict=True):
        assert (pixels(panel["labels"]["url"]) == answer.prediction.label_map).all()
        assert panel["measures"] == [
            *answer.posterior.sayable(["entropy", "confidence", "margin"]),
            "max_logit",
            "energy",
        ]
        assert panel["seconds"] == pytest.approx(sum(answer.prediction.seconds.values()))
    assert not re.search(rb'(?:src|href)="(?!data:)', page) and b"@import" not in page


@pytest.mark.parametrize("place", [(0, 0), (40, 100), (77, 3)])
def test_what_a_click_asks_for_is_kept_at_the_middle_of_each_cell(
    photo: Photo, answers: list[Answer], place: tuple[int, int]
) -> None:
    grid = within(photo.size, 160)
    kept = kept_pixels(answers[1], grid)
    maps = pixels(kept["url"]).reshape(-1, *grid).astype(int)
    exact = answers[1].posterior.at(*place, size=grid)
    likeliest = np.argsort(-exact, kind="stable")[:TOP]
    assert maps[:TOP, *place].tolist() == likeliest.tolist()
    numbers = (256 * maps[TOP::2] + maps[TOP + 1 :: 2])[:, *place] / FULL
    assert numbers[:TOP] == pytest.approx(exact[likeliest], abs=1 / FULL)
    found = answers[1].posterior.measures_at(*place, size=grid)
    for number, measure in zip(numbers[TOP:], kept["measures"], strict=True):
        span = measure["high"] - measure["low"]
        assert measure["low"] + number * span == pytest.approx(found[measure["id"]], abs=span / FULL + 1e-4)
    assert {measure["id"] for measure in kept["measures"]} == set(BY_ID)


def test_networks_without_a_word_in_common_cannot_say_how_far_they_agree(photo: Photo, answers: list[Answer]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kept = held(one_page(photo, [foreign(answers[0]), answers[1]]), "zoo-given")["kept"]["differ"]
    told, mean = kept["differences"], kept["together"]
    assert [*told["pairs"].values()] == [{"agreement": None, "kappa": None}] and told["cannot_say"] == 1
    assert mean["tops"]["entropy"] == 0 == pytest.approx(mean["means"]["entropy"], abs=1e-6) and mean["cannot_say"] == 1


def test_a_hostile_name_is_text(photo: Photo, answers: list[Answer]) -> None:
    name = "</script><img src=x onerror=alert(1)>\udcff.png"
    page = one_page(Photo(name, photo.image, photo.sha256), answers[:1])
    assert b"<img src=x" not in page and page.count(b"</script>") == 3
    assert held(page, "zoo-given")["props"]["value"]["name"] == name.replace("\udcff", "%FF")


@pytest.mark.slow
def test_a_large_photo_is_shown_on_the_pages_grid_and_keeps_its_own_size(answers: list[Answer]) -> None:
    image = np.zeros((300, 2000, 3), np.uint8)
    large = [answer for answer in toy_zoo().stream(image, toy_ids()[:2]) if isinstance(answer, Answer)]
    view = held(one_page(Photo("wide.png", image), large), "zoo-given")["props"]["value"]
    assert (view["height"], view["width"]) == grid_of((300, 2000)) and view["photo_width"] == 2000


def test_its_colours_are_the_themes() -> None:
    """Every variable of Gradio's that the styles speak of has a value in both looks, none of them a reference."""
    css = "".join(path.read_text("utf-8") for path in (Path(__file__).parents[2] / "demo/page/web/css").glob("*.css"))
    own = r"var\(--(?!zoo-|series|picture|ratio|agreement|pattern|class)([\w-]+)"
    assert set(re.findall(own, css)) <= set(USED)
    light, dark = variables().split("\n")
    for rule in (light, dark):
        assert rule.count(": ") == len(USED) and "*" not in rule
    assert light != dark.replace("body.dark", "body")

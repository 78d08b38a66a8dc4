import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from demo.analysis.agreement import SPLIT, boundary_only, merge_mild, split
from demo.analysis.regions import Region, disputed_regions, numbered
from demo.analysis.structure import boundary
from demo.labels.class_set import made
from demo.schema import Comparison
from tests.analysis.maps import comparison, comparisons, permuted, pixel

NAMES = ["house", "building", "cat", "rug", *(f"class {k}" for k in range(4, 150))]
KINDS = np.array([0, 0, 1, 2, *range(3, 149)], np.uint8)
"""A house is a kind of building; a cat is no kind of rug."""
TOY = made("Toy", NAMES, supercategories=[str(kind) for kind in KINDS])


def regions(c: Comparison, **options: object) -> list[Region]:
    return disputed_regions(replace(c, class_set=TOY), **options)


def sentence(labels: Sequence[int], confidences: Sequence[float] | None = None, **more: object) -> str:
    options = {"hide_boundary": False, "ignore_mild": bool(more.pop("ignore_mild", False))}
    (region,) = regions(pixel(*labels, confidences=confidences, **more), **options)
    return region.sentence


def disc(size: int, centre: tuple[int, int], radius: float) -> np.ndarray:
    y, x = np.ogrid[:size, :size]
    return (y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2


def test_a_sentence_names_parties_classes_confidences_and_the_divide() -> None:
    assert sentence([2, 2, 0, 3, 3], [0.75, 0.67, 0.44, 0.6, 0.66]) == (
        "Region 1, 100 % of the image, centre: A, B say cat (0.71); C house (0.44); D, E rug (0.63). "
        "The CNNs are divided. Severe."
    )


@pytest.mark.parametrize(
    ("labels", "families", "ending"),
    [
        ([0, 1, 1, 1, 1], None, "The CNNs are divided. Mild."),
        ([2, 2, 2, 2, 3], None, "The transformers are divided. Severe."),
        ([2, 3, 2, 2, 3], None, "Both families are divided. Severe."),
        ([2, 3, 2, 0, 1], None, "Both families are divided. Severe."),
        ([2, 3, 2, 0, 0], None, "The CNNs are divided. Severe."),
        ([0, 0, 0, 1, 1], None, "CNNs against transformers. Mild."),
        ([2, 2, 2, 3], None, "CNNs against transformer. Severe."),
        ([2, 3], ["cnn", "transformer"], "CNN against transformer. Severe."),
        ([2, 3], ["cnn", "cnn"], "A says cat (0.50); B rug (0.50). Severe."),
    ],
)
def test_what_a_sentence_says_of_the_divide(labels: list[int], families: list | None, ending: str) -> None:
    assert sentence(labels, families=families).endswith(ending)


def test_ignoring_mild_disputes_names_what_each_party_says() -> None:
    assert "A, B, C say house or building (0.50); D, E cat (0.50)." in sentence([0, 1, 0, 2, 2], ignore_mild=True)
    assert regions(pixel(0, 1, 0, 1, 1), ignore_mild=True, hide_boundary=False) == []


@given(comparisons())
def test_ignoring_mild_disputes_finds_the_regions_of_the_merged_maps(c: Comparison) -> None:
    found = regions(c, ignore_mild=True, hide_boundary=False, limit=100)
    wanted = regions(merge_mild(replace(c, class_set=TOY)), hide_boundary=False, limit=100)
    assert [(one.box, one.point, one.area) for one in found] == [(one.box, one.point, one.area) for one in wanted]
    assert all(region.severe for region in found)


@given(comparisons(), st.booleans())
def test_regions_by_brute_force(c: Comparison, hide: bool) -> None:
    edges = boundary(*c.label_maps)
    size = edges.shape
    inside = (ndimage.distance_transform_edt(~edges) if edges.any() else np.full(size, np.inf)) > 1.0
    wanted = {}
    for pattern in {tuple(c.label_maps[:, y, x].tolist()) for y, x in np.ndindex(size)}:
        pieces, count = ndimage.label((c.label_maps == np.array(pattern)[:, None, None]).all(0))
        for mask in (pieces == piece for piece in range(1, count + 1)):
            if len(set(pattern)) > 1 and not (hide and inside[mask].mean() < 0.1):
                parties = [c.confidences[np.array(pattern) == label][:, mask].mean() for label in set(pattern)]
                wanted[mask.tobytes()] = (pattern, float(mask.sum() * np.mean(parties)))
    found = regions(c, hide_boundary=hide, distance=1.0, limit=100)
    assert {region.mask(size).tobytes() for region in found} == set(wanted)
    worths = []
    for region in found:
        mask = region.mask(size)
        pattern, worth = wanted[mask.tobytes()]
        worths.append(worth)
        assert region.area == mask.mean()
        assert mask[region.point]
        y0, x0, y1, x1 = region.box
        assert mask[y0:y1, x0:x1].sum() == mask.sum() and mask[y0].any() and mask[:, x1 - 1].any()
        for party in region.parties:
            members = [c.titles.index(title) for title in party.models]
            assert {NAMES[pattern[m]] for m in members} == {party.says}
            assert party.confidence == pytest.approx(c.confidences[members][:, mask].mean())
        assert sum(len(party.models) for party in region.parties) == len(c.ids)
        assert region.severe == (len({KINDS[label] for label in pattern}) > 1)
    assert worths == pytest.approx(sorted(worths, reverse=True))


@given(comparisons(), st.booleans())
def test_a_sentence_says_of_a_region_what_the_map_says_of_its_pixels(c: Comparison, mild: bool) -> None:
    known = replace(c, class_set=TOY)
    painted = split(merge_mild(known) if mild else known)
    for region in regions(c, hide_boundary=False, limit=100, ignore_mild=mild):
        assert {SPLIT[code] for code in np.unique(painted[region.mask(painted.shape)])} == {region.split}
        both = {"cnn", "transformer"} == set(c.families)
        assert ("against" in region.sentence) == (both and region.split == "between_families")
        assert region.as_dict()["between_families"] == (region.split == "between_families")


@given(comparisons(), st.randoms(use_true_random=False))
def test_the_order_of_the_models_changes_no_region(c: Comparison, random: object) -> None:
    order = list(range(len(c.ids)))
    random.shuffle(order)
    here, there = regions(c, hide_boundary=False), regions(permuted(c, order), hide_boundary=False)
    for one, other in zip(here, there, strict=True):
        assert (one.box, one.point, one.area, one.severe) == (other.box, other.point, other.area, other.severe)
        assert one.between_families == other.between_families
        assert {frozenset(p.models) for p in one.parties} == {frozenset(p.models) for p in other.parties}


@given(comparisons(models=1))
def test_equal_maps_have_no_disputed_region(c: Comparison) -> None:
    assert regions(c, hide_boundary=False) == []
    assert regions(comparison(np.repeat(c.label_maps, 5, axis=0)), hide_boundary=False) == []


def test_the_point_lies_deep_inside_whatever_the_shape() -> None:
    maps = np.zeros((2, 900, 900), np.uint8)
    ring = disc(900, (450, 450), 400) & ~disc(900, (450, 450), 250)
    maps[0][ring] = 1
    maps[0, 5, 5:400] = 2  # a hair, thinner than the grid on which points are sought
    wide, thin = regions(comparison(maps), hide_boundary=False)
    deep = ndimage.distance_transform_edt(ring)
    assert deep[wide.point] > 0.9 * deep.max()
    assert thin.point[0] == 5 and 5 <= thin.point[1] < 400


@pytest.mark.parametrize(
    ("centre", "where"),
    [((20, 20), "top left"), ((20, 90), "top"), ((90, 90), "centre"), ((90, 160), "right"), ((160, 20), "bottom left")],
)
def test_where_a_region_lies(centre: tuple[int, int], where: str) -> None:
    maps = np.zeros((2, 180, 180), np.uint8)
    maps[0][disc(180, centre, 15)] = 3
    (region,) = regions(comparison(maps))
    assert region.where == where
    assert f"of the image, {where}: A says rug" in region.sentence


def test_slivers_are_left_out_and_come_back_when_asked_for() -> None:
    maps = np.zeros((2, 100, 100), np.uint8)
    maps[0, :, 40:42] = 1
    maps[0, 60:90, 60:90] = 2
    c = comparison(maps)
    assert [region.box for region in regions(c)] == [(60, 60, 90, 90)]
    assert [region.box for region in regions(c, hide_boundary=False)] == [(60, 60, 90, 90), (0, 40, 100, 42)]
    assert len(regions(c, hide_boundary=False, limit=1)) == 1


def test_a_long_sliver_with_one_bulge_is_still_a_sliver() -> None:
    maps = np.zeros((2, 100, 300), np.uint8)
    maps[0, 50:53] = 1
    maps[0][np.pad(disc(21, (10, 10), 3.2), ((41, 38), (140, 139)))] = 1
    c = comparison(maps)
    assert not boundary_only(c, 2.0).any()
    assert regions(c, distance=2.0) == []
    assert len(regions(c, distance=0.0)) == 1


def test_a_sure_region_comes_before_a_larger_unsure_one() -> None:
    maps, sure = np.zeros((2, 10, 30), np.uint8), np.full((2, 10, 30), 0.3)
    maps[0, :, :10] = 1
    maps[0, :, 18:] = 2
    sure[:, :, :10] = 0.9
    assert [region.box[1] for region in regions(comparison(maps, sure), hide_boundary=False)] == [0, 18]


def test_numbered_holds_every_region_under_its_rank() -> None:
    c = comparison([[[0, 1, 1, 0, 2]], [[0, 0, 0, 0, 0]]])
    found = regions(c, hide_boundary=False)
    assert numbered(found, (1, 5)).tolist() == [[0, 1, 1, 0, 2]]


def test_a_region_goes_into_json_and_back() -> None:
    (region,) = regions(pixel(2, 3), hide_boundary=False)
    told = json.loads(json.dumps(region.as_dict()))
    assert told["parties"] == [
        {"class": "cat", "models": ["A"], "confidence": 0.5},
        {"class": "rug", "models": ["B"], "confidence": 0.5},
    ]
    assert (told["box"], told["point"], told["area"]) == ([0, 0, 1, 1], [0, 0], 1.0)
    assert told["sentence"] == region.sentence

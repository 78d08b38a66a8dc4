"""Models of several class sets side by side: what one cannot say is no dispute, and is counted apart."""

from __future__ import annotations

import numpy as np
import pytest

from demo.analysis.agreement import (
    boundary_only,
    cannot_say,
    confident_conflict,
    majority,
    settle_boundaries,
    shares,
    split,
    split_counts,
    vote_counts,
    votes,
)
from demo.analysis.comparison import compare
from demo.analysis.conflict_thresholds import conflict_thresholds
from demo.analysis.in_common import SharedWords, common_set, comparison_of
from demo.analysis.kappa import fleiss_kappa, pairwise, ratings
from demo.analysis.lone_models import lone_counts
from demo.analysis.regions import disputed_regions
from demo.labels.ade20k import ADE20K
from demo.labels.class_set import class_index, known
from demo.schema import VOID, ClassSet, Comparison, ModelSpec, Prediction, Weights

CITY, VOC = known()["cityscapes"], known()["pascal-voc"]


def told(*answers: tuple[ClassSet, str, str], sure: float = 0.9) -> Comparison:
    """Each model says a row of words, "wall bed", in its set; its family is the third, c or t."""
    rows = []
    for number, (class_set, words, family) in enumerate(answers):
        label_map = np.array([[class_index(class_set, word.replace("_", " ")) for word in words.split()]], np.uint8)
        field = np.full(label_map.shape, sure, np.float32)
        spec = ModelSpec(
            f"m{number}", f"M{number}", "cnn" if family == "c" else "transformer", "own", "", Weights("", "")
        )
        rows.append((spec, Prediction(spec.id, label_map, field, field, field, class_set)))
    return comparison_of(rows)


def test_the_words_are_those_of_most_models_and_of_the_smaller_set_where_that_is_no_answer() -> None:
    assert common_set([CITY, ADE20K, ADE20K]) == ADE20K
    assert common_set([ADE20K, CITY]) == CITY and common_set([CITY, ADE20K]) == CITY


def test_what_one_set_cannot_name_is_no_dispute() -> None:
    c = told((ADE20K, "bed person sky wall tree", "c"), (CITY, "road rider sky building vegetation", "t"))
    assert c.class_set == CITY
    assert votes(c).tolist() == [[0, 0, 1, 2, 1]]  # a rider is a person, for whom ADE20K has no finer word
    assert split(c).tolist() == [[VOID, VOID, 0, 1, 0]]
    assert cannot_say(c) == 0.4 and vote_counts(c).tolist() == [2, 1]
    assert sum(shares(split_counts(c), 5).values()) + cannot_say(c) == pytest.approx(1)
    (pair,) = pairwise(c)
    assert pair.counts.sum() == 3 and pair.agreement == pytest.approx(2 / 3)
    assert ratings(c).pixels == 3
    assert majority(c)[0, :3].tolist() == [CITY.names.index(word) for word in ("road", "rider", "sky")]
    assert conflict_thresholds(c).tolist() == [[0, 0, 0, 90, 0]]
    assert confident_conflict(c, 0.8).mask.tolist() == [[False, False, False, True, False]]
    assert lone_counts(c).tolist() == [0, 0]


def test_five_of_one_set_dispute_among_themselves_whatever_a_sixth_cannot_say() -> None:
    c = told(*[(ADE20K, "bed wall", "c")] * 2, *[(ADE20K, "sofa wall", "t")] * 2, (CITY, "road fence", "t"))
    assert c.class_set == ADE20K
    assert c.label_maps[4].tolist() == [[VOID, class_index(ADE20K, "fence")]]
    assert votes(c).tolist() == [[2, 2]] and cannot_say(c) == 0
    assert split(c).tolist() == [[1, 2 + 1]]
    regions = disputed_regions(c, hide_boundary=False)
    assert {tuple(party.says for party in region.parties) for region in regions} == {("bed", "sofa"), ("wall", "fence")}
    assert all("M4" not in party.models for region in regions for party in region.parties if party.says == "bed")


def test_a_broad_word_agrees_with_any_of_its_kinds_and_says_nothing_among_other_words() -> None:
    c = told(
        (ADE20K, "tree tree tree wall tree bed", "c"),
        (ADE20K, "tree plant wall wall grass tree", "t"),
        (ADE20K, "tree plant wall wall grass tree", "t"),
        (CITY, "vegetation vegetation vegetation vegetation wall vegetation", "t"),
    )
    said = [None if place == VOID else ADE20K.names[place] for place in c.label_maps[3, 0]]
    assert c.class_set == ADE20K and said == ["tree", "plant", "tree", None, "wall", None]
    assert votes(c).tolist() == [[1, 2, 2, 0, 3, 2]] and cannot_say(c) == pytest.approx(1 / 6)
    assert split(c)[0, 0] == 0, "all four agree on a tree"


def test_nothing_in_common_is_said_without_a_number_that_pretends() -> None:
    c = told((ADE20K, "bed bed", "c"), (VOC, "background background", "t"))
    numbers = compare(c)
    assert numbers["cannot_say"] == 1 and numbers["all_agree"] == 0 and numbers["regions"] == []
    assert numbers["agreement"] == {"m0|m1": None} and numbers["kappa"] == {"m0|m1": None}
    assert numbers["fleiss_kappa"] is None and np.isnan(fleiss_kappa(ratings(c)))
    assert not boundary_only(c).any() and votes(settle_boundaries(c)).tolist() == [[0, 0]]


def test_all_agree_only_where_all_can_say() -> None:
    c = told((ADE20K, "bed sky", "c"), (ADE20K, "bed sky", "t"), (CITY, "road sky", "t"))
    assert votes(c).tolist() == [[0, 1]] and cannot_say(c) == 0.5
    assert split(c).tolist() == [[VOID, 0]] and vote_counts(c).tolist() == [1, 0, 0]


def test_one_set_alone_can_say_everything() -> None:
    c = told((ADE20K, "bed wall", "c"), (ADE20K, "sofa wall", "t"))
    assert cannot_say(c) == 0 and VOID not in c.label_maps


def test_probabilities_of_several_sets_are_gathered_into_the_words_they_share() -> None:
    shared = SharedWords.of([CITY, CITY, ADE20K])
    assert shared.words == CITY and shared.places[-1] == VOID
    rng = np.random.default_rng(0)
    for own in (CITY, ADE20K):
        probabilities = rng.dirichlet(np.ones(len(own)), 6).T.astype(np.float32).reshape(len(own), 2, 3)
        gathered = shared.gather(own, probabilities)
        assert gathered.sum(0) == pytest.approx(np.ones((2, 3)), abs=1e-5)
        person = shared.places.tolist().index(CITY.names.index("person"))
        assert gathered[person] == pytest.approx(probabilities[own.names.index("person")])
    alone = SharedWords.of([ADE20K, ADE20K])
    assert alone.places.tolist() == list(range(150))
    assert alone.gather(ADE20K, probabilities) is probabilities

"""The numbers of a study's page: against scikit-learn, and against plain counts of the same label maps."""

import itertools

import numpy as np
import pytest

from demo.labels.ade20k import ADE20K
from demo.study import tables as tables_module
from demo.study.conclusions import answer, error_at_least, frontier
from demo.study.groups import Groups
from demo.study.photo_words import differences, named
from demo.study.tables import tables
from tests.study.toy_records import MODELS, PAIRS, toy_detail, toy_label_maps, toy_records

NAMES = tuple(f"photo{number}.jpg" for number in range(6))


@pytest.mark.slow
def test_agreement_and_kappa_are_scikit_learns() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    maps, told = toy_label_maps(len(NAMES)), tables(toy_records(NAMES))
    for one, other in PAIRS:
        first, second = maps[:, one].reshape(-1), maps[:, other].reshape(-1)
        assert told.agreement[one, other] == pytest.approx((first == second).mean())
        assert told.kappa[other, one] == pytest.approx(metrics.cohen_kappa_score(first, second))


@pytest.mark.slow
def test_overlap_of_a_class_is_the_mean_iou_of_the_pairs() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    maps, told = toy_label_maps(len(NAMES)), tables(toy_records(NAMES))
    names = toy_records(NAMES).class_set.names
    for row in told.classes:
        k = names.index(row.name)
        each = [metrics.jaccard_score(maps[:, a].ravel() == k, maps[:, b].ravel() == k) for a, b in PAIRS]
        assert row.overlap == pytest.approx(np.mean(each))
        assert row.areas == pytest.approx([(maps[:, m] == k).mean() for m in range(len(MODELS))])


def test_the_pair_of_classes_that_is_disputed_most_comes_first() -> None:
    maps, told = toy_label_maps(len(NAMES)), tables(toy_records(NAMES))
    names = toy_records(NAMES).class_set.names
    counts = {}
    for low, high in itertools.combinations(range(5), 2):
        sums = [((maps[:, a] == x) & (maps[:, b] == y)).sum() for a, b in PAIRS for x, y in ((low, high), (high, low))]
        counts[names[low], names[high]] = sum(sums) / (len(PAIRS) * maps[:, 0].size)
    first = max(counts, key=lambda pair: counts[pair])
    assert told.class_pairs[0].classes == first
    assert told.class_pairs[0].share == pytest.approx(counts[first])


def test_photos_come_by_disagreement_and_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_module, "LISTED", 4)
    monkeypatch.setattr(tables_module, "SHOWN", 3)
    monkeypatch.setattr(tables_module, "IN_ORDER", 2)
    told = tables(toy_records(NAMES))
    agree = [row.agree for row in told.rows]
    assert agree == sorted(agree) and len(agree) == 4
    assert told.by_disagreement == told.rows[:2]
    assert len(told.shown) == 3


def test_a_photo_that_could_not_be_read_is_told_and_counts_nowhere() -> None:
    pixels = np.full((6, 3), 80)
    pixels[2] = pixels[4] = 0
    told = tables(toy_records(NAMES, photo_problems={2: "it is damaged"}, pixels=pixels))
    assert (told.photos, told.waiting) == (4, 1) and told.problems == ("photo2.jpg: it is damaged",)
    assert not {"photo2.jpg", "photo4.jpg"} & {row.name for row in told.rows}


def test_groups_have_their_own_shares() -> None:
    groups = Groups("light", (("day", np.array([0, 1, 2, 3])), ("night", np.array([4, 5]))))
    records = toy_records(NAMES)
    day, night = tables(records, groups).groups
    assert (day.photos, night.photos) == (4, 2)
    assert night.agree == pytest.approx(records.together["all_agree"][4:].sum() / records.together["pixels"][4:].sum())
    assert night.agree < day.agree


def test_error_is_at_least_what_disagreement_forces() -> None:
    """Whatever the truth is, the mean error of the networks is no less than the bound."""
    maps, told = toy_label_maps(len(NAMES)), tables(toy_records(NAMES))
    rng = np.random.default_rng(3)
    truths = [maps[:, m] for m in range(len(MODELS))] + [rng.integers(0, 5, maps[:, 0].shape)]
    errors = [(maps != truth[:, None]).mean() for truth in truths]
    assert 0 < error_at_least(told) <= min(errors)


def test_without_truth_nobody_is_called_best() -> None:
    found = answer(tables(toy_records(NAMES)))
    assert any("Which network is right" in sentence for sentence in found.unknown)
    assert not any("right most often" in sentence for sentence in found.certain)
    assert any("--truth" in sentence for sentence in found.advice)


def test_with_truth_the_first_is_named_with_how_sure_that_is() -> None:
    records = toy_records(NAMES, truth=True)
    told = tables(records)
    best = max(told.networks, key=lambda row: row.accuracy)
    certain = answer(told).certain
    assert certain[0].startswith(f"{best.model.title} is right most often")
    assert "of 6 photos" in certain[1] or "of 5 photos" in certain[1]
    assert answer(told).unknown == ()


def test_one_network_is_told_that_it_is_alone() -> None:
    whole = toy_records(NAMES)
    one = {name: getattr(whole, name)[:, :1] for name in ("pixels", "alone", "right", "labelled")}
    one |= {name: getattr(whole, name)[:1] for name in ("areas", "entropy_histogram", "models", "truths")}
    one["answers"] = {name: values[:, :1] for name, values in whole.answers.items()}
    none = {name: getattr(whole, name)[:, :0] for name in ("compared", "same", "both_sure_other")}
    none["together"] = {name: 0 * counts for name, counts in whole.together.items()}
    told = tables(toy_records(NAMES, confusions=whole.confusions[:0], **one, **none))
    assert "One network alone" in answer(told).unknown[0]
    assert told.class_pairs == () and told.by_disagreement == ()


def test_the_frontier_holds_whom_no_other_beats() -> None:
    assert frontier([(2, 0.9), (1, 0.5), (3, 0.8), (1, 0.4)]) == [1, 0]


def test_a_photo_is_told_in_words_that_its_label_maps_bear_out() -> None:
    maps, models = toy_label_maps(len(NAMES))[5], MODELS
    classes = [f"class{k}" for k in range(150)]
    sentence = next(differences(toy_detail(5, len(NAMES)), models, classes, maps[0].size))
    sides = sentence.partition(" where ")
    assert any(model.title in sides[0] for model in models) and any(model.title in sides[2] for model in models)
    areas = np.bincount(maps[0].reshape(-1))
    assert named(toy_detail(5, len(NAMES)), 0, MODELS[0], maps[0].size).startswith(f"{ADE20K.names[areas.argmax()]} ")

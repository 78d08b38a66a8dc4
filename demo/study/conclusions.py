"""Which of these networks for my photos? What a study's numbers say of that, and what they cannot say."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from demo.study.tables import NetworkRow, StudyTables

FEW_PHOTOS = 50


@dataclass(frozen=True)
class Answer:
    """Sentences under three headings; `certain` follow from the counts, whatever is on the photos."""

    certain: tuple[str, ...]
    unknown: tuple[str, ...]
    advice: tuple[str, ...]


def answer(tables: StudyTables) -> Answer:
    """The practitioner's answer, with ground truth or without."""
    if len(tables.networks) < 2:
        return Answer((), ("One network alone can be compared with nothing; study two or more.",), ())
    known = [*_with_truth(tables)] if tables.has_truth else []
    unknown = [] if tables.has_truth else [*_without_truth()]
    return Answer((*known, *_bounds(tables), *_speed(tables)), tuple(unknown), tuple(_advice(tables)))


def error_at_least(tables: StudyTables) -> float:
    """What the networks' error rates are at least, on average, whatever the truth is.

    Where two networks name different classes one of them is wrong, so their error rates sum to at least their
    disagreement; over all pairs, the mean error rate is at least half the mean disagreement.
    """
    pairs = [*itertools.combinations(range(len(tables.networks)), 2)]
    return float(np.nanmean([1 - tables.agreement[pair] for pair in pairs]) / 2)


def frontier(rows: list[tuple[float, float]]) -> list[int]:
    """Of (seconds, worth), those that no other one beats in both: from the fastest on.

    >>> frontier([(1, 0.5), (2, 0.4), (3, 0.9)])
    [0, 2]
    """
    order = sorted(range(len(rows)), key=lambda place: (rows[place][0], -rows[place][1]))
    best, found = -np.inf, []
    for place in order:
        if rows[place][1] > best:
            best = rows[place][1]
            found.append(place)
    return found


def _bounds(t: StudyTables) -> Iterator[str]:
    if t.whole:
        yield (
            f"On {percent(t.all_agree)} of the pixels all {sum(row.photos > 0 for row in t.networks)} networks name "
            "the same class: there the choice changes nothing."
        )
    pairs = [p for p in itertools.combinations(range(len(t.networks)), 2) if not np.isnan(t.agreement[p])]
    if not pairs:
        return
    near = max(pairs, key=lambda pair: t.agreement[pair])
    far = min(pairs, key=lambda pair: t.agreement[pair])
    yield (
        f"{_names(t, near)} are the nearest to each other, with the same class on {percent(t.agreement[near])}: "
        f"whichever of them is right more often, it is so by at most {_points(1 - t.agreement[near])} points."
    )
    if far != near:
        yield (
            f"{_names(t, far)} are the furthest apart, with the same class on {percent(t.agreement[far])}: between "
            "these two the choice can matter most."
        )
    yield (
        "Where two networks differ at least one is wrong. So over all of them the error rate is "
        f"{percent(error_at_least(t))} or more on average, whatever the photos show."
    )


def _speed(t: StudyTables) -> Iterator[str]:
    timed = [row for row in t.networks if not np.isnan(row.seconds)]
    if len(timed) < 2:
        return
    fast, slow = min(timed, key=lambda row: row.seconds), max(timed, key=lambda row: row.seconds)
    place = {row.model.id: number for number, row in enumerate(t.networks)}
    share = t.agreement[place[fast.model.id], place[slow.model.id]]
    ratio = slow.seconds / fast.seconds if fast.seconds else np.inf
    alike = "" if np.isnan(share) else f"; they name the same class on {percent(share)} of the pixels"
    if ratio > 1.1:
        yield (
            f"{fast.model.title} is the fastest here, {seconds(fast.seconds)} a photo; {slow.model.title} takes "
            f"{ratio:.1f} times as long{alike}."
        )


def _without_truth() -> Iterator[str]:
    yield "Which network is right where they differ. Agreement is no accuracy: four networks can share one mistake."
    yield "How often all of them are wrong together, where they agree."
    yield "Whether a network's doubt is honest. One that is rarely in doubt may be good, or only sure of itself."


def _with_truth(t: StudyTables) -> Iterator[str]:
    judged = [row for row in t.networks if not np.isnan(row.accuracy)]
    order = sorted(judged, key=lambda row: -row.accuracy)
    best = order[0]
    yield f"{best.model.title} is right most often: on {percent(best.accuracy)} of the labelled pixels."
    if len(order) < 2:
        return
    place = {row.model.id: number for number, row in enumerate(t.networks)}
    next_ = order[1]
    better, of = t.photos_better.get((place[best.model.id], place[next_.model.id]), (0, 0))
    if of:
        yield _duel(best, next_, better, of)


def _duel(best: NetworkRow, following: NetworkRow, better: int, of: int) -> str:
    interval = binomtest(better, of).proportion_ci(method="wilson")
    said = (
        f"It is right more often than the next, {following.model.title} ({percent(following.accuracy)}), on {better} "
        f"of {of} photos; the 95 % interval of that share goes from {percent(interval.low)} to {percent(interval.high)}"
    )
    if interval.low > 0.5:
        return f"{said}: photos like these favour it."
    return f"{said} and does not lie above one half: these photos do not decide between the two."


def _advice(t: StudyTables) -> Iterator[str]:
    if not t.has_truth:
        if t.by_disagreement and t.disputed_in_shown == t.disputed_in_shown:
            number = len(t.by_disagreement)
            photos = f"the {number} photos" if number > 1 else "the photo"
            yield (
                f"To decide, label {photos} under “Most disagreement”: they hold {percent(t.disputed_in_shown)} of "
                "the disputed pixels, and only on disputed pixels can accuracies differ. Then run the study again with "
                "--truth. They are the hardest, so the accuracies there are lower than on all your photos."
            )
        if t.class_pairs:
            one, other = t.class_pairs[0].classes
            yield (
                f"If you do not need to tell {one} from {other}, the most frequent difference matters little to you; "
                "the table of classes shows where the ones that you need stand."
            )
    if t.photos < FEW_PHOTOS:
        yield f"{t.photos} photos are few: take all of this as an impression, not as a measurement."
    if t.compact:
        yield (
            "The compact networks are small and made for trying the tool: nothing here says what the architectures can "
            "do at their published size."
        )


def _names(t: StudyTables, pair: tuple[int, int]) -> str:
    one, other = pair
    return f"{t.networks[one].model.title} and {t.networks[other].model.title}"


def percent(share: float) -> str:
    """
    >>> percent(0.4567), percent(0.0432)
    ('46 %', '4.3 %')
    """
    return f"{100 * share:.0f} %" if 0.1 <= share <= 0.9 else f"{100 * share:.1f} %"


def _points(share: float) -> str:
    return f"{100 * share:.1f}"


def seconds(value: float) -> str:
    """
    >>> seconds(0.0123), seconds(0.5), seconds(12.3)
    ('12 ms', '500 ms', '12.3 s')
    """
    return f"{1000 * value:.0f} ms" if value < 1 else f"{value:.1f} s"

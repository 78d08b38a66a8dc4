"""The claims report on toy networks."""

import json
import math
import re
from pathlib import Path

import pytest

from demo import catalog
from demo.analysis.claims import CLAIMS, Finding, Interval
from demo.errors import BackendError, DatasetError
from demo.study.sentences import _chart, claims_report
from tests.study.photos import make_dataset
from tests.study.test_evaluate import refusing
from tests.toy import toy_ids, toy_zoo


@pytest.mark.slow
def test_the_report_says_how_many_photos_it_rests_on_and_gives_every_interval(tmp_path: Path) -> None:
    usual, strange = make_dataset(tmp_path / "usual", 12), make_dataset(tmp_path / "strange", 11)
    result = claims_report([usual], toy_ids(), toy_zoo(), tmp_path / "out", outside=[strange], resamples=100)
    assert (result.number, result.with_truth, result.outside) == (23, 23, 11)
    content = json.loads((tmp_path / "out/claims.json").read_text())
    assert [claim["verdict"] for claim in content["claims"]] == [f.verdict for f in result.findings]
    assert {claim["verdict"] for claim in content["claims"]} <= {"holds", "does not hold", "cannot tell"}
    for claim in content["claims"]:
        assert {"p", "survives_all_sentences", "without", "divisions", "curve"} <= set(claim)
    [curve] = [claim["curve"] for claim in content["claims"] if claim["curve"]]
    assert set(curve["models"]) == set(toy_ids()) and len(curve["x"]) == len(curve["models"]["fcn-compact"])
    edges = content["claims"][0]
    assert set(edges["models"]) == set(toy_ids()) and set(edges["families"]) == {"cnn", "transformer"}
    page = (tmp_path / "out/claims.html").read_text()
    assert "On 23 photos (23 with ground truth, 11 from outside" in page and not re.search(r"https?:", page)
    assert all(claim["sentence"] in page.replace("&#x27;", "'") for claim in content["claims"])


@pytest.mark.slow
def test_below_ten_photos_there_is_no_verdict(tmp_path: Path) -> None:
    result = claims_report([make_dataset(tmp_path / "set", 9)], toy_ids(), toy_zoo(), tmp_path / "out", resamples=50)
    assert {finding.verdict for finding in result.findings} == {"cannot tell"}
    reasons = {finding.claim.id: finding.reason for finding in result.findings}
    assert reasons["edges"] == reasons["small fragments"] == "It takes 10 photos, but there are 9."
    assert not re.search(r"\bnan\b", (tmp_path / "out" / "claims.html").read_text())


@pytest.mark.slow
def test_photos_without_truth_leave_the_claims_on_mistakes_open(tmp_path: Path) -> None:
    photos = make_dataset(tmp_path / "set", 12) / "images/validation"
    result = claims_report([photos], toy_ids(), toy_zoo(), tmp_path / "out", resamples=50)
    reasons = {finding.claim.id: finding.reason for finding in result.findings}
    assert reasons["surer when right"] == "None of the photos has ground truth."
    assert "interval" in reasons["small fragments"] and result.with_truth == 0


@pytest.mark.slow
def test_one_bad_photo_is_told_and_left_out(tmp_path: Path) -> None:
    photos = make_dataset(tmp_path / "set", 12) / "images/validation"
    (photos / "photo3.png").write_bytes(b"")
    result = claims_report([photos], toy_ids(), toy_zoo(), tmp_path / "out", resamples=50)
    assert result.number == 11 and len(result.problems) == 1 and "photo3.png" in result.problems[0]


def test_photos_that_a_dataset_leaves_out_are_told(tmp_path: Path) -> None:
    usual, strange = make_dataset(tmp_path / "usual", 2), make_dataset(tmp_path / "strange", 2)
    for folder in (usual, strange):
        (folder / "annotations/validation/photo1.png").unlink()
    result = claims_report([usual], toy_ids(), toy_zoo(), tmp_path / "out", outside=[strange], resamples=50)
    assert [problem[:28] for problem in result.problems] == ["photo1.png has no annotation"] * 2


def test_what_cannot_be_answered_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist"):
        claims_report([tmp_path / "nowhere"], toy_ids(), toy_zoo(), tmp_path / "out")
    photos = make_dataset(tmp_path / "set", 1)
    with pytest.raises(BackendError, match="None of the networks could be loaded"):
        claims_report([photos], "fcn-compact", refusing(BackendError("No.")), tmp_path / "out")


def test_a_photo_from_outside_never_speaks_to_the_sentences_on_the_usual_ones(tmp_path: Path) -> None:
    photos = make_dataset(tmp_path / "set", 3) / "images/validation"
    strange = [photos / "photo0.png", photos / "photo1.png"]
    result = claims_report([photos], "fcn-compact", toy_zoo(), tmp_path / "out", outside=strange, resamples=50)
    assert (result.number, result.outside) == (3, 2)
    told = "2 photos are named with --outside too, photo0 among them, and count as a photo from outside only."
    assert result.problems == (told,)
    result = claims_report([photos], "fcn-compact", toy_zoo(), tmp_path / "one", outside=strange[:1], resamples=50)
    assert result.problems[0].startswith("photo0 is named with --outside too, and counts as")


def test_a_split_of_photos_that_are_no_dataset_is_refused(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "set", 1)
    photos = folder / "images/validation"
    with pytest.raises(DatasetError, match=r"A split is a part of a dataset, .*validation is none\. Leave"):
        claims_report([photos], "fcn-compact", toy_zoo(), tmp_path / "out", split="val")
    one = claims_report([photos], "fcn-compact", toy_zoo(), tmp_path / "out", outside=[folder], split="validation")
    assert one.number == 1


def test_a_page_draws_no_end_that_there_is_not(tmp_path: Path) -> None:
    """Below ten photos there is no interval; and of what one photo alone says it has no bound."""
    claims_report([make_dataset(tmp_path / "set", 3)], toy_ids(), toy_zoo(), tmp_path / "out", resamples=50)
    assert not re.search(r"\b(nan|inf)\b", (tmp_path / "out/claims.html").read_text())
    rare = Interval(0.5, -math.inf, math.inf)
    finding = Finding(CLAIMS[3], 10, (rare,), {"cnn": rare}, (rare,), "cannot tell", "")
    drawn = _chart(finding, [catalog.resolve("fcn-compact")[0]])
    assert not re.search(r"\b(nan|inf)\b", drawn) and "0.5 (no bound)" in drawn

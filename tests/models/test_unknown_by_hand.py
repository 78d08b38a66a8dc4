"""What no class names, on a real photo by real networks, anew from raw scores with PyTorch and scikit-learn alone.

`python -m tests.models.test_unknown_by_hand FOLDER` prints the same for every photo of a folder of COCO panoptic.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from demo.analysis.counts import Truth, count
from demo.analysis.numbers import finding_unknown
from demo.images import open_image
from demo.labels.ade20k import ADE20K
from demo.labels.coco import COCO_TO_ADE, decode_panoptic
from demo.measures import BY_ID
from demo.models.zoo import Answer, Zoo
from demo.study.dataset import Case, open_dataset

UMBRELLA, HORSE = 28, 19
TWO = ("pspnet-compact", "segformer-compact")


def categories(case: Case) -> np.ndarray:
    """(H, W) COCO category of each pixel, 0 where there is none, read from PNG and JSON without the project."""
    assert case.annotation and case.segments
    with PillowImage.open(case.annotation) as image:
        red, green, blue = np.moveaxis(np.asarray(image, np.int64), 2, 0)
    rows = json.loads(case.segments.read_text())["annotations"]
    [row] = [one for one in rows if Path(one["file_name"]).stem == case.photo.stem]
    found = {segment["id"]: segment["category_id"] for segment in row["segments_info"]}
    return np.vectorize(lambda identity: found.get(identity, 0))(red + 256 * green + 65536 * blue)


def by_hand(answer: Answer, case: Case) -> dict[str, float]:
    """AUROC, AUPR and FPR95 of each measure: upsampled by PyTorch, float64 from there, scikit-learn's metrics."""
    from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

    posterior = answer.posterior
    [tile] = posterior.tiles  # the compact networks look at the whole photo at once
    top, left, bottom, right = posterior.valid
    bilinear = {"mode": "bilinear", "align_corners": posterior.align_corners}
    seen = torch.nn.functional.interpolate(tile.scores[None].float(), posterior.padded_size, **bilinear)
    seen = seen[:, :, top:bottom, left:right]
    z = torch.nn.functional.interpolate(seen, posterior.photo_size, **bilinear)[0].double()
    p = z.softmax(0)
    first, second = p.topk(2, 0).values
    doubt = {
        "entropy": -(p * p.clamp_min(1e-300).log()).sum(0),
        "confidence": -first,
        "margin": second - first,
        "max_logit": -z.amax(0),
        "energy": -z.logsumexp(0),
    }
    category = categories(case)
    nameless = np.isin(category, [number for number, place in COCO_TO_ADE.items() if place is None])
    asked = category > 0
    event = nameless[asked]
    found = {}
    for measure, value in doubt.items():
        score = value.numpy()[asked]
        false, true, _ = roc_curve(event, score, drop_intermediate=False)
        found |= {
            f"{measure}_auroc": float(roc_auc_score(event, score)),
            f"{measure}_aupr": float(average_precision_score(event, score)),
            f"{measure}_fpr95": float(false[np.argmax(true >= 0.95)]),
        }
    return found


def by_the_project(answer: Answer, case: Case) -> dict[str, float]:
    assert case.annotation and case.segments
    truth, unknown = decode_panoptic(case.annotation, case.segments, case.photo.name, ADE20K)
    counts = count(answer.prediction, Truth.of(truth, unknown))
    return {number.id: number.value for number in finding_unknown(counts)}


def both(
    folder: Path, models: Sequence[str] = ("compact",)
) -> Iterator[tuple[Case, Answer, dict[str, float], dict[str, float]]]:
    zoo = Zoo(device="cpu")
    for case in open_dataset(folder).cases:
        assert case.annotation and case.segments
        if decode_panoptic(case.annotation, case.segments, case.photo.name, ADE20K)[1].mask.any():
            for answer in zoo.stream(open_image(case.photo), models, measures=[*BY_ID]):
                assert isinstance(answer, Answer)
                yield case, answer, by_hand(answer, case), by_the_project(answer, case)


@pytest.fixture
def umbrellas(cases: Path, tmp_path: Path) -> Path:
    """Neither photo shows a thing that ADE20K has no class for, so the horses are said to be umbrellas."""
    folder = cases / "coco_panoptic"
    for part in ("images", "annotations"):
        (tmp_path / part).symlink_to(folder / part)
    content = json.loads((folder / "panoptic.json").read_text())
    for row in content["annotations"]:
        for segment in row["segments_info"]:
            segment["category_id"] = UMBRELLA if segment["category_id"] == HORSE else segment["category_id"]
    (tmp_path / "panoptic.json").write_text(json.dumps(content))
    return tmp_path


@pytest.mark.slow
def test_the_scores_are_those_of_the_raw_scores(umbrellas: Path) -> None:
    pytest.importorskip("sklearn")
    pairs = [(answer.spec.id, hand, ours) for _, answer, hand, ours in both(umbrellas, TWO)]
    assert len(pairs) == len(TWO), "of one photo"
    for model, hand, ours in pairs:
        assert set(hand) == set(ours), model
        for key, value in hand.items():
            width = 1e-3 if key.endswith("auroc") else 5e-3  # these take a whole step of doubt or none of it
            assert ours[key] == pytest.approx(value, abs=width), (model, key)


if __name__ == "__main__":
    for case, answer, hand, ours in both(Path(sys.argv[1])):
        print(f"{case.name}, {answer.spec.title}")
        for key, value in hand.items():
            print(f"  {key:18} by hand {value:.5f}  here {ours[key]:.5f}")

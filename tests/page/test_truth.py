"""What the tab "Truth" is told: evaluate_truth's own numbers and maps, and a sentence for every truth that is none."""

import json
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage

from demo.analysis.evaluate_truth import NOTHING_KNOWN, RIGHT, WRONG_SURE, WRONG_UNSURE, errors, evaluate_truth
from demo.analysis.mistakes import Rightness
from demo.analysis.unknown import FLAGGED, FOUND, MISSED, NONE_OF_THESE, PASSED
from demo.images import Limits
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import encode_annotation
from demo.labels.class_set import known
from demo.labels.coco import COCO_TO_ADE, decode_panoptic
from demo.measures import BY_ID
from demo.page.store import Run, Store
from demo.page.tabs.tab import GONE
from demo.page.tabs.truth import TruthTab
from demo.page.truth_replies import FOREIGN, wrong_by_confidence
from demo.page.truths import Region, fill, paint
from demo.page.wire import in_folder, panel_of
from demo.schema import VOID, LabelMap, Unknown
from tests.toy import toy_zoo

pytest.importorskip("gradio")
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"
MODEL = "fcn-compact"
PERSON, UMBRELLA = 1, 28
Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def run(store: Store) -> Run:
    run = store.open(PHOTO)
    for answer in toy_zoo().stream(run.image, [MODEL, "setr-compact"], run.size, [*BY_ID]):
        run.keep(answer, panel_of(answer, in_folder(run.folder)))
    return run


@pytest.fixture
def ask(store: Store, run: Run, tmp_path: Path) -> Ask:
    """ask(files or regions, what, ...) of a tab that takes files of tmp_path."""
    tab = TruthTab(store, tmp_path)

    def asked(given: list[Any], what: str = "truth", **more: object) -> dict[str, Any]:
        source = {"files": [str(path) for path in given]} if isinstance(given[0], Path) else {"regions": given}
        question = {"run": run.key, "what": what, "source": source, "name": "cat.png", "band": "all", **more}
        return json.loads(json.dumps(tab.ask(question), allow_nan=False))

    return asked


@pytest.fixture(scope="module")
def truth(run: Run) -> LabelMap:
    """Mostly what one model says, shifted; the upper rows not labelled."""
    label_map = np.roll(run.answers[MODEL].prediction.label_map, 25, axis=1)
    label_map[:40] = VOID
    return label_map


@pytest.fixture
def mask(truth: LabelMap, tmp_path: Path) -> Path:
    path = tmp_path / "cat_truth.png"
    path.write_bytes(encode_annotation(truth, ADE20K))
    return path


@pytest.fixture
def panoptic(run: Run, tmp_path: Path) -> list[Path]:
    """A COCO truth: a person, an umbrella, the rest not labelled."""
    pixels = np.zeros((*run.size, 3), np.uint8)
    pixels[50:200, 50:200] = (7, 1, 0)
    pixels[200:250, 100:400] = (0, 0, 2)
    segments = [{"id": 7 + 256, "category_id": PERSON}, {"id": 2 * 65536, "category_id": UMBRELLA}]
    png, listed = tmp_path / "cat.png", tmp_path / "panoptic.json"
    PillowImage.fromarray(pixels).save(png)
    listed.write_text(json.dumps({"annotations": [{"file_name": "cat.png", "segments_info": segments}]}))
    return [png, listed]


def pixels(url: str) -> NDArray[np.uint8]:
    head, data = url.split(",")
    assert head == "data:image/png;base64"
    return np.asarray(PillowImage.open(BytesIO(b64decode(data))))


def test_an_annotation_is_told_in_numbers_and_shown_exactly(ask: Ask, mask: Path, truth: LabelMap) -> None:
    told = ask([mask])
    assert (told["kind"], told["width"], told["height"]) == ("ADE20K annotation", truth.shape[1], truth.shape[0])
    assert told["labelled"] == int((truth != VOID).sum()) and told["unknown"] is None
    assert np.array_equal(pixels(told["map"]), truth)
    assert sum(row["pixels"] for row in told["classes"]) == told["labelled"]


def test_a_truth_that_counts_from_0_is_told_and_shown_all_the_same(
    ask: Ask, mask: Path, run: Run, tmp_path: Path
) -> None:
    from_zero = tmp_path / "cat.png"
    PillowImage.fromarray(run.answers[MODEL].prediction.label_map).save(from_zero)
    told = ask([from_zero])
    assert told["labelled"] and told["doubt"].startswith("The annotations seem to count classes from 0: ")
    assert ask([mask])["doubt"] == ""


@pytest.mark.parametrize(
    "band", ["all", *(pytest.param(band, marks=pytest.mark.slow) for band in ("boundary", "interior"))]
)
def test_the_numbers_are_judges_own(ask: Ask, mask: Path, truth: LabelMap, run: Run, band: Any) -> None:
    answer = run.answers[MODEL]
    expected = evaluate_truth(answer.prediction, truth, strips=answer.posterior.strips(run.size), band=band).scores
    quick = ask([mask], "model", model=MODEL, band=band)["scores"]
    late = {row["id"]: row for row in ask([mask], "proper", model=MODEL, band=band)["numbers"]}
    merged = {**quick, "numbers": [late.get(row["id"], row) for row in quick["numbers"]]}
    assert merged == json.loads(json.dumps(expected))
    assert late["nll"]["value"] > 0 and set(late) == {"brier", "nll"}


def test_the_error_map_holds_every_threshold(ask: Ask, mask: Path, truth: LabelMap, run: Run) -> None:
    told = ask([mask], "model", model=MODEL)
    levels, prediction = pixels(told["map"]), run.answers[MODEL].prediction
    for sure in (0.05, 0.29, 0.57, 0.8, 0.99):
        codes = errors(prediction, truth, sure=sure)
        wrong = (levels > 0) & (levels < FOREIGN)
        as_sure = wrong & (levels >= 1 + round(100 * sure))
        assert np.array_equal(as_sure, codes == WRONG_SURE), sure
        assert np.array_equal(wrong & ~as_sure, codes == WRONG_UNSURE), sure
        assert sum(told["wrong"][round(100 * sure) :]) == int((codes == WRONG_SURE).sum())
    assert told["right"] == int((errors(prediction, truth) == RIGHT).sum())


def test_a_confidence_on_a_step_counts_as_reaching_it() -> None:
    confidence = np.array([[0.0, 0.29, 0.2899, 1.0]], np.float32)
    codes = np.full((1, 4), WRONG_UNSURE, np.uint8)
    assert wrong_by_confidence(codes, confidence).tolist() == [[1, 30, 29, 101]]


def test_a_coco_truth_tells_what_no_class_names(ask: Ask, panoptic: list[Path], run: Run) -> None:
    assert COCO_TO_ADE[UMBRELLA] is None
    told = ask(panoptic)
    assert (told["kind"], told["unknown"]) == ("COCO panoptic", 50 * 300)
    assert [row["index"] for row in told["classes"]] == [ADE20K.names.index("person")]
    assert int((pixels(told["map"]) == FOREIGN).sum()) == 50 * 300
    label_map, unknown = decode_panoptic(*panoptic, "cat.png", ADE20K)
    expected = evaluate_truth(run.answers[MODEL].prediction, label_map, unknown=unknown).scores
    report = ask(panoptic, "model", model=MODEL)["scores"]
    assert report == json.loads(json.dumps(expected))
    assert report["unknown"]["pixels"] == 50 * 300 and len(report["unknown"]["numbers"]) == 3 * len(BY_ID)


def test_a_renamed_photo_is_found_by_the_masks_name(ask: Ask, panoptic: list[Path]) -> None:
    assert ask(panoptic, name="IMG_2041.jpg")["kind"] == "COCO panoptic"


def test_painted_regions_are_a_truth(ask: Ask, run: Run) -> None:
    height, width = run.size
    whole = {"name": "wall", "corners": [[0, 0], [width, 0], [width, height], [0, height]]}
    cat = {"name": "Animal", "corners": [[100, 50], [300, 50], [300, 200], [100, 200]]}
    told = ask([whole, cat])
    shown = pixels(told["map"])
    assert (shown[50:200, 100:300] == ADE20K.names.index("animal")).all()
    assert int((shown == 0).sum()) == height * width - 150 * 200
    expected = evaluate_truth(run.answers[MODEL].prediction, shown).scores
    assert ask([whole, cat], "model", model=MODEL)["scores"] == json.loads(json.dumps(expected))


def test_a_painted_class_beside_what_the_networks_say_is_no_truth_that_counts_from_0(ask: Ask, run: Run) -> None:
    said = np.bincount(run.answers[MODEL].prediction.label_map.ravel(), minlength=len(ADE20K))
    beside = int(said[1:].argmax())
    assert said[beside + 1] > 0.2 * said.sum() and said[beside + 1] > 2 * said[beside]
    height, width = run.size
    whole = {"name": ADE20K.names[beside], "corners": [[0, 0], [width, 0], [width, height], [0, height]]}
    assert ask([whole])["doubt"] == ""


@pytest.fixture
def nameless() -> list[dict[str, Any]]:
    """An umbrella, say, beside a wall."""
    return [
        {"name": "wall", "corners": [[0, 0], [300, 0], [300, 200], [0, 200]]},
        {"name": NONE_OF_THESE, "corners": [[100, 50], [200, 50], [200, 150], [100, 150]]},
    ]


def test_what_is_painted_as_none_of_these_is_unknown(ask: Ask, run: Run, nameless: list[dict[str, Any]]) -> None:
    told = ask(nameless)
    assert (told["labelled"], told["unknown"]) == (300 * 200 - 100 * 100, 100 * 100)
    assert (pixels(told["map"])[50:150, 100:200] == FOREIGN).all()
    mask = np.zeros(run.size, bool)
    mask[50:150, 100:200] = True
    truth = np.full(run.size, VOID, np.uint8)
    truth[:200, :300] = 0
    expected = evaluate_truth(run.answers[MODEL].prediction, truth, unknown=Unknown.one(NONE_OF_THESE, mask)).scores
    report = ask(nameless, "model", model=MODEL)["scores"]
    assert report == json.loads(json.dumps(expected))
    said = np.bincount(run.answers[MODEL].prediction.label_map[mask], minlength=150)
    [called] = report["unknown"]["called"]
    assert called["thing"] == NONE_OF_THESE and called["classes"][0] == {
        "name": ADE20K.names[said.argmax()], "pixels": int(said.max()), "share": said.max() / 10_000,
    }  # fmt: skip
    over = ask([*nameless, {"name": "sky", "corners": nameless[1]["corners"]}])
    assert over["unknown"] is None, "a later region lies over an earlier one"


def test_only_unknown_pixels_are_told_apart_from_nothing(ask: Ask, nameless: list[dict[str, Any]]) -> None:
    report = ask(nameless[1:], "model", model=MODEL)["scores"]["unknown"]
    assert report["message"] == NOTHING_KNOWN and report["called"][0]["pixels"] == 100 * 100
    assert {row["value"] for row in report["numbers"]} == {None}


def test_the_flags_are_those_of_fpr95(ask: Ask, nameless: list[dict[str, Any]]) -> None:
    found = ask(nameless, "model", model=MODEL)["scores"]["unknown"]["numbers"]
    rates = {row["id"]: row["value"] for row in found}
    maps = ask(nameless, "flags", model=MODEL)["maps"]
    assert list(maps) == [*BY_ID]
    for measure, url in maps.items():
        counts = np.bincount(pixels(url).ravel(), minlength=256)
        assert counts[FLAGGED] / (counts[FLAGGED] + counts[PASSED]) == pytest.approx(rates[f"{measure}_fpr95"])
        assert counts[FOUND] + counts[MISSED] == 100 * 100 and counts[MISSED] <= 0.05 * 100 * 100


def test_networks_that_were_judged_are_asked_whether_they_err_together(
    ask: Ask, run: Run, mask: Path, truth: LabelMap
) -> None:
    assert ask([mask], "consistency")["pairs"] == {}
    for model in (MODEL, "setr-compact"):
        ask([mask], "model", model=model)
    known = truth != VOID
    one, other = (Rightness(known, run.answers[m].prediction.label_map == truth) for m in (MODEL, "setr-compact"))
    assert ask([mask], "consistency")["pairs"] == {f"{MODEL}|setr-compact": one.with_(other).as_json()}


def test_regions_are_in_the_photos_pixels_whatever_the_grid() -> None:
    region = Region("sky", ((0, 0), (100, 0), (100, 40), (0, 40)))
    given = paint([region], photo=(80, 100), grid=(20, 25), class_set=ADE20K)
    assert (given.label_map[:10] == ADE20K.names.index("sky")).all() and (given.label_map[10:] == VOID).all()


@pytest.mark.slow
def test_a_big_photo_is_judged_at_its_own_size(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (9, 13, 3), np.uint8)
    photo = tmp_path / "big.png"
    PillowImage.fromarray(small).resize((1950, 1350)).save(photo)
    store = Store(Limits())
    try:
        run = store.open(photo)
        for answer in toy_zoo().stream(run.image, [MODEL], run.size):
            run.keep(answer, panel_of(answer, in_folder(run.folder)))
        assert run.size != (1350, 1950)
        answer = run.answers[MODEL]
        full = answer.posterior.reduce(MODEL)
        label_map = np.roll(full.label_map, 100, axis=0)
        (tmp_path / "mask.png").write_bytes(encode_annotation(label_map, ADE20K))
        question = {"run": run.key, "what": "model", "model": MODEL, "band": "all", "name": "big.png",
                    "source": {"files": [str(tmp_path / "mask.png")]}}  # fmt: skip
        told = TruthTab(store, tmp_path).ask(question)
        assert told["scores"] == evaluate_truth(full, label_map).scores
        assert pixels(str(told["map"])).shape == run.size
    finally:
        store.close()


def bad_files(folder: Path, truth: LabelMap, panoptic: list[Path]) -> dict[str, tuple[list[Path], str]]:
    def saved(name: str, image: NDArray[np.uint8] | bytes) -> Path:
        if isinstance(image, bytes):
            (folder / name).write_bytes(image)
        else:
            PillowImage.fromarray(image).save(folder / name)
        return folder / name

    png, listed = panoptic
    other = json.dumps({"annotations": [{"file_name": "cot.png", "segments_info": []}]}).encode()
    bare = json.dumps({"annotations": [{"file_name": "cat.png", "segments_info": []}]}).encode()
    dog, second = saved("dog.png", png.read_bytes()), saved("second.png", encode_annotation(truth, ADE20K))
    colours = saved("colours.png", np.zeros((*truth.shape, 3), np.uint8))
    return {
        "another size": ([saved("small.png", truth[::2, ::2] + np.uint8(1))], "small.png should be 451 x 300"),
        "RGB": ([colours], "colours.png .* drop its JSON together"),
        "values over 150": ([saved("high.png", np.full(truth.shape, 200, np.uint8))], "high.png .* has 200"),
        "all void": ([saved("void.png", np.zeros(truth.shape, np.uint8))], "void.png should label at least one pixel"),
        "a JPEG": ([saved("mask.jpg", np.zeros(truth.shape, np.uint8))], "mask.jpg should be a PNG"),
        "cut": ([saved("cut.png", encode_annotation(truth, ADE20K)[:300])], "cut.png should be a whole PNG"),
        "JSON alone": ([listed], "panoptic.json should come with its PNG"),
        "JSON of others": ([dog, saved("other.json", other)], "other.json should list cat.png, .* did you mean cot"),
        "JSON of no kind": ([png, saved("broken.json", b"{")], "broken.json should be COCO panoptic JSON"),
        "JSON without its segments": ([png, saved("bare.json", bare)], "PNG and JSON belong together"),
        "two masks": ([png, second], r"several files came \(cat.png, second.png\)"),
        "gone": ([folder / "away.png"], "away.png is no longer kept here; drop it again"),
        "not uploaded": ([PHOTO], "cat.png is no longer kept here"),
    }


KINDS = """another size, RGB, values over 150, all void, a JPEG, cut, JSON alone, JSON of others, JSON of no kind,
JSON without its segments, two masks, gone, not uploaded"""


@pytest.mark.parametrize("kind", [kind.strip() for kind in KINDS.split(",")])
def test_a_bad_truth_is_a_sentence(ask: Ask, tmp_path: Path, truth: LabelMap, panoptic: list[Path], kind: str) -> None:
    given, words = bad_files(tmp_path, truth, panoptic)[kind]
    told = ask(given)
    assert re.search(words, told["message"]), told["message"]
    assert str(tmp_path) not in told["message"] and set(told) == {"message"}


@pytest.mark.parametrize(
    ("regions", "words"),
    [
        ([{"name": "catt", "corners": [[0, 0], [9, 0], [9, 9]]}], "no class named 'catt'; "),
        ([{"name": "sky", "corners": [[0, 0], [9, 0]]}], "region sky should enclose at least one pixel"),
        ([{"name": "sky", "corners": [[0, 0], ["9", 0], [9, 9]]}], "two numbers, x and y"),
        ([{"name": "sky"}], "needs a class name"),
        ([{"name": "sky", "corners": [[0, 0]] * 2001}], "at most 2000 corners"),
    ],
)
def test_a_bad_region_is_a_sentence(ask: Ask, regions: list[Any], words: str) -> None:
    assert words in ask(regions)["message"]


def test_what_is_remembered_of_a_truth_does_not_grow_with_the_callers_words(
    store: Store, run: Run, mask: Path, tmp_path: Path
) -> None:
    tab = TruthTab(store, tmp_path)
    source = {"files": [str(mask)]}
    for number in range(20):
        for what in ("truth", "model", "proper"):
            words = {"model": f"nobody {number}", "band": f"none {number}", "name": "cat.png"}
            tab.ask({"run": run.key, "what": what, "source": source, **words})
    (kept,) = tab._kept[run].values()
    assert list(kept.replies) == [("truth",)]


def test_a_class_is_looked_up_with_a_hint(store: Store) -> None:
    tab = TruthTab(store)
    known = {"name": "sky", "index": ADE20K.names.index("sky"), "class_set": ADE20K.key}
    assert tab.ask({"what": "class", "name": "Sky"}) == known
    assert tab.ask({"what": "class", "name": " None of these"}) == known | {"name": NONE_OF_THESE, "index": None}
    assert "did you mean" in str(tab.ask({"what": "class", "name": "buildin"})["message"])


def test_nonsense_and_forgotten_runs_are_told(store: Store, ask: Ask, mask: Path, run: Run) -> None:
    tab = TruthTab(store)
    wrong = {"run": run.key, "what": "all", "source": {}}
    for question in (None, {}, wrong, {"run": 1, "what": "truth", "source": {}}):
        assert str(tab.ask(question)["message"]).startswith("Ask with")
    assert tab.ask({"run": "0" * 64, "what": "truth", "source": {"files": []}})["message"] == GONE
    assert str(tab.ask({"run": run.key, "what": "truth", "source": {"files": []}})["message"]).startswith("Ask with")
    assert "no answer of 'nobody'" in ask([mask], "model", model="nobody")["message"]
    assert "no answer" in ask([mask], "model", model=MODEL, band="none")["message"]


def test_a_truth_is_read_in_the_classes_that_were_chosen_or_in_the_models_own(
    store: Store, run: Run, ask: Ask, mask: Path, panoptic: list[Path]
) -> None:
    city = known()["cityscapes"]
    answer = run.answers["setr-compact"]
    tile = answer.posterior.tiles[0]
    few = replace(answer.posterior, tiles=(replace(tile, scores=tile.scores[:19]),), class_set=city)
    run.answers["setr-compact"] = replace(answer, posterior=few, prediction=few.reduce("setr-compact", run.size))
    try:
        told = ask([mask], "model", model="setr-compact")["message"]
        assert "answers in the classes of Cityscapes, but this truth is in those of ADE20K" in told
        assert ask(panoptic, "truth")["class_set"] == ADE20K.key
        own = ask(panoptic, "model", model="setr-compact")
        assert own["class_set"] == city.key
        assert {row["name"] for row in own["scores"]["classes"]} <= set(city.names)
        assert ask(panoptic, "model", model=MODEL)["class_set"] == ADE20K.key
    finally:
        run.answers["setr-compact"] = answer


def test_a_truth_is_read_once(store: Store, run: Run, mask: Path, tmp_path: Path, ask: Ask) -> None:
    first = ask([mask], "model", model=MODEL)
    mask.unlink()
    assert ask([mask], "model", model=MODEL) == first
    assert "proper" not in first and len(ask([mask], "proper", model=MODEL)["numbers"]) == 2


def test_a_polygon_is_filled_by_the_even_odd_rule() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        corners = rng.uniform(-5, 35, (rng.integers(3, 9), 2))
        middles = np.stack(np.meshgrid(np.arange(30) + 0.5, np.arange(20) + 0.5), -1).reshape(-1, 2)
        crossings = np.zeros(len(middles), int)
        for a, b in zip(corners, np.roll(corners, -1, 0), strict=True):
            crossings += _crosses(a, b, middles)
        assert np.array_equal(fill(corners, (20, 30)), (crossings % 2 == 1).reshape(20, 30))


def _crosses(a: NDArray[np.float64], b: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whether the ray from each point to the left meets the edge from a to b."""
    low, high = (a, b) if a[1] < b[1] else (b, a)
    within = (points[:, 1] >= low[1]) & (points[:, 1] < high[1])
    side = (high[0] - low[0]) * (points[:, 1] - low[1]) - (high[1] - low[1]) * (points[:, 0] - low[0])
    return (within & (side < 0)).astype(np.int64)


def test_a_truth_that_others_push_out_is_told_all_the_same(
    store: Store, run: Run, mask: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crowded(dict[object, object]):
        def __setitem__(self, key: object, value: object) -> None:
            self.clear()

    tab = TruthTab(store, tmp_path)
    tab._kept[run] = Crowded()
    assert "map" in tab.ask({"run": run.key, "what": "truth", "source": {"files": [str(mask)]}, "name": "a.png"})

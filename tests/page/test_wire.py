"""What goes to the browser is exact where it says so, and small."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.labels.ade20k import ADE20K
from demo.measures import ALWAYS, BY_ID
from demo.page.wire import FIELD_LEVELS, FIELD_SIDE, display_size, fields, in_folder, panel_of, photo_file
from demo.schema import Prediction
from tests.toy import toy_zoo


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    y, x = np.mgrid[:480, :640]
    return np.stack([x * 255 // 639, y * 255 // 479, (x + y) % 256], axis=2).astype(np.uint8)


def test_labels_come_back_value_for_value(photo: np.ndarray, tmp_path: Path) -> None:
    answer = next(iter(toy_zoo().stream(photo, "fcn-compact")))
    panel = panel_of(answer, in_folder(tmp_path))
    assert panel.measures == [*ALWAYS], "nothing else was asked for"
    assert (panel.title, panel.trained_by) == ("FCN", "this project")
    assert np.array_equal(np.array(Image.open(panel.labels.path)), answer.prediction.label_map)
    assert sum(row.area for row in panel.classes) == pytest.approx(1)
    assert [row.area for row in panel.classes] == sorted((row.area for row in panel.classes), reverse=True)


def test_fields_are_the_maps_own_values_in_steps() -> None:
    rng = np.random.default_rng(1)
    shares = {name: rng.random((240, 321), np.float32) for name in BY_ID}
    maps = {name: share * np.float32(BY_ID[name].top(len(ADE20K))) for name, share in shares.items()}
    always = {name: maps.pop(name) for name in ALWAYS}
    prediction = Prediction("m", np.zeros((240, 321), np.uint8), class_set=ADE20K, **always, more=maps)
    stack = fields(prediction)
    height = stack.shape[0] // len(shares)
    assert stack.shape[1] == FIELD_SIDE and stack.max() < FIELD_LEVELS
    rows = ((np.arange(height) + 0.5) * 240 / height).astype(int)
    columns = ((np.arange(FIELD_SIDE) + 0.5) * 321 / FIELD_SIDE).astype(int)
    for part, field in enumerate(shares.values()):
        steps = stack[part * height : (part + 1) * height]
        assert np.abs(steps / (FIELD_LEVELS - 1) - field[rows][:, columns]).max() <= 0.5 / (FIELD_LEVELS - 1) + 1e-6


@pytest.mark.parametrize(
    ("size", "shown"),
    [((480, 640), (480, 640)), ((3000, 4000), (1200, 1600)), ((5000, 2), (1600, 1)), ((1, 1), (1, 1))],
)
def test_maps_are_shown_at_photo_size_up_to_1600(size: tuple[int, int], shown: tuple[int, int]) -> None:
    assert display_size(size) == shown


def test_a_large_photo_is_shown_smaller(tmp_path: Path) -> None:
    file = photo_file(np.zeros((400, 3200, 3), np.uint8), in_folder(tmp_path))
    assert Image.open(file.path).size == (1600, 200)


@pytest.mark.slow
def test_five_models_at_one_megapixel_stay_below_400_kilobytes(photo: np.ndarray, tmp_path: Path) -> None:
    large = np.repeat(np.repeat(photo, 2, 0), 2, 1)[:900, :1150]
    panels = [
        panel_of(answer, in_folder(tmp_path))
        for answer in toy_zoo().stream(large, "compact", display_size(large.shape[:2]))
    ]
    sent = sum(Path(file.path).stat().st_size for panel in panels for file in (panel.labels, panel.fields))
    assert len(panels) == 5 and sent < 400_000

"""Label and measures of doubt of every photo pixel in one pass over small blocks, compiled by numba.

Both bilinear steps of a Posterior (and the averaging of its windows) are linear and separable, so one sparse
matrix for the rows and one for the columns lead straight from the head's grid to the photo. Inside a block of
pixels every class score is a convex combination of the few grid cells that the block touches, which bounds it;
a class that cannot come within `NEGLIGIBLE` of the winner's score anywhere in the block is left out there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from demo.measures import ALWAYS

BLOCK_ROWS, BLOCK_COLUMNS = 16, 64
ROWS = ("entropy", "confidence", "margin", "max_logit", "energy")
"""The measures of demo.measures, by the row in which `_summarise` leaves them."""
ENTROPY, CONFIDENCE, MARGIN, MAX_LOGIT, ENERGY = range(5)
NEGLIGIBLE = np.float32(20.0)
"""Scores this far below the winner's weigh exp(-20) each: under 1e-5 nats of entropy for 149 of them."""


@dataclass(frozen=True, eq=False)
class Axis:
    """How one axis of the grid becomes one axis of the photo, in blocks of `weights.shape[1]` pixels.

    `index` (blocks, K) are the grid cells a block touches, `count` (blocks,) how many of the K are in use,
    `weights` (blocks, pixels, K) their share in each pixel.
    """

    index: NDArray[np.int32]
    count: NDArray[np.int32]
    weights: NDArray[np.float32]


def axis(matrix: NDArray[np.float32], block: int) -> Axis:
    """The blocks of a (photo pixels, grid cells) matrix of non-negative weights whose rows sum to 1."""
    starts = range(0, len(matrix), block)
    touched = [np.flatnonzero(matrix[start : start + block].any(axis=0)) for start in starts]
    widest = max(map(len, touched))
    index = np.zeros((len(touched), widest), np.int32)
    weights = np.zeros((len(touched), block, widest), np.float32)
    for number, (start, cells) in enumerate(zip(starts, touched, strict=True)):
        index[number, : len(cells)] = cells
        part = matrix[start : start + block][:, cells]
        weights[number, : len(part), : len(cells)] = part
    return Axis(index, np.array([len(cells) for cells in touched], np.int32), weights)


def reduce_grid(
    grid: NDArray[np.float32],
    rows: NDArray[np.float32],
    columns: NDArray[np.float32],
    threads: int,
    measures: Sequence[str] = ALWAYS,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """(H, W) labels and (measures, H, W) of the measures named, ids of demo.measures.

    `grid` is (grid rows, grid columns, classes) logits; `rows` (H, grid rows) and `columns` (W, grid columns) are
    the resampling weights.
    """
    down, across = axis(rows, BLOCK_ROWS), axis(columns, BLOCK_COLUMNS)
    label_map = np.empty((len(rows), len(columns)), np.uint8)
    fields = np.empty((len(measures), len(rows), len(columns)), np.float32)
    arguments = (
        grid,
        down.index,
        down.count,
        down.weights,
        across.index,
        across.count,
        np.ascontiguousarray(across.weights.transpose(0, 2, 1)),
        np.array([ROWS.index(name) for name in measures], np.int32),
        label_map,
        fields,
    )
    bands = np.array_split(np.arange(len(down.count)), min(len(down.count), 4 * threads))
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda band: _reduce_blocks(int(band[0]), int(band[-1]) + 1, *arguments), bands))
    return label_map, fields


def grid_probabilities(
    grid: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(classes, H, W) probabilities, none left out; the arguments are those of `reduce_grid`."""
    down, across = axis(rows, BLOCK_ROWS), axis(columns, BLOCK_COLUMNS)
    probabilities = np.empty((grid.shape[2], len(rows), len(columns)), np.float32)
    weights = np.ascontiguousarray(across.weights.transpose(0, 2, 1))
    _fill_blocks(grid, down.index, down.count, down.weights, across.index, across.count, weights, probabilities)
    return probabilities


def warm_up() -> None:
    """Compile now (or read the compiled code from numba's cache), so that the first photo does not wait."""
    one, grid = np.ones((1, 1), np.float32), np.zeros((1, 1, 2), np.float32)
    reduce_grid(grid, one, one, 1)
    grid_probabilities(grid, one, one)


OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "nsz"}}


def _compiled(function: Callable[..., None]) -> Callable[..., None]:
    """Compiled without the interpreter's lock; kept in numba's cache unless no folder can be written."""
    try:
        return njit(cache=True, **OPTIONS)(function)
    except RuntimeError:
        return njit(**OPTIONS)(function)


_part = njit(**OPTIONS)
"""Compiled into the function that calls it."""


def _reinterpreted(source: types.Type, target: types.Type, name: str) -> Any:
    """A function for compiled code: the bits of a `source` read as a `target`."""

    def cast(typing_context, value):
        def generate(context, builder, signature, arguments):
            return builder.bitcast(arguments[0], context.get_value_type(target))

        return target(source), generate

    cast.__name__ = name
    return intrinsic(cast)


_as_float = _reinterpreted(types.int32, types.float32, "_as_float")
_as_int = _reinterpreted(types.float32, types.int32, "_as_int")


@_part
def _exp(x):
    """exp(x) for -80 <= x <= 0 in float32 arithmetic that vectorises; relative error under 1e-6, exp(0) is 1.

    2 ** (whole + rest): adding 1.5 * 2 ** 23 rounds to a whole number and leaves it in the lowest bits.
    """
    shifted = x * np.float32(1.4426950408889634) + np.float32(12582912)
    rest = x * np.float32(1.4426950408889634) - (shifted - np.float32(12582912))
    power = np.float32(1.3400436560e-3)
    power = power * rest + np.float32(9.6663729535e-3)
    power = power * rest + np.float32(5.5503331810e-2)
    power = power * rest + np.float32(2.4022348955e-1)
    power = power * rest + np.float32(6.9314719551e-1)
    power = power * rest + np.float32(1)
    return _as_float(_as_int(power) + (_as_int(shifted) << np.int32(23)))


@_part
def _log(x):
    """log(x) for positive x in float32 arithmetic that vectorises; absolute error under 1e-6, log(1) is 0."""
    bits = _as_int(x)
    whole = (bits - np.int32(0x3F3504F3)) >> np.int32(23)
    part = _as_float(bits - (whole << np.int32(23))) - np.float32(1)
    series = np.float32(8.7223597333e-2)
    series = series * part - np.float32(1.4366845105e-1)
    series = series * part + np.float32(1.4952266077e-1)
    series = series * part - np.float32(1.6562392743e-1)
    series = series * part + np.float32(1.9956833577e-1)
    series = series * part - np.float32(2.5002074085e-1)
    series = series * part + np.float32(3.3334185626e-1)
    series = series * part - np.float32(4.9999987964e-1)
    series = series * part + np.float32(1)
    return series * part + np.float32(whole) * np.float32(0.6931471805599453)


@_compiled
def _reduce_blocks(
    first,
    last,
    grid,
    row_index,
    row_count,
    row_weights,
    column_index,
    column_count,
    column_weights,
    wanted,
    label_map,
    fields,
):
    height, width = label_map.shape
    classes = grid.shape[2]
    live = np.empty(classes, np.int32)
    bounds = np.empty((2, classes), np.float32)
    spread = np.empty((classes, row_index.shape[1], BLOCK_COLUMNS), np.float32)
    scores = np.empty((classes, BLOCK_COLUMNS), np.float32)
    winner = np.empty(BLOCK_COLUMNS, np.int32)
    best, second = np.empty(BLOCK_COLUMNS, np.float32), np.empty(BLOCK_COLUMNS, np.float32)
    found = np.empty((len(ROWS), BLOCK_COLUMNS), np.float32)
    for block_row in range(first, last):
        rows = row_index[block_row, : row_count[block_row]]
        for block_column in range(column_count.shape[0]):
            columns = column_index[block_column, : column_count[block_column]]
            alive = _find_live(grid, rows, columns, bounds, live)
            _spread_columns(grid, rows, columns, column_weights[block_column], live[:alive], spread)
            x0 = block_column * BLOCK_COLUMNS
            pixels = min(BLOCK_COLUMNS, width - x0)
            for y in range(block_row * BLOCK_ROWS, min((block_row + 1) * BLOCK_ROWS, height)):
                weights = row_weights[block_row, y - block_row * BLOCK_ROWS, : len(rows)]
                _compare(weights, spread, live[:alive], scores, winner, best, second)
                _summarise(scores[:alive], best, second, found)
                for x in range(pixels):
                    label_map[y, x0 + x] = winner[x]
                for number in range(len(wanted)):
                    for x in range(pixels):
                        fields[number, y, x0 + x] = found[wanted[number], x]


@_compiled
def _fill_blocks(grid, row_index, row_count, row_weights, column_index, column_count, column_weights, probabilities):
    classes, height, width = probabilities.shape
    every = np.arange(classes).astype(np.int32)
    spread = np.empty((classes, row_index.shape[1], BLOCK_COLUMNS), np.float32)
    scores = np.empty((classes, BLOCK_COLUMNS), np.float32)
    winner = np.empty(BLOCK_COLUMNS, np.int32)
    best, second = np.empty(BLOCK_COLUMNS, np.float32), np.empty(BLOCK_COLUMNS, np.float32)
    total = np.empty(BLOCK_COLUMNS, np.float32)
    for block_row in range(row_count.shape[0]):
        rows = row_index[block_row, : row_count[block_row]]
        for block_column in range(column_count.shape[0]):
            columns = column_index[block_column, : column_count[block_column]]
            _spread_columns(grid, rows, columns, column_weights[block_column], every, spread)
            x0 = block_column * BLOCK_COLUMNS
            pixels = min(BLOCK_COLUMNS, width - x0)
            for y in range(block_row * BLOCK_ROWS, min((block_row + 1) * BLOCK_ROWS, height)):
                weights = row_weights[block_row, y - block_row * BLOCK_ROWS, : len(rows)]
                _compare(weights, spread, every, scores, winner, best, second)
                total[:] = 0
                for k in range(classes):
                    for x in range(BLOCK_COLUMNS):
                        scores[k, x] = _exp(max(scores[k, x] - best[x], np.float32(-80)))
                        total[x] += scores[k, x]
                for k in range(classes):
                    for x in range(pixels):
                        probabilities[k, y, x0 + x] = scores[k, x] / total[x]


@_part
def _find_live(grid, rows, columns, bounds, live):
    """Write the classes that can come near the winner anywhere in the block to `live`; their number."""
    bounds[0], bounds[1] = -np.inf, np.inf
    for row in rows:
        for column in columns:
            for k in range(grid.shape[2]):
                value = grid[row, column, k]
                bounds[0, k], bounds[1, k] = max(bounds[0, k], value), min(bounds[1, k], value)
    floor = bounds[1].max() - NEGLIGIBLE
    alive = 0
    for k in range(grid.shape[2]):
        if bounds[0, k] >= floor:
            live[alive] = k
            alive += 1
    return alive


@_part
def _spread_columns(grid, rows, columns, weights, live, spread):
    """Resample the block's grid rows to its pixel columns: `spread` (live classes, grid rows, pixels)."""
    for a in range(len(live)):
        for r in range(len(rows)):
            value = grid[rows[r], columns[0], live[a]]
            for x in range(BLOCK_COLUMNS):
                spread[a, r, x] = value * weights[0, x]
            for c in range(1, len(columns)):
                value = grid[rows[r], columns[c], live[a]]
                for x in range(BLOCK_COLUMNS):
                    spread[a, r, x] += value * weights[c, x]


@_part
def _compare(weights, spread, live, scores, winner, best, second):
    """Scores of one line of pixels; the winner, its score and the runner-up's."""
    low, high = 0, len(weights) - 1
    while weights[low] == 0:
        low += 1
    while weights[high] == 0:
        high -= 1
    winner[:], best[:], second[:] = 0, -np.inf, -np.inf
    for a in range(len(live)):
        k, upper, lower = live[a], weights[low], weights[high] if high > low else np.float32(0)
        for x in range(BLOCK_COLUMNS):
            scores[a, x] = upper * spread[a, low, x] + lower * spread[a, high, x]
        for r in range(low + 1, high):
            for x in range(BLOCK_COLUMNS):
                scores[a, x] += weights[r] * spread[a, r, x]
        for x in range(BLOCK_COLUMNS):
            value = scores[a, x]
            second[x] = max(second[x], min(value, best[x]))
            winner[x] = k if value > best[x] else winner[x]
            best[x] = max(best[x], value)


@_part
def _summarise(scores, best, second, found):
    """Every measure of one line of pixels, in the rows of `found` that `ROWS` names."""
    total, weighted = found[CONFIDENCE], found[ENTROPY]
    total[:], weighted[:] = 0, 0
    for a in range(len(scores)):
        for x in range(BLOCK_COLUMNS):
            below = max(scores[a, x] - best[x], np.float32(-80))
            weight = _exp(below)
            total[x] += weight
            weighted[x] += weight * below
    for x in range(BLOCK_COLUMNS):
        runner_up = _exp(max(second[x] - best[x], np.float32(-80)))
        confidence, log_total = np.float32(1) / total[x], _log(total[x])
        found[MARGIN, x] = (np.float32(1) - runner_up) * confidence
        found[MAX_LOGIT, x] = best[x]
        found[ENERGY, x] = best[x] + log_total
        found[ENTROPY, x] = max(log_total - weighted[x] * confidence, np.float32(0))
        found[CONFIDENCE, x] = confidence

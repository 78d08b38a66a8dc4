"""Label, confidence, entropy and margin of every photo pixel in one pass over small blocks, compiled by numba.

Both bilinear steps of a Posterior (and the averaging of its windows) are linear and separable, so one sparse
matrix for the rows and one for the columns lead straight from the head's grid to the photo. Inside a block of
pixels every class score is a convex combination of the few grid cells that the block touches, which bounds it;
a class that cannot come within `NEGLIGIBLE` of the winner's score anywhere in the block is left out there.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import log

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

BLOCK_ROWS, BLOCK_COLUMNS = 16, 32
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
    grid: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32], threads: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """(H, W) labels and (3, H, W) confidence, entropy, margin.

    `grid` is (grid rows, grid columns, classes) logits; `rows` (H, grid rows) and `columns` (W, grid columns) are
    the resampling weights.
    """
    down, across = axis(rows, BLOCK_ROWS), axis(columns, BLOCK_COLUMNS)
    label_map = np.empty((len(rows), len(columns)), np.uint8)
    fields = np.empty((3, len(rows), len(columns)), np.float32)
    arguments = (grid, down.index, down.count, down.weights,
                 across.index, across.count, np.ascontiguousarray(across.weights.transpose(0, 2, 1)),
                 label_map, fields)
    bands = np.array_split(np.arange(len(down.count)), min(len(down.count), 4 * threads))
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda band: _reduce_blocks(int(band[0]), int(band[-1]) + 1, *arguments), bands))
    return label_map, fields


def warm_up() -> None:
    """Compile now (or read the compiled code from numba's cache), so that the first photo does not wait."""
    one = np.ones((1, 1), np.float32)
    reduce_grid(np.zeros((1, 1, 2), np.float32), one, one, 1)


def _compiled(function: Callable[..., None]) -> Callable[..., None]:
    """Compiled without the interpreter's lock; kept in numba's cache unless no folder can be written."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "nsz"}}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:
        return njit(**options)(function)


@intrinsic
def _as_float(typing_context, value):  # type: ignore[no-untyped-def]
    """Reinterpret the bits of an int32 as a float32."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@njit(inline="always")
def _exp(x):  # type: ignore[no-untyped-def]
    """exp(x) for -87 <= x <= 0 in float32 arithmetic that vectorises; relative error under 3e-7."""
    scaled = x * np.float32(1.4426950408889634)
    whole = np.floor(scaled + np.float32(0.5))
    rest = (x - whole * np.float32(0.693359375)) + whole * np.float32(2.12194440e-4)
    power = np.float32(1.9875691500e-4)
    power = power * rest + np.float32(1.3981999507e-3)
    power = power * rest + np.float32(8.3334519073e-3)
    power = power * rest + np.float32(4.1665795894e-2)
    power = power * rest + np.float32(1.6666665459e-1)
    power = power * rest + np.float32(5.0000001201e-1)
    power = power * rest * rest + rest + np.float32(1)
    return power * _as_float((np.int32(whole) + np.int32(127)) << np.int32(23))


@_compiled
def _reduce_blocks(  # type: ignore[no-untyped-def]
    first, last, grid, row_index, row_count, row_weights, column_index, column_count, column_weights, label_map, fields
):
    height, width = label_map.shape
    classes = grid.shape[2]
    live = np.empty(classes, np.int32)
    upper, lower = np.empty(classes, np.float32), np.empty(classes, np.float32)
    cells = np.empty((classes, row_index.shape[1], column_index.shape[1]), np.float32)
    line = np.empty(column_index.shape[1], np.float32)
    scores = np.empty((classes, BLOCK_COLUMNS), np.float32)
    best, second = np.empty(BLOCK_COLUMNS, np.float32), np.empty(BLOCK_COLUMNS, np.float32)
    total, weighted = np.empty(BLOCK_COLUMNS, np.float32), np.empty(BLOCK_COLUMNS, np.float32)
    winner = np.empty(BLOCK_COLUMNS, np.int32)
    for block_row in range(first, last):
        y0, rows = block_row * BLOCK_ROWS, row_count[block_row]
        for block_column in range(column_count.shape[0]):
            x0, columns = block_column * BLOCK_COLUMNS, column_count[block_column]
            pixels = min(BLOCK_COLUMNS, width - x0)
            upper[:], lower[:] = -np.inf, np.inf
            for r in range(rows):
                for c in range(columns):
                    cell = grid[row_index[block_row, r], column_index[block_column, c]]
                    for k in range(classes):
                        upper[k], lower[k] = max(upper[k], cell[k]), min(lower[k], cell[k])
            floor = lower.max() - NEGLIGIBLE
            alive = 0
            for k in range(classes):
                if upper[k] >= floor:
                    for r in range(rows):
                        for c in range(columns):
                            cells[alive, r, c] = grid[row_index[block_row, r], column_index[block_column, c], k]
                    live[alive] = k
                    alive += 1
            for y in range(y0, min(y0 + BLOCK_ROWS, height)):
                best[:], second[:], total[:], weighted[:] = -np.inf, -np.inf, 0, 0
                for a in range(alive):
                    line[:columns] = 0
                    for r in range(rows):
                        weight = row_weights[block_row, y - y0, r]
                        if weight != 0:
                            for c in range(columns):
                                line[c] += weight * cells[a, r, c]
                    score = scores[a]
                    score[:] = 0
                    for c in range(columns):
                        value, share = line[c], column_weights[block_column, c]
                        for x in range(BLOCK_COLUMNS):
                            score[x] += value * share[x]
                    k = live[a]
                    for x in range(BLOCK_COLUMNS):
                        value = score[x]
                        second[x] = max(second[x], min(value, best[x]))
                        winner[x] = k if value > best[x] else winner[x]
                        best[x] = max(best[x], value)
                for a in range(alive):
                    for x in range(BLOCK_COLUMNS):
                        below = max(scores[a, x] - best[x], np.float32(-80))
                        weight = _exp(below)
                        total[x] += weight
                        weighted[x] += weight * below
                for x in range(pixels):
                    label_map[y, x0 + x] = winner[x]
                    fields[0, y, x0 + x] = np.float32(1) / total[x]
                    fields[1, y, x0 + x] = max(np.float32(log(total[x])) - weighted[x] / total[x], np.float32(0))
                    runner_up = _exp(max(second[x] - best[x], np.float32(-80)))
                    fields[2, y, x0 + x] = (np.float32(1) - runner_up) / total[x]

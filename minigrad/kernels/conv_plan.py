"""Where everything lies when a convolution reads its image with constant offsets.

A *correlation* is what both the forward and the input gradient compute:

    out[m, row0 + i*row_step, col0 + j*col_step]
        = bias[m] + sum_k weight[m, k] * image[offset[k] + i*width + j]

``image`` is a packed copy of the source: zero padding written out and, for a stride s, the
s*s sub-images of every s-th row and column (the phases) stored one after the other. In it
output (i, j) and tap (u, v) meet at distance u*dilation // s rows and v*dilation // s columns
within phase (u*dilation % s, v*dilation % s), whatever i and j are: one offset per (c, u, v).
Counting positions through (p = i*width + j) makes every tap a run of consecutive numbers; the
columns between one row of the output and the next are computed too and dropped. The padding to
the right of one row is that to the left of the next, so there are few of them.

The input gradient of a convolution with stride s is s*s correlations with stride 1, one per
phase of the input, each with the taps that reach that phase.

    Correlation       the numbers of one correlation, and its table of offsets
    forward_plan      of a convolution
    grad_input_plans  of its transpose: a list, one per phase
    columns_apart     the same from as many copies of the image as the kernel has columns
    blocks            how the tiles of the loops cover a number of channels

Below: shapes.py, conv_pack.py. Above: conv.py. Tests: tests/kernels/test_conv_plan.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from ..shapes import window_output
from ._vector import REGISTER_BYTES, lanes
from .conv_pack import BLOCK, OTHER, SINGLE

# Bytes of one packed band of rows: it should stay in a core's second-level cache.
BAND_BYTES = 256 * 1024
# Bytes of g that one tile of the weight gradient reads for every three taps: first-level cache.
SUM_BYTES = 24 * 1024
# Of an estimate, what must remain of it for the columns to be taken apart.
LEAD = 0.965
# Taps, of all channels, up to which reading g where it lies is quicker than packing it.
FEW_TAPS = 32
# Multiply-adds that take as long as copying one number in a vector, reading or writing every second one,
# writing one by itself, and writing a vector where it was computed.
VECTOR, EVEN, NUMBER, IN_PLACE = 8, 12, 32, 2
# The same of beginning a row, and one of every second number: it shows where a vector is as long as a row.
ROW, EVEN_ROW = (60, 250) if REGISTER_BYTES >= 64 else (0, 0)


class Correlation(NamedTuple):
    """Plain numbers for the kernels, in the order in which they unpack them."""

    images: int
    source: tuple[int, int, int]  # channels, rows, columns
    target: tuple[int, int, int]
    groups: int
    stride: tuple[int, int]  # source rows and columns between two of a phase
    origin: tuple[int, int]  # source row and column of packed row 0, column 0, phase 0
    positions: tuple[int, int]  # rows and columns of the output that this correlation fills
    first: tuple[int, int]  # where they start in the target, and
    step: tuple[int, int]  # how far apart they lie
    reach: tuple[int, int]  # rows and columns that the taps reach beyond a position
    phases: np.ndarray  # (count, 2)
    taps: np.ndarray  # (taps, 3): phase, row and column of each tap
    chosen: np.ndarray  # (taps,) which of the KH*KW weights each tap uses


def forward_plan(images, source, target, kernel, stride, padding, dilation, groups) -> Correlation:
    """The forward: reads x (C, H, W) with the strides of the convolution, fills y (M, OH, OW)."""
    steps = [(u * dilation[0], v * dilation[1]) for u in range(kernel[0]) for v in range(kernel[1])]
    phases = sorted({(r % stride[0], c % stride[1]) for r, c in steps})
    taps = [(phases.index((r % stride[0], c % stride[1])), r // stride[0], c // stride[1]) for r, c in steps]
    return Correlation(
        images, source, target, groups, stride, (-padding[0], -padding[2]), target[1:],
        (0, 0), (1, 1), (max(t[1] for t in taps), max(t[2] for t in taps)),
        np.array(phases, np.int64), np.array(taps, np.int64), np.arange(len(taps)),
    )  # fmt: skip


def grad_input_plans(images, source, target, kernel, stride, padding, dilation, groups) -> list:
    """The transpose: reads g (M, OH, OW), fills dx (C, H, W), one phase of dx after the other."""
    plans = []
    for a in range(stride[0]):
        for b in range(stride[1]):
            plan = _transpose_phase(a, b, images, source, target, kernel, stride, padding, dilation, groups)
            if plan.positions[0] > 0 and plan.positions[1] > 0:
                plans.append(plan)
    return plans


def _transpose_phase(a, b, images, source, target, kernel, stride, padding, dilation, groups):
    """Padded input row a + stride*i receives g[i - e] for the taps u with u*dilation = a + stride*e."""
    rows = _phase_axis(a, target[1], kernel[0], stride[0], padding[0], dilation[0])
    cols = _phase_axis(b, target[2], kernel[1], stride[1], padding[2], dilation[1])
    taps, chosen = [], []
    for u, e in rows.taps:
        for v, f in cols.taps:
            taps.append((0, rows.latest - e, cols.latest - f))
            chosen.append(u * kernel[1] + v)
    return Correlation(
        images, source, target, groups, (1, 1), (rows.origin, cols.origin), (rows.outputs, cols.outputs),
        (rows.first, cols.first), stride, (rows.reach, cols.reach), np.zeros((1, 2), np.int64),
        np.array(taps, np.int64).reshape(-1, 3), np.array(chosen, np.int64),
    )  # fmt: skip


class _Axis(NamedTuple):
    taps: list
    latest: int
    reach: int
    origin: int
    first: int
    outputs: int


def _phase_axis(phase, size, kernel, stride, padding, dilation) -> _Axis:
    taps = [(u, (u * dilation - phase) // stride) for u in range(kernel) if u * dilation % stride == phase]
    begin = max(0, -((phase - padding) // stride))  # the first i whose row lies inside the input
    first = phase + stride * begin - padding
    outputs = max(0, -((first - size) // stride))
    latest = max((e for _, e in taps), default=0)
    earliest = min((e for _, e in taps), default=0)
    return _Axis(taps, latest, latest - earliest, begin - latest, first, outputs)


def columns_apart(plan: Correlation) -> Correlation:
    """The same correlation, with a phase for every column of the kernel: a copy of the image, moved so far.

    Rows of the packed image are then as long as those of the output: no column is computed in vain, and
    a run of positions of the output is one of memory.
    """
    places = sorted({(f, col) for f, _, col in plan.taps.tolist()})
    phases = [(plan.phases[f][0], plan.phases[f][1] + col * plan.stride[1]) for f, col in places]
    taps = [(places.index((f, col)), row, 0) for f, row, col in plan.taps.tolist()]
    return plan._replace(
        phases=np.array(phases, np.int64), taps=np.array(taps, np.int64), reach=(plan.reach[0], 0)
    )


def blocks(channels: int) -> list[tuple[int, int]]:
    """(first channel, height) of the tiles that cover ``channels``.

    All but one are BLOCK high. The last may overlap the one before it, or reach beyond few channels.
    """
    if channels == 1:
        return [(0, 1)]
    all_alike = [BLOCK] * -(-channels // BLOCK)
    one_other = [BLOCK] * -(-max(0, channels - OTHER) // BLOCK) + [OTHER]
    heights = min(all_alike, one_other, key=sum)
    return [(max(0, min(i * BLOCK, channels - height)), height) for i, height in enumerate(heights)]


class Geometry(NamedTuple):
    """What the compiled loops need of a Correlation, once the band height is chosen."""

    correlation: Correlation
    sizes: tuple[int, ...]  # in the order in which the kernels read them
    numbers: np.ndarray  # the same
    offsets: np.ndarray  # (K,) offset of each (channel of the group, tap)
    offsets_and_more: np.ndarray  # (K + 8,) and 0 where the last tile of the weight gradient looks for more
    units: int  # pieces of work: images times bands
    together: int  # how many units the weight gradient sums at a time
    blocks: np.ndarray  # (count, 2): of the channels of a group
    in_place: bool  # whether tiles may be written to the target at once
    weights: int  # numbers in the packed weight of all groups
    work: float  # of all images; four multiply-adds cost as much as one number moved


def _shared_columns(plan: Correlation) -> int:
    """Columns of padding that a row's end and the next row's beginning can have in common.

    Zeros are zeros: what a tap reads beyond the right edge is then the next row's left padding. An
    input gradient computes no column in vain that way.
    """
    if plan.stride != (1, 1) or len(plan.phases) > 1:
        return 0
    left = -plan.origin[1]
    right = plan.positions[1] + plan.reach[1] - left - plan.source[2]
    return max(0, min(left, right, plan.reach[1]))


def geometry(plan: Correlation, itemsize: int) -> Geometry:
    channels = plan.source[0]
    rows, cols = plan.positions
    width = cols + plan.reach[1] - _shared_columns(plan)
    per_row = channels * len(plan.phases) * width * itemsize
    band = max(1, min(rows, BAND_BYTES // max(per_row, 1) - plan.reach[0]))
    band = -(-rows // -(-rows // band))  # equal bands
    height = band + plan.reach[0]
    plane = height * width
    channel = plane * len(plan.phases)
    inner = plan.taps[:, 0] * plane + plan.taps[:, 1] * width + plan.taps[:, 2]
    group = channels // plan.groups
    offsets = (np.arange(group)[:, None] * channel + inner).reshape(-1)
    bands = -(-rows // band)
    sizes = (
        *plan.source, *plan.target, plan.groups, *plan.stride, *plan.origin, rows, cols,
        *plan.first, *plan.step, height, width, band, bands,
    )  # fmt: skip
    together = max(1, SUM_BYTES // (8 * band * width * itemsize))
    tiles = blocks(plan.target[0] // plan.groups)
    least = (rows - (bands - 1) * band) * cols  # positions of the smallest band
    in_place = bool(
        width == cols and plan.step == (1, 1) and tiles[0][1] <= plan.target[0] // plan.groups
        and least >= SINGLE * lanes(itemsize)
    )  # fmt: skip
    more = np.concatenate([offsets, np.zeros(8)]).astype(np.int64)
    weights = plan.groups * sum(height for _, height in tiles) * len(offsets)
    return Geometry(
        plan, tuple(int(s) for s in sizes), np.array(sizes, np.int64), offsets.astype(np.int64), more,
        plan.images * bands, together, np.array(tiles, np.int64), in_place, weights,
        plan.images * prod(plan.target) * len(offsets) / 4,
    )  # fmt: skip


def _products(geometry: Geometry) -> float:
    """Multiply-adds for one image."""
    plan = geometry.correlation
    return geometry.weights * plan.positions[0] * geometry.sizes[18]


def _packing(geometry: Geometry) -> float:
    plan = geometry.correlation
    number, row = (EVEN, EVEN_ROW) if plan.stride[1] > 1 else (VECTOR, ROW)
    return packed_rows(geometry) * (number * geometry.sizes[18] + row)


def packed_rows(geometry: Geometry) -> int:
    """Rows that are packed for one image."""
    plan = geometry.correlation
    return plan.source[0] * len(plan.phases) * geometry.sizes[17] * geometry.sizes[20]


def cost(geometry: Geometry, pooled: bool = False) -> float:
    """Time for one image of a correlation, in multiply-adds."""
    plan = geometry.correlation
    writing = VECTOR if plan.step[1] == 1 else EVEN if plan.step[1] == 2 else NUMBER
    if geometry.in_place and not pooled:
        writing = IN_PLACE
    written = plan.target[0] * plan.positions[0] * plan.positions[1]
    if not len(geometry.offsets):  # places of an input gradient that no tap reaches are filled with zeros
        return IN_PLACE * written
    return _products(geometry) + _packing(geometry) + writing * written


def _cost_of_grad_weight(geometry: Geometry) -> float:
    plan = geometry.correlation
    copying = 0 if sums_in_place(geometry) else VECTOR
    copied = plan.target[0] * plan.positions[0] * geometry.sizes[18]
    return _products(geometry) + _packing(geometry) + copying * copied


def sums_in_place(geometry: Geometry) -> bool:
    """Whether the weight gradient reads g where it lies."""
    few = geometry.correlation.groups == 1 and geometry.together == 1 and len(geometry.offsets) <= FEW_TAPS
    return few and geometry.in_place and bool((geometry.blocks[:, 1] == BLOCK).all())


def _quicker(plan: Correlation, itemsize: int, cost: Callable[[Geometry], float]) -> Geometry:
    """With its columns apart, where that gains something worth the uncertainty of an estimate."""
    plain = geometry(plan, itemsize)
    if not plan.reach[1] or not len(plan.taps):
        return plain
    apart = geometry(columns_apart(plan), itemsize)
    return apart if cost(apart) < LEAD * cost(plain) else plain


@lru_cache(maxsize=256)
def forward_geometry(
    itemsize, images, source, weight, stride, padding, dilation, groups, pooled=False
) -> Geometry:
    plan = _plan(images, source, weight, stride, padding, dilation, groups)
    return _quicker(plan, itemsize, lambda g: cost(g, pooled))


@lru_cache(maxsize=256)
def grad_weight_geometry(itemsize, images, source, weight, stride, padding, dilation, groups) -> Geometry:
    plan = _plan(images, source, weight, stride, padding, dilation, groups)
    return _quicker(plan, itemsize, _cost_of_grad_weight)


def _plan(images, source, weight, stride, padding, dilation, groups) -> Correlation:
    kernel = weight[2:]
    target = weight[0], *output_size(source[1:], kernel, stride, padding, dilation)
    return forward_plan(images, source, target, kernel, stride, padding, dilation, groups)


@lru_cache(maxsize=256)
def grad_input_geometries(itemsize, images, source, target, weight, stride, padding, dilation, groups):
    plans = grad_input_plans(images, source, target, weight[2:], stride, padding, dilation, groups)
    return tuple(_quicker(plan, itemsize, cost) for plan in plans)


def output_size(size, kernel, stride, padding, dilation) -> tuple[int, int]:
    """Rows and columns of the output; ``padding`` is (top, bottom, left, right)."""
    return (
        window_output(size[0] + padding[0] + padding[1], kernel[0], stride[0], 0, dilation[0]),
        window_output(size[1] + padding[2] + padding[3], kernel[1], stride[1], 0, dilation[1]),
    )

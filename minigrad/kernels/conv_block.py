"""The compiled loops of convolution. Arrays are flat; the geometry comes from conv_plan.py.

source   (N*C*H*W,)           x, or g for the input gradient
weight   (groups, blocks, K, ROWS)  packed: ROWS output channels side by side, zeros at the end
bias     (M,)
target   (N*M*OH*OW,)         written
phases   (count, 2)           see conv_plan.py
offsets  (K,)
sizes    the integers of conv_plan.geometry
"""

import numpy as np

from ._jit import kernel

ROWS = 8


@kernel()
def pack(source, start, packed, phases, first_row, sizes):
    """Copy rows ``first_row``.. of one image, phase by phase, with its padding, into ``packed``."""
    C, H, W = sizes[0], sizes[1], sizes[2]
    row_stride, col_stride, row0, col0 = sizes[7], sizes[8], sizes[9], sizes[10]
    height, width = sizes[17], sizes[18]
    at = 0
    for c in range(C):
        plane = start + c * H * W
        for f in range(phases.shape[0]):
            top = row0 + phases[f, 0] + first_row * row_stride
            left = col0 + phases[f, 1]
            begin = min(width, max(0, -(left // col_stride)))  # first column inside the source
            end = max(begin, min(width, (W - left + col_stride - 1) // col_stride))
            for i in range(height):
                row = top + i * row_stride
                if row < 0 or row >= H:
                    for j in range(width):
                        packed[at + j] = 0
                else:
                    src = plane + row * W + left
                    for j in range(begin):
                        packed[at + j] = 0
                    if col_stride == 1:
                        for j in range(begin, end):
                            packed[at + j] = source[src + j]
                    else:
                        for j in range(begin, end):
                            packed[at + j] = source[src + j * col_stride]
                    for j in range(end, width):
                        packed[at + j] = 0
                at += width
    packed[at:] = 0


@kernel()
def correlate(source, weight, bias, target, phases, offsets, sizes, start, stop):
    """Units ``start`` to ``stop`` of a correlation; a unit is a band of rows of one image."""
    C, H, W, M, TH, TW, groups = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6]
    rows, cols, row0, col0, row_step, col_step = (
        sizes[11], sizes[12], sizes[13], sizes[14], sizes[15], sizes[16],
    )  # fmt: skip
    height, width, band, bands = sizes[17], sizes[18], sizes[19], sizes[20]
    channel = phases.shape[0] * height * width
    blocks = weight.shape[1]
    packed = np.empty(C * channel + 64, source.dtype)
    line = np.empty(band * width, source.dtype)
    for unit in range(start, stop):
        n = unit // bands
        first = (unit % bands) * band
        here = min(band, rows - first)
        pack(source, n * C * H * W, packed, phases, first, sizes)
        count = (here - 1) * width + cols
        for group in range(groups):
            base = group * (C // groups) * channel
            for block in range(blocks):
                for r in range(min(ROWS, M // groups - block * ROWS)):
                    m = group * (M // groups) + block * ROWS + r
                    for p in range(count):
                        line[p] = bias[m]
                    for k in range(offsets.shape[0]):
                        w = weight[group, block, k, r]
                        at = base + offsets[k]
                        for p in range(count):
                            line[p] += w * packed[at + p]
                    for i in range(here):
                        out = ((n * M + m) * TH + row0 + (first + i) * row_step) * TW + col0
                        for j in range(cols):
                            target[out + j * col_step] = line[i * width + j]


@kernel()
def grad_weight(source, g, partial, partial_bias, phases, offsets, sizes, start, stop):
    """Chunks ``start`` to ``stop`` of the weight gradient; chunk i sums its share into partial[i].

    partial (chunks, M, K) and partial_bias (chunks, M) arrive as zeros.
    """
    C, H, W, M, TH, TW, groups = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6]
    rows, cols = sizes[11], sizes[12]
    height, width, band, bands = sizes[17], sizes[18], sizes[19], sizes[20]
    channel = phases.shape[0] * height * width
    K = offsets.shape[0]
    chunks = partial.shape[0]
    units = source.shape[0] // max(1, C * H * W) * bands
    packed = np.empty(C * channel + 64, source.dtype)
    line = np.zeros(band * width, source.dtype)
    for chunk in range(start, stop):
        for unit in range(chunk * units // chunks, (chunk + 1) * units // chunks):
            n = unit // bands
            first = (unit % bands) * band
            here = min(band, rows - first)
            pack(source, n * C * H * W, packed, phases, first, sizes)
            count = (here - 1) * width + cols
            for m in range(M):
                base = m // (M // groups) * (C // groups) * channel
                total = g.dtype.type(0)
                for i in range(here):
                    at = ((n * M + m) * TH + first + i) * TW
                    for j in range(cols):
                        line[i * width + j] = g[at + j]
                        total += g[at + j]
                partial_bias[chunk, m] += total
                for k in range(K):
                    at = base + offsets[k]
                    total = g.dtype.type(0)
                    for p in range(count):
                        total += line[p] * packed[at + p]
                    partial[chunk, m, k] += total

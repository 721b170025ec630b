"""Reading, setting and adding at given positions, where one position may come up twice.

    x, out     (lead, n, rest)   read; written in place
    index      (lead, m, rest)   int64, where along the middle dimension, all in [0, n)
    positions  (m,)              int64, the same for all lines, in [-n, n)
    values     (lead, m, rest)   of the dtype of out

Arrays in, nothing out; serial, so sums are added in the order of the positions and the last
value set stays. Called from ops/gathering.py and ops/indexing.py, which checked positions.
"""

from ._jit import kernel


@kernel()
def gather_lines(x, index, out):
    lead, m, rest = index.shape
    for a in range(lead):
        for i in range(m):
            for b in range(rest):
                out[a, i, b] = x[a, index[a, i, b], b]


@kernel()
def set_lines(out, index, values):
    lead, m, rest = index.shape
    for a in range(lead):
        for i in range(m):
            for b in range(rest):
                out[a, index[a, i, b], b] = values[a, i, b]


@kernel()
def add_lines(out, index, values):
    lead, m, rest = index.shape
    for a in range(lead):
        for i in range(m):
            for b in range(rest):
                out[a, index[a, i, b], b] += values[a, i, b]


@kernel()
def add_rows(out, positions, values):
    lead, m, rest = values.shape
    for a in range(lead):
        for i in range(m):
            row = positions[i] if positions[i] >= 0 else positions[i] + out.shape[1]
            for b in range(rest):
                out[a, row, b] += values[a, i, b]

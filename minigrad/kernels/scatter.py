"""Adding and combining values at given positions, where one position may come up twice.

    out        (size,) or (lead, n, rest)   written in place
    positions  (m,) int64                   where in out, all in [0, size) or [0, n)
    values     (m,) or (lead, m, rest)      of the dtype of out

Arrays in, nothing out; serial, so the order of the sums is the order of the positions.
Called from ops/scatter.py and ops/indexing.py, which checked shapes and positions.
"""

from ._jit import kernel


@kernel()
def add_at(out, positions, values):
    for i in range(positions.size):
        out[positions[i]] += values[i]


@kernel()
def add_rows(out, positions, values):
    lead, m, rest = values.shape
    for a in range(lead):
        for i in range(m):
            row = positions[i]
            for b in range(rest):
                out[a, row, b] += values[a, i, b]

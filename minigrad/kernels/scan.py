"""The first-order recurrence that cumulative products and their gradients come down to.

    u, a, h    (lead, n, rest) float   h[:, i] = u[:, i] + a[:, i] * h[:, i - 1]

Backwards it is the transpose: h[:, i] = u[:, i] + a[:, i + 1] * h[:, i + 1].
Arrays in, nothing out: h is written. Called from ops/scan.py.
"""

from ._jit import kernel


@kernel()
def linear_scan(u, a, h):
    lead, n, rest = u.shape
    for k in range(lead):
        for j in range(rest):
            h[k, 0, j] = u[k, 0, j]
        for i in range(1, n):
            for j in range(rest):
                h[k, i, j] = u[k, i, j] + a[k, i, j] * h[k, i - 1, j]


@kernel()
def linear_scan_back(u, a, h):
    lead, n, rest = u.shape
    for k in range(lead):
        for j in range(rest):
            h[k, n - 1, j] = u[k, n - 1, j]
        for i in range(n - 2, -1, -1):
            for j in range(rest):
                h[k, i, j] = u[k, i, j] + a[k, i + 1, j] * h[k, i + 1, j]

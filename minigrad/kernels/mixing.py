"""Between two arrays, element by element.

    start, end, weight, out   (n,) float   one dtype

Arrays in, ``out`` filled. ops/mixing.py has checked shapes and dtypes. Tests: tests/ops.
"""

from __future__ import annotations

from ._jit import kernel


@kernel(fastmath=False)
def lerp(start, end, weight, out):
    """``start + weight * (end - start)``, from the nearer end: both ends are met exactly."""
    for i in range(out.size):
        step, w = end[i] - start[i], weight[i]
        if abs(w) < 0.5:
            out[i] = start[i] + w * step
        else:
            out[i] = end[i] - (1 - w) * step

"""Primitives made of two kernels: a function of each element, and its slope times g.

    fused           the primitive ``name`` with its gradient ``name_backward``
    run, mapped     a kernel of kernels/activation.py on arrays of any shape and strides

Below: kernels/activation.py. Above: activation.py. Tests: tests/ops/cases_activation.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import kernels
from ..tape import Primitive


def run(kernel: str, *arrays: Any, **numbers: Any) -> Any:
    """The kernel of that name on arrays of one shape, as a new array.

    float16 has no compiled loops and goes through float32.
    """
    first = arrays[0]
    if first.dtype.char == "e":
        return run(kernel, *(a.astype(np.float32) for a in arrays), **numbers).astype(np.float16)
    out = np.empty(first.shape, first.dtype)
    loop = getattr(kernels.activation, kernel)
    values = [float(1.0 * number) for number in numbers.values()]  # of no other kind: not even "2"
    kernels._pool.run_elements(loop, *[a.ravel() for a in arrays], *values, out.reshape(-1))
    return out


def mapped(kernel: str) -> Callable:
    """``run`` for one array and no numbers, at half its cost."""
    loop = run_elements = None  # looked up by the first call: Numba is imported then

    def call(x: np.ndarray) -> np.ndarray:
        nonlocal loop, run_elements
        if loop is None:
            run_elements, loop = kernels._pool.run_elements, getattr(kernels.activation, kernel)
        shape, dtype = x.shape, x.dtype
        if dtype.itemsize == 2:
            return call(x.astype(np.float32)).astype(np.float16)
        out = np.empty(shape, dtype)
        run_elements(loop, x.ravel(), out if len(shape) == 1 else out.reshape(-1))
        return out

    return call


def fused(
    name: str,
    bend: Callable | None,
    *,
    keeps: str = "x",
    forward: Callable | None = None,
) -> Primitive:
    """A primitive ``name`` and its gradient ``name_backward``, both also differentiable.

    The kernel ``name_backward`` computes g * slope(kept), ``kept`` being the input or, with
    keeps="output", the output. ``bend(kept, **attributes)`` is the slope's own slope, in
    operations that can be differentiated again; None says that it is 0. ``forward`` stands in
    for the kernel ``name``. Numbers such as alpha are attributes of both primitives.
    """

    name_backward = f"{name}_backward"  # one string: Python's method cache keeps every new one it meets

    def slope_forward(g, kept, **attributes):
        return run(name_backward, g, kept, **attributes), (g, kept, attributes)

    def slope_backward(gg, residuals, needs):
        g, kept, attributes = residuals
        return (
            slope(gg, kept, **attributes) if needs[0] else None,
            gg * g * bend(kept, **attributes) if needs[1] and bend else None,
        )

    slope = Primitive(name_backward, slope_forward, slope_backward, keeps="g kept numbers")

    alone = forward or mapped(name)

    def value(x, **attributes):
        y = run(name, x, **attributes) if attributes and not forward else alone(x, **attributes)
        return y, (y if keeps == "output" else x, attributes)

    def rule(g, residuals, needs):
        return (slope(g, residuals[0], **residuals[1]),)

    return Primitive(name, value, rule, keeps=f"{keeps} numbers")

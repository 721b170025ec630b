"""NumPy's functions on Tensors: ``np.exp(t)`` and ``array + t`` are minigrad's own operations.

Below: ops/. Tests: tests/ops/test_ufunc.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops import (
    activation,
    arithmetic,
    bitwise,
    comparison,
    elementwise,
    matmul,
    rounding,
    selection,
    trigonometry,
)

# By the ufunc's own name, where ops/ calls it differently; elsewhere the names are equal.
_RENAMED = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "negative": "neg",
    "equal": "eq", "power": "pow", "absolute": "abs", "fabs": "abs", "mod": "remainder", "clip": "clamp",
    "rint": "round", "invert": "bitwise_not", "left_shift": "bitwise_left_shift",
    "right_shift": "bitwise_right_shift",
}  # fmt: skip
_FILES = (arithmetic, bitwise, comparison, elementwise, selection, trigonometry, rounding, activation, matmul)


def _counterpart(ufunc: np.ufunc) -> Any:
    """minigrad's function that does what ``ufunc`` does, or None."""
    name = _RENAMED.get(ufunc.__name__, ufunc.__name__)
    return next((getattr(file, name) for file in _FILES if name in file.__all__), None)


class UfuncMethods:
    __array_priority__ = 1000

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        function = _counterpart(ufunc)
        if function is None or method != "__call__" or options:
            call = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
            raise TypeError(
                f"np.{call} got a Tensor{' and ' + ', '.join(options) if options else ''}; it needs "
                "arrays, or a plain call of a function that minigrad has too. "
                "Use x.detach().numpy(), or a function of minigrad."
            )
        return function(*inputs)

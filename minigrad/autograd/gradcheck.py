"""Are the gradients right? Compare them with central differences, entry by entry.

    gradcheck        first order
    gradgradcheck    the gradient's own gradient

Below: engine.py. Tests: tests/autograd/test_gradcheck.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, GraphError
from ..tape import Variable, wrap
from . import engine


def _outputs(function: Callable, inputs: Sequence[Any]) -> list:
    """Those outputs of the function that can carry a gradient."""
    result = function(*inputs)
    results = result if isinstance(result, (tuple, list)) else (result,)
    return [r for r in results if isinstance(r, Variable) and r.array.dtype.kind == "f"]


def _fresh(inputs: Sequence[Any]) -> list:
    """Leaves with their own memory, so that nothing the function does shows outside."""
    leaves = []
    for x in inputs:
        if isinstance(x, Variable):
            leaf = wrap(np.array(x.array))
            leaf._requires_grad = x._requires_grad
            leaves.append(leaf)
        else:
            leaves.append(x)
    return leaves


def gradcheck(
    func: Callable,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Whether ``func``'s gradients agree with central differences of width ``eps``.

    ``inputs``: Tensors (those that require grad must be float64) and anything else ``func``
    takes. Every output is weighted with fixed random numbers, so that errors cannot cancel.
    Raises GraphError naming the input and the entry with the largest error.
    Source: Baydin et al., Automatic differentiation in machine learning: a survey (2018), 2.1.

    >>> x = tensor([1.0, 2.0], dtype=minigrad.float64, requires_grad=True)
    >>> gradcheck(lambda x: x * x, (x,))
    True
    """
    inputs = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    checked = [i for i, x in enumerate(inputs) if isinstance(x, Variable) and x._requires_grad]
    if not checked:
        raise ValueError(
            "gradcheck got no input that requires grad; it needs at least one: "
            "tensor(..., dtype=float64, requires_grad=True)."
        )
    for i in checked:
        if inputs[i].array.dtype != np.float64:
            raise DTypeError(
                f"gradcheck got input {i} of {inputs[i].array.dtype}; it needs float64: "
                "in float32 the differences drown in rounding."
            )
    leaves = _fresh(inputs)
    outputs = _outputs(func, leaves)
    random = np.random.default_rng(0)
    weights = [random.uniform(0.5, 1.5, o.array.shape) for o in outputs]
    pairs = [(o, w) for o, w in zip(outputs, weights) if o._requires_grad]
    if pairs:
        analytic: Any = engine.grad(
            [o for o, _ in pairs],
            [leaves[i] for i in checked],
            [wrap(w) for _, w in pairs],
            allow_unused=True,
        )
    else:
        analytic = [None] * len(checked)
    problems = []
    for i, g in zip(checked, analytic):
        x = inputs[i].array
        numeric = _differences(func, inputs, i, weights, eps)
        found = np.zeros_like(x) if g is None else g.array
        error = np.abs(found - numeric)
        allowed = atol + rtol * np.abs(numeric)
        bad = ~(error <= allowed)
        if bad.any():
            worst = np.unravel_index(np.argmax(np.where(bad, error - allowed, -np.inf)), x.shape)
            place = tuple(int(k) for k in worst)
            problems.append(
                f"input {i} (shape {x.shape}): {int(bad.sum())} of {x.size} entries are off, the "
                f"worst at {place}: the rule gives {found[worst]:.8g}, differences give "
                f"{numeric[worst]:.8g}"
            )
    if problems and raise_exception:
        raise GraphError("gradcheck found wrong gradients: " + "; ".join(problems) + ".")
    return not problems


def _differences(func, inputs, i, weights, eps) -> np.ndarray:
    x = inputs[i].array
    result = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        sides = []
        for step in (eps, -eps):
            leaves = _fresh(inputs)
            leaves[i].array[place] += step
            values = [o.array for o in _outputs(func, leaves)]
            sides.append(sum(float((v * w).sum()) for v, w in zip(values, weights)))
        result[place] = (sides[0] - sides[1]) / (2 * eps)
    return result


def gradgradcheck(
    func: Callable,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Whether the gradients' own gradients agree with differences, for inputs and ``grad_outputs``.

    >>> x = tensor([1.0, 2.0], dtype=minigrad.float64, requires_grad=True)
    >>> gradgradcheck(lambda x: x * x * x, (x,))
    True
    """
    inputs = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    outputs = [o for o in _outputs(func, _fresh(inputs)) if o._requires_grad]
    if grad_outputs is None:
        random = np.random.default_rng(1)
        grad_outputs = [wrap(random.uniform(0.5, 1.5, o.array.shape)) for o in outputs]
        for g in grad_outputs:
            g._requires_grad = True
    elif isinstance(grad_outputs, Variable):
        grad_outputs = [grad_outputs]
    n = len(inputs)

    def gradients(*arguments: Any) -> tuple:
        xs, gs = arguments[:n], arguments[n:]
        checked = [x for x in xs if isinstance(x, Variable) and x._requires_grad]
        ys = [o for o in _outputs(func, xs) if o._requires_grad]
        found = engine.grad(ys, checked, list(gs), create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradients,
        (*inputs, *grad_outputs),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
    )

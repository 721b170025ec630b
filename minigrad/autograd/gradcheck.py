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


def _checked_inputs(inputs: tuple, function: str) -> list[int]:
    """The numbers of the inputs whose gradients are checked."""
    checked = [i for i, x in enumerate(inputs) if isinstance(x, Variable) and x._requires_grad]
    if not checked:
        raise ValueError(
            f"{function} got no input that requires grad; it needs at least one: "
            "tensor(..., dtype=float64, requires_grad=True)."
        )
    for i in checked:
        if inputs[i].array.dtype != np.float64:
            raise DTypeError(
                f"{function} got input {i} of {inputs[i].array.dtype}; it needs float64: "
                "in float32 the differences drown in rounding."
            )
    return checked


def _analytic(func: Callable, inputs: tuple, checked: list[int], weights: list) -> tuple[list, list]:
    """Gradients by the rules, and the outputs' values."""
    leaves = _fresh(inputs)
    outputs = _outputs(func, leaves)
    for i, (x, leaf) in enumerate(zip(inputs, leaves)):
        # NaN counts as unchanged where it stands in both.
        if isinstance(x, Variable) and not np.array_equal(
            x.array, leaf.array, equal_nan=x.array.dtype.kind == "f"
        ):
            raise GraphError(
                f"gradcheck got a function that changed its input {i}; differences need a function "
                "that leaves its inputs as they are. Let it work on a clone()."
            )
    if not weights:
        random = np.random.default_rng(0)
        weights.extend(random.uniform(0.5, 1.5, o.array.shape) for o in outputs)
    pairs = [(o, w) for o, w in zip(outputs, weights) if o._requires_grad]
    found: Any = [None] * len(checked)
    if pairs:
        found = engine.grad(
            [o for o, _ in pairs],
            [leaves[i] for i in checked],
            [wrap(w.astype(o.array.dtype)) for o, w in pairs],
            allow_unused=True,
        )
    gradients = [np.zeros(inputs[i].array.shape) if g is None else g.array for i, g in zip(checked, found)]
    return gradients, [np.array(o.array) for o in outputs]


def gradcheck(
    func: Callable,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    fast_mode: bool = False,
) -> bool:
    """Whether ``func``'s gradients agree with central differences of width ``eps``.

    ``inputs``: Tensors (those that require grad must be float64) and anything else ``func``
    takes. Every output is weighted with fixed random numbers, so that errors cannot cancel.
    Raises GraphError naming the input and the entry with the largest error; also if two runs
    differ by more than ``nondet_tol``, or if ``func`` changes its inputs. ``fast_mode`` is there for
    PyTorch's signature: every entry is checked either way.
    Source: Baydin et al., Automatic differentiation in machine learning: a survey (2018), 2.1.

    >>> x = tensor([1.0, 2.0], dtype=minigrad.float64, requires_grad=True)
    >>> autograd.gradcheck(lambda x: x * x, (x,))
    True
    """
    inputs = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    checked = _checked_inputs(inputs, "gradcheck")
    weights: list = []
    try:
        analytic, values = _analytic(func, inputs, checked, weights)
        _check_repeats(func, inputs, checked, weights, analytic, values, nondet_tol)
        problems = []
        for i, g in zip(checked, analytic):
            numeric = _differences(func, inputs, i, weights, eps)
            problems += _disagreement(i, g, numeric, atol, rtol)
        if problems:
            raise GraphError("gradcheck found wrong gradients: " + "; ".join(problems) + ".")
    except GraphError:
        if raise_exception:
            raise
        return False
    return True


def _check_repeats(func, inputs, checked, weights, analytic, values, tolerance) -> None:
    """A second run must give the same: differences of noise would say nothing."""
    again, values_again = _analytic(func, inputs, checked, weights)
    pairs = [(f"output {i}", a, b) for i, (a, b) in enumerate(zip(values, values_again))]
    pairs += [(f"the gradient of input {i}", a, b) for i, a, b in zip(checked, analytic, again)]
    for what, a, b in pairs:
        error = 0.0 if np.array_equal(a, b, equal_nan=True) else float(np.max(np.abs(a - b)))
        if not error <= tolerance:
            raise GraphError(
                f"gradcheck got a function whose two runs on the same inputs differ: {what} by "
                f"{error:.3g}, more than nondet_tol={tolerance:g}. Fix its random numbers with "
                "manual_seed(...) inside it, or allow the difference with nondet_tol."
            )


def _disagreement(i: int, found: np.ndarray, numeric: np.ndarray, atol: float, rtol: float) -> list[str]:
    error = np.abs(found - numeric)
    allowed = atol + rtol * np.abs(numeric)
    bad = ~(error <= allowed)  # NaN is bad
    if not bad.any():
        return []
    excess = np.where(np.isnan(error), np.inf, error - allowed)
    worst = np.unravel_index(np.argmax(np.where(bad, excess, -np.inf)), found.shape)
    place = tuple(int(k) for k in worst)
    return [
        f"input {i} (shape {found.shape}): {int(bad.sum())} of {found.size} entries are off, the "
        f"worst at {place}: the rule gives {found[worst]:.8g}, differences give {numeric[worst]:.8g}"
    ]


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
    nondet_tol: float = 0.0,
    fast_mode: bool = False,
) -> bool:
    """Whether the gradients' own gradients agree with differences, for inputs and ``grad_outputs``.

    >>> x = tensor([1.0, 2.0], dtype=minigrad.float64, requires_grad=True)
    >>> autograd.gradgradcheck(lambda x: x * x * x, (x,))
    True
    """
    inputs = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    _checked_inputs(inputs, "gradgradcheck")
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
        nondet_tol=nondet_tol,
    )

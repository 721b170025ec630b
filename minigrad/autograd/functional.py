"""Products with Jacobians and Hessians, and the matrices themselves, of functions of Tensors.

    vjp   v^T J      one reverse pass           jacobian   J, a reverse pass per output element
    jvp   J v        two reverse passes         hessian    the Jacobian of the gradient
    hvp   H v        vhp   v^T H

``inputs`` is a Tensor or a tuple of them, and results have the same form. Results carry a
graph only with ``create_graph=True``. ``strict=True`` raises GraphError where an output does
not depend on an input, instead of giving zeros.

Below: engine.py. Tests: tests/autograd/test_functional.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import GraphError, ShapeError
from ..grad_mode import enable_grad
from ..tape import Variable, wrap
from .engine import grad


def _call(func: Any, inputs: tuple, function: str) -> Any:
    if not callable(func):
        raise TypeError(f"{function} got {func!r}; it needs a function of the inputs.")
    return func(*inputs)


def _tuple(x: Any, function: str, what: str) -> tuple[tuple, bool]:
    found = tuple(x) if isinstance(x, (tuple, list)) else (x,)
    for i, t in enumerate(found):
        if not isinstance(t, Variable):
            raise TypeError(f"{function} got {what} {i} of type {type(t).__name__}; it needs Tensors.")
    return found, isinstance(x, (tuple, list))


def _leaves(inputs: tuple, create_graph: bool) -> tuple:
    """Each input under a place of its own in the graph, tied to its history if that matters."""
    leaves = []
    for x in inputs:
        if create_graph and x._requires_grad:
            leaves.append(x.reshape(x.array.shape))
        else:
            leaf = wrap(x.array)
            leaf.version = x.version
            leaf._requires_grad = True
            leaves.append(leaf)
    return tuple(leaves)


def _run(func: Callable, inputs: Any, create_graph: bool, function: str) -> tuple:
    given, several_in = _tuple(inputs, function, "input")
    leaves = _leaves(given, create_graph)
    outputs, several_out = _tuple(_call(func, leaves, function), function, "output")
    return leaves, several_in, outputs, several_out


def _vector(v: Any, like: tuple, function: str, of: str) -> tuple:
    if v is None:
        if len(like) != 1 or like[0].array.size != 1:
            raise ValueError(
                f"{function} got no v; it needs one of the shape of the {of} unless that is a single element."
            )
        return (wrap(np.ones_like(like[0].array)),)
    found, _ = _tuple(v, function, "v")
    shapes, expected = [t.array.shape for t in found], [t.array.shape for t in like]
    if shapes != expected:
        raise ShapeError(f"{function} got v of shapes {shapes}; it needs those of the {of}, {expected}.")
    return found


def _gradients(outputs, inputs, vectors, create_graph, strict, function) -> tuple:
    """Gradients with zeros where there is no dependence (or GraphError if strict)."""
    pairs = [(o, v) for o, v in zip(outputs, vectors) if o._requires_grad]
    if strict and len(pairs) < len(outputs):
        raise GraphError(
            f"{function} got an output that does not depend on any input, with strict=True. "
            "Pass strict=False for zeros."
        )
    found: tuple = (None,) * len(inputs)
    if pairs:
        found = grad(
            [o for o, _ in pairs],
            inputs,
            [v for _, v in pairs],
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=True,
        )
    if strict and any(g is None for g in found):
        number = next(i for i, g in enumerate(found) if g is None)
        raise GraphError(
            f"{function} got outputs that do not depend on input {number}, with strict=True. "
            "Pass strict=False for zeros."
        )
    return tuple(wrap(np.zeros_like(x.array)) if g is None else g for x, g in zip(inputs, found))


def _finished(tensors: tuple, several: bool, create_graph: bool) -> Any:
    tensors = tensors if create_graph else tuple(t.detach() for t in tensors)
    return tensors if several else tensors[0]


def vjp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """``(func(*inputs), v^T J)``. ``v`` has the shape of the output; None for one element.

    >>> autograd.functional.vjp(lambda x: x * x, tensor([1.0, 2.0]), tensor([1.0, 10.0]))[1]
    tensor([ 2., 40.])
    """
    with enable_grad():
        leaves, several_in, outputs, several_out = _run(func, inputs, create_graph, "vjp")
        vectors = _vector(v, outputs, "vjp", "output")
        found = _gradients(outputs, leaves, vectors, create_graph, strict, "vjp")
    return _finished(outputs, several_out, create_graph), _finished(found, several_in, create_graph)


def jvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """``(func(*inputs), J v)``. ``v`` has the shape of the input; None for one element.

    The gradient u -> u^T J is linear in u, and its own gradient is J v.

    >>> autograd.functional.jvp(lambda x: x * x, tensor([1.0, 2.0]), tensor([1.0, 10.0]))[1]
    tensor([ 2., 40.])
    """
    with enable_grad():
        leaves, _, outputs, several_out = _run(func, inputs, create_graph, "jvp")
        vectors = _vector(v, leaves, "jvp", "input")
        u = tuple(wrap(np.zeros_like(o.array)) for o in outputs)
        for t in u:
            t._requires_grad = True
        first = _gradients(outputs, leaves, u, True, strict, "jvp")
        found = _gradients(first, u, vectors, create_graph, strict, "jvp")
    return _finished(outputs, several_out, create_graph), _finished(found, several_out, create_graph)


def jacobian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian, of shape (*output, *input); nested tuples for several outputs or inputs.

    One reverse pass per element of the output (``vectorize`` changes nothing here).

    >>> autograd.functional.jacobian(lambda x: x * x, tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if strategy != "reverse-mode":
        raise ValueError(f"jacobian got strategy={strategy!r}; minigrad knows 'reverse-mode' only.")
    with enable_grad():
        leaves, several_in, outputs, several_out = _run(func, inputs, create_graph, "jacobian")
        blocks = tuple(
            _finished(_rows(o, leaves, create_graph, strict), several_in, create_graph) for o in outputs
        )
    return blocks if several_out else blocks[0]


def _rows(output: Any, leaves: tuple, create_graph: bool, strict: bool) -> tuple:
    """d(output)/d(leaf) for each leaf, all rows of one output."""
    from ..ops.joining import stack

    shape = output.array.shape
    rows = []
    for k in range(output.array.size):
        one = np.zeros(shape, output.array.dtype)
        one.reshape(-1)[k] = 1
        rows.append(_gradients((output,), leaves, (wrap(one),), create_graph, strict, "jacobian"))
    if not rows:
        return tuple(wrap(np.zeros(shape + x.array.shape, x.array.dtype)) for x in leaves)
    return tuple(stack(column).reshape(shape + x.array.shape) for column, x in zip(zip(*rows), leaves))


def _single(func: Callable, function: str) -> Callable:
    def checked(*inputs: Any) -> Any:
        output = _call(func, inputs, function)
        if not isinstance(output, Variable) or output.array.size != 1:
            raise ShapeError(
                f"{function} got a function that returns "
                f"{getattr(output, 'shape', type(output).__name__)}; it needs one Tensor of a single "
                "element. Reduce it: func(...).sum()."
            )
        return output.reshape(())

    return checked


def hessian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The matrix of second derivatives of a function with a single output element.

    >>> autograd.functional.hessian(lambda x: (x * x * x).sum(), tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    several = isinstance(inputs, (tuple, list))
    function = _single(func, "hessian")

    def gradient(*xs: Any) -> tuple:
        return _gradients(
            (function(*xs),), xs, (wrap(np.ones((), xs[0].array.dtype)),), True, strict, "hessian"
        )

    found = jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return found if several else found[0]


def vhp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """``(func(*inputs), v^T H)`` for a function with a single output element.

    >>> autograd.functional.vhp(lambda x: (x * x * x).sum(), tensor([1.0, 2.0]), tensor([1.0, 1.0]))[1]
    tensor([ 6., 12.])
    """
    with enable_grad():
        leaves, several, outputs, _ = _run(_single(func, "vhp"), inputs, create_graph, "vhp")
        vectors = _vector(v, leaves, "vhp", "input")
        ones = (wrap(np.ones((), outputs[0].array.dtype)),)
        first = _gradients(outputs, leaves, ones, True, strict, "vhp")
        found = _gradients(first, leaves, vectors, create_graph, strict, "vhp")
    return _finished(outputs, False, create_graph), _finished(found, several, create_graph)


def hvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """``(func(*inputs), H v)``; H is symmetric, so this is ``vhp``.

    >>> autograd.functional.hvp(lambda x: (x * x * x).sum(), tensor([1.0, 2.0]), tensor([1.0, 1.0]))[1]
    tensor([ 6., 12.])
    """
    return vhp(func, inputs, v, create_graph, strict)

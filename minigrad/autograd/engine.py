"""The public face of the reverse pass: ``backward`` adds to ``.grad``, ``grad`` returns.

Below: reverse.py. Tests: tests/autograd/test_engine.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import reverse, tape
from ..errors import DTypeError, GraphError, ShapeError
from ..tape import Variable, settled


def _as_tuple(x: Any) -> tuple:
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def _tensors(x: Any, function: str, what: str) -> tuple:
    found = _as_tuple(x)
    for i, t in enumerate(found):
        if not isinstance(t, Variable):
            raise TypeError(f"{function} got {what} {i} of type {type(t).__name__}; it needs Tensors.")
    return found


def _roots(outputs: Sequence[Any], gradients: Any, create_graph: bool, function: str) -> list:
    """Pairs (output, gradient), the gradient an array or, with create_graph, a Tensor."""
    gradients = _as_tuple(gradients) if gradients is not None else (None,) * len(outputs)
    if len(gradients) != len(outputs):
        raise ValueError(
            f"{function} got {len(outputs)} outputs and {len(gradients)} gradients; "
            "it needs one gradient for each output (None for one of a single element)."
        )
    roots = []
    for output, g in zip(outputs, gradients):
        if not settled(output)._requires_grad:
            raise GraphError(
                f"{function} got a tensor of shape {output.array.shape} that requires no grad; it "
                "needs one computed from tensors with requires_grad=True. Was it computed under "
                "no_grad, or from detached or integer tensors?"
            )
        roots.append((output, _root_gradient(output, g, create_graph, function)))
    return roots


def _root_gradient(output: Any, g: Any, create_graph: bool, function: str) -> Any:
    shape = output.array.shape
    if g is None:
        if output.array.size != 1:
            raise GraphError(
                f"{function} got an output of shape {shape} and no gradient; it needs a single "
                "element, or a gradient of that shape. Reduce it first (y.mean().backward()), or "
                "pass one: y.backward(minigrad.ones_like(y))."
            )
        one = np.empty(shape, output.array.dtype)  # np.ones takes four times as long
        one.fill(1)
        g = tape.wrap(one)
    elif not isinstance(g, Variable):
        try:
            g = tape.wrap(np.asarray(g, dtype=output.array.dtype))
        except (TypeError, ValueError):
            raise TypeError(
                f"{function} got a gradient of type {type(g).__name__}; it needs a Tensor or numbers of "
                "the shape of the output."
            ) from None
    elif g.array.dtype.kind != "f":
        raise DTypeError(
            f"{function} got a gradient of {g.array.dtype} for an output of {output.array.dtype}; "
            "it needs a float dtype. Convert it first: gradient.float()."
        )
    if g.array.shape != shape:
        raise ShapeError(
            f"{function} got a gradient of shape {g.array.shape} for an output of shape "
            f"{shape}; the two must be equal."
        )
    return settled(g) if create_graph else g.array


def _targets(inputs: Any, function: str) -> tuple:
    targets = _tensors(inputs, function, "input")
    if not targets:
        raise ValueError(f"{function} got no inputs; it needs at least one Tensor.")
    for i, x in enumerate(targets):
        if not settled(x)._requires_grad:
            raise GraphError(
                f"{function} got input {i} of shape {x.array.shape}, which requires no grad; it "
                "needs requires_grad=True before the forward."
            )
    return targets


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradients of ``tensors`` to the ``grad`` of the leaves below them.

    As ``Tensor.backward``, for several outputs at once; ``inputs``: only these get a gradient.

    >>> x = tensor(2.0, requires_grad=True)
    >>> autograd.backward([x * x, 3 * x])
    >>> x.grad
    tensor(7.)
    """
    outputs = _tensors(tensors, "backward", "tensor")
    targets = None if inputs is None else _targets(inputs, "backward")
    roots = _roots(outputs, grad_tensors, create_graph, "backward")
    for start in reverse.starts:
        start(outputs, _as_tuple(grad_tensors) if grad_tensors is not None else (), targets)
    retain = bool(create_graph if retain_graph is None else retain_graph)
    found = reverse.backward(roots, inputs=targets, retain_graph=retain, create_graph=create_graph)
    if targets is None or found is None:
        return
    once = dict(zip(map(id, targets), zip(targets, found)))
    for target, g in once.values():
        if g is not None:
            reverse.deliver(target, g, create_graph)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple:
    """The gradients of ``outputs`` with respect to ``inputs``, as a tuple; no ``.grad`` changes.

    Raises GraphError for an input that the outputs do not depend on, unless ``allow_unused``
    (then its gradient is None) or ``materialize_grads`` (then it is zeros).

    >>> x = tensor(3.0, requires_grad=True)
    >>> first, = autograd.grad(x * x * x, x, create_graph=True)
    >>> autograd.grad(first, x)
    (tensor(18.),)
    """
    if is_grads_batched:
        raise ValueError(
            "grad got is_grads_batched=True; minigrad takes one gradient at a time. "
            "Call grad once per row with retain_graph=True."
        )
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "grad got materialize_grads=True and allow_unused=False; zeros for unused inputs "
            "need allow_unused=True (or left out)."
        )
    outputs, inputs = _tensors(outputs, "grad", "output"), _targets(inputs, "grad")
    roots = _roots(outputs, grad_outputs, create_graph, "grad")
    for start in reverse.starts:
        start(outputs, (), inputs)
    retain = bool(create_graph if retain_graph is None else retain_graph)
    found = reverse.backward(roots, inputs=inputs, retain_graph=retain, create_graph=create_graph) or []
    results: list = []
    for i, x in enumerate(inputs):
        g, found[i] = found[i], None
        if g is not None and x.node is None:
            g = reverse.run_leaf_hooks(x, g)
        if g is None and materialize_grads:
            g = tape.wrap(np.zeros(x.array.shape, x.array.dtype))
            g._requires_grad = create_graph
        elif g is None and not allow_unused:
            raise GraphError(
                f"grad got input {i} of shape {x.array.shape}, which the outputs do not depend on; "
                "it needs inputs that were used. Pass allow_unused=True for None, or "
                "materialize_grads=True for zeros."
            )
        if g is not None and not isinstance(g, Variable):
            # A copy where somebody else has the array: the rule may have handed out its input.
            sole = reverse.references(g) <= reverse.SOLE
            g = tape.wrap(g if sole and reverse.owns_memory(g) else np.array(g))
        results.append(g)
    return tuple(results)

"""The public face of the reverse pass: ``backward`` adds to ``.grad``, ``grad`` returns.

Below: tape.py. Tests: tests/autograd/test_engine.py.
"""

from __future__ import annotations

import weakref
from typing import Any, Sequence

import numpy as np

from .. import tape
from ..errors import GraphError, ShapeError
from ..tape import Variable


def _as_tuple(x: Any) -> tuple:
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


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
        if not output._requires_grad:
            raise GraphError(
                f"{function} got a tensor of shape {output.array.shape} that requires no grad; it "
                "needs one computed from tensors with requires_grad=True. Was it computed under "
                "no_grad, or from detached or integer tensors?"
            )
        if g is None:
            if output.array.size != 1:
                raise GraphError(
                    f"{function} got an output of shape {output.array.shape} and no gradient; it "
                    "needs a single element, or a gradient of that shape. Reduce it first "
                    "(loss.mean().backward()) or pass one (y.backward(torch_like_gradient))."
                )
            g = tape.wrap(np.ones_like(output.array))
        elif not isinstance(g, Variable):
            g = tape.wrap(np.asarray(g, dtype=output.array.dtype))
        if g.array.shape != output.array.shape:
            raise ShapeError(
                f"{function} got a gradient of shape {g.array.shape} for an output of shape "
                f"{output.array.shape}; the two must be equal."
            )
        roots.append((output, g if create_graph else g.array))
    return roots


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradients of ``tensors`` to the ``grad`` of the leaves below them.

    As ``Tensor.backward``, for several outputs at once.
    """
    outputs = _as_tuple(tensors)
    roots = _roots(outputs, grad_tensors, create_graph, "backward")
    retain = bool(create_graph if retain_graph is None else retain_graph)
    if inputs is None:
        tape.backward(roots, retain_graph=retain, create_graph=create_graph)
        return
    targets = _as_tuple(inputs)
    found = tape.backward(roots, inputs=targets, retain_graph=retain, create_graph=create_graph)
    for target, g in zip(targets, found or ()):
        if g is not None:
            tape.deliver(target, g, create_graph)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple:
    """The gradients of ``outputs`` with respect to ``inputs``, as a tuple; no ``.grad`` changes.

    Raises GraphError for an input that the outputs do not depend on, unless ``allow_unused``
    (then its gradient is None).

    >>> x = tensor(3.0, requires_grad=True)
    >>> first, = grad(x * x * x, x, create_graph=True)
    >>> grad(first, x)
    (tensor(18.),)
    """
    outputs, inputs = _as_tuple(outputs), _as_tuple(inputs)
    roots = _roots(outputs, grad_outputs, create_graph, "grad")
    retain = bool(create_graph if retain_graph is None else retain_graph)
    for i, x in enumerate(inputs):
        if not x._requires_grad:
            raise GraphError(
                f"grad got input {i} of shape {x.array.shape}, which requires no grad; it needs "
                "requires_grad=True before the forward."
            )
    found = tape.backward(roots, inputs=inputs, retain_graph=retain, create_graph=create_graph)
    results = []
    for i, g in enumerate(found or ()):
        if g is None and not allow_unused:
            raise GraphError(
                f"grad got input {i} of shape {inputs[i].array.shape}, which the outputs do not "
                "depend on; it needs inputs that were used. Pass allow_unused=True for None."
            )
        if g is not None and not isinstance(g, Variable):
            g = tape.wrap(np.array(g))
        results.append(g)
    return tuple(results)


def retain_grad(x: Any) -> None:
    """Have ``x.grad`` filled by backward although ``x`` was computed."""
    if not x._requires_grad:
        raise GraphError("retain_grad() got a tensor that requires no grad; it needs one that does.")
    if x.node is None or getattr(x, "_retains_grad", False):
        return
    holder = weakref.ref(x)  # the graph must not keep its own output alive

    def keep(g: Any) -> None:
        target = holder()
        if target is not None:
            target._grad = g if target._grad is None else target._grad + g

    x._retains_grad = True
    x.node.hooks = [*(x.node.hooks or ()), (x.slot, keep)]

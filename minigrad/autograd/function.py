"""autograd.Function: a forward and a gradient rule of one's own, written with Tensors.

    Function            subclass it, write forward and backward, call ``apply``
    FunctionContext     ``ctx``: what forward hands on to backward
    once_differentiable for a backward that cannot itself be differentiated

A ``Primitive`` (tape.py) works on arrays and serves every order; a Function is PyTorch's
interface to the same tape. Its saved tensors are the residuals of its node.

Below: tape.py. Tests: tests/autograd/test_function.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import GraphError
from ..grad_mode import no_grad
from ..tape import OUTPUT, Primitive, Variable, grad_enabled, rebase, record, settled, wrap, written


class FunctionContext:
    """What ``forward`` (or ``setup_context``) leaves for ``backward``; takes any attribute.

    needs_input_grad   per argument of forward: whether its gradient is wanted
    """

    needs_input_grad: tuple[bool, ...] = ()
    materialize_grads = True
    _to_save: tuple = ()
    _saved: tuple | None = ()
    _dirty: tuple = ()
    _non_differentiable: tuple = ()

    def save_for_backward(self, *tensors: Variable | None) -> None:
        """Keep inputs or outputs for backward; a write to one of them will be noticed."""
        for t in tensors:
            if t is not None and not isinstance(t, Variable):
                raise TypeError(
                    f"save_for_backward got {type(t).__name__}; it needs Tensors or None. "
                    "Keep anything else as an attribute: ctx.size = size."
                )
        self._to_save = self._saved = tensors

    @property
    def saved_tensors(self) -> tuple:
        """The tensors given to ``save_for_backward``."""
        if self._saved is None:
            raise GraphError(
                "saved_tensors was asked for outside of backward, after the forward was done; "
                "the tensors are there while backward runs."
            )
        return self._saved

    def mark_dirty(self, *tensors: Variable) -> None:
        """Say that forward changed these inputs in place (and returns them)."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Variable) -> None:
        """Say that no gradient passes through these outputs."""
        self._non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """With False, backward gets None (instead of zeros) for outputs that were not used."""
        self.materialize_grads = bool(value)


class Function:
    """An operation with a gradient rule of its own.

    ``forward(ctx, *args)`` computes; ``backward(ctx, *grads)`` returns one gradient for each
    argument of forward (None for those that take none). Or leave ``ctx`` out of forward and
    write ``setup_context(ctx, inputs, output)`` beside it. Call ``apply``, never forward.

    >>> class Cube(autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         x, = ctx.saved_tensors
    ...         return 3 * x * x * g
    >>> x = tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    @staticmethod
    def forward(*args: Any) -> Any:
        """Compute the output from ``ctx`` (unless ``setup_context`` is written) and the arguments."""
        raise TypeError("a Function needs a static method forward(ctx, *args).")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> None:
        """Fill ``ctx`` after a forward that takes none."""

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Return one gradient for each argument of forward."""
        raise TypeError("a Function needs a static method backward(ctx, *grad_outputs).")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run forward, and record it if any argument requires grad."""
        ctx = FunctionContext()
        ctx.needs_input_grad = tuple(isinstance(a, Variable) and settled(a)._requires_grad for a in args)
        with no_grad():
            if cls.setup_context is Function.setup_context:
                output = cls.forward(ctx, *args)
            else:
                output = cls.forward(*args)
                cls.setup_context(ctx, args, output)
        for x in ctx._dirty:
            written(x)
        if not (any(ctx.needs_input_grad) and grad_enabled.get()):
            ctx._saved = None
            return output
        return _record(cls, ctx, args, output)


class _Rule:
    """What a node needs of a primitive, for one call of a Function."""

    shortcuts = Primitive.shortcuts  # none

    def __init__(self, function: type[Function], ctx: FunctionContext, sources: tuple, outputs: tuple):
        self.name, self.function, self.ctx, self.outputs = function.__name__, function, ctx, outputs
        self.sources, self.keeps = sources, sources
        self.materialize = ctx.materialize_grads
        self.watched = tuple((s, None) for s in sources if s is not None)
        self.constants = tuple(i for i, source in enumerate(sources) if source is None)

    def forward(self, *inputs: Any) -> Any:
        """Here for readers of the graph who ask for the names of the inputs."""
        return self.function.forward(*inputs)

    def backward(self, g: tuple, residuals: tuple, needs: list) -> tuple:
        arrived = dict(zip(self.outputs, (_as_tensor(part) for part in g)))
        gradients = [arrived.get(i) for i in range(1 + max(self.outputs))]
        self.ctx._saved = tuple(_as_tensor(r) for r in residuals)
        try:
            found = self.function.backward(self.ctx, *gradients)
        finally:
            self.ctx._saved = None
        found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        while len(found) > len(needs) and found[-1] is None:
            found = found[:-1]
        if len(found) != len(needs):
            raise GraphError(
                f"{self.name}.backward returned {len(found)} gradients; it needs one for each of "
                f"the {len(needs)} arguments of forward (None for those that take none)."
            )
        for i, dx in enumerate(found):
            if dx is not None and not isinstance(dx, Variable):
                raise TypeError(
                    f"{self.name}.backward returned {type(dx).__name__} for argument {i}; it needs "
                    "a Tensor or None."
                )
        if grad_enabled.get():
            return found
        return tuple(dx if dx is None else dx.array for dx in found)


def _as_tensor(x: Any) -> Any:
    return wrap(x) if isinstance(x, (np.ndarray, np.generic)) else x


def _is_one_of(x: Any, some: tuple) -> bool:
    return any(x is s for s in some)


def _record(cls: type[Function], ctx: FunctionContext, args: tuple, output: Any) -> Any:
    several = isinstance(output, (tuple, list))
    outputs = list(output) if several else [output]
    numbers = tuple(i for i, o in enumerate(outputs) if isinstance(o, Variable))
    if not numbers:
        raise TypeError(f"{cls.__name__}.forward returned no Tensor; it needs at least one.")
    saved = ctx._to_save
    sources = []
    for t in saved:
        source: Any = next((i for i, a in enumerate(args) if a is t and t is not None), None)
        if source is None or _is_one_of(t, ctx._dirty):
            slot = next((k for k, i in enumerate(numbers) if outputs[i] is t), None)
            source = None if slot is None else (OUTPUT, slot)
        sources.append(source)
    inputs = tuple(a for a in args if isinstance(a, Variable))
    for i in numbers:
        outputs[i] = _own(outputs[i], inputs, ctx)
    rule: Any = _Rule(cls, ctx, tuple(sources), numbers)
    residuals = tuple(None if t is None else t.array for t in saved)
    results = tuple(outputs[i] for i in numbers)
    node = record(rule, args, residuals, {}, results)
    ctx._to_save, ctx._saved = (), None
    for slot, o in enumerate(results):
        if o.array.dtype.kind == "f" and not _is_one_of(o, ctx._non_differentiable):
            made = wrap(o.array)
            made.node, made.slot, made._requires_grad = node, slot, True
            rebase(o, made)
    return tuple(outputs) if several else outputs[0]


def _own(o: Variable, inputs: tuple, ctx: FunctionContext) -> Variable:
    """The output ``o`` as a tensor that no argument shares memory with, unless it is dirty."""
    if _is_one_of(o, ctx._dirty):
        base = o if o.cut is None else o.cut.base
        if base.node is None and base._requires_grad:
            raise GraphError(
                "a Function marked a leaf that requires grad as dirty; a recorded in-place "
                "operation needs a computed tensor. Pass a clone()."
            )
        if base is not o:
            raise GraphError(
                "a Function marked a view as dirty; it needs a tensor with memory of its own. Pass a clone()."
            )
        return o
    if _is_one_of(o, ctx._non_differentiable):
        return o
    if o.cut is not None or o._requires_grad or any(np.may_share_memory(o.array, x.array) for x in inputs):
        return wrap(np.array(o.array))
    return o


class _Once(Function):
    """The identity; whoever differentiates it again is refused."""

    @staticmethod
    def forward(ctx: Any, x: Any, barrier: Any) -> Any:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise GraphError(
            "backward reached a gradient that came from a once_differentiable rule; that rule "
            "cannot be differentiated. Write it with differentiable operations and take the "
            "decorator away."
        )


def once_differentiable(function: Callable) -> Callable:
    """Decorate a ``Function.backward`` whose own work cannot be recorded.

    Under create_graph=True its results refuse to be differentiated, instead of counting as
    constants.
    """

    @functools.wraps(function)
    def wrapped(ctx: Any, *grad_outputs: Any) -> Any:
        with no_grad():
            found = function(ctx, *grad_outputs)
        if not grad_enabled.get():
            return found
        barrier = wrap(np.zeros(()))
        barrier._requires_grad = True
        results = found if isinstance(found, (tuple, list)) else (found,)
        return tuple(r if r is None else _Once.apply(r, barrier) for r in results)

    return wrapped

"""Trade time for memory: forget what a part of the model keeps, and compute it again later.

    checkpoint              one function
    checkpoint_sequential   a chain of modules, cut into segments

The part is recorded as usual, then its nodes give up their residuals. When the reverse pass
reaches the first of them, the function runs again (with the same random numbers) and each
node takes over the residuals of its twin, the k-th node of the second run. Leaves, hooks,
``autograd.grad`` and ``create_graph`` work as without checkpointing.

Source: Chen, Xu, Zhang, Guestrin, Training deep nets with sublinear memory cost (2016).
Below: tape.py, random. Tests: tests/autograd/test_checkpoint.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import GraphError
from ..grad_mode import enable_grad
from ..node import Deferred, Node
from ..random import get_rng_state, set_rng_state
from ..tape import Variable, grad_enabled, last_serial, wrap


def checkpoint(
    function: Callable,
    *args: Any,
    use_reentrant: bool = False,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """``function(*args, **kwargs)``, keeping no activations: backward computes them again.

    The second run must do what the first did; GraphError if it records something else.
    ``use_reentrant`` is there for PyTorch's signature: there is one implementation.

    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> minigrad.utils.checkpoint.checkpoint(lambda x: (x * x).exp(), x).sum().backward()
    >>> x.grad
    tensor([  5.4366, 218.3926])
    """
    if not grad_enabled.get():
        return function(*args, **kwargs)
    rng = get_rng_state() if preserve_rng_state else None
    first = last_serial()
    output = function(*args, **kwargs)
    nodes = _recorded_since(first, output)
    region = _Region(function, args, kwargs, rng, [n.primitive.name for n in nodes])
    for k, node in enumerate(nodes):
        node.residuals = _Recomputed(region, k)
    return output


def checkpoint_sequential(functions: Any, segments: int, input: Any, **options: Any) -> Any:
    """Run ``functions`` (or the modules of a Sequential) in turn, in ``segments`` checkpoints.

    The last segment is run as it is: backward begins there, so there is nothing to save.
    """
    functions = list(functions)
    if not 1 <= segments <= max(len(functions), 1):
        raise ValueError(
            f"checkpoint_sequential got segments={segments} for {len(functions)} functions; it "
            "needs 1 to as many segments as functions."
        )
    size = len(functions) // segments

    def run(start: int, end: int) -> Callable:
        def part(x: Any) -> Any:
            for function in functions[start:end]:
                x = function(x)
            return x

        return part

    for s in range(segments - 1):
        input = checkpoint(run(s * size, (s + 1) * size), input, **options)
    return run((segments - 1) * size, len(functions))(input)


def _recorded_since(serial: int, output: Any) -> list[Node]:
    """The nodes newer than ``serial`` that ``output`` was computed by, oldest first."""
    found: set[Node] = set()
    stack = [x.node for x in _tensors(output) if x.node is not None]
    while stack:
        node = stack.pop()
        if node.serial > serial and node not in found:
            found.add(node)
            stack.extend(p for p in node.parents if type(p) is Node)
    return sorted(found, key=lambda n: n.serial)


def _tensors(output: Any) -> list[Variable]:
    if isinstance(output, Variable):
        return [output]
    if isinstance(output, dict):
        output = output.values()
    elif not isinstance(output, (tuple, list)):
        return []
    return [t for o in output for t in _tensors(o)]


class _Region:
    """One checkpointed call: what is needed to run it again, and what the second run kept."""

    def __init__(self, function: Callable, args: tuple, kwargs: dict, rng: Any, names: list[str]):
        self.function, self.rng, self.names = function, rng, names
        # As they were: a variable of the caller may since have become the output of a write.
        self.args = [_as_now(a) for a in args]
        self.kwargs = {k: _as_now(v) for k, v in kwargs.items()}
        self.found: dict[int, Any] = {}

    def residuals(self, k: int) -> Any:
        if k not in self.found:
            self._run_again()
        return self.found.pop(k)

    def _run_again(self) -> None:
        now = None
        if self.rng is not None:
            now = get_rng_state()
            set_rng_state(self.rng)
        try:
            first = last_serial()
            with enable_grad():
                nodes = _recorded_since(first, self.function(*self.args, **self.kwargs))
        finally:
            if now is not None:
                set_rng_state(now)
        names = [n.primitive.name for n in nodes]
        if names != self.names:
            raise GraphError(
                f"checkpoint got a function that recorded {names} when it was run again, and "
                f"{self.names} the first time; it needs one that does the same each time."
            )
        self.found = {k: node.residuals for k, node in enumerate(nodes)}


def _as_now(x: Any) -> Any:
    if not isinstance(x, Variable) or x.node is None:
        return x
    same = wrap(x.array)
    same.node, same.slot, same._requires_grad, same.version = x.node, x.slot, x._requires_grad, x.version
    return same


class _Recomputed(Deferred):
    """The residuals of the k-th node of a region."""

    def __init__(self, region: _Region, k: int):
        self.region, self.k = region, k

    def residuals(self) -> Any:
        return self.region.residuals(self.k)

"""The tape: what is recorded when a primitive meets a Tensor.

    Variable    an array that may need a gradient; ``Tensor`` is its one subclass
    Primitive   a forward on arrays and the rule that sends a gradient back through it
    record      makes the node of a call (node.py)

No operation is named in this file, and nothing global keeps a graph alive: a graph lives
as long as a Tensor made by it.

One rule serves every order of differentiation. A primitive called on arrays runs its
kernel and nothing else; called on Tensors it also records. The reverse pass
(reverse.py) hands a rule arrays, or, with ``create_graph=True``, Tensors: the same lines
then either compute or record, and what they recorded can be differentiated again.

Below: node.py, tracing.py. Above: reverse.py, ops/. Tests: tests/tape.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from time import perf_counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import shapes
from .errors import GraphError
from .node import Node, Source, View, serial
from .origin import caller
from .quiet import restore, silence
from .tracing import outside

grad_enabled: ContextVar[bool] = ContextVar("grad_enabled", default=True)
scope: ContextVar[str] = ContextVar("scope", default="")  # path of the module being run

# Called as observer(seen: Forward) after each forward on Tensors, for anomaly mode, record(), profile()
# and compile(). Empty: costs one look.
observers: list[Callable] = []

# Called as watcher(module) when a module's forward begins, for profile() and compile(); what it returns
# is called when that forward ends. Empty: costs one look.
module_watchers: list[Callable] = []

# The serial of the newest write to any tensor: nodes made since have nothing to check.
newest_write = [-1]

_ndarray = np.ndarray
_NUMBERS = (int, float, bool)
FLOATS = (np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.float16))  # the usual one first
_new = object.__new__


class Forward(NamedTuple):
    """One call of a primitive, as an observer sees it."""

    primitive: Primitive
    inputs: tuple  # Variables and constants, as they came
    arrays: list  # the same with arrays in place of Variables
    attributes: dict
    result: Any  # one Variable, or a tuple of them
    node: Node | None
    seconds: float

    @property
    def outputs(self) -> tuple[np.ndarray, ...]:
        """The arrays of the result."""
        return tuple([r.array for r in (self.result if type(self.result) is tuple else (self.result,))])


def one_by_one() -> bool:
    """Whether an observer wants to see every layer's operation by itself, none fused with others."""
    return any(not getattr(observer, "takes_fused", False) for observer in observers)


class Variable:
    """An array, the node that made it, and the gradient that reached it.

    ``version`` is a list ``[in-place writes, serial of the last, where that was]``, shared by all
    views of one memory. Nodes and writes are numbered in one row: a rule whose kept array was
    overwritten after its node was made is refused.
    """

    array: np.ndarray
    version: list
    node: Node | None
    slot: int  # which output of ``node`` this is
    cut: View | None  # how this was cut out of another tensor's memory
    detached: tuple | None  # serial and writes at the last detach_: older views do not follow
    hooks: list | None  # of a leaf; those of a computed tensor lie on its node
    _requires_grad: bool
    _grad: Variable | None
    _source: Source | None
    _retained: tuple | None  # the hook by which retain_grad fills ``grad``

    # Slots, not defaults of the class: Python 3.11 reads them in a quarter of the time.
    __slots__ = (
        "_grad", "_requires_grad", "_retained", "_source", "array", "cut", "detached", "hooks", "node",
        "slot", "version",
    )  # fmt: skip

    result_class: type  # what a primitive called on Variables returns; set by Tensor

    def __init_subclass__(cls, results: bool = False):
        if results:
            Variable.result_class = cls

    def __init__(self, array: np.ndarray, requires_grad: bool = False):
        self.array, self.version, self._requires_grad, self.slot = array, [0, 0], requires_grad, 0
        self.node = self.cut = self.detached = self.hooks = None
        self._grad = self._source = self._retained = None

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...  # the methods of Tensor


OUTPUT = -1

PRIMITIVES: dict[str, Primitive] = {}


class Primitive:
    """A function of arrays with a rule for its gradient, registered under its name.

    forward(*inputs, **attributes) -> (output, residuals)
        Inputs are arrays or plain numbers. ``residuals`` is the tuple of everything the
        rule needs later. Several outputs come as a tuple of arrays.
    backward(g, residuals, needs) -> one gradient per input
        ``g`` has the shape of the output (with several outputs: a tuple). A gradient is None
        where the input takes none; ``needs[i]`` says whether gradient i is wanted. Write it
        with operators and primitives and it can itself be differentiated. None instead of a
        rule: no gradient passes (comparisons, argmax).
    keeps
        Names the residuals in order: names of forward's inputs, ``output`` (or ``output.1``),
        any other name for a value that the rule treats as constant. Gradients of gradients
        need it: without ``keeps`` a rule with residuals serves first order only.
        ``x(y)`` says that the values of x are read for the gradient of y only: where none is
        wanted, x may be overwritten before backward. ``~x``: only a shortcut reads x, which may be
        overwritten too.
    view
        The output shares the memory of the first input.
    broadcasts
        The shapes of the inputs broadcast together: where they do not, the error says why.

    >>> import numpy as np
    >>> from minigrad import Primitive, tensor
    >>> square = Primitive("docs_square", lambda x: (x * x, (x,)),
    ...                    lambda g, kept, needs: (2 * g * kept[0],), keeps="x")
    >>> x = tensor([3.0], requires_grad=True)
    >>> square(x).backward()
    >>> x.grad
    tensor([6.])
    """

    materialize = True  # outputs that nobody used come to the rule as zeros

    # For a parent's primitive a function(g, residuals): the gradient of the parent's one input, by a
    # quicker way than both rules. The pass back takes it where nobody looks in between (reverse.py).
    shortcuts: Mapping[Primitive, Callable] = MappingProxyType({})

    def __init__(
        self,
        name: str,
        forward: Callable,
        backward: Callable | None = None,
        *,
        keeps: str | Sequence[str] | None = None,
        view: bool = False,
        broadcasts: bool = False,
    ):
        if name in PRIMITIVES:
            raise ValueError(
                f"Primitive got the name {name!r}, which is taken; it needs a name of its own. "
                "In a notebook, delete the old one first: del minigrad.tape.PRIMITIVES[name]."
            )
        self.name, self.forward, self.backward = name, forward, backward
        self.view, self.broadcasts = view, broadcasts
        words = keeps.split() if isinstance(keeps, str) else keeps
        self.keeps = words and [word.partition("(")[0].lstrip("~") for word in words]
        self.sources = self._sources_of_residuals() if self.keeps else ()
        self.watched = self._watched(words) if words else ()
        # Which residuals no rule differentiates by; None: not known.
        sources = enumerate(self.sources)
        self.constants = None if self.keeps is None else tuple([i for i, s in sources if s is None])
        PRIMITIVES[name] = self

    def __repr__(self) -> str:
        return f"Primitive({self.name!r})"

    def _sources_of_residuals(self) -> tuple:
        """For each residual: the number of the input it is, (OUTPUT, slot), or None."""
        parameters = list(inspect.signature(self.forward).parameters)
        sources: list = []
        for keep in self.keeps or ():
            word, _, slot = keep.partition(".")
            if word == "output":
                sources.append((OUTPUT, int(slot or 0)))
            else:
                sources.append(parameters.index(keep) if keep in parameters else None)
        return tuple(sources)

    def _watched(self, words: Sequence[str]) -> tuple:
        """For each kept tensor its source, and the input for whose gradient alone it is read, or None."""
        parameters = list(inspect.signature(self.forward).parameters)
        watched = []
        for word, source in zip(words, self.sources):
            reader = word.partition("(")[2].rstrip(")")
            if source is not None and not word.startswith("~"):
                watched.append((source, parameters.index(reader) if reader else None))
        return tuple(watched)

    def __call__(self, *inputs: Any, **attributes: Any) -> Any:
        arrays: list[Any] = []
        variables = tracked = False
        for x in inputs:
            if isinstance(x, Variable):
                variables = True
                if x.cut is not None and x.cut.seen is not x.cut.base.node:
                    refresh_view(x)
                if x._requires_grad:
                    tracked = True
                arrays.append(x.array)
            else:
                arrays.append(x)
        if not variables:
            return self.forward(*inputs, **attributes)[0]  # inside a rule, which runs quietly
        began = perf_counter() if observers else None
        token = silence()
        try:
            if attributes:
                output, residuals = self.forward(*arrays, **attributes)
            elif len(arrays) == 2:
                x, y = arrays
                output, residuals = self.forward(x, y)  # Python's quickest call
            else:
                output, residuals = self.forward(*arrays)
        except ValueError:
            if self.broadcasts:
                shapes.broadcast(self.name, *map(np.shape, arrays))
            raise
        finally:
            restore(token)
        seconds = 0.0 if began is None else perf_counter() - began
        result: Any
        if type(output) is tuple:
            result = tuple([wrap(o) for o in output])
        else:
            result = _new(Variable.result_class)
            result.array = output if type(output) is _ndarray else np.asarray(output)
            result.version, result._requires_grad, result.slot = [0, 0], False, 0
            result.node = result.cut = result.detached = result.hooks = None
            result._grad = result._source = result._retained = None
        node = None
        if tracked and self.backward is not None and grad_enabled.get():
            node = record(self, inputs, residuals, attributes, result)
            if type(result) is tuple:
                for slot, r in enumerate(result):
                    if r.array.dtype.kind in "fc":
                        r.node, r.slot, r._requires_grad = node, slot, True
            elif node.dtype in FLOATS or node.dtype.kind == "c":
                result.node = node
                result._requires_grad = True
        if began is not None:  # another thread may have begun to observe since
            seen = Forward(self, inputs, arrays, attributes, result, node, seconds)
            for observer in tuple(observers):
                observer(seen)
        if self.view:
            _mark_as_view(result, inputs[0], (self, attributes))
        return result


def record(primitive: Any, inputs: tuple, residuals: tuple, attributes: dict, result: Any) -> Node:
    """The node of a call of ``primitive`` that turned ``inputs`` into ``result``, one Tensor or several."""
    node: Any = _new(Node)
    parents: list[Any] = []
    versions: list[Any] = []
    needs: list[bool] = []
    slots = None
    for x in inputs:
        if isinstance(x, Variable):
            versions.append(x.version)
            if x._requires_grad:
                needs.append(True)
                if x.slot:
                    slots = slots or [0] * len(inputs)
                    slots[len(parents)] = x.slot
                parents.append(x.node or x)
                continue
            if x._source is None:
                x._source = Source(x.array)
            parents.append(x._source)  # of an input without a gradient a node keeps no array
        else:
            versions.append(None)
            parents.append(x if type(x) in _NUMBERS else None)
        needs.append(False)
    node.primitive, node.parents, node.slots, node.needs = primitive, parents, slots, needs
    node.residuals, node.attributes, node.versions = residuals, attributes, versions
    node.serial = next(serial)
    node.scope = scope.get()
    node.origin = caller()
    node.hooks = None
    if type(result) is tuple:
        node.shape = tuple([r.array.shape for r in result])
        node.dtype = tuple([r.array.dtype for r in result])
        versions += [r.version for r in result]
    else:
        array = result.array
        node.shape, node.dtype = array.shape, array.dtype
        versions.append(result.version)
    constants = primitive.constants
    if constants != ():
        kept = residuals if constants is None else [residuals[i] for i in constants]
        arrays = [r for r in kept if type(r) is _ndarray]
        if arrays:
            _watch(versions, arrays, inputs, result)
    return node


def _watch(versions: list, kept: list[np.ndarray], inputs: tuple, result: Any) -> None:
    """A constant by name may still be the memory of an input, such as class labels: watch that too."""
    operands = (*inputs, *result) if type(result) is tuple else (*inputs, result)
    seen = [(x.array, x.version) for x in operands if isinstance(x, Variable)]
    for constant in kept:
        part = constant.base is not None
        for array, version in seen:
            if constant is array or (part and np.may_share_memory(constant, array)):
                versions.append(version)


def wrap(array: Any) -> Any:
    """A Tensor around an array, without copying, outside of any graph."""
    result: Any = _new(Variable.result_class)
    result.array = array if type(array) is _ndarray else np.asarray(array)
    result.version, result._requires_grad, result.slot = [0, 0], False, 0
    result.node = result.cut = result.detached = result.hooks = None
    result._grad = result._source = result._retained = None
    return result


def _mark_as_view(result: Variable, source: Any, step: tuple) -> None:
    if not isinstance(source, Variable):
        return
    made, given = result.array, source.array
    if made is given:
        made = result.array = given.view()
    if made.size and made.base is not given and (made.base is None or not np.may_share_memory(made, given)):
        return  # the forward had to copy (a reshape of a transposed array)
    base, steps = (source, ()) if source.cut is None else (source.cut.base, source.cut.steps)
    result.version = source.version
    result.cut = View(base, (*steps, step))


def refresh_view(x: Variable) -> None:
    """Give a view whose base was written to since a node that starts from the new base."""
    view: Any = x.cut
    left = view.base.detached
    if left is not None and view.seen is not None and view.seen.serial < left[0]:
        if view.base.version[0] == left[1]:
            return  # the memory is as it was: the view stays where it is in the graph
        raise GraphError(
            f"a view of shape {x.array.shape} was made of a tensor that was detached in place and "
            "written to since; it needs a base in one graph. Make the view again, or use detach()."
        )
    token = grad_enabled.set(True)
    try:
        fresh: Any = view.base
        for primitive, attributes in view.steps:
            fresh = primitive(fresh, **attributes)
    finally:
        grad_enabled.reset(token)
    rebase(x, fresh)
    view.seen = view.base.node


def settled(x: Variable) -> Variable:
    """``x`` itself, its place in the graph brought up to date if its base was written to."""
    if x.cut is not None and x.cut.seen is not x.cut.base.node:
        refresh_view(x)
    return x


def last_serial() -> int:
    """A number that every node recorded from now on exceeds."""
    return next(serial)


def rebase(x: Variable, new: Variable) -> None:
    """Make ``x``, whose values were overwritten, an output of the node that made ``new``."""
    if x._retained is not None and new.node is not None:
        x.node.hooks[:] = [entry for entry in x.node.hooks if entry is not x._retained]  # type: ignore
        x._retained = (new.slot, x._retained[1], True)
        new.node.hooks = [*(new.node.hooks or ()), x._retained]  # type: ignore
    x.node, x.slot, x._requires_grad = new.node, new.slot, new._requires_grad


def touch(version: list, place: Any = None) -> None:
    """Note a write to the memory with this version: rules that kept the old values refuse to run."""
    version[:] = version[0] + 1, next(serial), place
    newest_write[0] = version[1]


def written(x: Variable) -> None:
    """Note a write to the memory of ``x``, and the user's line."""
    touch(x.version, caller())
    outside("writes to a tensor in place")

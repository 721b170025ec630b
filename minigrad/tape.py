"""The tape: what is recorded when a primitive meets a Tensor, and the pass back over it.

    Variable    an array that may need a gradient; ``Tensor`` is its one subclass
    Primitive   a forward on arrays and the rule that sends a gradient back through it
    Node        one recorded call: primitive, parents, residuals
    backward    the reverse pass, newest node first

No operation is named in this file, and nothing global keeps a graph alive: a graph lives
as long as a Tensor made by it.

One rule serves every order of differentiation. A primitive called on arrays runs its
kernel and nothing else; called on Tensors it also records. The reverse pass hands a rule
arrays, or, with ``create_graph=True``, Tensors: the same lines then either compute or
record, and what they recorded can be differentiated again.

Below: errors. Above: ops/. Tests: tests/tape.
"""

from __future__ import annotations

import inspect
import sys
from contextvars import ContextVar
from heapq import heappop, heappush
from itertools import count
from typing import Any, Callable, Iterable, Sequence

import numpy as np

from .errors import GraphError, ShapeError
from .quiet import restore, silence

grad_enabled: ContextVar[bool] = ContextVar("grad_enabled", default=True)
scope: ContextVar[str] = ContextVar("scope", default="")  # path of the module being run

_serial = count()
_ndarray = np.ndarray


class Variable:
    """An array, the node that made it, and the gradient that reached it.

    ``version`` is a list ``[number of in-place writes, where the last one was]``, shared by
    all views of one memory: a rule whose kept array was overwritten since is refused.
    """

    array: np.ndarray
    node: Node | None = None
    slot: int = 0  # which output of ``node`` this is
    version: list
    cut: View | None = None  # how this was cut out of another tensor's memory
    hooks: list | None = None  # of a leaf; those of a computed tensor lie on its node
    _requires_grad: bool = False
    _grad: Variable | None = None
    _source: Source | None = None

    result_class: type  # what a primitive called on Variables returns; set by Tensor

    def __init_subclass__(cls, results: bool = False):
        if results:
            Variable.result_class = cls


class Source:
    """What the graph remembers of an input that takes no gradient (it does not keep it)."""

    __slots__ = ("dtype", "serial", "shape")

    def __init__(self, array: np.ndarray):
        self.shape, self.dtype, self.serial = array.shape, array.dtype, next(_serial)


class View:
    """How a view's array was cut out of its base: ``steps`` are (primitive, attributes).

    ``seen`` is the base's node when the view was made: a recorded in-place write gives the
    base a new one, and the view then starts from that (``refresh_view``).
    """

    __slots__ = ("base", "seen", "steps")

    def __init__(self, base: Variable, steps: tuple):
        self.base, self.steps, self.seen = base, steps, base.node


class Node:
    """One recorded call of a primitive.

    parents    per input: the Node that made it, the leaf itself, a Source, or a constant
    slots      per input: which output of that parent, or None where all are the first
    needs      per input: whether a gradient is wanted
    residuals  what the rule keeps; FREED once it has been used
    """

    __slots__ = (
        "__weakref__", "attributes", "dtype", "hooks", "needs", "origin", "parents", "primitive",
        "residuals", "scope", "serial", "shape", "slots", "stamp", "versions",
    )  # fmt: skip

    def __init__(self, primitive, parents, slots, needs, residuals, attributes, shape, dtype):
        self.primitive = primitive
        self.parents = parents
        self.slots = slots
        self.needs = needs
        self.residuals = residuals
        self.attributes = attributes
        self.shape = shape  # of the output; a tuple of shapes where there are several outputs
        self.dtype = dtype
        self.serial = next(_serial)
        self.scope = scope.get()
        self.hooks = None
        self.versions = ()
        self.stamp = 0
        self.origin = None

    def __repr__(self) -> str:
        return f"<{self.name()}>"

    def name(self) -> str:
        """The name PyTorch's printouts would show, such as ``MulBackward0``."""
        return "".join(w.capitalize() for w in self.primitive.name.split("_")) + "Backward0"


class _Freed:
    """In place of residuals that a backward pass has used and let go."""

    def __repr__(self) -> str:
        return "freed"


FREED = _Freed()
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
    view
        The output shares the memory of the first input.

    >>> import numpy as np
    >>> from minigrad import Primitive, tensor
    >>> square = Primitive("docs_square", lambda x: (x * x, (x,)),
    ...                    lambda g, kept, needs: (2 * g * kept[0],), keeps="x")
    >>> x = tensor([3.0], requires_grad=True)
    >>> square(x).backward()
    >>> x.grad
    tensor([6.])
    """

    def __init__(
        self,
        name: str,
        forward: Callable,
        backward: Callable | None = None,
        *,
        keeps: str | Sequence[str] | None = None,
        view: bool = False,
    ):
        if name in PRIMITIVES:
            raise ValueError(
                f"Primitive got the name {name!r}, which is taken; it needs a name of its own. "
                "In a notebook, delete the old one first: del minigrad.tape.PRIMITIVES[name]."
            )
        self.name, self.forward, self.backward, self.view = name, forward, backward, view
        self.keeps = keeps.split() if isinstance(keeps, str) else keeps and list(keeps)
        self.sources = self._sources_of_residuals() if self.keeps else ()
        self._watched = tuple(s for s in self.sources if s is not None)
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

    def __call__(self, *inputs: Any, **attributes: Any) -> Any:
        arrays = []
        variables = tracked = False
        for x in inputs:
            if isinstance(x, Variable):
                variables = True
                if x.cut is not None and x.cut.seen is not x.cut.base.node:
                    refresh_view(x)
                arrays.append(x.array)
                if x._requires_grad:
                    tracked = True
            else:
                arrays.append(x)
        token = silence()
        try:
            output, residuals = self.forward(*arrays, **attributes)
        finally:
            restore(token)
        if not variables:
            return output
        if type(output) is not _ndarray and type(output) is not tuple:
            output = np.asarray(output)
        if tracked and self.backward is not None and grad_enabled.get():
            node = self._record(inputs, residuals, attributes, output)
        else:
            node = None
        if type(output) is tuple:
            results = tuple(_wrap(o, node, i) for i, o in enumerate(output))
            if node is not None:
                self._watch(node, inputs, results)
            return results
        result = _wrap(output, node, 0)
        if node is not None and self._watched:
            self._watch(node, inputs, (result,))
        if self.view:
            _mark_as_view(result, inputs[0], (self, attributes))
        return result

    def _record(self, inputs, residuals, attributes, output) -> Node:
        parents = []
        needs = []
        slots = None
        for i, x in enumerate(inputs):
            if isinstance(x, Variable):
                if x._requires_grad:
                    needs.append(True)
                    parents.append(x.node or x)
                    if x.slot:
                        slots = slots or [0] * len(inputs)
                        slots[i] = x.slot
                else:
                    needs.append(False)
                    if x._source is None:
                        x._source = Source(x.array)
                    parents.append(x._source)
            else:
                needs.append(False)
                parents.append(x if type(x) in (int, float, bool) else None)
        if type(output) is tuple:
            shape = tuple(o.shape for o in output)
            dtype = tuple(o.dtype for o in output)
        else:
            shape, dtype = output.shape, output.dtype
        return Node(self, parents, slots, needs, residuals, attributes, shape, dtype)

    def _watch(self, node: Node, inputs, results) -> None:
        """Remember the versions of the kept arrays, so that a write to one is noticed."""
        versions = []
        stamp = 0
        for source in self._watched:
            owner = results[source[1]] if type(source) is tuple else inputs[source]
            if isinstance(owner, Variable):
                versions.append(owner.version)
                stamp += owner.version[0]
        node.versions, node.stamp = versions, stamp


def _wrap(array: Any, node: Node | None, slot: int) -> Any:
    """A Tensor around a primitive's output."""
    if type(array) is not _ndarray:
        array = np.asarray(array)
    result = object.__new__(Variable.result_class)
    result.array = array
    result.version = [0]
    if node is not None and array.dtype.kind in "fc":
        result.node = node
        result._requires_grad = True
        if slot:
            result.slot = slot
    return result


def wrap(array: Any) -> Any:
    """A Tensor around an array, without copying, outside of any graph."""
    return _wrap(array, None, 0)


def _mark_as_view(result: Variable, source: Any, step: tuple) -> None:
    if not isinstance(source, Variable):
        return
    memory = source.array if source.array.base is None else source.array.base
    if result.array is not source.array and result.array.base is not memory:
        return  # the forward had to copy (a reshape of a transposed array)
    if result.array is source.array:
        result.array = source.array.view()
    base, steps = (source, ()) if source.cut is None else (source.cut.base, source.cut.steps)
    result.version = source.version
    result.cut = View(base, (*steps, step))


def refresh_view(x: Variable) -> None:
    """Give a view whose base was written to since a node that starts from the new base."""
    view: Any = x.cut
    token = grad_enabled.set(True)
    try:
        fresh: Any = view.base
        for primitive, attributes in view.steps:
            fresh = primitive(fresh, **attributes)
    finally:
        grad_enabled.reset(token)
    x.node, x.slot, x._requires_grad = fresh.node, fresh.slot, fresh._requires_grad
    view.seen = view.base.node


# ---------------------------------------------------------------- the reverse pass


def backward(
    roots: Iterable[tuple[Variable, Any]],
    *,
    inputs: Sequence[Variable] | None = None,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> list | None:
    """Send gradients from ``roots``, pairs (variable, gradient), to every leaf below them.

    Creation order is a topological order, so the newest pending node always comes next.
    Leaves receive their sums at the very end: a pass that fails changes no ``.grad``.
    With ``inputs`` the sums for those are returned instead (None where none arrived).
    Gradients are arrays, or Tensors with ``create_graph=True``.
    """
    token = grad_enabled.set(create_graph)
    warnings = silence()
    try:
        wanted = None if inputs is None else {_place(x) for x in inputs}
        reachable = None if wanted is None else _nodes_above(roots, wanted)
        leaves: dict[Variable, Any] = {}
        caught: dict[tuple, Any] = {}
        pending: dict[Node, list] = {}
        queue: list[tuple[int, Node]] = []
        for root, g in roots:
            _send(root.node or root, root.slot, g, leaves, pending, queue, None)
        while queue:
            node = heappop(queue)[1]
            slots = pending.pop(node)
            if node.hooks is not None:
                _run_hooks(node, slots)
            if wanted is not None:
                for i, g in enumerate(slots):
                    if (node, i) in wanted:
                        caught[node, i] = g
                if node not in reachable:  # type: ignore[operator]
                    continue
            residuals = node.residuals
            if residuals is FREED:
                raise GraphError(
                    f"backward got a graph whose {node.primitive.name} (output {node.shape}) was "
                    "already freed by an earlier backward; it needs the residuals of the forward. "
                    "Pass retain_graph=True to the first backward, or run the forward again."
                )
            if node.versions:
                _check_versions(node)
            if create_graph:
                residuals = _residuals_as_tensors(node)
            g = slots[0] if len(slots) == 1 else _fill_missing(node, slots, create_graph)
            del slots  # a gradient with one owner left need not be copied
            gradients = node.primitive.backward(g, residuals, node.needs)
            if not (retain_graph or create_graph) and _holds_arrays(residuals):
                node.residuals = FREED
            del g, residuals
            parents = node.parents
            if len(gradients) != len(parents):
                raise GraphError(
                    f"the rule of {node.primitive.name} gave {len(gradients)} gradients; "
                    f"it needs one for each of its {len(parents)} inputs (None where there is none)."
                )
            for i in range(len(parents)):
                if not node.needs[i] or gradients[i] is None:
                    continue
                parent, slot = parents[i], 0 if node.slots is None else node.slots[i]
                if wanted is None or parent in reachable or (parent, slot) in wanted:  # type: ignore[operator]
                    _send(parent, slot, gradients[i], leaves, pending, queue, node)
            del gradients
        if inputs is not None:
            found = {**caught, **{(leaf, 0): g for leaf, g in leaves.items()}}
            return [found.get(_place(x)) for x in inputs]
        while leaves:
            leaf, g = leaves.popitem()
            deliver(leaf, g, create_graph, _references(g) <= _SOLE)
        return None
    finally:
        restore(warnings)
        grad_enabled.reset(token)


def _send(target, slot, g, leaves, pending, queue, node) -> None:
    """Add ``g`` to what has arrived at one output of ``target``."""
    is_node = type(target) is Node
    if is_node:
        shape, dtype = target.shape, target.dtype
        if type(dtype) is tuple:
            shape, dtype = shape[slot], dtype[slot]
    else:
        shape, dtype = target.array.shape, target.array.dtype
    if g.shape != shape:
        raise ShapeError(
            f"the rule of {node.primitive.name if node else 'backward'} gave a gradient of shape "
            f"{tuple(g.shape)} for an input of shape {shape}; the two must be equal."
        )
    if g.dtype != dtype:
        g = g.astype(dtype) if isinstance(g, (_ndarray, np.generic)) else g.to(dtype)
    # Never +=: ``g`` may be the very array that another parent received.
    if not is_node:
        leaves[target] = leaves[target] + g if target in leaves else g
        return
    arrived = pending.get(target)
    if arrived is None:
        arrived = pending[target] = [None] * (len(target.dtype) if type(target.dtype) is tuple else 1)
        heappush(queue, (-target.serial, target))
    arrived[slot] = g if arrived[slot] is None else arrived[slot] + g


def _place(x: Variable) -> tuple:
    return (x.node or x, x.slot)


def _nodes_above(roots, wanted) -> set:
    """The nodes through which some wanted place can be reached."""
    above: set = set()
    order, seen, stack = [], set(), [root.node for root, _ in roots if root.node is not None]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        order.append(node)
        stack.extend(p for p, n in zip(node.parents, node.needs) if n and type(p) is Node)
    for node in sorted(order, key=lambda n: n.serial):
        for i, parent in enumerate(node.parents):
            if node.needs[i]:
                slot = 0 if node.slots is None else node.slots[i]
                if parent in above or (parent, slot) in wanted:
                    above.add(node)
                    break
    return above


def _holds_arrays(residuals: tuple) -> bool:
    for r in residuals:
        if isinstance(r, (_ndarray, np.generic, list)):
            return True
    return False


def _fill_missing(node: Node, slots: list, create_graph: bool) -> tuple:
    """Zeros for the outputs that nobody used; None for those that carry no gradient."""
    filled = []
    for g, shape, dtype in zip(slots, node.shape, node.dtype):
        if g is None and dtype.kind in "fc":
            g = np.zeros(shape, dtype)
            g = wrap(g) if create_graph else g
        filled.append(g)
    return tuple(filled)


def _residuals_as_tensors(node: Node) -> tuple:
    """The residuals as Tensors tied to the graph, so that the rule's own work is recorded."""
    primitive = node.primitive
    if node.residuals and not primitive.keeps:
        raise GraphError(
            f"create_graph=True met the primitive {primitive.name}, which does not say what its "
            "residuals are; gradients of gradients need that. "
            f'Declare them: Primitive({primitive.name!r}, forward, backward, keeps="x output ...").'
        )
    tensors = []
    for source, value in zip(primitive.sources, node.residuals):
        if source is None or value is None:
            tensors.append(value)
            continue
        tensor = wrap(value)
        if type(source) is tuple:
            tensor.node, tensor.slot, tensor._requires_grad = node, source[1], True
        elif node.needs[source]:
            parent = node.parents[source]
            if type(parent) is Node:
                slot = 0 if node.slots is None else node.slots[source]
                tensor.node, tensor.slot, tensor._requires_grad = parent, slot, True
            else:
                tensor = parent
        tensors.append(tensor)
    return tuple(tensors)


def _check_versions(node: Node) -> None:
    if sum(v[0] for v in node.versions) == node.stamp:
        return
    where = [v[1] for v in node.versions if len(v) > 1]
    raise GraphError(
        f"backward through {node.primitive.name} (output {node.shape}) got a kept array that was "
        f"changed in place since{' (last at ' + where[0] + ')' if where else ''}; it needs the values "
        "of the forward. Change a clone() instead, or move the change after backward()."
    )


def _run_hooks(node: Node, slots: list) -> None:
    for slot, hook in list(node.hooks):
        if slots[slot] is not None:
            slots[slot] = _call_hook(hook, slots[slot])


def _call_hook(hook: Callable, g: Any) -> Any:
    as_tensor = g if isinstance(g, Variable) else wrap(g)
    replaced = hook(as_tensor)
    if replaced is None:
        return g
    if replaced.array.shape != g.shape:
        raise ShapeError(
            f"a gradient hook returned shape {replaced.array.shape}; it needs the shape of the "
            f"gradient, {tuple(g.shape)}, or None to leave it as it is."
        )
    return replaced if isinstance(g, Variable) else replaced.array


def _references(array: Any) -> int:
    return sys.getrefcount(array)


def _count_of_a_sole_owner() -> int:
    leaves: dict = {0: np.empty(0)}
    while leaves:
        _, g = leaves.popitem()  # the same steps as at the end of ``backward``
        return _references(g)
    return 0


# What getrefcount counts differs from one Python version to the next: measured, not assumed.
_SOLE = _count_of_a_sole_owner()


def deliver(leaf: Variable, g: Any, create_graph: bool, sole: bool = False) -> None:
    """Add the finished sum to ``leaf.grad``; two leaves must never share one array.

    ``sole``: nobody else refers to ``g``, so it can become the gradient without a copy.
    """
    if leaf.hooks is not None:
        for kind, hook in list(leaf.hooks):
            if kind == "gradient":
                g = _call_hook(hook, g)
    if create_graph:
        leaf._grad = g.clone() if leaf._grad is None else leaf._grad + g
    elif leaf._grad is not None:
        np.add(leaf._grad.array, g, out=leaf._grad.array)
        leaf._grad.version[0] += 1
    else:
        own = sole and type(g) is _ndarray and g.base is None and g.flags.c_contiguous
        leaf._grad = wrap(g if own else np.array(g, order="C"))
    if leaf.hooks is not None:
        for kind, hook in list(leaf.hooks):
            if kind == "accumulated":
                hook(leaf)

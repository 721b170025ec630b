"""The pass back over the tape: from roots to leaves, newest node first.

    backward    sends gradients down; adds them to ``.grad`` or hands them back
    deliver     adds one finished sum to a leaf's ``.grad``
    checks      functions that look at every rule's result (anomaly mode); empty otherwise

Creation order is a topological order, so the newest pending node always comes next: no
recursion, no separate sort, and a node runs once however many paths lead to it.

Below: tape.py. Above: autograd/. Tests: tests/tape.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from threading import Lock
from time import perf_counter
from typing import Any

import numpy as np

from .errors import GraphError, ShapeError
from .node import Deferred, Freed, Node
from .origin import line_of
from .quiet import restore, silence
from .tape import Primitive, Variable, grad_enabled, newest_write, record, touch, wrap

# Called as check(node, g, gradients, seconds) after each rule.
checks: list[Callable] = []

# Called as start(outputs, their gradients or None, inputs or None) when a pass is asked for.
starts: list[Callable] = []

_ndarray = np.ndarray


def backward(
    roots: Iterable[tuple[Variable, Any]],
    *,
    inputs: Sequence[Variable] | None = None,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> list | None:
    """Send gradients from ``roots``, pairs (variable, gradient), to every leaf below them.

    Leaves receive their sums at the very end: a pass that fails changes no ``.grad``.
    With ``inputs`` the sums for those are returned instead (None where none arrived).
    Gradients are arrays, or Tensors with ``create_graph=True``.
    """
    token = grad_enabled.set(create_graph)
    warnings = silence()
    try:
        wanted = None if inputs is None else {_place(x) for x in inputs}
        reachable: Any = None if wanted is None else _nodes_above(roots, wanted)
        leaves: dict[Variable, list] = {}
        caught: dict[tuple, Any] = {}
        pending: dict[Node, list] = {}
        queue: list[tuple[int, Node]] = []
        keep = retain_graph or create_graph
        for root, g in roots:
            _send(root.node or root, root.slot, g, leaves, pending, queue, None)
        straight = wanted is None and not create_graph and not checks
        while queue:
            node = heappop(queue)[1]
            slots = pending.pop(node, None)
            if slots is None:  # the rule of a shortcut went past it
                if not keep and type(node.residuals) is tuple:
                    _let_go(node)
                continue
            if node.hooks is not None:
                _run_hooks(node, slots)
            if wanted is not None:
                for i, g in enumerate(slots):
                    if (node, i) in wanted:
                        caught[node, i] = g
                if node not in reachable:
                    continue
            residuals = node.residuals
            if type(residuals) is not tuple:
                residuals = _awaken(node)
            if newest_write[0] > node.serial:
                _check_versions(node)
            if create_graph:
                residuals = _residuals_as_tensors(node)
            g = slots[0] if type(node.dtype) is not tuple else _fill_missing(node, slots, create_graph)
            del slots  # a gradient with one owner left need not be copied
            if straight and node.primitive.shortcuts:
                below = _passed_over(node)
                if below is not None:
                    dx = node.primitive.shortcuts[below.primitive](g, residuals)
                    heappush(queue, (-below.serial, below))
                    parent, slot = below.parents[0], 0 if below.slots is None else below.slots[0]
                    _send(parent, slot, dx, leaves, pending, queue, node)
                    if not keep:
                        _let_go(node)
                    del g, residuals, dx
                    continue
            began = perf_counter() if checks else None
            gradients = node.primitive.backward(g, residuals, node.needs)
            if began is not None:
                seconds = perf_counter() - began
                for check in tuple(checks):
                    check(node, g, gradients, seconds)
            if not keep and residuals:
                _let_go(node)
            del g, residuals
            parents, needs, parent_slots = node.parents, node.needs, node.slots
            if len(gradients) != len(parents):
                raise GraphError(
                    f"the rule of {node.primitive.name} gave {len(gradients)} gradients; "
                    f"it needs one for each of its {len(parents)} inputs (None where there is none)."
                )
            for i, dx in enumerate(gradients):
                if dx is None or not needs[i]:
                    continue
                parent, slot = parents[i], 0 if parent_slots is None else parent_slots[i]
                if wanted is None or parent in reachable or (parent, slot) in wanted:
                    _send(parent, slot, dx, leaves, pending, queue, node)
            dx = None
            del gradients
        if inputs is not None:
            found = {**caught, **{(leaf, 0): entry[0] for leaf, entry in leaves.items()}}
            return [found.get(_place(x)) for x in inputs]
        while leaves:
            leaf, (g, _) = leaves.popitem()
            sole = references(g) <= SOLE  # on a line of its own: a call's arguments are references too
            deliver(leaf, g, create_graph, sole)
        return None
    finally:
        restore(warnings)
        grad_enabled.reset(token)


def _passed_over(node: Node) -> Node | None:
    """The node below ``node`` if a shortcut's rule can go past it: nobody wants to see its gradient.

    What else arrives at that node is sent on from there, as always. A node that must raise an error is
    not passed over, and none where the output of ``node``, which the shortcut reads, was overwritten.
    """
    below = node.parents[0]
    if type(below) is not Node or below.primitive not in node.primitive.shortcuts:
        return None
    if below.hooks is not None or type(below.residuals) is not tuple:
        return None
    if newest_write[0] > below.serial:
        if node.versions[len(node.parents)][1] > node.serial:
            return None
        _check_versions(below)
    return below


def _send(target, slot, g, leaves, pending, queue, node) -> None:
    """Add ``g`` to what has arrived at one output of ``target``."""
    is_node = type(target) is Node
    if is_node:
        shape, dtype = target.shape, target.dtype
        several = type(dtype) is tuple
        if several:
            shape, dtype = shape[slot], dtype[slot]
    else:
        shape, dtype = target.array.shape, target.array.dtype
    if type(g) is not _ndarray and not isinstance(g, Variable):
        g = np.asarray(g)  # NumPy hands out scalars where 0-dim arrays were meant
    if g.shape != shape:
        raise ShapeError(
            f"the rule of {node.primitive.name if node else 'backward'} gave a gradient of shape "
            f"{tuple(g.shape)} for an input of shape {shape}; the two must be equal."
        )
    if g.dtype is not dtype and g.dtype != dtype:
        g = g.to(dtype) if isinstance(g, Variable) else g.astype(dtype)
    if is_node:
        arrived = pending.get(target)
        if arrived is None:
            arrived = pending[target] = [None] * len(target.dtype) if several else [None]
            heappush(queue, (-target.serial, target))
        arrived[slot] = g if arrived[slot] is None else arrived[slot] + g
        return
    entry = leaves.get(target)
    if entry is None:
        leaves[target] = [g, False]
    elif entry[1] and type(g) is _ndarray:
        np.add(entry[0], g, out=entry[0])
    else:
        # Not +=: ``g`` may be the very array that another parent received. The sum is ours.
        total = entry[0] + g
        entry[:] = total, type(total) is _ndarray


def _place(x: Variable) -> tuple:
    return (x.node or x, x.slot)


def _nodes_above(roots, wanted) -> set:
    """The nodes through which some wanted place can be reached."""
    above: set = set()
    seen: set = set()
    stack = [root.node for root, _ in roots if root.node is not None]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(p for p, n in zip(node.parents, node.needs) if n and type(p) is Node)
    for node in sorted(seen, key=lambda n: n.serial):
        for i, parent in enumerate(node.parents):
            if node.needs[i]:
                slot = 0 if node.slots is None else node.slots[i]
                if parent in above or (parent, slot) in wanted:
                    above.add(node)
                    break
    return above


# ---------------------------------------------------------------- what a node keeps


def _recording(node: Node) -> str:
    """The user's line that recorded a node, and the module it ran in."""
    return line_of(node.origin) + (f", in module {node.scope}" if node.scope else "")


def _awaken(node: Node) -> tuple:
    """The residuals of a node that does not simply hold them."""
    while isinstance(node.residuals, Deferred):
        node.residuals = node.residuals.residuals()
    if type(node.residuals) is Freed:
        raise GraphError(
            f"backward got a graph whose {node.primitive.name} (output {node.shape}, recorded at "
            f"{_recording(node)}) was already freed by an earlier backward; it needs the "
            "residuals of the forward. Pass retain_graph=True to the first backward, or run the "
            "forward again."
        )
    return node.residuals


def _let_go(node: Node) -> None:
    """Free the arrays of a node that has run; its place in the graph stays, for pictures."""
    for r in node.residuals:
        if type(r) is _ndarray or not isinstance(r, (tuple, int, float, str, np.dtype, type(None))):
            node.residuals = Freed(node.residuals)
            break
    attributes = node.attributes
    for value in attributes.values():
        if type(value) is _ndarray:
            node.attributes = {k: v for k, v in attributes.items() if type(v) is not _ndarray}
            break


def _fill_missing(node: Node, slots: list, create_graph: bool) -> tuple:
    """Zeros for the outputs that nobody used; None for those that carry no gradient."""
    if not node.primitive.materialize:
        return tuple(slots)
    filled = []
    for g, shape, dtype in zip(slots, node.shape, node.dtype):
        if g is None and dtype.kind in "fc":
            g = np.zeros(shape, dtype)
            g = wrap(g) if create_graph else g
        filled.append(g)
    return tuple(filled)


# Ties a kept value to a leaf whose ``data`` was replaced since, or was copied by the forward.
_kept = Primitive("kept", lambda x: (x, ()), lambda g, residuals, needs: (g,), keeps="")


def _residuals_as_tensors(node: Node) -> tuple:
    """The residuals as Tensors tied to the graph, so that the rule's own work is recorded."""
    primitive = node.primitive
    if node.residuals and primitive.keeps is None:
        raise GraphError(
            f"create_graph=True met the primitive {primitive.name}, which does not say what its "
            "residuals are; gradients of gradients need that. "
            f'Declare them: Primitive({primitive.name!r}, forward, backward, keeps="x output ...").'
        )
    if len(node.residuals) != len(primitive.sources):
        raise GraphError(
            f"create_graph=True met the primitive {primitive.name}, whose keeps names "
            f"{len(primitive.sources)} residuals while its forward kept {len(node.residuals)}; "
            "keeps needs one name for each."
        )
    tensors = []
    for source, value in zip(primitive.sources, node.residuals):
        if source is None or not isinstance(value, (_ndarray, np.generic)):
            tensors.append(value)  # a constant, or a number that was an input
            continue
        tensor = wrap(value)
        if type(source) is tuple:
            tensor.node, tensor.slot, tensor._requires_grad = node, source[1], True
        elif node.needs[source]:
            parent = node.parents[source]
            if type(parent) is Node:
                slot = 0 if node.slots is None else node.slots[source]
                tensor.node, tensor.slot, tensor._requires_grad = parent, slot, True
            elif parent.array is value:
                tensor = parent
            else:
                tensor.node = record(_kept, (parent,), (), {}, tensor)
                tensor._requires_grad = True
        tensors.append(tensor)
    return tuple(tensors)


def _check_versions(node: Node) -> None:
    """Refuse to go on if an array that the rule reads was overwritten after the forward."""
    inputs, outputs = len(node.parents), len(node.dtype) if type(node.dtype) is tuple else 1
    kept = node.versions[inputs + outputs :]
    for source, reader in node.primitive.watched:
        if reader is None or node.needs[reader]:
            kept.append(node.versions[source if type(source) is int else inputs + source[1]])
    written = [version for version in kept if version is not None and version[1] > node.serial]
    if not written:
        return
    where = [version[2] for version in written if version[2] is not None]
    raise GraphError(
        f"backward through {node.primitive.name} (output {node.shape}, recorded at "
        f"{_recording(node)}) got a kept array that was changed in place since"
        f"{', last at ' + line_of(where[-1]) if where else ''}; it needs the values of the "
        "forward. Change a clone() instead, or move the change after backward()."
    )


# ---------------------------------------------------------------- hooks


def _run_hooks(node: Node, slots: list) -> None:
    for slot, hook, _ in sorted(node.hooks or (), key=lambda entry: entry[2]):
        if slots[slot] is not None:
            slots[slot] = call_hook(hook, slots[slot])


def call_hook(hook: Callable, g: Any) -> Any:
    """What ``hook`` makes of the gradient (array or Tensor): another one, or ``g`` itself."""
    replaced = hook(g if isinstance(g, Variable) else wrap(g))
    if replaced is None:
        return g
    if not isinstance(replaced, Variable):
        raise TypeError(
            f"a gradient hook returned {type(replaced).__name__}; it needs a Tensor, or None to "
            "leave the gradient as it is."
        )
    if replaced.array.shape != g.shape:
        raise ShapeError(
            f"a gradient hook returned shape {replaced.array.shape}; it needs the shape of the "
            f"gradient, {tuple(g.shape)}, or None to leave it as it is."
        )
    if replaced.array.dtype != g.dtype:
        replaced = replaced.to(g.dtype)
    return replaced if isinstance(g, Variable) else replaced.array


def run_leaf_hooks(leaf: Variable, g: Any) -> Any:
    """The gradient of a leaf after the hooks that ``register_hook`` put there."""
    for kind, hook in list(leaf.hooks or ()):
        if kind == "gradient":
            g = call_hook(hook, g)
    return g


# ---------------------------------------------------------------- leaves


def references(array: Any) -> int:
    return sys.getrefcount(array)


def _count_of_a_sole_owner() -> int:
    leaves: dict = {0: [np.empty(0), False]}
    while leaves:
        _, (g, _) = leaves.popitem()  # the same steps as at the end of ``backward``
        return references(g)
    return 0


# What getrefcount counts differs from one Python version to the next: measured, not assumed.
SOLE = _count_of_a_sole_owner()


_adding = Lock()  # two threads may run backward into the same leaf


def deliver(leaf: Variable, g: Any, create_graph: bool, sole: bool = False) -> None:
    """Add the finished sum to ``leaf.grad``; two leaves must never share one array.

    ``sole``: nobody else refers to ``g``, so it can become the gradient without a copy.
    """
    if not leaf._requires_grad:
        return  # frozen or detached after the forward
    if leaf.hooks is not None:
        before, g = g, run_leaf_hooks(leaf, g)
        sole = sole and g is before
    with _adding:
        total = leaf._grad
        if create_graph:
            leaf._grad = g.clone() if total is None else total + g
        elif total is None:
            own = sole and type(g) is _ndarray and owns_memory(g)
            leaf._grad = wrap(g if own else np.array(g, order="C"))
        elif total.array.flags.writeable:
            np.add(total.array, g, out=total.array)
            touch(total.version)
        else:
            leaf._grad = wrap(total.array + g)  # such as an expanded gradient set by hand
    if leaf.hooks is not None:
        for kind, hook in list(leaf.hooks):
            if kind == "accumulated":
                hook(leaf)


def owns_memory(array: np.ndarray) -> bool:
    """Whether nobody else's buffer lies below it; and it is contiguous."""
    # Numba's arrays have their own kind of owner.
    return array.flags.c_contiguous and (array.base is None or type(array.base).__name__ == "_MemInfo")

"""Convolution, relu and 2 x 2 max-pooling that follow each other, made one call; and relu behind others.

In a Sequential neighbours run in one pass anyway (nn/fusion.py). A program sees the same in code
written as ``F.max_pool2d(F.relu(conv(x)), 2)``: where nobody else uses what lies between, the
primitives of ops/conv_fused.py, linear_fused.py and norm_fused.py take its place, which give the same bits.

Below: trace.py, ops/conv_fused.py, linear_fused.py, norm_fused.py. Above: program.py. Tests: tests/replay.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ..node import Node
from ..ops import conv_fused, linear_fused, norm_fused  # noqa: F401  (register the primitives)
from ..tape import PRIMITIVES, Forward, Variable
from .trace import Effect, Rule, Trace, parts, place

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def fuse(trace: Trace, output: Any) -> tuple[list, dict[int, Node]]:
    """The events with fused calls, and for each node that is gone, by its id, the one in its place."""
    events: list[Any] = list(trace.events)
    uses, readers = _uses(events, output)
    rules: dict[int, list[int]] = {}
    for i, event in enumerate(events):
        if type(event) is Rule:
            rules.setdefault(id(event.node), []).append(i)
    instead: dict[int, Node] = {}
    for i in range(len(trace.events)):
        chain = _chain(i, trace.events, uses, readers)
        visits = [rules.get(id(trace.events[k].node), []) for k in chain]  # type: ignore[union-attr]
        if len(chain) < 2 or any(len(v) != 1 for v in visits):
            continue
        calls: list[Any] = [trace.events[k] for k in chain]
        call = _joined(calls)
        last = events[visits[0][0]]
        for k in (*chain, *(v[0] for v in visits)):
            events[k] = None
        events[chain[0]] = call
        node: Any = call.node
        events[visits[0][0]] = Rule(node, last.kinds)
        instead[id(calls[-1].node)] = node
    return [event for event in events if event is not None], instead


def _uses(events: list, output: Any) -> tuple[Counter, dict[tuple, int]]:
    """How often the memory of each array is used, and the last forward that reads it."""
    uses: Counter[tuple] = Counter()
    readers: dict[tuple, int] = {}
    for i, event in enumerate(events):
        if isinstance(event, Forward):
            for x in event.inputs:
                if isinstance(x, Variable):
                    uses[place(x.array)] += 1
                    readers[place(x.array)] = i
        elif type(event) is Effect:
            uses.update(_places((event.operands, event.settings)))
    uses.update(_places(output))
    return uses, readers


def _places(x: Any) -> list[tuple]:
    return [place(part.array) for part in parts(x) if isinstance(part, Variable)]


def _chain(i: int, events: list, uses: Counter, readers: dict) -> list[int]:
    """Places of a convolution, a linear layer or a normalisation, and of what can run with it."""
    call = events[i]
    if not (
        isinstance(call, Forward)
        and call.primitive.name in ("conv2d", "linear", "normalize_channels")
        and call.arrays[0].dtype in _FLOATS
    ) or (call.primitive.name == "normalize_channels" and call.attributes["groups"]):
        return []
    chain, found = [i], {call.primitive.name}
    while True:
        outputs = [place(array) for array in events[chain[-1]].outputs]
        also = outputs[1:] if len(chain) > 1 else []  # statistics stay results, winners of pooling do not
        if uses[outputs[0]] != 1 or any(uses[where] for where in also):
            return chain
        k = readers.get(outputs[0], -1)
        name = events[k].primitive.name if k >= 0 else ""
        pools = name == "max_pool2d" and "conv2d" in found and events[k].attributes["windows"].fours
        if name in found or not (name == "relu" or pools):
            return chain
        chain.append(k)
        found.add(name)


def _joined(calls: list[Forward]) -> Forward:
    """One call in place of several, with a node whose gradients go where those of the first went."""
    first, names = calls[0], {call.primitive.name for call in calls}
    pooled = next((call for call in calls if call.primitive.name == "max_pool2d"), None)
    name = first.primitive.name + "_relu" * ("relu" in names) + "_max_pool2d" * (pooled is not None)
    result = calls[-1].result if type(calls[-1].result) is not tuple else calls[-1].result[0]
    node: Any = Node()
    node.primitive, node.hooks = PRIMITIVES[name], None
    before: Any = first.node
    node.parents, node.slots, node.needs = before.parents, before.slots, before.needs
    several = first if type(first.result) is tuple else pooled
    shaped: Any = (several or calls[-1]).node
    node.shape, node.dtype = shaped.shape, shaped.dtype
    if several is not None:
        result = (result, *several.result[1:])
    return Forward(PRIMITIVES[name], first.inputs, first.arrays, first.attributes, result, node, 0.0)

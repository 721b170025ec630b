"""A trace written out as a straight-line function of arrays.

    v3, r3 = linear_3(v2, e1.array, e2.array, **a3)    a forward: its output, what its rule keeps
    d9_0, d9_1, d9_2, = linear_3_back(d8_0, r3, n3)    the rule, in the order of the pass back
    deliver(e1, d9_1, False, sole)                     a leaf receives its gradient
    t12 = step_12(k13)                                 an effect, such as an optimizer's step

    i0, i1      Tensors that the function is called with
    e0, e1      Tensors from outside: parameters, buffers, constants
    v r d s t   outputs, residuals, gradients, their sums, results of effects; let go after their last use

What is left of a step is the work of kernels: no Tensor is made, nothing is recorded, no layer asked.

Below: trace.py. Above: __init__.py. Tests: tests/replay.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from operator import attrgetter, is_
from typing import Any

import numpy as np

from .. import tracing
from ..node import Node
from ..quiet import restore, silence
from ..reverse import SOLE, deliver, references
from ..tape import Forward, Primitive, Variable, wrap
from .fuse import fuse
from .trace import Effect, Pass, Rule, Trace, parts, place

VALUES = "uses the values of a tensor as a setting (an index, for instance)"

_LOCAL = re.compile(r"\b[vrdst]\d+(?:_\d+)?\b")
_CONSTANTS = (int, float, bool, str, type(None))
_array = attrgetter("array")
_needs_grad = attrgetter("_requires_grad")


class NotReplayable(Exception):
    """Why a trace cannot be written out: a sentence whose subject is the function."""


class Program:
    """What a trace says, ready to run; ``source`` is its text."""

    def __init__(self, source: str, names: dict, externals: list[Variable], modules: list):
        self.source, self.names, self.externals, self.modules = source, names, externals, modules
        space: dict[str, Any] = dict(names)
        exec(compile(source, "<replay>", "exec"), space)
        self._run: Callable = space["replay"]
        self._changes = tracing.changes[0]
        self._state = fingerprint(modules)
        self._arrays = [x.array for x in externals]
        self._needs = [x._requires_grad for x in externals]

    def __call__(self, *inputs: Variable) -> Any:
        token = silence()
        try:
            return self._run(*inputs)
        finally:
            restore(token)

    def fits(self) -> bool:
        """Whether modules and parameters are what they were; their values do not matter."""
        if self._changes != tracing.changes[0]:
            if fingerprint(self.modules) != self._state:
                return False
            self._changes = tracing.changes[0]
        if not all(map(is_, map(_array, self.externals), self._arrays)):
            now = [x.array for x in self.externals]
            if any(a.shape != b.shape or a.dtype != b.dtype for a, b in zip(now, self._arrays)):
                return False
            self._arrays = now
        return list(map(_needs_grad, self.externals)) == self._needs

    def difference(self, other: Program) -> str:
        """What the two do differently, "" if they do the same with the same Tensors from outside."""
        if self.source != other.source:
            return "does other operations each time"
        for name, mine in self.names.items():
            theirs = other.names[name]
            if isinstance(mine, Variable) or isinstance(theirs, Variable):
                if mine is not theirs:
                    return (
                        f"makes a tensor of shape {tuple(mine.shape)} in a way that is not recorded "
                        "(random numbers, NumPy, tensor(...))"
                    )
            elif not _same(mine, theirs):
                if any(isinstance(part, np.ndarray) for part in parts(mine)):
                    return VALUES
                return f"uses a number or setting that changes: {mine!r:.60}, then {theirs!r:.60}"
        return ""


def _same(a: Any, b: Any) -> bool:
    """Whether two settings are one; arrays have to be the same object, whatever is in them."""
    if a is b:
        return True
    if type(a) is not type(b) or isinstance(a, np.ndarray):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b)


def fingerprint(modules: list) -> list:
    """All that modules hold: numbers and words as they are, everything else by identity."""
    found: list = []
    for module in modules:
        for name, value in module.__dict__.items():
            if name in ("_parameter_names", "_buffer_names", "_module_names"):
                found.append(tuple(value))
            else:
                found.append(value if _is_constant(value) else id(value))
    return found


def _is_constant(value: Any) -> bool:
    return isinstance(value, _CONSTANTS) or (isinstance(value, tuple) and all(map(_is_constant, value)))


def write(trace: Trace, inputs: list[Variable], output: Any) -> Program:
    """The program of a trace that began with ``inputs`` and ended in ``output``; raises NotReplayable."""
    if trace.problem:
        raise NotReplayable(trace.problem)
    events, instead = fuse(trace, output)
    writer = _Writer(trace, events, instead, inputs)
    for event in events:
        writer.take(event)
    writer.end_of_pass()
    returned = writer.tree(output)
    text = [f"def replay({', '.join(f'i{k}' for k in range(len(inputs)))}):", *writer.lines]
    source = _let_go("\n    ".join([*text, f"return {returned}"]))
    return Program(source, writer.names, writer.externals, list(trace.modules))


def _let_go(source: str) -> str:
    """The text with a ``del`` after the last line that mentions a local."""
    lines, seen, out = source.split("\n"), set(), []
    for i in range(len(lines) - 1, -1, -1):
        last = [name for name in dict.fromkeys(_LOCAL.findall(lines[i])) if name not in seen]
        seen.update(last)
        if last and i < len(lines) - 1:
            out.append(f"    del {', '.join(last)}")
        out.append(lines[i])
    return "\n".join(reversed(out)) + "\n"


class _Writer:
    def __init__(self, trace: Trace, events: list, instead: dict[int, Node], inputs: list[Variable]):
        self.lines: list[str] = []
        self.names: dict[str, Any] = {
            "asarray": np.asarray, "deliver": deliver, "references": references, "wrap": wrap,
            "zeros": np.zeros, "SOLE": SOLE,
        }  # fmt: skip
        self.externals: list[Variable] = []
        self._arrays: dict[int, str] = {}  # the array of each known Variable, by its id
        self._memory: dict[tuple, str] = {}  # and by where it lies: detach() is another Variable of it
        self._tensors: dict[int, str] = {}  # Variables that exist in a replay
        self._forwards: dict[int, int] = {}  # the number of the forward that made a node
        self._visited = {id(e.node) for e in [*trace.events, *events] if type(e) is Rule}
        self._instead = instead  # nodes that have become part of another, by their ids
        self._pending: dict[tuple[int, int], str] = {}
        self._leaves: dict[Variable, str] = {}
        self._count = 0  # of forwards
        self._numbers: Counter[str] = Counter()  # of names that begin with a letter
        for k, x in enumerate(inputs):
            if x._requires_grad:
                raise NotReplayable(f"is called with a tensor that requires grad (argument {k})")
            self._tensors[id(x)] = f"i{k}"
            self._know(x, f"i{k}.array")

    def _know(self, x: Variable, text: str) -> None:
        self._arrays[id(x)] = text
        self._memory.setdefault(place(x.array), text)

    def _name(self, letter: str, value: Any) -> str:
        name = f"{letter}{self._numbers[letter]}"
        self._numbers[letter] += 1
        self.names[name] = value
        return name

    def _line(self, text: str) -> None:
        self.lines.append(text)

    def _external(self, x: Variable) -> str:
        if x.node is not None:
            raise NotReplayable("uses a tensor with a graph that was made outside of it")
        name = self._tensors[id(x)] = f"e{len(self.externals)}"
        self.names[name] = x
        self.externals.append(x)
        self._know(x, f"{name}.array")
        return name

    def array(self, x: Any, of: str) -> str:
        """The text for an input of the primitive ``of``."""
        if isinstance(x, Variable):
            if id(x) not in self._arrays:
                known = self._memory.get(place(x.array))
                if known is not None:
                    return known
                self._external(x)
            return self._arrays[id(x)]
        if type(x) not in _CONSTANTS:
            raise NotReplayable(f"hands {of} a {type(x).__name__} that is no Tensor")
        return self._name("k", x)

    def tensor(self, x: Variable) -> str:
        """The text for a Tensor with the values of ``x``."""
        if id(x) in self._tensors:
            return self._tensors[id(x)]
        if id(x) in self._arrays or place(x.array) in self._memory:
            return f"wrap({self.array(x, 'an effect')})"
        return self._external(x)

    def tree(self, output: Any) -> str:
        """The text for what the function returns."""
        if isinstance(output, Variable):
            if output.node is not None and output._requires_grad and id(output.node) not in self._visited:
                raise NotReplayable(
                    "returns a tensor that still waits for backward(); put the whole step into the "
                    "function, or call it under no_grad"
                )
            return self.tensor(output)
        if output is None:
            return "None"
        if type(output) in (tuple, list):
            parts = "".join(f"{self.tree(part)}, " for part in output)
            return f"({parts})" if type(output) is tuple else f"[{parts}]"
        if type(output) is dict and all(type(key) in _CONSTANTS for key in output):
            return f"{{{', '.join(f'{key!r}: {self.tree(part)}' for key, part in output.items())}}}"
        raise NotReplayable(f"returns a {type(output).__name__}, not Tensors or tuples and such of them")

    # ------------------------------------------------ the events, in their order

    def take(self, event: Forward | Rule | Pass | Effect) -> None:
        if type(event) is Rule:
            self._rule(event)
            return
        self.end_of_pass()
        if isinstance(event, Forward):
            self._forward(event)
        elif isinstance(event, Pass):
            self._begin(event)
        elif isinstance(event, Effect):
            self._effect(event)

    def _forward(self, call: Forward) -> None:
        i, name = self._count, call.primitive.name
        self._count += 1
        if self._holds_known(call.attributes):
            raise NotReplayable(VALUES)
        function = _word(name, i)
        self.names[function], self.names[f"a{i}"] = call.primitive.forward, call.attributes
        operands = "".join(f"{self.array(x, name)}, " for x in call.inputs)
        if type(call.result) is tuple:
            results = call.result
            outputs = [f"v{i}_{k}" for k in range(len(results))]
            target = f"({', '.join(outputs)},)"
        else:
            results, outputs, target = (call.result,), [f"v{i}"], f"v{i}"
        if call.node is not None and id(call.node) in self._visited:
            if type(call.primitive) is not Primitive:
                raise NotReplayable(f"uses {name}, whose rule is Python of its own")
            self._forwards[id(call.node)] = i
            self._line(f"{target}, r{i} = {function}({operands}**a{i})")
        else:
            self._line(f"{target} = {function}({operands}**a{i})[0]")
        for output, result in zip(outputs, results):
            if not result.array.ndim:
                self._line(f"{output} = asarray({output})")
            self._know(result, output)

    def _holds_known(self, x: Any) -> bool:
        """Whether a setting holds values that a replay works out anew."""
        return any(
            isinstance(part, Variable) or (isinstance(part, np.ndarray) and place(part) in self._memory)
            for part in parts(x)
        )

    def _begin(self, event: Pass) -> None:
        for root in event.roots:
            if root.array.ndim:
                raise NotReplayable(f"calls backward() on a tensor of shape {tuple(root.shape)}")
            one = self._name("g", _one(root.array.dtype))
            self._arrive(root.node or root, root.slot, one)

    def _arrive(self, target: Any, slot: int, name: str) -> None:
        """One more gradient for an output of a node, or for a leaf."""
        target = self._instead.get(id(target), target)
        place: dict[Any, str] = self._pending if type(target) is Node else self._leaves
        key: Any = (id(target), slot) if type(target) is Node else target
        if key in place:
            total = f"s{len(self.lines)}"
            self._line(f"{total} = {place[key]} + {name}")
            name = total
        place[key] = name

    def _rule(self, event: Rule) -> None:
        node = event.node
        i = self._forwards.get(id(node))
        if i is None:
            raise NotReplayable(f"goes back through {node.primitive.name}, which was not seen going forward")
        if type(node.dtype) is tuple:
            g = "".join(f"{self._missing_or_arrived(node, slot)}, " for slot in range(len(node.dtype)))
            g = f"({g})"
        else:
            g = self._pending.pop((id(node), 0))
        rule = f"{_word(node.primitive.name, i)}_back"
        self.names[rule], self.names[f"n{i}"] = node.primitive.backward, node.needs
        gradients = [f"d{len(self.lines)}_{k}" for k in range(len(event.kinds))]
        self._line(f"{', '.join(gradients)}, = {rule}({g}, r{i}, n{i})")
        for k, (name, kind) in enumerate(zip(gradients, event.kinds)):
            if kind is None or not node.needs[k]:
                continue
            parent, slot = node.parents[k], 0 if node.slots is None else node.slots[k]
            wanted = _dtype_of(parent, slot)
            if not kind[1]:
                self._line(f"{name} = asarray({name})")
            if kind[0] != wanted:
                self._line(f"{name} = {name}.astype({self._name('k', wanted)})")
            self._arrive(parent, slot, name)

    def _missing_or_arrived(self, node: Node, slot: int) -> str:
        name = self._pending.pop((id(node), slot), None)
        if name is not None:
            return name
        if not node.primitive.materialize or node.dtype[slot].kind not in "fc":
            return "None"
        return f"zeros({self._name('k', node.shape[slot])}, {self._name('k', node.dtype[slot])})"

    def end_of_pass(self) -> None:
        """Leaves receive their sums at the very end, the last one first, as in reverse.py."""
        while self._leaves:
            leaf, name = self._leaves.popitem()
            if leaf.hooks is not None:
                raise NotReplayable("sends gradients to a leaf with hooks")
            target = self._tensors.get(id(leaf)) or self._external(leaf)
            self._line(f"sole = references({name}) <= SOLE")  # apart: an argument is a reference too
            self._line(f"deliver({target}, {name}, False, sole)")

    def _effect(self, event: Effect) -> None:
        function = _word(getattr(event.function, "__name__", ""), len(self.lines))
        self.names[function] = event.function
        operands = [self._operand(x) for x in event.operands]
        operands += [f"{key}={self._operand(x)}" for key, x in event.settings.items()]
        result = f"t{len(self.lines)}"
        self._line(f"{result} = {function}({', '.join(operands)})")
        if isinstance(event.result, Variable):
            self._tensors[id(event.result)] = result
            self._know(event.result, f"{result}.array")

    def _operand(self, x: Any) -> str:
        if isinstance(x, Variable):
            return self.tensor(x)
        if any(isinstance(part, Variable) and part.node is not None for part in parts(x)):
            raise NotReplayable("hands a list of computed tensors to a function that changes state")
        return self._name("k", x)


def _word(name: str, number: int) -> str:
    """A name for a function in the text, with its own where Python allows it."""
    return f"{name}_{number}" if name.isidentifier() else f"f_{number}"


def _dtype_of(parent: Any, slot: int) -> np.dtype:
    if type(parent) is not Node:
        return parent.array.dtype
    return parent.dtype[slot] if type(parent.dtype) is tuple else parent.dtype


@cache
def _one(dtype: np.dtype) -> np.ndarray:
    """The gradient that a backward begins with."""
    one = np.ones((), dtype)
    one.flags.writeable = False
    return one

"""compile: run a function twice, then repeat what it did without the Python in between.

The first two calls run as usual and are taken down (trace.py). If both did the same operations on
the same parameters, these are written out as a straight-line function of arrays (program.py),
which must turn the state before the second call into the bits that the second call left (state.py).
From the third call on it runs in the function's place, for as long as shapes, dtypes, modes and
modules are what they were.

    compile     the public function
    Compiled    what it returns

Below: trace.py, program.py, state.py. Tests: tests/replay.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from threading import Lock
from typing import Any

from .. import reverse, tape, tracing
from ..errors import GraphError
from ..ops.casting import get_default_dtype
from ..tape import Variable, grad_enabled
from .program import NotReplayable, Program, fingerprint, write
from .state import State, same_bits
from .trace import Trace

__all__ = ["Compiled", "compile"]

# Kinds of calls of one function that are learned: shapes, modes, numbers among the arguments.
KINDS = 32
# Programs for one kind: one for each state of the modules, such as training and evaluation.
STATES = 8
# How often two calls may differ, in their modes perhaps, before a function is left as it is.
PATIENCE = 4

_tracing = Lock()


class Compiled:
    """A function that is replayed where it can be; made by ``compile``.

    ``source`` is the text of the newest program, ``problem`` why there is none.
    Other attributes are those of the function or module.
    """

    def __init__(self, function: Callable, fullgraph: bool):
        self._function, self._fullgraph = function, fullgraph
        self._programs: dict[tuple, list[Program]] = {}
        self._candidates: dict[tuple, tuple[Program, int]] = {}
        self._refused: dict[tuple, str] = {}
        self._learning = True
        self.source = self.problem = ""
        if not hasattr(function, "parameters"):
            functools.update_wrapper(self, function)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_function" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self._function, name)

    def __repr__(self) -> str:
        return f"minigrad.compile({self._function!r})"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if tape.observers or tape.module_watchers or reverse.checks:
            return self._function(*args, **kwargs)  # somebody wants to see each operation
        inputs: list[Variable] = []
        try:
            kind = (_kind(args, inputs), _kind(kwargs, inputs), grad_enabled.get(), get_default_dtype())
            programs = self._programs.get(kind, ())
        except TypeError:
            self._leave((), "is called with something that cannot be compared with later calls")
            return self._function(*args, **kwargs)
        for program in programs:
            if program.fits():
                return program(*inputs)
        if not self._learning or kind in self._refused or not _tracing.acquire(blocking=False):
            return self._function(*args, **kwargs)
        try:
            return self._learn(kind, inputs, args, kwargs)
        finally:
            _tracing.release()

    def _learn(self, kind: tuple, inputs: list[Variable], args: tuple, kwargs: dict) -> Any:
        """One call as usual, taken down; the second of its kind may make a program."""
        candidate, tries = self._candidates.pop(kind, (None, 0))
        before = State(candidate) if candidate else None
        modules = fingerprint(candidate.modules) if candidate else []
        trace = Trace()
        with trace:
            result = self._function(*args, **kwargs)
        try:
            program = write(trace, inputs, result)
            if candidate is None or before is None:
                if len(self._candidates) + len(self._programs) >= KINDS:
                    self._learning = False
                    raise NotReplayable(f"is called in more than {KINDS} ways (shapes, numbers, modes)")
                self._candidates[kind] = program, 0
                return result
            difference = candidate.difference(program)
            if difference and tries < PATIENCE:
                self._candidates[kind] = program, tries + 1
                return result
            if not difference:
                if fingerprint(candidate.modules) != modules:
                    difference = "runs a module that changes its attributes"
                else:
                    difference = _try_out(program, inputs, before, result)
            if difference:
                raise NotReplayable(difference)
            self._programs[kind] = [program, *self._programs.get(kind, [])[: STATES - 1]]
            self.source = program.source
        except NotReplayable as reason:
            self._leave(kind, str(reason))
        return result

    def _leave(self, kind: tuple, reason: str) -> None:
        """Let the function run as it is, and say once why."""
        said = bool(self.problem)
        self.problem = reason
        self._refused[kind] = reason
        name = getattr(self._function, "__name__", type(self._function).__name__)
        if self._fullgraph:
            raise GraphError(f"compile(fullgraph=True) got {name}, which cannot be replayed: it {reason}.")
        if not said:
            warnings.warn(
                f"minigrad.compile runs {name} as it is, without replay: it {reason}.", stacklevel=5
            )


def _try_out(program: Program, inputs: list[Variable], before: State, result: Any) -> str:
    """Run ``program`` from the state before the call; what it does differently, "" if nothing."""
    after = State(program)
    if before.options() != after.options():
        return "changes the options of an optimizer; step the scheduler after it"
    before.restore()
    try:
        replayed = program(*inputs)
        difference = State(program).differs_from(after)
        if not difference and not same_bits(replayed, result):
            difference = "what it returns"
    except BaseException:
        after.restore()
        raise
    if difference:
        after.restore()
        return f"does something that is not recorded: replayed, it leaves {difference} with other values"
    return ""


def _kind(x: Any, inputs: list[Variable]) -> Any:
    """What a program depends on in an argument; its Tensors are added to ``inputs``."""
    if isinstance(x, Variable):
        for k, other in enumerate(inputs):
            if other is x:
                return k
        inputs.append(x)
        return x.array.shape, x.array.dtype, x._requires_grad
    if type(x) in (tuple, list):
        return type(x), tuple([_kind(part, inputs) for part in x])
    if type(x) is dict:
        return dict, tuple([(key, _kind(part, inputs)) for key, part in x.items()])
    hash(x)
    return type(x), x


def compile(
    model: Any = None, *, fullgraph: bool = False, dynamic: Any = None, backend: Any = None,
    mode: Any = None, options: Any = None, disable: bool = False,
) -> Any:  # fmt: skip
    """Replay ``model``, a function or a Module, without the Python between its kernels.

    Meant for a whole training step, ``backward()`` and the optimizer's ``step()`` included, or for
    a model that predicts under ``no_grad``. The first two calls with given shapes run as usual and
    are compared; then the operations are repeated with new inputs, and give the same bits. New
    shapes, another mode or changed modules are learned anew.

    While it is replayed, the function's Python does not run: what it prints or counts stays out,
    and a branch that depends on anything but shapes and modes is taken as it was. Schedulers
    belong after the step. What cannot be replayed, such as ``.item()`` inside, is noticed: the
    function then runs as it is, with one warning that says why, or with ``fullgraph=True`` raises
    GraphError. The other arguments are accepted for PyTorch's sake.

    >>> w = tensor([1.0, 2.0], requires_grad=True)
    >>> opt = optim.SGD([w], lr=0.1)
    >>> @minigrad.compile
    ... def step(x):
    ...     opt.zero_grad()
    ...     loss = (w * x).sum()
    ...     loss.backward()
    ...     opt.step()
    ...     return loss.detach()
    >>> [f"{step(tensor([1.0, 1.0])).item():.1f}" for _ in range(4)]
    ['3.0', '2.8', '2.6', '2.4']
    """
    if model is None:
        return functools.partial(compile, fullgraph=fullgraph, disable=disable)
    if not callable(model):
        raise TypeError(f"compile got {type(model).__name__}; it needs a function or a Module.")
    return model if disable else Compiled(model, fullgraph)

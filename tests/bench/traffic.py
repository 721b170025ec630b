"""Kernels that do little with each number, beside a copy of as many bytes.

What an operation must read and write is counted once, in arrays of its input's size (``passes``);
the copy moves as many bytes from one array into another that is there already. What is written
where it was read (Adam) moves more bytes than its arrays hold: the copy is then of what they hold,
so that it finds as much of them in the caches, and its time is scaled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from . import limits
from .table import Options, Table, in_turns, ratio
from .twins import Framework, frameworks, set_threads

IMAGES = (64, 32, 28, 28)
SCORES = (2048, 1000)
PARAMETERS = 1_000_000


@dataclass(frozen=True)
class Traffic:
    """``make(framework, x)`` gives the call to time; it moves ``passes`` times the bytes of x.

    ``held``: how many times the bytes of x its arrays hold, where that is less.
    """

    label: str
    passes: float
    make: Callable[[Framework, np.ndarray], Callable[[], object]]
    shape: tuple[int, ...] = IMAGES
    held: float | None = None


def forward(function: Callable) -> Callable:
    """Nothing recorded: ``function(framework, x)``."""

    def make(f: Framework, x: np.ndarray) -> Callable[[], object]:
        tensor = f.tensor(x)

        def call() -> object:
            with f.top.no_grad():
                return function(f, tensor)

        return call

    return make


def backward(function: Callable) -> Callable:
    """The gradient of x alone, from a forward that was recorded before."""

    def make(f: Framework, x: np.ndarray) -> Callable[[], object]:
        tensor = f.tensor(x).requires_grad_()
        y = function(f, tensor)
        g = f.top.ones_like(y)
        return lambda: f.top.autograd.grad(y, [tensor], g, retain_graph=True)

    return make


def max_pool_2(f: Framework, x):
    return f.F.max_pool2d(x, 2)


def max_pool_3(f: Framework, x):
    return f.F.max_pool2d(x, 3, 2)


def avg_pool(f: Framework, x):
    return f.F.avg_pool2d(x, 2)


def relu(f: Framework, x):
    return f.F.relu(x)


def _bias(f: Framework, x: np.ndarray) -> Callable[[], object]:
    bias, tensor = f.top.ones(x.shape[1], 1, 1), f.tensor(x)
    return forward(lambda f, x: tensor + bias)(f, x)


def _bias_backward(f: Framework, x: np.ndarray) -> Callable[[], object]:
    bias = f.top.ones(x.shape[1], 1, 1, requires_grad=True)
    y, g = f.tensor(x) + bias, f.tensor(x)
    return lambda: f.top.autograd.grad(y, [bias], g, retain_graph=True)


def batch_norm(f: Framework, x):
    return f.F.batch_norm(x, None, None, training=True)


def softmax(f: Framework, x):
    return f.F.softmax(x, -1)


def log_softmax(f: Framework, x):
    return f.F.log_softmax(x, -1)


def layer_norm(f: Framework, x):
    return f.F.layer_norm(x, x.shape[-1:])


def dropout(f: Framework, x):
    return f.F.dropout(x, 0.5, True)


def cross_entropy(f: Framework, x):
    return f.F.cross_entropy(x, f.top.arange(x.shape[0]) % x.shape[1])


def _add(f: Framework, x: np.ndarray) -> Callable[[], object]:
    other = f.tensor(x[::-1].copy())
    return forward(lambda f, x: x + other)(f, x)


def _chain(f: Framework, x: np.ndarray) -> Callable[[], object]:
    a, b = f.tensor(x[::-1].copy()), f.tensor(x + 1)
    return forward(lambda f, x: f.F.relu(x * a + b))(f, x)


def _chain_backward(f: Framework, x: np.ndarray) -> Callable[[], object]:
    a, b = f.tensor(x[::-1].copy()), f.tensor(x + 1)
    return backward(lambda f, x: f.F.relu(x * a + b))(f, x)


def _adam(f: Framework, x: np.ndarray) -> Callable[[], object]:
    parameter = f.nn.Parameter(f.tensor(x))
    parameter.grad = f.tensor(x * 0.1)
    return f.optim.Adam([parameter], lr=1e-6).step


ROWS = [
    # passes: x and y of a forward; g, dx and what the rule must know of x in a backward
    Traffic("max_pool2d 2x2, forward", 1.25, forward(max_pool_2)),
    Traffic("max_pool2d 2x2, backward", 1.25, backward(max_pool_2)),
    Traffic("max_pool2d 3x3 stride 2, forward", 1 + (13 / 28) ** 2, forward(max_pool_3)),
    Traffic("max_pool2d 3x3 stride 2, backward", 1 + (13 / 28) ** 2, backward(max_pool_3)),
    Traffic("avg_pool2d 2x2, forward", 1.25, forward(avg_pool)),
    Traffic("avg_pool2d 2x2, backward", 1.25, backward(avg_pool)),
    Traffic("relu, forward", 2, forward(relu)),
    Traffic("relu, backward", 3, backward(relu)),
    Traffic("bias, forward", 2, _bias),
    Traffic("bias, backward", 1, _bias_backward),
    Traffic("batch_norm, forward", 2, forward(batch_norm)),
    Traffic("batch_norm, backward", 3, backward(batch_norm)),
    Traffic("softmax 2048x1000, forward", 2, forward(softmax), SCORES),
    Traffic("softmax 2048x1000, backward", 3, backward(softmax), SCORES),
    Traffic("log_softmax 2048x1000, forward", 2, forward(log_softmax), SCORES),
    Traffic("log_softmax 2048x1000, backward", 3, backward(log_softmax), SCORES),
    Traffic("layer_norm 2048x1000, forward", 2, forward(layer_norm), SCORES),
    Traffic("layer_norm 2048x1000, backward", 3, backward(layer_norm), SCORES),
    Traffic("dropout, forward", 2, forward(dropout)),
    Traffic("dropout, backward", 2, backward(dropout)),
    Traffic("cross_entropy 2048x1000, forward", 1, forward(cross_entropy), SCORES),
    Traffic("cross_entropy 2048x1000, backward", 2, backward(cross_entropy), SCORES),
    Traffic("a + b", 3, _add),
    Traffic("relu(x * a + b), forward", 4, _chain),
    Traffic("relu(x * a + b), backward", 4, _chain_backward),
    Traffic("Adam, 10^6 parameters", 7, _adam, (PARAMETERS,), held=4),
]


def measure(options: Options) -> Iterator[Table]:
    known = frameworks()
    header = ["float32", "MB", "copy ms", "minigrad ms", "quartiles", "copy / minigrad"]
    header += ["PyTorch ms", "quartiles", "PyTorch / minigrad", "quartiles"] if len(known) > 1 else []
    for threads in options.threads:
        set_threads(threads)
        rows = []
        for case in ROWS:
            if not options.wants(case.label):
                continue
            x = np.random.default_rng(0).standard_normal(case.shape).astype(np.float32)
            held = case.held or case.passes
            limit = limits.copy(held * x.nbytes, threads)
            # A step writes into its parameter: each framework gets its own array.
            calls = [case.make(f, x.copy()) for f in known]
            times = in_turns(limit.calls + calls, options.rounds, options.turn(0.02))
            least = limit.best(times[: len(limit.calls)]).middle * case.passes / held
            found = times[len(limit.calls) :]
            row = [case.label, f"{case.passes * x.nbytes / 1e6:.1f}", f"{least * 1e3:.3f}"]
            row += [f"{found[0].middle * 1e3:.3f}", found[0].quartiles(1e-3)]
            row += [f"{least / found[0].middle:.0%}"]
            if len(found) > 1:
                value, around = ratio(found[1], found[0])
                row += [f"{found[1].middle * 1e3:.3f}", found[1].quartiles(1e-3), f"{value:.2f}", around]
            rows.append(row)
        if rows:
            yield Table(f"Beside a copy, {threads} thread{'s'[: threads > 1]}", header, rows)

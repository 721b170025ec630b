"""Where the time of one training step goes, by layer and operation, and what the machine allows."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

import minigrad as mg
from minigrad.nn import ahead

from . import limits
from .table import Options, Table
from .twins import Framework, Net, pairs, set_threads, training

ABOUT = """\
The same steps as above, each operation timed by `mg.profile()`; medians over many steps. `limit` is the
least that the multiply-adds of a layer can take: their number over the rate of a large matrix product,
measured in the same run; the first layer needs no gradient of the images. 3 x 3 convolutions of many
channels go below it, because they multiply less (Winograd). `around` is what remains of a
step that was not profiled: Python between the operations, the tape, what is no operation.

How to read it: the largest difference between a row and its limit is where a step can still become
quicker. Rows without a limit do little with each number; they are bound by memory, or by the cost of a
call where batches are small. A layer's name is its path in the model: `conv1`, or its place in an
`nn.Sequential`, counted from 0. Functions, which belong to no layer, stand under their own name. An
operation that does the work of several layers stands under the first; `mg.profile()` by itself runs them
one by one."""

DEFAULT = ("numba-cnn", "report-cnn")


@dataclass
class Work:
    """Multiply-adds of one layer."""

    forward: float
    backward: float


def work_of(net: Net, f: Framework) -> dict[str, Work]:
    """What each convolution and linear layer must multiply, by its path; seen by hooks in one forward."""
    found: dict[str, Work] = {}
    model = net.build()

    def watch(path: str) -> Any:
        def hook(module: Any, inputs: tuple, output: Any) -> None:
            times = output.numel() * prod(module.weight.shape[1:])
            found[path] = Work(times, times * (1 + inputs[0].requires_grad))

        return hook

    for path, module in model.named_modules():
        if isinstance(module, (f.nn.Conv2d, f.nn.Linear)):
            module.register_forward_hook(watch(path))
    model(f.tensor(net.data()[0]))
    return found


def events_of(profile: Any, folder: str) -> dict[tuple[str, str, str], float]:
    """Seconds by (layer, operation, phase), from the profiler's trace."""
    trace = json.loads(Path(profile.save(Path(folder) / "trace.json")).read_text(encoding="utf-8"))
    found: dict[tuple[str, str, str], float] = defaultdict(float)
    for event in trace["traceEvents"]:
        if event["ph"] == "X" and event["cat"] in ("forward", "backward"):  # no whole modules
            key = (event["args"]["module"], event["name"], event["cat"])
            found[key] += event["dur"] * 1e-6
    return found


def fused() -> Any:
    """Let neighbours in a Sequential run in one pass under the profiler too, as they do without it.

    Usually each layer runs alone while somebody watches: the parts would be those of another step
    than the whole that they are compared with.
    """
    unwatched = SimpleNamespace(observers=(), newest_write=mg.tape.newest_write)
    return mock.patch.object(ahead, "tape", unwatched)


class Watched:
    """An optimizer whose calls are timed."""

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self.seconds: dict[str, float] = {}

    def _timed(self, name: str) -> None:
        began = perf_counter()
        getattr(self._optimizer, name)()
        self.seconds[name] = perf_counter() - began

    def zero_grad(self) -> None:
        self._timed("zero_grad")

    def step(self) -> None:
        self._timed("step")


def profiled(net: Net, f: Framework, steps: int) -> tuple[dict[tuple[str, str, str], float], float]:
    """Median seconds of every operation of a step, and of the whole step without the profiler."""
    optimizers: list[Watched] = []

    class Optim:
        @staticmethod
        def Adam(*arguments: Any, **settings: Any) -> Watched:
            optimizers.append(Watched(f.optim.Adam(*arguments, **settings)))
            return optimizers[0]

    watching = Framework(f.name, f.top, f.nn, f.F, Optim)
    step = training(watching, net.build(), *net.data())
    for _ in range(3):
        step()
    whole, parts = [], defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(steps):
            began = perf_counter()
            step()
            whole.append(perf_counter() - began)
            with fused(), mg.profile() as profile:
                step()
            for key, seconds in events_of(profile, folder).items():
                parts[key].append(seconds)
            for name, seconds in optimizers[0].seconds.items():
                parts["optimizer", name, "forward"].append(seconds)
    return {key: float(np.median(v)) for key, v in parts.items()}, float(np.median(whole))


def table_of(net: Net, f: Framework, threads: int, options: Options) -> Table:
    rate = limits.product_rate(threads, options.rounds, options.turn(0.02))
    parts, whole = profiled(net, f, steps=2 * options.rounds)
    works = work_of(net, f)
    found: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (layer, operation, phase), seconds in parts.items():
        found[layer, operation][phase == "backward"] += seconds
    ordered = sorted(found.items(), key=lambda item: -sum(item[1]))
    rows = []
    for (layer, operation), (forward, backward) in ordered:
        # The work of a layer belongs to its longest operation, which comes first.
        work = works.pop(layer, None)
        limit = "" if work is None else f"{2 * (work.forward + work.backward) / rate * 1e3:.3f}"
        rows.append(
            [f"{layer} {operation}".strip(), f"{forward * 1e3:.3f}", f"{backward * 1e3:.3f}"]
            + [f"{(forward + backward) / whole:.0%}", limit]
        )
    around = whole - sum(map(sum, found.values()))
    rows.append(["around", f"{around * 1e3:.3f}", "", f"{around / whole:.0%}", ""])
    flops = sum(2 * (w.forward + w.backward) for w in work_of(net, f).values())
    rows.append(["whole step", f"{whole * 1e3:.3f}", "", "100%", f"{flops / rate * 1e3:.3f}"])
    header = ["ms", "forward", "backward", "share", "limit"]
    note = f"{flops / 1e9:.3f} GFLOP; a product runs at {rate / 1e9:.0f} GFLOP/s here."
    if around < 0:
        note += " The parts add up to more than the whole: the machine was not quiet; measure again."
    return Table(f"{net.label} (batch {net.batch}), {threads} thread{'s'[: threads > 1]}", header, rows, note)


def measure(options: Options) -> Iterator[Table]:
    names = options.names or DEFAULT
    for pair in pairs(Options(names).wants, one_form=not options.names):
        f, net = pair[0]
        for threads in options.threads:
            set_threads(threads)
            yield table_of(net, f, threads, options)

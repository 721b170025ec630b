"""A training step while another process keeps a core busy, as on any machine in use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import minigrad as mg

from .table import Options, Table, in_turns
from .twins import made, pairs, set_threads, training

ABOUT = """\
The step of each net, first with the machine to itself and then while another process computes without
end, so that one core is short: one such process on two cores with two threads, one more for every
further core. Beside it minigrad's step on one thread, which does without that core.

How to read it: a pool whose threads wait for each other, spinning, waits for the one that has no core.
`busy / quiet` says how much slower a step became. Where the core is shared, a step cannot be as quick as
before: with half of it lost, 4/3 of the time is the least that two threads can take."""


@contextmanager
def busy_cores(threads: int) -> Iterator[int]:
    """As many endless processes as leave one core too few for ``threads`` threads."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    hogs = []
    try:
        for _ in range(max(1, cores - threads + 1)):
            hogs.append(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
        yield len(hogs)
    finally:
        for hog in hogs:
            hog.kill()
        for hog in hogs:
            hog.wait()


def on(threads: int, step: Callable[[], object]) -> Callable[[], object]:
    def call() -> object:
        mg.set_num_threads(threads)
        return step()

    return call


def measure(options: Options) -> Iterator[Table]:
    threads = max(2, *options.threads)
    set_threads(threads)
    rounds = min(options.rounds, 9)
    header = ["net (batch), ms", "minigrad quiet", "busy", "quartiles", "busy / quiet"]
    header += ["1 thread, busy", f"{threads} threads / 1"]
    rows, worst, hogs = [], [], 0
    for pair in pairs(options.wants, one_form=True):
        net = pair[0][1]
        x, y = net.data()
        steps = [training(f, model, x, y) for (f, _), model in zip(pair, made(pair))]
        both = [on(threads, steps[0]), *steps[1:]]
        quiet = in_turns(both, rounds, options.turn(0.05))
        with busy_cores(threads) as running:
            hogs = running
            ours, alone, *theirs = in_turns([both[0], on(1, steps[0]), *steps[1:]], rounds, options.turn(0.1))
        row = [f"{net.name} ({net.batch})", f"{quiet[0].middle * 1e3:.2f}", f"{ours.middle * 1e3:.2f}"]
        row += [ours.quartiles(1e-3), f"{ours.middle / quiet[0].middle:.2f}"]
        row += [f"{alone.middle * 1e3:.2f}", f"{ours.middle / alone.middle:.2f}"]
        worst.append((ours.middle / quiet[0].middle, ours.middle / alone.middle))
        if theirs:
            row += [f"{t:.2f}" for t in (quiet[1].middle * 1e3, theirs[0].middle * 1e3)]
            row += [f"{theirs[0].middle / quiet[1].middle:.2f}"]
        rows.append(row)
    if rows:
        header += ["PyTorch quiet", "busy", "busy / quiet"][: len(rows[0]) - len(header)]
        mg.set_num_threads(threads)
        note = f"{hogs} busy process{'es'[: 2 * (hogs > 1)]}. minigrad's largest ratios: "
        note += f"busy / quiet {max(w[0] for w in worst):.2f}, {threads} threads / 1 {max(w[1] for w in worst):.2f}."
        yield Table(f"Beside a busy process, {threads} threads", header, rows, note)

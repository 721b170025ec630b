"""The largest resident memory of a training run, each net in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

from .table import Options, Table
from .twins import ROOT, frameworks, pairs

STEPS = 200
LONG = (1000, 10_000)

ABOUT = f"""\
The peak of resident memory of a fresh process that imports one framework and trains one net for
{STEPS} steps, batches sliced from an array in memory. What the imports alone take is the first row.
Then an mlp for {LONG[1]:,} steps: how much the peak still grew after step {LONG[0]:,}.

How to read it: for nets of this size what the libraries themselves take is most of the peak, and they
differ most in it. The column without imports is what came after them; with minigrad that includes Numba
and the compiled kernels, which are loaded when the first operation needs them."""


def trained(framework: str, net: str, threads: int, *marks: int) -> dict:
    command = [sys.executable, "-m", "tests.bench.train", framework, net, str(threads), *map(str, marks)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(options: Options, steps: int = STEPS, long: tuple[int, int] = LONG) -> Iterator[Table]:
    threads = max(options.threads)
    known = [f.name for f in frameworks()]
    titles = {"minigrad": "minigrad", "torch": "PyTorch"}
    header = ["peak, MB"] + [f"{titles[f]}{without}" for f in known for without in ("", ", without imports")]
    header += ["PyTorch / minigrad"] if len(known) > 1 else []
    rows: list[list[str]] = []
    imports: dict[str, float] = {}
    for pair in pairs(options.wants, one_form=True):
        net = pair[0][1]
        runs = [trained(f, net.name, threads, steps) for f in known]
        row = [f"{net.name} ({net.batch}), {steps} steps"]
        for f, run in zip(known, runs):
            imports.setdefault(f, run["imported"])
            row += [f"{run['peaks'][0] / 1e3:.0f}", f"{(run['peaks'][0] - run['imported']) / 1e3:.0f}"]
        if len(runs) > 1:
            row.append(f"{runs[1]['peaks'][0] / runs[0]['peaks'][0]:.2f}")
        rows.append(row)
    if rows:
        first = ["imports alone"]
        for f in known:
            first += [f"{imports[f] / 1e3:.0f}", "0"]
        if len(known) > 1:
            first.append(f"{imports['torch'] / imports['minigrad']:.2f}")
        yield Table(f"Resident memory, {threads} thread{'s'[: threads > 1]}", header, [first, *rows])
    if options.wants("mlp", "growth"):
        grown = [trained(f, "mlp", threads, *long)["peaks"] for f in known]
        yield Table(
            "Growth",
            [f"mlp, {long[1]:,} steps", f"peak at step {long[0]:,}, MB", "at the end, MB", "growth, kB"],
            [
                [titles[f], f"{before / 1e3:.1f}", f"{after / 1e3:.1f}", str(after - before)]
                for f, (before, after) in zip(known, grown)
            ],
        )

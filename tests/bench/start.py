"""What starting costs: imports, and the time from process start to the first training step."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from .table import Options, Table, Times
from .twins import ROOT

ABOUT = """\
Whole processes, from their start to their end, in turns: imports alone, and one training step of lenet5
with everything before it. `minigrad` keeps compiled kernels on the disk; a cold cache is an empty folder,
as after installing it."""

STEP = ["-m", "tests.bench.train"]
ROWS = {
    "import numpy": ["-c", "import numpy"],
    "import numba": ["-c", "import numba"],
    "import minigrad": ["-c", "import minigrad"],
    "import torch": ["-c", "import torch"],
    "first lenet5 step, warm cache": [*STEP, "minigrad"],
    "first lenet5 step, PyTorch": [*STEP, "torch"],
    "first lenet5 step, cold cache": [*STEP, "minigrad"],
}
# What a row is compared with: it took so many times as long.
BESIDE = {
    "import minigrad": "import numba",
    "import torch": "import minigrad",
    "first lenet5 step, PyTorch": "first lenet5 step, warm cache",
    "first lenet5 step, cold cache": "first lenet5 step, PyTorch",
}


def seconds(arguments: list[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=True, env=environment, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - began


def measure(options: Options) -> Iterator[Table]:
    threads = max(options.threads)
    environment = {**os.environ, "MINIGRAD_NUM_THREADS": str(threads)}
    commands = {
        name: [*command, "lenet5", str(threads), "1"] if command[:2] == STEP else command
        for name, command in ROWS.items()
        if options.wants(name)
        and (importlib.util.find_spec("torch") or not any("torch" in word for word in command))
    }
    cold = [name for name in commands if "cold" in name]
    times = {name: Times() for name in commands}
    warm = {name: command for name, command in commands.items() if name not in cold}
    for counted in [False, *[True] * min(options.rounds, 5)]:
        for name, command in warm.items():
            took = seconds(command, environment)
            if counted:
                times[name].samples.append(took)
    for name in cold:
        with tempfile.TemporaryDirectory() as empty:
            times[name].samples.append(seconds(commands[name], {**environment, "NUMBA_CACHE_DIR": empty}))
    rows = []
    for name, t in times.items():
        other = BESIDE.get(name)
        row = [name, f"{t.middle:.2f}", "one run" if name in cold else t.quartiles(1)]
        row += [f"{t.middle / times[other].middle:.2f} x {other}" if other in times else ""]
        rows.append(row)
    if rows:
        yield Table(
            f"Start, {threads} thread{'s'[: threads > 1]}",
            ["whole process", "s", "quartiles", "beside"],
            rows,
        )

"""What starting costs: imports, and the time from process start to the first training step."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

import numpy as np

from .table import middle, show, spread

FIRST_STEP = """
import numpy as np
import minigrad as mg
from minigrad import nn, optim
from minigrad.models import LeNet5
model = LeNet5()
optimizer = optim.Adam(model.parameters())
x = mg.from_numpy(np.random.rand(32, 1, 28, 28).astype(np.float32))
y = mg.from_numpy(np.random.randint(0, 10, 32))
loss = nn.functional.cross_entropy(model(x), y)
loss.backward()
optimizer.step()
"""

ROWS = {
    "import numpy": "import numpy",
    "import numba": "import numba",
    "import minigrad": "import minigrad",
    "first lenet5 step, warm cache": FIRST_STEP,
}


def seconds(code: str, environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    return time.perf_counter() - began


def main(names: list[str], threads: int, rounds: int) -> None:
    rows = []
    environment = {**os.environ, "MINIGRAD_NUM_THREADS": str(threads)}
    for name, code in ROWS.items():
        if names and name not in names:
            continue
        seconds(code, environment)
        times = np.array([seconds(code, environment) for _ in range(min(rounds, 7))])
        rows.append([name, f"{middle(times):.2f} s", spread(times, 1)])
    with tempfile.TemporaryDirectory() as cold:
        name = "first lenet5 step, cold cache"
        if not names or name in names:
            rows.append(
                [name, f"{seconds(FIRST_STEP, {**environment, 'NUMBA_CACHE_DIR': cold}):.2f} s", "one run"]
            )
    show("Start (whole process)", ["what", "median", "quartiles"], rows)

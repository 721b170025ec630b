"""One training step of each preset: zero_grad, forward, cross-entropy, backward, optimizer step.

PyTorch runs the very same model function with its own ``nn``, the same weights and the same
batch. Data lie in memory; warming up and compiling are not counted.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np

import minigrad as mg
from minigrad import models, nn, optim

from .table import in_turns, middle, show, spread


def step_function(model, optimizer, cross_entropy, x, y):
    def step():
        optimizer.zero_grad()
        loss = cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def twins(torch) -> dict:
    """The presets, from the very same source, with torch.nn in the place of minigrad.nn."""
    source = (
        Path(models.__file__).read_text(encoding="utf-8").replace("from . import nn", "from torch import nn")
    )
    module = types.ModuleType("twins")
    sys.modules["twins"] = module  # dataclasses look their module up
    exec(compile(source, models.__file__, "exec"), module.__dict__)
    return module.PRESETS


def main(names: list[str], threads: int, rounds: int) -> None:
    try:
        import torch
    except ImportError:
        torch = None
    mg.set_num_threads(threads)
    if torch is not None:
        torch.set_num_threads(threads)
    random = np.random.default_rng(0)
    rows, ratios = [], []
    for name, preset in models.PRESETS.items():
        if names and name not in names:
            continue
        x = random.standard_normal((preset.batch_size, 1, 28, 28)).astype(np.float32)
        y = random.integers(0, 10, preset.batch_size)
        model = preset.build()
        optimizer = optim.Adam(model.parameters(), lr=1e-3)
        functions = [
            step_function(model, optimizer, nn.functional.cross_entropy, mg.from_numpy(x), mg.from_numpy(y))
        ]
        if torch is not None:
            twin = twins(torch)[name].build()
            twin.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in model.state_dict().items()})
            functions.append(
                step_function(
                    twin,
                    torch.optim.Adam(twin.parameters(), lr=1e-3),
                    torch.nn.functional.cross_entropy,
                    torch.from_numpy(x),
                    torch.from_numpy(y),
                )
            )
        times = in_turns(functions, rounds)
        row = [f"{name} ({preset.batch_size})", f"{middle(times[0]) * 1e3:.2f}", spread(times[0], 1e-3)]
        if torch is not None:
            ratio = middle(times[1]) / middle(times[0])
            ratios.append(ratio)
            row += [f"{middle(times[1]) * 1e3:.2f}", spread(times[1], 1e-3), f"{ratio:.2f}"]
        rows.append(row)
    header = ["net (batch)", "ms", "quartiles"]
    if torch is not None:
        header += ["PyTorch", "quartiles", "PyTorch / minigrad"]
        if len(ratios) > 1:
            rows.append(["geometric mean", "", "", "", "", f"{np.exp(np.mean(np.log(ratios))):.2f}"])
    show(f"One training step, {threads} threads", header, rows)

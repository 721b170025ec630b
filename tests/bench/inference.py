"""How long one prediction takes: every net in eval mode, one image, nothing recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from .table import Options, Table, geometric_mean, in_turns, ratio
from .twins import frameworks, made, pairs, set_threads

ABOUT = """\
The latency of one image through each net, in `eval` mode under `inference_mode`. At this size most of
it is what calling an operation costs, not arithmetic; a ratio above 1 means that minigrad is quicker."""


def predict(model: Any, x: Any) -> Callable[[], object]:
    model.eval()
    return lambda: model(x)


def measure(options: Options) -> Iterator[Table]:
    header = ["net, batch 1", "minigrad us", "quartiles"]
    if len(frameworks()) > 1:
        header += ["PyTorch us", "quartiles", "PyTorch / minigrad", "quartiles"]
    for threads in options.threads:
        set_threads(threads)
        rows, ratios = [], []
        for pair in pairs(options.wants):
            x, _ = pair[0][1].data(batch=1)
            calls = [predict(model, f.tensor(x)) for (f, _), model in zip(pair, made(pair))]
            with ExitStack() as modes:
                for f, _ in pair:
                    modes.enter_context(f.top.inference_mode())
                times = in_turns(calls, options.rounds, options.turn(0.02))
            row = [pair[0][1].label]
            for t in times:
                row += [f"{t.middle * 1e6:.0f}", t.quartiles(1e-6)]
            if len(times) > 1:
                value, around = ratio(times[1], times[0])
                ratios.append(value)
                row += [f"{value:.2f}", around]
            rows.append(row)
        note = f"Geometric mean {geometric_mean(ratios):.2f}, least {min(ratios):.2f}." if ratios else ""
        if rows:
            yield Table(f"One prediction, {threads} thread{'s'[: threads > 1]}", header, rows, note)

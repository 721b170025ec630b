"""How long one prediction takes: every net in eval mode, one image, nothing recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import minigrad as mg

from .table import Options, Table, geometric_mean, in_turns, ratio
from .twins import frameworks, made, pairs, set_threads

ABOUT = """\
The latency of one image through each net, in `eval` mode under `inference_mode`. At this size most of
it is what calling an operation costs, not arithmetic; a ratio above 1 means that minigrad is quicker.
`replayed` is the model through `minigrad.compile`."""


def predict(model: Any, x: Any) -> Callable[[], object]:
    model.eval()
    return lambda: model(x)


def measure(options: Options) -> Iterator[Table]:
    header = ["net, batch 1", "minigrad us", "replayed us"]
    if len(frameworks()) > 1:
        header += ["PyTorch us", "PyTorch / minigrad", "quartiles", "PyTorch / replayed", "quartiles"]
    for threads in options.threads:
        set_threads(threads)
        rows: list[list[str]] = []
        ratios: list[list[float]] = []
        for pair in pairs(options.wants):
            x, _ = pair[0][1].data(batch=1)
            models = made(pair)
            calls = [predict(model, f.tensor(x)) for (f, _), model in zip(pair, models)]
            calls.insert(1, predict(mg.compile(models[0], fullgraph=True), mg.tensor(x)))
            with ExitStack() as modes:
                for f, _ in pair:
                    modes.enter_context(f.top.inference_mode())
                times = in_turns(calls, options.rounds, options.turn(0.02))
            row = [pair[0][1].label, *(f"{t.middle * 1e6:.0f}" for t in times)]
            if len(times) > 2:
                found = [ratio(times[2], t) for t in times[:2]]
                ratios.append([value for value, _ in found])
                row += [cell for value, around in found for cell in (f"{value:.2f}", around)]
            rows.append(row)
        note = ""
        if ratios:
            ways = zip(("as written", "replayed"), zip(*ratios))
            note = " ".join(
                f"PyTorch / minigrad, {way}: geometric mean {geometric_mean(r):.2f}, least {min(r):.2f}."
                for way, r in ways
            )
        if rows:
            yield Table(f"One prediction, {threads} thread{'s'[: threads > 1]}", header, rows, note)

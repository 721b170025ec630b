"""Convolutions by themselves: forward, gradient of the input, gradient of the weights.

The gradients are asked for one at a time, by ``autograd.grad`` from a recorded forward: both
frameworks then do what their backward does, and skip the other gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from . import limits
from .table import Options, Table, in_turns, ratio
from .twins import Framework, frameworks, set_threads


@dataclass(frozen=True)
class Conv:
    channels: tuple[int, int]  # in, out
    size: int  # of the square images
    kernel: int
    padding: int = 0
    stride: int = 1
    dilation: int = 1
    groups: int = 1
    batch: int = 64

    @property
    def label(self) -> str:
        words = [f"conv2d {self.channels[0]}>{self.channels[1]} {self.kernel}x{self.kernel}"]
        words += [f"on {self.size}x{self.size}"]
        words += [f"padding {self.padding}"] if self.padding else []
        words += [f"stride {self.stride}"] if self.stride > 1 else []
        words += [f"dilation {self.dilation}"] if self.dilation > 1 else []
        if self.groups > 1:
            words += ["depthwise" if self.groups == self.channels[0] else f"groups {self.groups}"]
        return " ".join(words)

    @property
    def settings(self) -> dict[str, int]:
        names = ("stride", "padding", "dilation", "groups")
        return {name: getattr(self, name) for name in names}

    def arrays(self, dtype: type) -> list[np.ndarray]:
        random = np.random.default_rng(0)
        c, m = self.channels
        reach = self.dilation * (self.kernel - 1)
        out = (self.size + 2 * self.padding - reach - 1) // self.stride + 1
        shapes = [
            (self.batch, c, self.size, self.size),
            (m, c // self.groups, self.kernel, self.kernel),
            (self.batch, m, out, out),
        ]
        return [random.standard_normal(shape).astype(dtype) for shape in shapes]

    def flops(self) -> float:
        """Of each of the three; padding counts as what it is multiplied with."""
        _, weight, g = self.arrays(np.float32)
        return 2.0 * g.size * weight[0].size


# Stride 1, at least 8 channels: what is to run near the rate of a matrix product.
PLAIN = [
    Conv((8, 16), 26, 3),
    Conv((8, 16), 14, 3, padding=1),
    Conv((32, 64), 14, 3, padding=1),
    Conv((32, 32), 32, 3, padding=1),
    Conv((64, 128), 16, 3, padding=1),
    Conv((8, 16), 14, 5),
    Conv((16, 32), 28, 5, padding=2),
    Conv((64, 64), 8, 5, padding=2),
]

OTHER = [
    Conv((1, 8), 28, 3),
    Conv((1, 6), 28, 5, padding=2, batch=32),
    Conv((3, 32), 32, 3, padding=1),
    Conv((32, 64), 32, 3, padding=1, stride=2),
    Conv((64, 128), 16, 1),
    Conv((64, 128), 16, 1, stride=2),
    Conv((32, 32), 28, 3, padding=2, dilation=2),
    Conv((32, 64), 16, 3, padding=1, groups=4),
    Conv((64, 64), 16, 3, padding=1, groups=64),
    Conv((32, 32), 16, 5, padding=2, groups=32),
]

DIRECTIONS = ("forward", "grad_input", "grad_weight")


def directions(f: Framework, conv: Conv, dtype: type = np.float32) -> list[Callable[[], object]]:
    x, weight, g = (f.tensor(array) for array in conv.arrays(dtype))
    conv2d, grad = f.F.conv2d, f.top.autograd.grad

    def forward() -> object:
        with f.top.no_grad():
            return conv2d(x, weight, **conv.settings)

    def gradient(i: int) -> Callable[[], object]:
        inputs = [x.clone(), weight.clone()]
        inputs[i].requires_grad_()
        y = conv2d(*inputs, **conv.settings)
        return lambda: grad(y, [inputs[i]], g, retain_graph=True)

    return [forward, gradient(0), gradient(1)]


def rows_of(conv: Conv, threads: int, options: Options) -> tuple[list[list[str]], list[float], list[float]]:
    """Three rows; minigrad's shares of the rate of a product, and PyTorch's times over minigrad's."""
    limit = limits.product(threads)
    known = frameworks()
    calls = limit.calls + [call for f in known for call in directions(f, conv)]
    times = in_turns(calls, options.rounds, options.turn(0.02))
    rate = limits.PRODUCT_FLOPS / limit.best(times[: len(limit.calls)]).middle
    found = np.reshape(np.array(times[len(limit.calls) :], object), (len(known), 3))
    rows, shares, ratios = [], [], []
    for i, direction in enumerate(DIRECTIONS):
        row = [f"{conv.label}, {direction}"]
        for t in found[:, i]:
            share = conv.flops() / t.middle / rate
            row += [f"{t.middle * 1e3:.3f}", t.quartiles(1e-3), f"{share:.0%}"]
        shares.append(conv.flops() / found[0, i].middle / rate)
        if len(known) > 1:
            value, around = ratio(found[1, i], found[0, i])
            ratios.append(value)
            row += [f"{value:.2f}", around]
        rows.append(row)
    return rows, shares, ratios


def measure(options: Options) -> Iterator[Table]:
    header = ["batch 64, float32", "minigrad ms", "quartiles", "of the product's rate"]
    if len(frameworks()) > 1:
        header += ["PyTorch ms", "quartiles", "of the product's rate", "PyTorch / minigrad", "quartiles"]
    groups = {"Stride 1, at least 8 channels": PLAIN, "Other convolutions": OTHER}
    for threads in options.threads:
        set_threads(threads)
        for title, convs in groups.items():
            rows, shares, ratios = [], [], []
            for conv in convs:
                if options.wants(conv.label):
                    found = rows_of(conv, threads, options)
                    for all_of, new in zip((rows, shares, ratios), found):
                        all_of += new
            if not rows:
                continue
            note = f"minigrad's share of the product's rate: median {np.median(shares):.0%}, least {min(shares):.0%}."
            if ratios:
                note += f" PyTorch / minigrad: median {np.median(ratios):.2f}, least {min(ratios):.2f}."
            yield Table(f"{title}, {threads} thread{'s'[: threads > 1]}", header, rows, note)


def measure_double(options: Options) -> Iterator[Table]:
    """float64 beside float32, minigrad's own; registers hold half as many numbers."""
    convs = [conv for conv in (PLAIN[0], PLAIN[3], PLAIN[6]) if options.wants(conv.label, "float64")]
    for threads in options.threads:
        set_threads(threads)
        rows = []
        for conv in convs:
            calls = [directions(f, conv, dtype) for f in frameworks() for dtype in (np.float32, np.float64)]
            times = in_turns([c for group in calls for c in group], options.rounds, options.turn(0.02))
            for i, direction in enumerate(DIRECTIONS):
                single, double, *other = times[i::3]
                row = [
                    f"{conv.label}, {direction}",
                    f"{single.middle * 1e3:.3f}",
                    f"{double.middle * 1e3:.3f}",
                ]
                row += [f"{single.middle / double.middle:.2f}"]
                row += [f"{other[0].middle / other[1].middle:.2f}"] if other else []
                rows.append(row)
        header = ["batch 64", "float32 ms", "float64 ms", "rate of float64 / float32"]
        header += ["PyTorch's"] if len(frameworks()) > 1 else []
        if rows:
            yield Table(f"float64, {threads} thread{'s'[: threads > 1]}", header, rows)

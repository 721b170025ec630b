"""Single kernels beside the machine's limits and PyTorch: convolutions, then what moves memory."""

from __future__ import annotations

from collections.abc import Iterator

from . import convolution, traffic
from .table import Options, Table

ABOUT = """\
Single kernels through the public functions, float32, data in memory; gradients one at a time by
`autograd.grad` from a recorded forward, without bias. Convolutions stand beside the rate of a product
of two matrices of 1024 x 1024 that took turns with them, by `torch.mm` or NumPy, whichever was
quicker; operations on padding count. What does little with each number stands beside a copy that reads
and writes as many bytes, the quickest of NumPy's, NumPy's in one part a thread, and PyTorch's.

How to read it: 100 % of the product's rate is what a convolution of many channels can reach, and more
only one that leaves out the zeros of the padding, where images are small. With one or three input
channels, depthwise or in groups there are too few operations for each number that is read, and only
PyTorch's time is a fair measure. `copy / minigrad` is the share of the memory's bandwidth. The
result of an operation is a new array, the copy's target is not, so that an operation at its limit often
stays somewhat below 100 %; one that writes less than it reads may pass it. Where an operation must read
its input twice (batch norm), one pass is counted. A chain counts as one pass over its three inputs and
its result, however many operations make it. Arrays of some megabytes may lie in the last cache, for the
copy as for the operation."""


def measure(options: Options) -> Iterator[Table]:
    yield from convolution.measure(options)
    yield from convolution.measure_double(options)
    yield from traffic.measure(options)

"""The loops of a convolution whose images lie innermost, in tiles. Arrays are flat.

    turned    (units, H*W, step)   a batch: at each place (C, WIDTH), two vectors of images for each
                                   channel. Images beyond the last one are zeros
    weight    (taps, C, rows)      packed, rows = the channels that are written, rounded up

What lies where is said by tables of conv_last.py: which taps meet which places. A tile holds the sums
of a few channels times WIDTH images, so that no padding is ever multiplied, any stride costs the same
and any number of channels fills the vectors.

Below: _vector.py, _vector_product.py. Above: conv_images.py. Tests: tests/kernels/test_conv_images.py.
"""

from ._jit import kernel
from ._share import ranged
from ._vector import REGISTER_BYTES, REGISTERS, add_outer, compile_apart, spread, store
from ._vector_product import at_least, turn

# Channels of a tile of two vectors, as in conv_last_block.py, and of one that is less high. A tile of 4 has
# too few sums to wait for one another: it serves where nothing else fits.
TALL, MIDDLE = (12, 8) if REGISTERS >= 32 else (6, 4)


@ranged()
def turn_in(x, turned, N, C, S, step, start, stop):
    """Channels ``start`` to ``stop`` of x (N, C, S), counted through units."""
    lanes = REGISTER_BYTES // x.itemsize
    width = 2 * lanes
    for index in range(start, stop):
        unit, c = index // C, index % C
        here = min(width, N - unit * width)
        whole = here // lanes * lanes
        source, at = (unit * width * C + c) * S, unit * S * step + c * width
        for s in range(0, S - lanes + 1, width):
            for n in range(0, whole, lanes):
                turn(turned, at + s * step + n, step, x, source + n * C * S + s, C * S)
                if s + width <= S:
                    turn(turned, at + (s + lanes) * step + n, step, x, source + n * C * S + s + lanes, C * S)
        for s in range(S // lanes * lanes, S):
            for n in range(whole):
                turned[at + s * step + n] = x[source + n * C * S + s]
        for s in range(S):
            for n in range(whole, here):
                turned[at + s * step + n] = x[source + n * C * S + s]
            for n in range(here, width):
                turned[at + s * step + n] = 0


@ranged()
def turn_out(turned, y, N, M, S, step, start, stop):
    """The way back, to y (N, M, S)."""
    lanes = REGISTER_BYTES // y.itemsize
    width = 2 * lanes
    for index in range(start, stop):
        unit, m = index // M, index % M
        here = min(width, N - unit * width)
        whole = here // lanes * lanes
        target, at = (unit * width * M + m) * S, unit * S * step + m * width
        for n in range(0, whole, lanes):
            for s in range(0, S - lanes + 1, lanes):
                turn(y, target + n * M * S + s, M * S, turned, at + s * step + n, step)
        for s in range(S // lanes * lanes, S):
            for n in range(whole):
                y[target + n * M * S + s] = turned[at + s * step + n]
        for s in range(S):
            for n in range(whole, here):
                y[target + n * M * S + s] = turned[at + s * step + n]


def _sums(rows):
    """Sums of ``rows`` channels at one place of the target."""

    @kernel(helper=True)
    def sums(
        weight, w, source, image, step, C, count, taps, places, first, last, bias, m, floor, target, out
    ):
        compile_apart()
        width = 2 * (REGISTER_BYTES // source.itemsize)
        tile = spread(bias, m, rows, 2)
        for t in range(first, last):
            a, b = w + taps[t] * C * count, image + places[t] * step
            for c in range(C):
                tile = add_outer(tile, weight, a + c * count, source, b + c * width)
        store(at_least(tile, floor), target, out, width)

    return sums


sums_tall, sums_middle, sums_four = _sums(TALL), _sums(MIDDLE), _sums(4)


@ranged()
def correlate(
    source, weight, bias, target, starts, taps, places, S, C, step, rows, rest, out_step, floor, start, stop
):
    """Places ``start`` to ``stop`` of the target, counted through units.

    target[p] = bias + sum over t in starts[p]..starts[p + 1] of weight[taps[t]] @ source[places[t]]
    """
    width = 2 * (REGISTER_BYTES // source.itemsize)
    P, least = starts.shape[0] - 1, source.dtype.type(floor)
    for index in range(start, stop):
        unit, p = index // P, index % P
        image, out, first, last = unit * S * step, index * out_step, starts[p], starts[p + 1]
        for m in range(0, rows - rest, TALL):
            sums_tall(
                weight, m, source, image, step, C, rows, taps, places, first, last, bias, m, least,
                target, out + m * width,
            )  # fmt: skip
        for m in range(rows - rest, rows - rest % MIDDLE, MIDDLE):
            sums_middle(
                weight, m, source, image, step, C, rows, taps, places, first, last, bias, m, least,
                target, out + m * width,
            )  # fmt: skip
        for m in range(rows - rest % MIDDLE, rows, 4):
            sums_four(
                weight, m, source, image, step, C, rows, taps, places, first, last, bias, m, least,
                target, out + m * width,
            )  # fmt: skip

"""Small expressions put together at random, written once for minigrad and PyTorch.

    STEPS          every operation that may take part, by the least number of dimensions it needs
    Composition    two leaves (broadcast, size 1, views with gaps or turned) and 2 to 4 steps on them

A step is a function of the namespace ``t``, the newest tensor ``x`` and an older one ``y`` that
broadcasts with it. Tests: test_second_order_of_compositions.py.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np


def positive(x):
    return x * x + 0.5


def inside(x):
    """Between -0.8 and 0.8."""
    return 0.8 * x.sin()


def constant(t, *shape, low=-1.0):
    """Numbers that are the same in both frameworks."""
    size = int(np.prod(shape))
    values = np.sin(1.7 * np.arange(size) + size)
    return t.tensor((low + (values + 1) * (1 - low) / 2).reshape(shape))


def numbers(t, shape, below):
    """Integers in [0, below)."""
    return t.tensor((np.arange(int(np.prod(shape))) * 7 % below).reshape(shape))


def mask(t, x):
    return numbers(t, tuple(x.shape), 3) > 0


def square(x):
    """A well-conditioned matrix of each matrix of x."""
    t = x.transpose(-1, -2)
    return x @ t + 2 * (x @ t * 0 + 1).tril().triu()


def image(x):
    """x as one image of one channel, at least 3 x 3."""
    rows = x.reshape(1, 1, -1, x.shape[-1])
    return rows.tile(1, 1, 3, 3)


def with_a_part_replaced(x):
    """The first element of each row is written over, with history."""
    y = x.sin().neg()
    y[..., 0] = x[..., -1] ** 2
    y[..., 1:].mul_(x[..., 1:])
    return y * x


def F(t) -> Any:
    return t.nn.functional


ANY: dict[str, Callable] = {
    # arithmetic
    "add": lambda t, x, y: t.add(x, y, alpha=2),
    "sub": lambda t, x, y: y - x,
    "mul": lambda t, x, y: x * y,
    "div": lambda t, x, y: x / positive(y),
    "neg": lambda t, x, y: -x,
    "remainder": lambda t, x, y: t.remainder(x, positive(y)),
    "fmod": lambda t, x, y: t.fmod(x, positive(y)),
    "pow": lambda t, x, y: positive(x) ** y,
    "pow_number": lambda t, x, y: x**3,
    "pow of a number": lambda t, x, y: 1.5**x,
    "float_power": lambda t, x, y: t.float_power(positive(x), -0.5),
    "addcmul": lambda t, x, y: t.addcmul(x, y, x, value=0.5),
    "addcdiv": lambda t, x, y: t.addcdiv(x, y, positive(x)),
    "lerp": lambda t, x, y: t.lerp(x, y, y.sigmoid()),
    "hypot": lambda t, x, y: t.hypot(x, y + 2),
    "atan2": lambda t, x, y: t.atan2(x, positive(y)),
    "logaddexp": lambda t, x, y: t.logaddexp(x, y),
    "logaddexp2": lambda t, x, y: t.logaddexp2(x, y),
    "xlogy": lambda t, x, y: t.xlogy(x, positive(y)),
    "xlog1py": lambda t, x, y: t.special.xlog1py(x, positive(y)),
    "ldexp": lambda t, x, y: t.ldexp(x, t.tensor(2)),
    "maximum": lambda t, x, y: t.maximum(x, y),
    "minimum": lambda t, x, y: t.minimum(x, y * y),
    "fmax": lambda t, x, y: t.fmax(x, y.cos()),
    "fmin": lambda t, x, y: t.fmin(x, y.cos()),
    "clamp": lambda t, x, y: x.clamp(-0.7, 0.6),
    "clamp by tensors": lambda t, x, y: t.clamp(x, min=y - 0.3, max=y + 0.9),
    "clamp_min": lambda t, x, y: t.clamp(x, min=y),
    "clamp_max": lambda t, x, y: t.clamp(x, max=y),
    "where": lambda t, x, y: t.where(x > y, x * y, y * y),
    "copysign": lambda t, x, y: t.copysign(x * x, y),
    "frac": lambda t, x, y: x.frac() * y,
    "nan_to_num": lambda t, x, y: t.nan_to_num(x) * x,
    "trunc": lambda t, x, y: (3 * x).trunc() * y,
    "floor and ceil": lambda t, x, y: (3 * x).floor() * y - (3 * y).ceil() * x,
    "nextafter": lambda t, x, y: t.nextafter(x, y.detach()) * x,
    "frexp": lambda t, x, y: t.frexp(x).mantissa * x,
    "round": lambda t, x, y: x - x.round(),
    "sign": lambda t, x, y: x.sign() * x * y,
    "abs": lambda t, x, y: x.abs() * y,
    "angle": lambda t, x, y: t.angle(x) * x,
    # functions of one element
    "exp": lambda t, x, y: x.exp(),
    "exp2": lambda t, x, y: t.exp2(x),
    "expm1": lambda t, x, y: x.expm1(),
    "log": lambda t, x, y: positive(x).log(),
    "log2": lambda t, x, y: positive(x).log2(),
    "log10": lambda t, x, y: positive(x).log10(),
    "log1p": lambda t, x, y: positive(x).log1p(),
    "sqrt": lambda t, x, y: positive(x).sqrt(),
    "rsqrt": lambda t, x, y: positive(x).rsqrt(),
    "square": lambda t, x, y: x.square(),
    "reciprocal": lambda t, x, y: positive(x).reciprocal(),
    "sin": lambda t, x, y: x.sin(),
    "cos": lambda t, x, y: x.cos(),
    "tan": lambda t, x, y: inside(x).tan(),
    "asin": lambda t, x, y: inside(x).asin(),
    "acos": lambda t, x, y: inside(x).acos(),
    "atan": lambda t, x, y: x.atan(),
    "sinh": lambda t, x, y: x.sinh(),
    "cosh": lambda t, x, y: x.cosh(),
    "tanh": lambda t, x, y: x.tanh(),
    "asinh": lambda t, x, y: x.asinh(),
    "acosh": lambda t, x, y: (positive(x) + 1).acosh(),
    "atanh": lambda t, x, y: inside(x).atanh(),
    "sinc": lambda t, x, y: t.sinc(x),
    "erf": lambda t, x, y: x.erf(),
    "erfc": lambda t, x, y: x.erfc(),
    "erfinv": lambda t, x, y: inside(x).erfinv(),
    "lgamma": lambda t, x, y: positive(x).lgamma(),
    "digamma": lambda t, x, y: positive(x).digamma(),
    "polygamma": lambda t, x, y: t.polygamma(2, positive(x)),
    "logit": lambda t, x, y: t.logit(x.sigmoid() * 0.9 + 0.05, 1e-3),
    # activations
    "relu": lambda t, x, y: x.relu() * x,
    "leaky_relu": lambda t, x, y: F(t).leaky_relu(x, 0.2) * y,
    "hardtanh": lambda t, x, y: F(t).hardtanh(x, -0.5, 0.8) * y,
    "hardswish": lambda t, x, y: F(t).hardswish(x),
    "hardshrink": lambda t, x, y: F(t).hardshrink(x) * y,
    "sigmoid": lambda t, x, y: x.sigmoid(),
    "silu": lambda t, x, y: F(t).silu(x),
    "mish": lambda t, x, y: F(t).mish(x),
    "softplus": lambda t, x, y: F(t).softplus(x, 2),
    "logsigmoid": lambda t, x, y: F(t).logsigmoid(x),
    "softsign": lambda t, x, y: F(t).softsign(x),
    "elu": lambda t, x, y: F(t).elu(x, 1.3),
    "celu": lambda t, x, y: F(t).celu(x, 0.5),
    "gelu": lambda t, x, y: F(t).gelu(x),
    "gelu by tanh": lambda t, x, y: F(t).gelu(x, approximate="tanh"),
    # losses
    "mse_loss": lambda t, x, y: F(t).mse_loss(x, x.cos() * 0.5, reduction="none"),
    "huber_loss": lambda t, x, y: F(t).huber_loss(x, x.cos() * 0.5, delta=0.4),
    "binary_cross_entropy": lambda t, x, y: F(t).binary_cross_entropy(x.sigmoid(), (2 * x).sigmoid()),
    "binary_cross_entropy_with_logits": lambda t, x, y: F(t).binary_cross_entropy_with_logits(x, x.cos()),
    # reductions of everything
    "sum": lambda t, x, y: x.sum() * y,
    "nansum": lambda t, x, y: x.nansum() * y,
    "mean": lambda t, x, y: x.mean() * y,
    "prod": lambda t, x, y: x.prod() + y,
    "norm": lambda t, x, y: x.norm() * y,
    "logsumexp": lambda t, x, y: x.reshape(-1).logsumexp(0) * y,
    "var": lambda t, x, y: x.var(correction=0) * y,
    "amax": lambda t, x, y: x.amax() * y,
    "max": lambda t, x, y: x.max() * y,
    "median": lambda t, x, y: x.median() * y,
    # shapes and places
    "flatten": lambda t, x, y: x.reshape(-1) * x.reshape(-1).cos(),
    "unsqueeze": lambda t, x, y: x.unsqueeze(0).expand(2, *x.shape)[1] * y,
    "clone": lambda t, x, y: x.clone() * y.contiguous(),
    "stack": lambda t, x, y: t.stack([x, x * x], -1).sum(0),
    "unbind": lambda t, x, y: t.stack([x * y, x + y]).unbind(0)[0],
    "masked_fill": lambda t, x, y: x.masked_fill(mask(t, x), 0.3) * x,
    "masked_select": lambda t, x, y: t.masked_select(x, ~mask(t, x)).sin(),
    "take": lambda t, x, y: t.take(x * x, numbers(t, (2, 3), x.numel())),
    "as_strided": lambda t, x, y: x.sin().contiguous().as_strided((x.numel(),), (1,)) ** 2,
    "diagflat": lambda t, x, y: t.diagflat(x) @ t.diagflat(x),
    "written in place": lambda t, x, y: x.exp().neg().mul_(x).add_(y.sum()),
    "sum_to_size": lambda t, x, y: (x * x).sum_to_size([1] * x.ndim) * y,
}  # fmt: skip

VECTORS: dict[str, Callable] = {
    "sum of a dim": lambda t, x, y: x.sum(-1, keepdim=True) * y,
    "mean of a dim": lambda t, x, y: x.mean(0) * y,
    "prod of a dim": lambda t, x, y: x.prod(-1),
    "logsumexp of a dim": lambda t, x, y: x.logsumexp(0, keepdim=True),
    "var of a dim": lambda t, x, y: x.var(-1, correction=0),
    "std": lambda t, x, y: t.cat([x, x + 2], -1).std(-1),
    "norm of a dim": lambda t, x, y: (x + 2).norm(dim=-1),
    "norm of order 3": lambda t, x, y: (x + 2).norm(3, dim=0),
    "amin": lambda t, x, y: x.amin(-1) * y.sum(),
    "max of a dim": lambda t, x, y: x.max(-1).values ** 2,
    "kthvalue": lambda t, x, y: x.kthvalue(1, -1).values ** 2,
    "quantile": lambda t, x, y: (x * x).quantile(0.3, dim=-1),
    "sort": lambda t, x, y: x.sort(-1).values * x,
    "topk": lambda t, x, y: x.topk(1, -1).values * x,
    "cumsum": lambda t, x, y: x.cumsum(-1) * y,
    "cumprod": lambda t, x, y: x.cumprod(0),
    "logcumsumexp": lambda t, x, y: x.logcumsumexp(-1),
    "cummax": lambda t, x, y: x.cummax(-1).values * x,
    "cummin": lambda t, x, y: x.cummin(0).values * x,
    "diff": lambda t, x, y: t.cat([x, x * x], -1).diff(dim=-1),
    "gradient": lambda t, x, y: t.gradient(t.cat([x, x * x], -1), dim=-1)[0],
    "trapezoid": lambda t, x, y: t.trapezoid(t.cat([x, x * x], -1), dim=-1),
    "cat": lambda t, x, y: t.cat([x, x.sin(), x], -1),
    "split": lambda t, x, y: t.cat([x, x.sin()], 0).split(x.shape[0], 0)[1],
    "flip": lambda t, x, y: x.flip(-1) * x,
    "roll": lambda t, x, y: x.roll(1, -1) * x,
    "repeat_interleave": lambda t, x, y: x.repeat_interleave(2, -1) ** 2,
    "slice": lambda t, x, y: x[..., 1:] * x[..., :-1],
    "index": lambda t, x, y: x[numbers(t, (3,), x.shape[0])] ** 2,
    "select": lambda t, x, y: x.select(-1, 0) * x.select(-1, -1),
    "gather": lambda t, x, y: x.gather(-1, numbers(t, tuple(x.shape), x.shape[-1])) * x,
    "scatter": lambda t, x, y: x.scatter(-1, numbers(t, tuple(x.shape), x.shape[-1])[..., :1], x[..., :1] ** 2),
    "scatter_add": lambda t, x, y: x.scatter_add(-1, numbers(t, tuple(x.shape), x.shape[-1]), x * x),
    "scatter_reduce by amax": lambda t, x, y: x.scatter_reduce(
        -1, numbers(t, tuple(x.shape), x.shape[-1]), x.sin() + x * x, "amax"
    ),
    "scatter_reduce by amin": lambda t, x, y: x.scatter_reduce(
        -1, numbers(t, tuple(x.shape), x.shape[-1]), x.sin() + x * x, "amin"
    ),
    "index_add": lambda t, x, y: x.index_add(0, numbers(t, (x.shape[0],), x.shape[0]), x.exp()),
    "index_put": lambda t, x, y: x.index_put((numbers(t, (1,), x.shape[0]),), x[:1] ** 2),
    "with a part replaced": lambda t, x, y: with_a_part_replaced(x),
    "unfold": lambda t, x, y: t.cat([x, x * x], -1).unfold(-1, 2, 1).prod(-1),
    "pad": lambda t, x, y: F(t).pad(x * x, (1, 2)),
    "diag_embed": lambda t, x, y: t.diag_embed(x * x).cos(),
    "softmax": lambda t, x, y: x.softmax(-1) * x,
    "log_softmax": lambda t, x, y: F(t).log_softmax(x, 0),
    "layer_norm": lambda t, x, y: F(t).layer_norm(t.cat([x, x + 2], -1), (2 * x.shape[-1],)),
    "rms_norm": lambda t, x, y: F(t).rms_norm(x + 2, (x.shape[-1],), eps=1e-5),
    "normalize": lambda t, x, y: F(t).normalize(x + 2, dim=-1),
    "outer": lambda t, x, y: t.outer(x.reshape(-1), x.reshape(-1) ** 2),
    "linear": lambda t, x, y: F(t).linear(x, constant(t, 3, x.shape[-1]), x.sum() * constant(t, 3)),
    "matmul by a vector": lambda t, x, y: x @ x.reshape(-1)[: x.shape[-1]].sin(),
    "einsum": lambda t, x, y: t.einsum("...i,...i->...i", x, x.cos()),
    "kron": lambda t, x, y: t.kron(x.contiguous(), x[:1].contiguous()),
    "cross_entropy": lambda t, x, y: F(t).cross_entropy(
        x.reshape(-1, x.shape[-1]), numbers(t, (x.numel() // x.shape[-1],), x.shape[-1]),
        label_smoothing=0.1, reduction="sum",
    ) * y,
    "nll_loss": lambda t, x, y: F(t).nll_loss(
        x.reshape(-1, x.shape[-1]) ** 2, numbers(t, (x.numel() // x.shape[-1],), x.shape[-1])
    ) * y,
}  # fmt: skip

MATRICES: dict[str, Callable] = {
    "permute": lambda t, x, y: x.transpose(-1, -2) ** 2,
    "matmul": lambda t, x, y: x @ x.transpose(-1, -2).cos(),
    "bmm": lambda t, x, y: t.bmm(image(x)[0], constant(t, 1, 3 * x.shape[-1], 2)) * y.sum(),
    "tril": lambda t, x, y: x.tril() * x,
    "triu": lambda t, x, y: x.triu(1) * x.exp(),
    "diagonal": lambda t, x, y: x.diagonal(0, -2, -1) ** 2,
    "trace": lambda t, x, y: (x.reshape(-1, x.shape[-1]) ** 2).trace() * y,
    "rot90": lambda t, x, y: x.rot90(1, (-2, -1)) ** 2,
    "inv": lambda t, x, y: square(x).inverse(),
    "det": lambda t, x, y: square(x).det(),
    "slogdet": lambda t, x, y: t.linalg.slogdet(square(x))[1],
    "solve": lambda t, x, y: t.linalg.solve(square(x), x),
    "cholesky": lambda t, x, y: t.linalg.cholesky(square(x)),
    "eigvalsh": lambda t, x, y: t.linalg.eigvalsh(square(x)),
    "svdvals": lambda t, x, y: t.linalg.svdvals(x),
    "pinv": lambda t, x, y: t.linalg.pinv(square(x)),
    "qr": lambda t, x, y: t.linalg.qr(square(x))[1] ** 2,
    "matrix_exp": lambda t, x, y: t.matrix_exp(0.3 * square(x)),
    "matrix_power": lambda t, x, y: t.linalg.matrix_power(square(x), 3),
    "pairwise_distance": lambda t, x, y: F(t).pairwise_distance(x, x.cos() + 3),
    "conv2d": lambda t, x, y: F(t).conv2d(image(x), constant(t, 2, 1, 3, 3), constant(t, 2)),
    "conv2d by itself": lambda t, x, y: F(t).conv2d(image(x), image(x)[..., :2, :2], padding=1),
    "conv_transpose2d": lambda t, x, y: F(t).conv_transpose2d(image(x), constant(t, 1, 2, 2, 2), stride=2),
    "conv1d": lambda t, x, y: F(t).conv1d(image(x)[0, 0, :, None], constant(t, 2, 1, 2), dilation=2),
    "max_pool2d": lambda t, x, y: F(t).max_pool2d(image(x), 2) ** 2,
    "avg_pool2d": lambda t, x, y: F(t).avg_pool2d(image(x), 3, 1) ** 2,
    "batch_norm": lambda t, x, y: F(t).batch_norm(image(x), None, None, training=True),
    "batch_norm of given statistics": lambda t, x, y: F(t).batch_norm(
        image(x), constant(t, 1), constant(t, 1, low=0.5), x.sum().reshape(1), None
    ) ** 2,
    "group_norm": lambda t, x, y: F(t).group_norm(image(x).expand(1, 2, -1, -1), 2),
}  # fmt: skip

STEPS = {
    name: (least, run) for least, table in enumerate((ANY, VECTORS, MATRICES)) for name, run in table.items()
}

SHAPES = [
    ((), (3,)), ((3,), (3,)), ((3,), (1,)), ((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((3, 2), ()),
    ((1, 4), (2, 4)), ((3, 3), (3, 1)), ((2, 2, 3), (1, 3)), ((2, 1, 3), (2, 2, 1)), ((1, 3, 2), (2, 3, 2)),
]  # fmt: skip
LAYOUTS = ("rows", "turned", "gaps")
LARGEST = 60  # elements up to which a tensor is fed to a further step


def looked_at(x: Any, layout: str) -> Any:
    """The same numbers as a view that is turned or has gaps."""
    if layout == "turned":
        return x.swapaxes(0, -1) if x.ndim > 1 else x
    return x[..., ::2] if layout == "gaps" and x.ndim else x


class Composition:
    """``arrays`` for the two leaves; ``run(t, x, y)`` gives the tensor that the steps end in."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        # Each step of the table has its turn, once there are dimensions enough; the others come by chance.
        self.due = list(STEPS)[seed % len(STEPS)]
        least = STEPS[self.due][0]
        shapes = self.random.choice([pair for pair in SHAPES if len(pair[0]) >= least])
        self.layouts = [self.random.choice(LAYOUTS) for _ in shapes]
        values = np.random.default_rng(seed)
        self.arrays = [values.uniform(-1.2, 1.2, self.of_leaf(*pair)) for pair in zip(shapes, self.layouts)]
        self.depth = self.random.randint(2, 4)
        self.turn = 0 if least else self.random.randrange(self.depth)
        self.state = self.random.getstate()
        self.steps: list[str] = []

    @staticmethod
    def of_leaf(shape: tuple, layout: str) -> tuple:
        if layout == "turned":
            return shape[::-1]
        return (*shape[:-1], 2 * shape[-1]) if layout == "gaps" and shape else shape

    def run(self, t: Any, *leaves: Any) -> Any:
        """The same choices each time: they depend on shapes and the seed alone."""
        self.random.setstate(self.state)
        self.steps = []
        pool = [looked_at(x, layout) for x, layout in zip(leaves, self.layouts)]
        for k in range(self.depth):
            x = pool[-1] if len(pool) > 2 else pool[0]
            fitting = [name for name, (least, _) in STEPS.items() if x.ndim >= least]
            name = self.due if k == self.turn else self.random.choice(fitting)
            y = self.random.choice([p for p in pool if broadcasts(x.shape, p.shape)])
            self.steps.append(name)
            pool.append(STEPS[name][1](t, x, y))
            if pool[-1].numel() > LARGEST or not pool[-1].numel():
                break
        return pool[-1]


def broadcasts(a: tuple, b: tuple) -> bool:
    return all(n == m or 1 in (n, m) for n, m in zip(a[::-1], b[::-1]))

"""Two-dimensional convolution (cross-correlation, as in every deep-learning library).

    conv2d              y[n,m,i,j] = bias[m] + sum_cuv weight[m,c,u,v] x[n,c,i*s+u*d-p,j*s+v*d-p]
    conv_transpose2d    its transpose in x: the input gradient of conv2d, as a layer

Three primitives, each linear in its two operands, close under differentiation:

    conv2d(x, weight, bias)         dx = grad_input(g, weight)    dweight, dbias = grad_weight(g, x)
    conv2d_grad_input(g, weight)    for G: dg = conv2d(G, weight)       dweight = grad_weight(g, G)
    conv2d_grad_weight(g, x)        for W, B: dg = conv2d(x, W, B)      dx = grad_input(g, W)

Below: kernels/conv.py. Above: conv_fused.py, nn/functional.py.
Tests: tests/ops/cases_conv.py, test_conv.py.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import kernels, shapes
from ..errors import DTypeError, ShapeError
from ..shapes import pair
from ..tape import Primitive, Variable
from .arithmetic import sum_to
from .casting import cast
from .shaping import reshape

__all__ = ["conv2d", "conv_transpose2d"]


def _conv2d_forward(input, weight, bias, stride, padding, dilation, groups):
    output = kernels.conv.conv2d_forward(input, weight, bias, stride, padding, dilation, groups)
    return output, (input, weight, (stride, padding, dilation, groups))


def _conv2d_backward(g, residuals, needs):
    x, weight, geometry = residuals
    settings = dict(zip(_SETTINGS, geometry))
    dx = dweight = dbias = None
    if needs[0]:
        dx = _conv2d_grad_input(g, weight, input_size=x.shape[2:], **settings)
    if needs[1]:
        dweight, dbias = _conv2d_grad_weight(g, x, kernel_size=weight.shape[2:], **settings)
    elif needs[2]:
        dbias = sum_to(g, (1, g.shape[1], 1, 1)).reshape((g.shape[1],))
    return dx, dweight, dbias if needs[2] else None


_SETTINGS = ("stride", "padding", "dilation", "groups")
_conv2d = Primitive("conv2d", _conv2d_forward, _conv2d_backward, keeps="input(weight) weight(input) settings")


def _grad_input_forward(g, weight, input_size, stride, padding, dilation, groups):
    dx = kernels.conv.conv2d_grad_input(g, weight, input_size, stride, padding, dilation, groups)
    return dx, (g, weight, (stride, padding, dilation, groups))


def _grad_input_backward(G, residuals, needs):
    g, weight, geometry = residuals
    settings = dict(zip(_SETTINGS, geometry))
    dg = _conv2d(G, weight, None, **settings) if needs[0] else None
    dweight = None
    if needs[1]:
        dweight, _ = _conv2d_grad_weight(g, G, kernel_size=weight.shape[2:], **settings)
    return dg, dweight


_conv2d_grad_input = Primitive(
    "conv2d_grad_input", _grad_input_forward, _grad_input_backward, keeps="g(weight) weight(g) settings"
)


def _grad_weight_forward(g, x, kernel_size, stride, padding, dilation, groups):
    gradients = kernels.conv.conv2d_grad_weight(g, x, kernel_size, stride, padding, dilation, groups)
    return gradients, (g, x, (stride, padding, dilation, groups))


def _grad_weight_backward(gradients, residuals, needs):
    W, B = gradients  # gradients that reached dweight and dbias
    g, x, geometry = residuals
    settings = dict(zip(_SETTINGS, geometry))
    dg = _conv2d(x, W, B, **settings) if needs[0] else None
    dx = _conv2d_grad_input(g, W, input_size=x.shape[2:], **settings) if needs[1] else None
    return dg, dx


_conv2d_grad_weight = Primitive(
    "conv2d_grad_weight", _grad_weight_forward, _grad_weight_backward, keeps="g(x) x(g) settings"
)


# ------------------------------------------------ public functions


def _checked(function: str, input: Any, weight: Any, bias: Any, groups: Any) -> int:
    """Everything conv2d and conv_transpose2d require alike; half precision is widened."""
    _check_operands(function, input, weight, bias)
    return _check_groups(function, input.shape, weight.shape, groups)


def _check_operands(function: str, input: Any, weight: Any, bias: Any) -> None:
    if isinstance(input, Variable) and isinstance(weight, Variable) and isinstance(bias, Variable):
        dtype = input.array.dtype
        if dtype is weight.array.dtype is bias.array.dtype and dtype.kind == "f":
            return  # the usual case, in one look
    for name, operand in (("input", input), ("weight", weight), ("bias", bias)):
        if operand is None and name == "bias":
            continue
        if not isinstance(operand, Variable):
            raise TypeError(f"{function} got {name} of type {type(operand).__name__}; it needs a Tensor.")
        if operand.dtype.kind != "f" or operand.dtype != input.dtype:
            raise DTypeError(
                f"{function} got input of {input.dtype} and {name} of {operand.dtype}; it needs one "
                f"float dtype for all. Convert: {name}.to(weight.dtype)."
            )


def _check_groups(function: str, input: tuple, weight: tuple, groups: Any) -> int:
    """``groups`` as an integer that fits operands of these shapes."""
    if len(weight) != 4 or len(input) not in (3, 4):
        raise ShapeError(
            f"{function} got input {input} and weight {weight}; it needs input (N, C, H, W) "
            "or (C, H, W) and a weight of 4 dimensions. One image of one channel: x[None]."
        )
    if min(weight) == 0 or min(input[-3:]) == 0:
        raise ShapeError(f"{function} got input {input} and weight {weight}; only the batch may be empty.")
    try:
        groups = operator.index(groups)
    except TypeError:
        groups = 0
    if groups < 1:
        raise ValueError(f"{function} got groups={groups!r}; it needs an integer >= 1.")
    if weight[0] % groups:
        raise ShapeError(
            f"{function} got weight {weight} and groups={groups}; it needs a first weight "
            "dimension that groups divides."
        )
    return groups


def _check_bias(function: str, bias: tuple | None, channels: int) -> None:
    if bias is not None and bias != (channels,):
        raise ShapeError(
            f"{function} got bias {bias} for {channels} output channels; it needs ({channels},)."
        )


def _padding(padding: Any, stride: tuple, dilation: tuple, kernel: tuple) -> tuple[int, int, int, int]:
    """(top, bottom, left, right); 'same' puts the odd row and column at the end, as PyTorch does."""
    if padding == "valid":
        return 0, 0, 0, 0
    if padding == "same":
        if stride != (1, 1):
            raise ValueError(
                f"conv2d got padding='same' and stride={stride}; it needs stride 1 for 'same'. "
                "Give the padding as numbers."
            )
        rows, cols = dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)
        return rows // 2, rows - rows // 2, cols // 2, cols - cols // 2
    if isinstance(padding, str):
        raise ValueError(f"conv2d got padding={padding!r}; it needs 'same', 'valid', an integer or a pair.")
    rows, cols = pair(padding, "conv2d", "padding", 0)
    return rows, rows, cols, cols


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """Slide filters over images: one output channel per filter, plus its bias.

    Shapes: input (N, C, H, W) or (C, H, W), weight (M, C/groups, KH, KW), bias (M,)
    -> (N, M, OH, OW) with OH = (H + 2 padding - dilation (KH - 1) - 1) // stride + 1.
    ``padding`` is a number, a pair, 'valid' (none) or 'same' (OH = H; stride 1 only).
    Raises ShapeError where these do not fit, DTypeError unless all share one float dtype.
    Source: Dumoulin and Visin, A guide to convolution arithmetic (2016).

    >>> conv2d(mg.ones(1, 1, 3, 3), mg.ones(1, 1, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    return _conv(_conv2d, input, weight, bias, stride, padding, dilation, groups)


def _conv(
    primitive: Callable, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any,
    groups: Any,
) -> Any:  # fmt: skip
    _check_operands("conv2d", input, weight, bias)
    sizes = (input.array.shape, weight.array.shape, None if bias is None else bias.array.shape)
    settings = _settings(*sizes, stride, padding, dilation, groups)
    return _run(primitive, input, weight, bias, settings)


@shapes.remembered
def _settings(
    input: tuple, weight: tuple, bias: tuple | None, stride: Any, padding: Any, dilation: Any, groups: Any
) -> dict:
    """The settings as the primitives take them, once they are known to fit operands of these shapes."""
    groups = _check_groups("conv2d", input, weight, groups)
    stride = pair(stride, "conv2d", "stride", 1)
    dilation = pair(dilation, "conv2d", "dilation", 1)
    kernel = weight[2:]
    padding = _padding(padding, stride, dilation, kernel)
    C = input[-3]
    if weight[1] * groups != C:
        raise ShapeError(
            f"conv2d got input {input} with {C} channels and weight {weight} with "
            f"groups={groups}; it needs {weight[1] * groups} input channels "
            "(weight.shape[1] * groups)."
        )
    _check_bias("conv2d", bias, weight[0])
    rows = input[-2] + padding[0] + padding[1]
    cols = input[-1] + padding[2] + padding[3]
    if (
        shapes.window_output(rows, kernel[0], 1, 0, dilation[0]) < 1
        or shapes.window_output(cols, kernel[1], 1, 0, dilation[1]) < 1
    ):
        raise ShapeError(
            f"conv2d got a kernel {kernel} with dilation {dilation} for an input of {rows} x {cols} "
            "with its padding; it needs a kernel no larger than that. Pad more, or take a smaller kernel."
        )
    return dict(zip(_SETTINGS, (stride, padding, dilation, groups)))


def _run(primitive: Callable, input: Any, weight: Any, bias: Any, settings: dict) -> Any:
    if input.array.dtype.itemsize == 2:  # summed in float32, as PyTorch does
        bias = None if bias is None else cast(bias, np.dtype(np.float32))
        wide = np.dtype(np.float32)
        return cast(_run(primitive, cast(input, wide), cast(weight, wide), bias, settings), input.dtype)
    single = input.array.ndim == 3
    if single:
        input = reshape(input, (1, *input.shape))
    output = primitive(input, weight, bias, **settings)
    return reshape(output, output.shape[1:]) if single else output


def conv_transpose2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: Any = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """The transpose of ``conv2d``: every input value adds a scaled filter to the output.

    Shapes: input (N, M, H, W) or (M, H, W), weight (M, C/groups, KH, KW), bias (C,) -> (N, C, OH, OW)
    with OH = (H - 1) stride - 2 padding + dilation (KH - 1) + output_padding + 1.
    Raises ShapeError where these do not fit, DTypeError unless all share one float dtype.
    Source: Dumoulin and Visin, A guide to convolution arithmetic (2016), chapter 4.

    >>> conv_transpose2d(mg.ones(1, 1, 1, 2), mg.ones(1, 1, 1, 2))
    tensor([[[[1., 2., 1.]]]])
    """
    function = "conv_transpose2d"
    groups = _checked(function, input, weight, bias, groups)
    stride = pair(stride, function, "stride", 1)
    dilation = pair(dilation, function, "dilation", 1)
    padding = pair(padding, function, "padding", 0)
    extra = pair(output_padding, function, "output_padding", 0)
    if weight.shape[0] != input.shape[-3]:
        raise ShapeError(
            f"conv_transpose2d got input {input.shape} with {input.shape[-3]} channels and weight "
            f"{weight.shape}; it needs {weight.shape[0]} input channels (weight.shape[0])."
        )
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation)):
        raise ValueError(
            f"conv_transpose2d got output_padding={extra} with stride {stride} and dilation {dilation}; "
            "it needs an output_padding smaller than stride or dilation."
        )
    C = weight.shape[1] * groups
    _check_bias(function, None if bias is None else bias.array.shape, C)
    size = tuple(
        (input.shape[i - 2] - 1) * stride[i]
        - 2 * padding[i] + dilation[i] * (weight.shape[2 + i] - 1) + extra[i] + 1
        for i in range(2)
    )  # fmt: skip
    if min(size) < 1:
        raise ShapeError(
            f"conv_transpose2d got input {input.shape}, kernel {weight.shape[2:]} and padding {padding}: "
            f"an output of {size[0]} x {size[1]}; it needs at least 1 x 1. Pad less."
        )
    settings = (stride, (padding[0],) * 2 + (padding[1],) * 2, dilation, groups)
    output = _run(_transposed(size), input, weight, None, dict(zip(_SETTINGS, settings)))
    return output if bias is None else output + reshape(bias, (C, 1, 1))


def _transposed(size: tuple[int, int]) -> Any:
    def apply(input, weight, bias, **settings):
        return _conv2d_grad_input(input, weight, input_size=size, **settings)

    return apply

"""Layers made of one matrix product: Linear, Bilinear; and Identity.

Below: functional.py, init.py, module.py. Tests: tests/nn/test_linear.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.ops.casting import as_dtype, get_default_dtype
from minigrad.ops.creation import check_device
from minigrad.ops.linear_fused import linear_relu
from minigrad.tape import wrap

from . import functional as F
from . import init
from .ahead import Fusible
from .module import Module
from .parameter import Parameter


def empty_parameter(shape: tuple, device: Any = None, dtype: Any = None) -> Parameter:
    """A Parameter still to be filled by ``reset_parameters``."""
    check_device(device)
    found = get_default_dtype() if dtype is None else as_dtype(dtype)
    return Parameter(wrap(np.zeros(shape, found)))


class Identity(Module):
    """Gives back its input; arguments are accepted and ignored.

    >>> nn.Identity()(tensor([1.0]))
    tensor([1.])
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Linear(Fusible):
    """Affine map ``y = x @ weight.T + bias``. Shapes: (*, in_features) -> (*, out_features).

    Both start uniform in +-1 / sqrt(in_features).

    >>> nn.Linear(4, 2)(minigrad.zeros(3, 4)).shape == (3, 2)
    True
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ):
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = empty_parameter((out_features, in_features), device, dtype)
        if bias:
            self.bias = empty_parameter((out_features,), device, dtype)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new starting values."""
        # With slope sqrt(5) the bound is sqrt(6 / (6 fan_in)) = 1 / sqrt(fan_in).
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features else 0.0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Any:
        return F.linear(input, self.weight, self.bias)

    def _fits(self, input: np.ndarray) -> bool:
        weight = self.weight.array
        return type(self) is Linear and input.dtype is weight.dtype and input.shape[-1:] == weight.shape[1:]

    def _takes(self, input: Any, step: str, before: tuple[str, ...]) -> bool:
        return step == "relu" and not before

    def _together(self, input: Any, steps: tuple[str, ...]) -> Any:
        return self._instead(linear_relu, input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )


class Bilinear(Module):
    """``y[k] = x1 @ weight[k] @ x2 + bias[k]``. Shapes: (*, in1), (*, in2) -> (*, out).

    >>> nn.Bilinear(2, 3, 4)(minigrad.zeros(5, 2), minigrad.zeros(5, 3)).shape == (5, 4)
    True
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"Bilinear got in1_features={in1_features}; it needs a number > 0.")
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight = empty_parameter((out_features, in1_features, in2_features), device, dtype)
        if bias:
            self.bias = empty_parameter((out_features,), device, dtype)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new starting values, uniform in +-1 / sqrt(in1_features)."""
        bound = 1 / math.sqrt(self.in1_features)
        for parameter in self.parameters(recurse=False):
            init.uniform_(parameter, -bound, bound)

    def forward(self, input1: Any, input2: Any) -> Any:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )

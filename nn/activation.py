"""Nonlinearities as layers; each is one call into functional.py.

    in the inner layers   ReLU ReLU6 LeakyReLU PReLU RReLU ELU SELU CELU GELU SiLU Mish
                          Hardswish Softplus Softsign Tanhshrink Softshrink Hardshrink
                          Threshold GLU
    bounded               Sigmoid Tanh Hardsigmoid Hardtanh LogSigmoid

``inplace`` is accepted and printed as in PyTorch; the input is not overwritten.
Below: functional.py, module.py. Tests: tests/nn/test_layers.py.
"""

from __future__ import annotations

from typing import Any

from . import functional as F
from . import init
from .linear import empty_parameter
from .module import Module


class _Inplace(Module):
    """For layers whose one option is ``inplace``."""

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""

    def _with_inplace(self, text: str) -> str:
        return f"{text}, inplace=True" if self.inplace else text


class ReLU(_Inplace):
    """``max(x, 0)``.

    >>> nn.ReLU()(tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def forward(self, input: Any) -> Any:
        return F.relu(input)


class ReLU6(_Inplace):
    """``min(max(x, 0), 6)``.

    >>> nn.ReLU6()(tensor([-1.0, 8.0]))
    tensor([0., 6.])
    """

    def forward(self, input: Any) -> Any:
        return F.relu6(input)


class LeakyReLU(_Inplace):
    """``x`` where positive, ``negative_slope * x`` elsewhere.

    >>> nn.LeakyReLU(0.1)(tensor([-1.0, 2.0]))
    tensor([-0.1000,  2.0000])
    """

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False):
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Any) -> Any:
        return F.leaky_relu(input, self.negative_slope)

    def extra_repr(self) -> str:
        return self._with_inplace(f"negative_slope={self.negative_slope}")


class PReLU(Module):
    """Leaky ReLU whose slope is learned: one for all, or one per channel (dimension 1).

    Source: He et al., Delving deep into rectifiers (2015).

    >>> nn.PReLU()(tensor([-1.0, 2.0])).detach()
    tensor([-0.2500,  2.0000])
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None):
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = empty_parameter((num_parameters,), device, dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set every slope to ``init``."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(_Inplace):
    """Leaky ReLU with a slope drawn from [lower, upper) while training, their mean in evaluation.

    Source: Xu et al., Empirical evaluation of rectified activations (2015).
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False):
        super().__init__(inplace)
        self.lower, self.upper = lower, upper

    def forward(self, input: Any) -> Any:
        return F.rrelu(input, self.lower, self.upper, self.training)

    def extra_repr(self) -> str:
        return self._with_inplace(f"lower={self.lower}, upper={self.upper}")


class ELU(_Inplace):
    """``x`` where positive, ``alpha * (exp(x) - 1)`` elsewhere. Source: Clevert et al. (2016).

    >>> nn.ELU()(tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Any) -> Any:
        return F.elu(input, self.alpha)

    def extra_repr(self) -> str:
        return self._with_inplace(f"alpha={self.alpha}")


class SELU(_Inplace):
    """Scaled ELU. Source: Klambauer et al., Self-normalizing neural networks (2017).

    >>> nn.SELU()(tensor([1.0]))
    tensor([1.0507])
    """

    def forward(self, input: Any) -> Any:
        return F.selu(input)


class CELU(_Inplace):
    """``max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))``. Source: Barron (2017).

    >>> nn.CELU()(tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Any) -> Any:
        return F.celu(input, self.alpha)

    def extra_repr(self) -> str:
        return self._with_inplace(f"alpha={self.alpha}")


class GELU(Module):
    """``x * Phi(x)``; ``approximate="tanh"`` for the approximation. Source: Hendrycks and Gimpel (2016).

    >>> nn.GELU()(tensor([1.0]))
    tensor([0.8413])
    """

    def __init__(self, approximate: str = "none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(_Inplace):
    """``x * sigmoid(x)``, also called swish.

    >>> nn.SiLU()(tensor([1.0]))
    tensor([0.7311])
    """

    def forward(self, input: Any) -> Any:
        return F.silu(input)


class Mish(_Inplace):
    """``x * tanh(softplus(x))``. Source: Misra (2019).

    >>> nn.Mish()(tensor([1.0]))
    tensor([0.8651])
    """

    def forward(self, input: Any) -> Any:
        return F.mish(input)


class Hardswish(_Inplace):
    """``x * min(max(x + 3, 0), 6) / 6``. Source: Howard et al. (2019).

    >>> nn.Hardswish()(tensor([3.0]))
    tensor([3.])
    """

    def forward(self, input: Any) -> Any:
        return F.hardswish(input)


class Softplus(Module):
    """``log(1 + exp(beta * x)) / beta``; the identity where beta * x > threshold.

    >>> nn.Softplus()(tensor([0.0]))
    tensor([0.6931])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Any) -> Any:
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Softsign(Module):
    """``x / (1 + |x|)``.

    >>> nn.Softsign()(tensor([1.0]))
    tensor([0.5000])
    """

    def forward(self, input: Any) -> Any:
        return F.softsign(input)


class Tanhshrink(Module):
    """``x - tanh(x)``.

    >>> nn.Tanhshrink()(tensor([0.0]))
    tensor([0.])
    """

    def forward(self, input: Any) -> Any:
        return F.tanhshrink(input)


class Softshrink(Module):
    """Moves values ``lambd`` towards 0, and to 0 what is nearer.

    >>> nn.Softshrink()(tensor([2.0, 0.1]))
    tensor([1.5000, 0.0000])
    """

    def __init__(self, lambd: float = 0.5):
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Any) -> Any:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Hardshrink(Module):
    """0 where |x| <= lambd, else x.

    >>> nn.Hardshrink()(tensor([2.0, 0.1]))
    tensor([2., 0.])
    """

    def __init__(self, lambd: float = 0.5):
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Any) -> Any:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Threshold(_Inplace):
    """``x`` where it is above ``threshold``, else ``value``.

    >>> nn.Threshold(1.0, 20.0)(tensor([0.5, 2.0]))
    tensor([20.,  2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False):
        super().__init__(inplace)
        self.threshold, self.value = threshold, value

    def forward(self, input: Any) -> Any:
        return F.threshold(input, self.threshold, self.value)

    def extra_repr(self) -> str:
        return self._with_inplace(f"threshold={self.threshold}, value={self.value}")


class GLU(Module):
    """Splits in two along ``dim``: ``a * sigmoid(b)``. Source: Dauphin et al. (2017).

    >>> nn.GLU()(tensor([4.0, 0.0]))
    tensor([2.])
    """

    def __init__(self, dim: int = -1):
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Sigmoid(Module):
    """``1 / (1 + exp(-x))``.

    >>> nn.Sigmoid()(tensor([0.0]))
    tensor([0.5000])
    """

    def forward(self, input: Any) -> Any:
        return F.sigmoid(input)


class Tanh(Module):
    """``tanh(x)``.

    >>> nn.Tanh()(tensor([0.0]))
    tensor([0.])
    """

    def forward(self, input: Any) -> Any:
        return F.tanh(input)


class Hardsigmoid(_Inplace):
    """``min(max(x + 3, 0), 6) / 6``.

    >>> nn.Hardsigmoid()(tensor([0.0]))
    tensor([0.5000])
    """

    def forward(self, input: Any) -> Any:
        return F.hardsigmoid(input)


class Hardtanh(_Inplace):
    """Values cut off at ``min_val`` and ``max_val``.

    >>> nn.Hardtanh()(tensor([-2.0, 0.5]))
    tensor([-1.0000,  0.5000])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
        super().__init__(inplace)
        self.min_val, self.max_val = min_val, max_val

    def forward(self, input: Any) -> Any:
        return F.hardtanh(input, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return self._with_inplace(f"min_val={self.min_val}, max_val={self.max_val}")


class LogSigmoid(Module):
    """``log(sigmoid(x))``, finite for large negative x.

    >>> nn.LogSigmoid()(tensor([0.0]))
    tensor([-0.6931])
    """

    def forward(self, input: Any) -> Any:
        return F.logsigmoid(input)

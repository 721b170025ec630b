"""Fill a tensor, in place, with the values a layer starts from; each function returns the tensor.

    uniform_ normal_ trunc_normal_ constant_ ones_ zeros_     plain fills
    eye_ dirac_ orthogonal_ sparse_                           matrices and filters
    xavier_* kaiming_*                                        scaled by the number of inputs
    calculate_gain                                            the scale for a nonlinearity

``fan_in`` and ``fan_out``: how many numbers feed into, or are fed by, one unit:
(out, in, *kernel) gives in * prod(kernel) and out * prod(kernel).

Below: ops/random.py. Above: the layers. Tests: tests/nn/test_init.py.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from minigrad.errors import ShapeError
from minigrad.ops.random import normal_array, source, uniform_array
from minigrad.tape import touch
from minigrad.tracing import outside

__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_",
    "ones_", "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_",
    "xavier_uniform_", "zeros_",
]  # fmt: skip


def _fill(tensor: Any, values: Any) -> Any:
    """Write the values; allowed for leaves that require grad, as in PyTorch."""
    outside("fills a tensor with new values")
    np.copyto(tensor.array, values, casting="unsafe")
    touch(tensor.version)
    return tensor


def _no_effect(tensor: Any) -> bool:
    if 0 in tensor.array.shape:
        warnings.warn(
            f"init got a tensor of shape {tuple(tensor.array.shape)} without elements; there is nothing "
            "to fill.",
            UserWarning,
            stacklevel=3,
        )
        return True
    return False


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    """Uniform values in [a, b).

    >>> (nn.init.uniform_(minigrad.empty(10), 2, 3) >= 2).all()
    tensor(True)
    """
    if b < a:
        raise ValueError(f"uniform_ got a={a} and b={b}; it needs a <= b.")
    unit = uniform_array(tensor.array.shape, tensor.array.dtype, generator)
    return _fill(tensor, unit * tensor.array.dtype.type(b - a) + tensor.array.dtype.type(a))


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    """Normal values.

    >>> nn.init.normal_(minigrad.empty(2, 3)).shape == (2, 3)
    True
    """
    if std < 0:
        raise ValueError(f"normal_ got std={std}; it needs std >= 0.")
    unit = normal_array(tensor.array.shape, tensor.array.dtype, generator)
    return _fill(tensor, unit * tensor.array.dtype.type(std) + tensor.array.dtype.type(mean))


def trunc_normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Any:
    """Normal values that lie in [a, b]; a and b are bounds of the values, not counts of std.

    Warns where the interval lies more than two std from the mean on one side.
    Source: rejection from a normal or a uniform envelope, Robert (1995).

    >>> nn.init.trunc_normal_(minigrad.empty(100)).abs().max() <= 2
    tensor(True)
    """
    if not (a < b and std > 0):
        raise ValueError(f"trunc_normal_ got std={std}, a={a}, b={b}; it needs std > 0 and a < b.")
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            f"trunc_normal_ got mean={mean} more than two std from [{a}, {b}]; values pile up at a bound.",
            UserWarning,
            stacklevel=2,
        )
    low, high = (a - mean) / std, (b - mean) / std
    drawn = _truncated(tensor.array.size, low, high, source(generator)) * std + mean
    return _fill(tensor, np.clip(drawn.reshape(tensor.array.shape), a, b))


def _truncated(count: int, low: float, high: float, random: np.random.Generator) -> np.ndarray:
    """Standard normal values in [low, high]: propose, keep those accepted, go on."""
    from_normal = math.erf(high / math.sqrt(2)) - math.erf(low / math.sqrt(2)) > 0.5
    peak = min(max(0.0, low), high)
    # Beyond this distance the density has fallen to 1e-9 of its peak.
    reach = math.sqrt(peak * peak + 2 * math.log(1e9))
    low, high = max(low, -reach), min(high, reach)
    values = np.empty(0)
    while values.size < count:
        missing = max(64, 2 * (count - values.size))
        if from_normal:
            x = random.standard_normal(missing)
            x = x[(x >= low) & (x <= high)]
        else:
            x = random.uniform(low, high, missing)
            x = x[random.random(missing) < np.exp((peak * peak - x * x) / 2)]
        values = np.concatenate([values, x])
    return values[:count]


def constant_(tensor: Any, val: float) -> Any:
    """The same value everywhere.

    >>> nn.init.constant_(minigrad.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    return _fill(tensor, val)


def ones_(tensor: Any) -> Any:
    """Ones."""
    return _fill(tensor, 1)


def zeros_(tensor: Any) -> Any:
    """Zeros."""
    return _fill(tensor, 0)


def eye_(tensor: Any) -> Any:
    """The identity matrix. Shapes: (n, m).

    >>> nn.init.eye_(minigrad.empty(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    if tensor.array.ndim != 2:
        raise ShapeError(f"eye_ got shape {tuple(tensor.array.shape)}; it needs two dimensions.")
    return _fill(tensor, np.eye(*tensor.array.shape))


def dirac_(tensor: Any, groups: int = 1) -> Any:
    """Filters that pass as many input channels through as there are. Shapes: (out, in, *kernel).

    >>> nn.init.dirac_(minigrad.empty(1, 1, 3, 3))[0, 0, 1]
    tensor([0., 1., 0.])
    """
    shape = tensor.array.shape
    if len(shape) not in (3, 4, 5):
        raise ShapeError(f"dirac_ got shape {tuple(shape)}; it needs 3, 4 or 5 dimensions.")
    if shape[0] % groups:
        raise ValueError(f"dirac_ got {shape[0]} filters and groups={groups}; the first must be a multiple.")
    values = np.zeros(shape)
    per_group = shape[0] // groups
    centre = tuple(size // 2 for size in shape[2:])
    for group in range(groups):
        for i in range(min(per_group, shape[1])):
            place = (group * per_group + i, i, *centre)
            values[place] = 1
    return _fill(tensor, values)


def _fans(tensor: Any, function: str) -> tuple[int, int]:
    shape = tensor.array.shape
    if len(shape) < 2:
        raise ShapeError(
            f"{function} got shape {tuple(shape)}; it needs at least two dimensions (out, in, ...) to "
            "count inputs and outputs. For a bias use uniform_ or zeros_."
        )
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """The factor that keeps the variance through a nonlinearity. ``param``: slope of leaky_relu.

    Source: He et al., Delving deep into rectifiers (2015); Klambauer et al. (2017) for selu.

    >>> nn.init.calculate_gain("relu") == 2**0.5
    True
    """
    gains = {
        "linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "conv_transpose1d": 1.0,
        "conv_transpose2d": 1.0, "conv_transpose3d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3,
        "relu": math.sqrt(2), "selu": 0.75,
    }  # fmt: skip
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"calculate_gain got the slope {param!r} for leaky_relu; it needs a number.")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in gains:
        raise ValueError(
            f"calculate_gain got nonlinearity={nonlinearity!r}; it needs one of "
            f"{', '.join(sorted([*gains, 'leaky_relu']))}."
        )
    return gains[nonlinearity]


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Uniform in [-b, b) with b = gain * sqrt(6 / (fan_in + fan_out)).

    Source: Glorot and Bengio, Understanding the difficulty of training deep networks (2010).

    >>> nn.init.xavier_uniform_(minigrad.empty(3, 3)).abs().max() <= 1
    tensor(True)
    """
    bound = gain * math.sqrt(6 / sum(_fans(tensor, "xavier_uniform_")))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Normal with std = gain * sqrt(2 / (fan_in + fan_out)). Source: as ``xavier_uniform_``."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans(tensor, "xavier_normal_"))), generator)


def _kaiming_std(tensor: Any, a: float, mode: str, nonlinearity: str, function: str) -> float:
    if mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"{function} got mode={mode!r}; it needs 'fan_in' or 'fan_out'.")
    fan_in, fan_out = _fans(tensor, function)
    fan = fan_in if mode.lower() == "fan_in" else fan_out
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(
    tensor: Any,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Any:
    """Uniform in [-b, b) with b = gain * sqrt(3 / fan). ``a``: slope of leaky_relu.

    Source: He et al., Delving deep into rectifiers (2015), section 2.2.

    >>> nn.init.kaiming_uniform_(minigrad.empty(5, 6)).abs().max() <= 1
    tensor(True)
    """
    if _no_effect(tensor):
        return tensor
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_uniform_")
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Any,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Any:
    """Normal with std = gain / sqrt(fan). Source and arguments: as ``kaiming_uniform_``."""
    if _no_effect(tensor):
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_normal_"), generator)


def orthogonal_(tensor: Any, gain: float = 1, generator: Any = None) -> Any:
    """A (semi-)orthogonal matrix times gain; further dimensions count as columns.

    Source: Saxe et al., Exact solutions to the nonlinear dynamics of learning (2014).

    >>> w = nn.init.orthogonal_(minigrad.empty(2, 2))
    >>> np.allclose(w.numpy() @ w.numpy().T, np.eye(2), atol=1e-6)
    True
    """
    shape = tensor.array.shape
    if len(shape) < 2:
        raise ShapeError(f"orthogonal_ got shape {tuple(shape)}; it needs at least two dimensions.")
    if tensor.array.size == 0:
        return tensor
    rows, columns = shape[0], tensor.array.size // shape[0]
    square = source(generator).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(square)
    q = q * np.sign(np.diag(r))  # without this the distribution would not be uniform
    return _fill(tensor, gain * (q if rows >= columns else q.T).reshape(shape))


def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None) -> Any:
    """Normal values, with a share ``sparsity`` of each column set to 0. Shapes: (n, m).

    Source: Martens, Deep learning via Hessian-free optimization (2010).

    >>> (nn.init.sparse_(minigrad.empty(4, 2), 0.5) == 0).sum()
    tensor(4)
    """
    if tensor.array.ndim != 2:
        raise ShapeError(f"sparse_ got shape {tuple(tensor.array.shape)}; it needs two dimensions.")
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_ got sparsity={sparsity}; it needs a number in [0, 1].")
    rows, columns = tensor.array.shape
    normal_(tensor, 0.0, std, generator)
    zeros = math.ceil(sparsity * rows)
    for column in range(columns):
        tensor.array[source(generator).permutation(rows)[:zeros], column] = 0
    return tensor

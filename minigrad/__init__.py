"""minigrad: deep learning on the CPU, small enough to read, with PyTorch's names.

Tensor, tensor, from_numpy       minigrad/tensor.py
the functions of torch.*         minigrad/ops/, one file a subject
Primitive                        minigrad/tape.py
no_grad, enable_grad             minigrad/grad_mode.py
autograd                         gradients on request
"""

from functools import partial as _partial
from typing import TYPE_CHECKING

from . import autograd, random, utils
from .dtypes import *
from .errors import DTypeError, GraphError, MissingExtra, ShapeError
from .grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .memory import keep_freed_memory
from .ops import arguments as _arguments
from .ops.activation import *
from .ops.arithmetic import *
from .ops.bitwise import *
from .ops.broadcasting import *
from .ops.calculus import *
from .ops.casting import *
from .ops.comparison import *
from .ops.conv import *
from .ops.covariance import *
from .ops.creation import *
from .ops.diagonal import *
from .ops.distance import *
from .ops.dropout import *
from .ops.einsum import *
from .ops.elementwise import *
from .ops.extremes import *
from .ops.gathering import *
from .ops.generator import *
from .ops.indexing import *
from .ops.joining import *
from .ops.linalg import *
from .ops.masking import *
from .ops.matmul import *
from .ops.mixing import *
from .ops.placing import *
from .ops.pool import *
from .ops.quantiles import *
from .ops.random import *
from .ops.rearranging import *
from .ops.reduction import *
from .ops.rounding import *
from .ops.rows import *
from .ops.scan import *
from .ops.scatter import *
from .ops.selection import *
from .ops.shaping import *
from .ops.slicing import *
from .ops.softmax import *
from .ops.solving import *
from .ops.sorting import *
from .ops.special import *
from .ops.statistics import *
from .ops.trigonometry import *
from .ops.unique import *
from .ops.vector_norm import *
from .ops.windows import *
from .printing import set_printoptions
from .serialization import load, save
from .tape import Primitive
from .tensor import (
    Tensor,
    as_tensor,
    asarray,
    detach,
    from_dlpack,
    from_numpy,
    frombuffer,
    is_complex,
    is_floating_point,
    is_nonzero,
    is_same_size,
    is_signed,
    is_tensor,
    numel,
    scalar_tensor,
    tensor,
)
from .threads import get_num_threads, set_num_threads

from . import nn, optim  # isort: skip  (last: they build on all of the above)

_arguments.explain_all(dict(globals()), tuple(globals()), globals().__setitem__)
for _module in (autograd.functional, nn.init, nn.utils):
    _arguments.explain_all(
        dict(vars(_module)), getattr(_module, "__all__", tuple(vars(_module))), _partial(setattr, _module)
    )
_arguments.explain_constructors(vars(nn), vars(optim), vars(optim.lr_scheduler), vars(utils.data))

__version__ = "0.1.0"

keep_freed_memory()

# Functions of layers that PyTorch shows at its top level too.
_FUNCTIONAL = (
    "adaptive_avg_pool1d", "adaptive_max_pool1d", "avg_pool1d", "bilinear", "conv1d",
    "group_norm", "layer_norm", "max_pool1d", "rms_norm",
)  # fmt: skip

# What not every program needs is imported on first use: ``import minigrad`` stays quick.
_MODULES = ("datasets", "linalg", "models", "plotting", "special")
_NAMES = {
    "Graph": "graph",
    "draw": "graph",
    "record": "graph",
    "profile": "profiler",
    "compile": "replay",
    **dict.fromkeys(_FUNCTIONAL, "nn.functional"),
    "summary": "model_summary",
}

if TYPE_CHECKING:
    from . import datasets, linalg, models, plotting, special
    from .graph import Graph, draw, record
    from .model_summary import summary
    from .profiler import profile
    from .replay import compile


def __getattr__(name: str):
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _NAMES:
        found = getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
        globals()[name] = found
        return found
    if name.endswith("_") and not name.startswith("_") and hasattr(Tensor, name):
        return getattr(Tensor, name)  # exp_(x): the method, called as a function
    raise AttributeError(f"module 'minigrad' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_NAMES})

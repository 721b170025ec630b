"""minigrad: deep learning on the CPU, small enough to read, with PyTorch's names.

    Tensor, tensor, from_numpy       minigrad/tensor.py
    the functions of torch.*         minigrad/ops/, one file a subject
    Primitive                        minigrad/tape.py
    no_grad, enable_grad             minigrad/grad_mode.py
    autograd                         gradients on request
"""

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
from .ops.activation import *
from .ops.arithmetic import *
from .ops.bitwise import *
from .ops.casting import *
from .ops.comparison import *
from .ops.conv import *
from .ops.creation import *
from .ops.dropout import *
from .ops.elementwise import *
from .ops.extremes import *
from .ops.indexing import *
from .ops.joining import *
from .ops.matmul import *
from .ops.pool import *
from .ops.random import *
from .ops.rearranging import *
from .ops.reduction import *
from .ops.scan import *
from .ops.scatter import *
from .ops.selection import *
from .ops.shaping import *
from .ops.slicing import *
from .ops.softmax import *
from .ops.sorting import *
from .ops.statistics import *
from .serialization import load, save
from .printing import set_printoptions
from .tape import Primitive
from .tensor import (
    Tensor,
    as_tensor,
    asarray,
    from_numpy,
    is_floating_point,
    is_tensor,
    numel,
    scalar_tensor,
    tensor,
)
from . import nn, optim  # isort: skip  (last: they build on all of the above)

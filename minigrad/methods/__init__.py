"""The methods of Tensor, one mixin a subject; each method is a one-line call into ops/.

``METHODS`` is what Tensor inherits from. A mixin has no state.
Below: ops/. Above: tensor.py.
"""

from functools import partial

from ..ops.arguments import DIRECT_METHODS, explain_all
from .activation import ActivationMethods
from .arithmetic import ArithmeticMethods
from .comparison import ComparisonMethods
from .conversion import ConversionMethods
from .creation import CreationMethods
from .diagonal import DiagonalMethods
from .elementwise import ElementwiseMethods
from .indexing import IndexingMethods
from .inplace import InplaceMethods
from .joining import JoiningMethods
from .linalg import LinalgMethods
from .matmul import MatmulMethods
from .random import RandomMethods
from .rearranging import RearrangingMethods
from .reduction import ReductionMethods
from .scan import ScanMethods
from .scatter import ScatterMethods
from .shaping import ShapingMethods
from .slicing import SlicingMethods
from .softmax import SoftmaxMethods
from .sorting import SortingMethods
from .statistics import StatisticsMethods
from .ufunc import UfuncMethods

METHODS = (
    ActivationMethods,
    ArithmeticMethods,
    ComparisonMethods,
    ConversionMethods,
    CreationMethods,
    DiagonalMethods,
    ElementwiseMethods,
    IndexingMethods,
    InplaceMethods,
    JoiningMethods,
    LinalgMethods,
    MatmulMethods,
    RandomMethods,
    RearrangingMethods,
    ReductionMethods,
    ScanMethods,
    ScatterMethods,
    ShapingMethods,
    SoftmaxMethods,
    SlicingMethods,
    SortingMethods,
    StatisticsMethods,
    UfuncMethods,
)

for _mixin in METHODS:
    explain_all(dict(vars(_mixin)), tuple(vars(_mixin)), partial(setattr, _mixin), DIRECT_METHODS)

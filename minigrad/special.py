"""The names of torch.special, so that ``minigrad.special.expit(x)`` works as there.

Below: ops/special.py, ops/elementwise.py. Tests: tests/ops/test_special.py.
"""

from .ops.activation import sigmoid as expit
from .ops.arguments import explain_all as _explain_all
from .ops.elementwise import exp2, expm1, log1p, xlog1py, xlogy
from .ops.reduction import logsumexp
from .ops.rounding import round
from .ops.softmax import log_softmax, softmax
from .ops.special import digamma, entr, erf, erfc, erfinv, logit, ndtr, polygamma
from .ops.special import digamma as psi
from .ops.special import lgamma as gammaln
from .ops.special import mvlgamma as multigammaln
from .ops.trigonometry import sinc

__all__ = [
    "digamma", "entr", "erf", "erfc", "erfinv", "exp2", "expit", "expm1", "gammaln", "log1p", "log_softmax",
    "logit", "logsumexp", "multigammaln", "ndtr", "polygamma", "psi", "round", "sinc", "softmax", "xlog1py",
    "xlogy",
]  # fmt: skip

_explain_all(dict(globals()), __all__, globals().__setitem__)

"""float16, which has no compiled loops, goes through float32: values, gradients and dtypes."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.ops import loss
from minigrad.ops.matmul import linear
from tests.case import labels, normal

CLASSES = mg.tensor(labels(5, 4))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: mg.softmax(x, 1),
        lambda x: mg.log_softmax(x, 0),
        lambda x: mg.ops.dropout._dropout(x, p=0.5, seed=1),
        lambda x: loss.cross_entropy(x, CLASSES),
        lambda x: loss.cross_entropy(x, mg.softmax(x.detach(), 1)),
        lambda x: loss.nll_loss(x, CLASSES),
        lambda x: loss.mse_loss(x, x.detach() + 1),
        lambda x: loss.binary_cross_entropy_with_logits(x, (x.detach() > 0).to(x.dtype)),
        lambda x: linear(x, x.detach(), x.detach()[:, 0]),
        lambda x: x @ x.detach().t(),
    ],
)
def test_half_precision_agrees_with_double_and_stays_half(function):
    results = []
    for dtype in (np.float16, np.float64):
        x = mg.tensor(normal(5, 4).astype(np.float16).astype(dtype), requires_grad=True)
        y = function(x)
        assert y.dtype == dtype
        y.sum().backward()
        assert x.grad.dtype == dtype
        results.append((y.detach().numpy(), x.grad.numpy()))
    for half, double in zip(*results):
        np.testing.assert_allclose(half.astype(np.float64), double, rtol=0.01, atol=0.01)

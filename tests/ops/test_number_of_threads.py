"""Losses, softmax, dropout and norms give the same bits whatever the number of threads."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.kernels import _pool as pool
from minigrad.ops import batch_norm, loss, norm
from tests.case import labels, normal

X = normal(1500, 1000).astype(np.float32)
CLASSES = mg.tensor(labels(1500, 1000))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: mg.softmax(x, 1),
        lambda x: mg.log_softmax(x, 1),
        lambda x: mg.ops.dropout._dropout(x, p=0.5, seed=1),
        lambda x: loss.cross_entropy(x, CLASSES),
        lambda x: loss.mse_loss(x, mg.tensor(X[::-1].copy())),
        lambda x: norm.layer_norm(x, 1000, mg.tensor(X[0], requires_grad=True)),
        lambda x: batch_norm.batch_norm(x.reshape(15, 100, 1000), None, None, training=True),
    ],
    ids=["softmax", "log_softmax", "dropout", "cross_entropy", "mse_loss", "layer_norm", "batch_norm"],
)
def test_results_and_gradients_do_not_depend_on_the_number_of_threads(function):
    before = pool.threads()
    found = []
    try:
        for number in (1, 2, 3):
            pool.set_threads(number)
            x = mg.tensor(X, requires_grad=True)
            y = function(x)
            y.backward(mg.tensor(np.ones(y.shape, np.float32)))
            found.append((y.detach().numpy(), x.grad.numpy()))
    finally:
        pool.set_threads(before)
    for values, gradients in found[1:]:
        assert np.array_equal(values, found[0][0])
        assert np.array_equal(gradients, found[0][1])

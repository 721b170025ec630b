"""Parameter and Buffer."""

import copy
import pickle

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn


def test_a_parameter_shares_memory_and_wants_a_gradient():
    t = mg.ones(2)
    p = nn.Parameter(t)
    assert isinstance(p, mg.Tensor)
    assert p.requires_grad
    assert p.is_leaf
    t.fill_(5)
    np.testing.assert_array_equal(p.numpy(force=True), [5, 5])
    assert not t.requires_grad


def test_a_parameter_of_a_computed_tensor_is_a_leaf():
    x = mg.ones(2, requires_grad=True)
    p = nn.Parameter(x * 2)
    assert p.is_leaf
    (p * p).sum().backward()
    assert x.grad is None
    np.testing.assert_array_equal(p.grad.numpy(), [4, 4])


def test_integers_are_refused_unless_no_gradient_is_wanted():
    with pytest.raises(mg.DTypeError, match=r"int64"):
        nn.Parameter(mg.tensor([1]))
    assert nn.Parameter(mg.tensor([1]), requires_grad=False).dtype == np.int64


def test_anything_but_a_tensor_is_refused():
    with pytest.raises(TypeError, match=r"Parameter got list.*minigrad.tensor"):
        nn.Parameter([1.0])
    assert nn.Parameter().shape == (0,)


def test_a_parameter_prints_as_pytorchs():
    torch = pytest.importorskip("torch")
    assert repr(nn.Parameter(mg.tensor([1.0, 2.5]))) == repr(torch.nn.Parameter(torch.tensor([1.0, 2.5])))


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
@pytest.mark.parametrize("requires_grad", [True, False])
def test_copies_stay_parameters_with_memory_of_their_own(clone, requires_grad):
    p = nn.Parameter(mg.ones(2), requires_grad)
    twin = clone(p)
    assert type(twin) is nn.Parameter
    assert twin.requires_grad is requires_grad
    assert not np.shares_memory(twin.array, p.array)
    pair = clone([p, p])
    assert pair[0] is pair[1]


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_of_a_buffer_stay_buffers(clone):
    twin = clone(nn.Buffer(mg.ones(2), persistent=False))
    assert type(twin) is nn.Buffer
    assert not twin.persistent
    assert not twin.requires_grad


def test_results_of_operations_are_plain_tensors():
    assert type(nn.Parameter(mg.ones(1)) * 2) is mg.Tensor
    assert type(nn.Parameter(mg.ones(1)).detach()) is mg.Tensor

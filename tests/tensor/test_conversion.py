"""From and to NumPy, Python, other dtypes, copies and pickles."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import minigrad as mg


def test_numpy_shares_the_memory():
    x = mg.zeros(2)
    x.numpy()[0] = 5
    assert x.tolist() == [5, 0]
    assert np.shares_memory(np.asarray(x), x.array)
    np.asarray(x)[1] = 6
    assert x.tolist() == [5, 6]
    assert np.array(x, dtype=np.int64).tolist() == [5, 6]
    assert not np.shares_memory(np.array(x), x.array)


def test_a_tensor_of_the_graph_gives_no_array():
    x = mg.ones(2, requires_grad=True)
    for call in (x.numpy, lambda: np.asarray(x), lambda: np.asarray(x * 2)):
        with pytest.raises(mg.GraphError, match=r"x.detach\(\).numpy\(\)"):
            call()
    assert x.numpy(force=True).tolist() == [1, 1]
    assert x.detach().numpy().tolist() == [1, 1]


def test_numpy_functions_take_tensors():
    assert np.exp(mg.zeros(2)).tolist() == [1, 1]
    y = np.ones(2, np.float32) + mg.ones(2)
    assert isinstance(y, mg.Tensor)
    assert y.tolist() == [2, 2]


def test_one_element_becomes_a_python_number():
    assert mg.tensor([[3.5]]).item() == 3.5
    assert type(mg.tensor(3).item()) is int
    assert type(mg.tensor(True).item()) is bool
    assert float(mg.tensor(2)) == 2.0
    assert int(mg.tensor(2.7)) == 2
    assert complex(mg.tensor(2.0)) == 2
    assert [10, 20, 30][mg.tensor(1)] == 20
    assert list(range(mg.tensor(3))) == [0, 1, 2]
    assert bool(mg.tensor([1.0])) is True
    assert not mg.tensor(0)
    assert mg.ones(1, requires_grad=True).item() == 1


def test_several_elements_are_no_number():
    x = mg.ones(2)
    for call in (x.item, lambda: float(x), lambda: int(x)):
        with pytest.raises(ValueError, match="exactly one element"):
            call()
    for wrong in (mg.tensor(1.0), mg.tensor([1, 2])):
        with pytest.raises(TypeError, match="single integer"):
            [1, 2, 3][wrong]


def test_lists_have_pythons_numbers():
    assert mg.tensor([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert mg.tensor(1.5).tolist() == 1.5
    assert mg.zeros(0, 2).tolist() == []


def test_membership_compares_values():
    x = mg.tensor([1.0, 2.0])
    assert 2 in x
    assert 3 not in x
    assert mg.tensor(1.0) in x
    with pytest.raises(TypeError, match="number or a Tensor"):
        "a" in x  # noqa: B015


METHODS = {
    "float": "float32", "double": "float64", "half": "float16", "int": "int32", "long": "int64",
    "short": "int16", "char": "int8", "byte": "uint8", "bool": "bool",
}  # fmt: skip


@pytest.mark.parametrize("source", ["float32", "float64", "int64", "bool"])
@pytest.mark.parametrize("method", METHODS)
def test_each_conversion_gives_values_and_dtype_of_pytorch(method, source):
    torch = pytest.importorskip("torch")
    values = np.array([0.0, 1.0, 2.7, -1.2]).astype(source)
    if method == "byte":
        values = abs(values) if source != "bool" else values
    x = mg.from_numpy(values)
    found, expected = getattr(x, method)(), getattr(torch.from_numpy(values), method)()
    assert found.dtype.name == METHODS[method] == str(expected.dtype).removeprefix("torch.")
    assert found.tolist() == expected.tolist()
    assert (found is x) == (found.dtype == x.dtype)


def test_to_takes_a_dtype_a_device_or_another_tensor():
    x = mg.ones(2, requires_grad=True)
    assert x.to(mg.float64).dtype == mg.float64
    assert x.to("cpu") is x
    assert x.to(mg.device("cpu"), mg.float64).dtype == mg.float64
    assert x.to("cpu", mg.float64, True).dtype == mg.float64
    assert x.to(mg.zeros(1, dtype=mg.float16)).dtype == mg.float16
    assert x.to(device="cpu", dtype=mg.int64).dtype == mg.int64
    assert x.to(float).dtype == mg.float64
    assert x.cpu() is x
    assert x.type_as(mg.tensor(1)).dtype == mg.int64
    assert x.type(mg.float64).dtype == mg.float64
    assert x.type() == "minigrad.FloatTensor"
    copied = x.to(mg.float32, copy=True)
    assert not np.shares_memory(copied.array, x.array)
    (copied.double() * 3).sum().backward()
    assert x.grad.tolist() == [3, 3]
    assert x.grad.dtype == mg.float32


def test_there_is_no_other_device():
    x = mg.zeros(1)
    for call in (lambda: x.to("cuda"), lambda: x.to(device="cuda:0"), x.cuda):
        with pytest.raises(ValueError, match=r"cpu|CPU"):
            call()
    assert x.device == "cpu"
    assert x.device == mg.device("cpu")
    assert str(x.device) == x.device.type == "cpu"
    assert x.device.index is None
    assert not x.is_cuda
    assert len({x.device, mg.device("cpu")}) == 1


def test_what_a_tensor_is_made_of():
    x = mg.zeros(2, 3, 4)
    assert (x.dim(), x.ndimension(), x.ndim) == (3, 3, 3)
    assert x.numel() == x.nelement() == mg.numel(x) == 24
    assert x.stride() == (12, 4, 1)
    assert x.T.stride(0) == 1
    assert x.element_size() == x.itemsize == 4
    assert x.nbytes == 96
    assert x[1].storage_offset() == 12
    assert x[1].data_ptr() == x.data_ptr() + 48
    assert x.is_floating_point()
    assert mg.is_floating_point(x)
    assert not mg.tensor(1).is_floating_point()
    assert x.is_signed()
    assert not x.byte().is_signed()
    assert not x.is_complex()
    assert mg.is_tensor(x)
    assert not mg.is_tensor(x.numpy())
    assert len(x) == 2
    with pytest.raises(TypeError, match="0-dim"):
        len(mg.tensor(1))


def test_tensors_are_hashed_by_identity():
    x, y = mg.zeros(2), mg.zeros(2)
    assert len({x, y}) == 2
    assert {x: 1}[x] == 1


def test_a_deep_copy_is_a_leaf_of_its_own():
    x = mg.ones(2, requires_grad=True)
    (x * 3).sum().backward()
    y = copy.deepcopy(x)
    assert y.requires_grad
    assert y.is_leaf
    assert y.grad.tolist() == [3, 3]
    assert not np.shares_memory(x.array, y.array)
    assert not np.shares_memory(x.grad.array, y.grad.array)
    pair = copy.deepcopy([x, x])
    assert pair[0] is pair[1]
    with pytest.raises(mg.GraphError, match=r"leaf.*detach\(\).clone\(\)"):
        copy.deepcopy(x * 2)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_keeps_values_and_requires_grad(protocol):
    for x in (mg.tensor([[1, 2], [3, 4]]).t(), mg.tensor(1.5, requires_grad=True)):
        y = pickle.loads(pickle.dumps(x, protocol))
        assert type(y) is mg.Tensor
        assert y.tolist() == x.tolist()
        assert y.dtype == x.dtype
        assert y.requires_grad == x.requires_grad
        assert y.grad is None
    y = pickle.loads(pickle.dumps(x * 2, protocol))
    assert y.is_leaf


def test_detach_shares_memory_and_leaves_the_graph():
    x = mg.ones(2, requires_grad=True)
    y = x.detach()
    assert not y.requires_grad
    y.fill_(5)
    assert x.tolist() == [5, 5]
    z = x * 2
    assert z.detach_() is z
    assert z.is_leaf
    assert not z.requires_grad


def test_data_is_the_memory_outside_of_the_graph():
    x = mg.ones(2, requires_grad=True)
    x.data.fill_(3)
    assert x.tolist() == [3, 3]
    x.data = mg.tensor([7.0, 8.0])
    assert x.tolist() == [7, 8]
    assert x.requires_grad


def test_other_libraries_share_the_memory():
    torch = pytest.importorskip("torch")
    x = mg.zeros(2)
    torch.from_dlpack(x).fill_(3)
    assert x.tolist() == [3, 3]
    mg.from_dlpack(torch.from_dlpack(x)).fill_(4)
    assert x.tolist() == [4, 4]
    with pytest.raises(mg.GraphError, match="detach"):
        torch.from_dlpack(mg.zeros(2, requires_grad=True))
    memory = bytearray(8)
    mg.frombuffer(memory, dtype=mg.int16, count=2, offset=2).fill_(1)
    assert list(memory) == [0, 0, 1, 0, 1, 0, 0, 0]


def test_questions_about_a_tensor_as_functions():
    x = mg.ones(2, requires_grad=True)
    assert not mg.detach(x).requires_grad
    assert not mg.is_complex(x)
    assert mg.is_same_size(x, mg.zeros(2))
    assert not x.is_same_size(mg.zeros(1, 2))
    assert mg.is_nonzero(mg.tensor([0.5]))
    assert not mg.tensor(0).is_nonzero()
    with pytest.raises(ValueError, match="exactly one element"):
        mg.is_nonzero(x)
    assert x.is_cpu
    assert x.get_device() == -1

"""state_dict and load_state_dict: keys, sharing, and all or nothing."""

from collections import OrderedDict

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn


def net():
    return nn.Sequential(OrderedDict(a=nn.Linear(2, 3), b=nn.Linear(3, 1, bias=False)))


def arrays(module):
    return {key: value.numpy().copy() for key, value in module.state_dict().items()}


def test_keys_are_paths_in_order_and_values_share_memory():
    model = net()
    state = model.state_dict()
    assert isinstance(state, OrderedDict)
    assert list(state) == ["a.weight", "a.bias", "b.weight"]
    assert not any(value.requires_grad for value in state.values())
    state["a.bias"].fill_(7)
    np.testing.assert_array_equal(model.a.bias.numpy(force=True), [7, 7, 7])


def test_keep_vars_prefix_and_destination():
    model = net()
    state = model.state_dict(destination=OrderedDict(old=1), prefix="m.", keep_vars=True)
    assert list(state) == ["old", "m.a.weight", "m.a.bias", "m.b.weight"]
    assert state["m.a.bias"] is model.a.bias


def test_shared_modules_are_saved_under_each_name():
    layer = nn.Linear(1, 1)
    assert list(nn.Sequential(layer, layer).state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


@pytest.mark.parametrize("convert", [lambda t: t, lambda t: t.numpy(), lambda t: t.tolist()])
def test_tensors_arrays_and_lists_can_be_loaded(convert):
    source, target = net(), net()
    result = target.load_state_dict({key: convert(value) for key, value in source.state_dict().items()})
    assert repr(result) == "<All keys matched successfully>"
    for key, value in arrays(target).items():
        np.testing.assert_array_equal(value, arrays(source)[key])


def test_loading_copies_in_place_and_counts_as_a_write():
    model = net()
    weight, memory = model.a.weight, model.a.weight.array
    loss = (model.a.weight * model.a.weight).sum()
    model.load_state_dict({key: np.float64(value) * 2 for key, value in arrays(model).items()})
    assert model.a.weight is weight
    assert weight.array is memory
    assert weight.dtype == np.float32
    with pytest.raises(mg.GraphError, match=r"changed in place"):
        loss.backward()


def test_all_problems_are_listed_at_once_and_nothing_changes():
    model = net()
    before = arrays(model)
    given = {"a.weight": np.zeros((2, 3)), "b.weight": np.zeros((1, 3)), "c": 1, "d": 2}
    with pytest.raises(RuntimeError) as caught:
        model.load_state_dict(given)
    text = str(caught.value)
    assert text.startswith("Error(s) in loading state_dict for Sequential:")
    assert 'Missing key(s) in state_dict: "a.bias".' in text
    assert 'Unexpected key(s) in state_dict: "c", "d".' in text
    assert "size mismatch for a.weight: the state_dict has the shape (2, 3), the module needs (3, 2)" in text
    for key, value in arrays(model).items():
        np.testing.assert_array_equal(value, before[key])


def test_without_strict_keys_may_differ_but_shapes_may_not():
    model = net()
    result = model.load_state_dict({"b.weight": np.ones((1, 3)), "c": 1}, strict=False)
    assert result.missing_keys == ["a.weight", "a.bias"]
    assert result.unexpected_keys == ["c"]
    assert repr(result) == ("_IncompatibleKeys(missing_keys=['a.weight', 'a.bias'], unexpected_keys=['c'])")
    np.testing.assert_array_equal(model.b.weight.numpy(force=True), np.ones((1, 3)))
    with pytest.raises(RuntimeError, match=r"size mismatch for b.weight"):
        model.load_state_dict({"b.weight": np.ones((3, 1))}, strict=False)


def test_values_that_are_no_numbers_are_listed_too():
    model = net()
    before = arrays(model)
    given = {**before, "a.bias": np.array(["x", "y", "z"])}
    with pytest.raises(RuntimeError, match=r"a.bias could not be read as an array.*<U1"):
        model.load_state_dict(given)
    with pytest.raises(TypeError, match=r"int.*dictionary"):
        model.load_state_dict(3)


def test_assign_takes_the_memory_given_and_keeps_requires_grad():
    model = net()
    model.a.bias.requires_grad_(False)
    given = {key: value.astype(np.float64) for key, value in arrays(model).items()}
    model.load_state_dict(given, assign=True)
    assert isinstance(model.a.weight, nn.Parameter)
    assert np.shares_memory(model.a.weight.array, given["a.weight"])
    assert model.a.weight.dtype == np.float64
    assert (model.a.weight.requires_grad, model.a.bias.requires_grad) == (True, False)


def test_buffers_are_saved_and_loaded_unless_not_persistent():
    model = nn.Module()
    model.register_buffer("steps", mg.tensor(0))
    model.register_buffer("cache", mg.zeros(1), persistent=False)
    assert list(model.state_dict()) == ["steps"]
    model.load_state_dict({"steps": 5})
    assert model.steps.item() == 5
    assert model.steps.dtype == np.int64


def test_torch_tensors_can_be_loaded():
    torch = pytest.importorskip("torch")
    reference = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    model.load_state_dict(reference.state_dict())
    x = np.random.default_rng(0).standard_normal((5, 2)).astype(np.float32)
    np.testing.assert_allclose(
        model(mg.tensor(x)).numpy(force=True), reference(torch.tensor(x)).detach().numpy(), atol=1e-6
    )
    before = arrays(model)
    with pytest.raises(RuntimeError, match=r"0.weight could not be read"):
        model.load_state_dict(dict(reference.named_parameters()))
    for key, value in arrays(model).items():
        np.testing.assert_array_equal(value, before[key])

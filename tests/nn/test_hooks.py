"""Hooks around forward."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn


def out(y):
    return y.numpy(force=True).tolist()


def test_hooks_see_arguments_and_output_in_order():
    layer, seen = nn.ReLU(), []
    layer.register_forward_pre_hook(lambda m, args: seen.append(("before", m, args)))
    layer.register_forward_hook(lambda m, args, y: seen.append(("after", m, args, y)))
    x = mg.tensor([-1.0, 1.0])
    y = layer(x)
    assert seen == [("before", layer, (x,)), ("after", layer, (x,), y)]


def test_what_a_hook_returns_replaces_arguments_or_output():
    layer = nn.Identity()
    layer.register_forward_pre_hook(lambda m, args: args[0] + 1)
    layer.register_forward_pre_hook(lambda m, args: (args[0] * 2,))
    layer.register_forward_hook(lambda m, args, y: y * 10)
    assert out(layer(mg.tensor([1.0]))) == [40.0]


def test_prepended_hooks_come_first():
    layer = nn.Identity()
    layer.register_forward_hook(lambda m, args, y: y * 10)
    layer.register_forward_hook(lambda m, args, y: y + 1, prepend=True)
    assert out(layer(mg.tensor([1.0]))) == [20.0]


def test_hooks_can_see_and_change_keyword_arguments():
    class Scale(nn.Module):
        def forward(self, x, by=1):
            return x * by

    layer, seen = Scale(), []
    layer.register_forward_pre_hook(lambda m, a, k: (a, {"by": k["by"] + 1}), with_kwargs=True)
    layer.register_forward_hook(lambda m, a, k, y: seen.append(k), with_kwargs=True)
    assert out(layer(mg.tensor([1.0]), by=2)) == [3.0]
    assert seen == [{"by": 3}]
    layer.register_forward_pre_hook(lambda m, a, k: 3, with_kwargs=True)
    with pytest.raises(TypeError, match=r"returned int.*pair \(args, kwargs\)"):
        layer(mg.tensor([1.0]), by=2)


def test_a_handle_takes_its_hook_off():
    layer = nn.Identity()
    handle = layer.register_forward_hook(lambda m, args, y: y * 10)
    with layer.register_forward_hook(lambda m, args, y: y + 1):
        assert out(layer(mg.tensor([1.0]))) == [11.0]
    handle.remove()
    handle.remove()
    assert out(layer(mg.tensor([1.0]))) == [1.0]


def test_a_hook_may_take_itself_off_while_it_runs():
    layer = nn.Identity()
    handle = layer.register_forward_hook(lambda m, args, y: handle.remove())
    layer(mg.tensor([1.0]))
    assert not layer._forward_hooks


def test_gradients_pass_through_what_hooks_do():
    layer = nn.Linear(2, 1, bias=False)
    layer.register_forward_hook(lambda m, args, y: y * 3)
    layer(mg.ones(1, 2)).sum().backward()
    np.testing.assert_array_equal(layer.weight.grad.numpy(), [[3.0, 3.0]])

"""Hooks around forward and around the backward pass."""

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


# ------------------------------------------------ backward


class Two:
    """The same small module in either library: two inputs, two outputs, one weight."""

    def __new__(cls, library):
        class Both(library.nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = library.nn.Parameter(library.tensor([2.0, 3.0]))

            def forward(self, x, y, factor=1.0):
                return x * self.weight, x * y * factor

        return Both()


def run_both(needs, prepare):
    """What hooks saw and which gradients arrived, in minigrad and in PyTorch."""
    torch = pytest.importorskip("torch")
    results = []
    for library in (mg, torch):
        module, seen = Two(library), []
        prepare(module, seen)
        x, y = (
            library.tensor(v, requires_grad=n) for v, n in zip(([1.0, -1.0], [4.0, 5.0]), needs)
        )  # fmt: skip
        first, second = module(x, y, 2.0)
        (first.sum() + 3 * second.sum()).backward()
        lists = [
            [None if g is None else g.tolist() for g in entry] if isinstance(entry, tuple) else entry
            for entry in seen
        ]
        results.append((lists, [None if t.grad is None else t.grad.tolist() for t in (x, y, module.weight)]))
    return results


def watch(module, seen):
    module.register_full_backward_hook(lambda m, gi, go: seen.extend(["hook", gi, go]))
    module.register_full_backward_pre_hook(lambda m, go: seen.extend(["pre", go]))


def test_backward_hooks_see_what_pytorchs_see():
    ours, theirs = run_both((True, True), watch)
    assert ours == theirs
    assert ours[0][0] == "pre"


@pytest.mark.parametrize("needs", [(True, False), (False, True)], ids=str)
def test_an_input_without_gradient_is_none_to_a_hook(needs):
    # PyTorch computes zeros here, and with them the gradient that nobody wants.
    ours, theirs = run_both(needs, watch)
    zeros = [g if n else [0.0, 0.0] for g, n in zip(ours[0][3], needs)]
    assert [g is not None for g in ours[0][3][:2]] == list(needs)
    assert zeros == theirs[0][3][:2]
    assert ours[0][:3] == theirs[0][:3]
    assert ours[1] == theirs[1]


def test_backward_hooks_change_what_pytorchs_change():
    def prepare(module, seen):
        module.register_full_backward_hook(lambda m, gi, go: (gi[0] * 10, gi[1] + 1, None))
        module.register_full_backward_pre_hook(lambda m, go: (go[0] * 2, go[1] * 0))

    ours, theirs = run_both((True, True), prepare)
    assert ours == theirs


def test_backward_hooks_of_a_module_without_gradients_in_run_all_the_same():
    layer, seen = nn.Linear(2, 1), []
    handle = layer.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].tolist())))
    layer(mg.ones(1, 2)).sum().backward()
    assert seen == [((None,), [[1.0]])]
    handle.remove()
    layer(mg.ones(1, 2)).sum().backward()
    assert len(seen) == 1
    with mg.no_grad():
        assert not layer(mg.ones(1, 2)).requires_grad


def test_a_backward_hook_that_returns_too_few_gradients_is_refused():
    module = Two(mg)
    module.register_full_backward_hook(lambda m, gi, go: gi[:1])
    x = mg.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match=r"full backward hook returned 1 gradients; it needs 2"):
        module(x, x)[0].sum().backward()

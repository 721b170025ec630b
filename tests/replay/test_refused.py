"""What cannot be replayed runs as it is and says why, once."""

from __future__ import annotations

import re
import warnings

import pytest

import minigrad as mg
from minigrad import GraphError, nn, optim
from tests.replay.steps import (
    BATCHES,
    counted,
    fused,
    repeat,
    training,
)


def weight():
    return mg.ones(3).requires_grad_()


def looks_at_a_value(w, x):
    (w * x).sum().backward()
    return mg.tensor((w * x).sum().item())


def branches_on_a_value(w, x):
    y = (w * x).sum()
    if y > 0:
        y = y * 2
    y.backward()


def draws_numbers(w, x):
    (w * (x + mg.randn(3))).sum().backward()


def makes_a_tensor(w, x):
    (w * x * mg.tensor([1.0, 2.0, 3.0])).sum().backward()


def indexes_by_values(w, x):
    w[mg.argsort(x)][:2].sum().backward()


def returns_a_number(w, x):
    (w * x).sum().backward()
    return 3.5


def returns_what_waits(w, x):
    return (w * x).sum()


def asks_for_grad(w, x):
    mg.autograd.grad((w * x).sum(), w)


def records_the_pass(w, x):
    (w * x).sum().backward(create_graph=True)


def passes_a_gradient(w, x):
    (w * x).backward(mg.ones(3))


def writes_in_place(w, x):
    y = w * x
    y.add_(1)
    y.sum().backward()


def sets_a_gradient(w, x):
    (w * x).sum().backward()
    w.grad = w.grad * 0.5


def changes_an_array(w, x):
    (w * x).sum().backward()
    w.grad.array *= 0.5


def watches_a_tensor(w, x):
    y = w * x
    y.register_hook(lambda g: g * 2)
    y.sum().backward()


def uses_a_function_of_its_own(w, x):
    Halved.apply(w * x).sum().backward()


class Halved(mg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x / 2

    @staticmethod
    def backward(ctx, g):
        return g / 2


REFUSED = [
    (looks_at_a_value, "turns a tensor into a Python number"),
    (branches_on_a_value, "whether a tensor is true"),
    (draws_numbers, "in a way that is not recorded"),
    (makes_a_tensor, "in a way that is not recorded"),
    (indexes_by_values, "as a setting"),
    (returns_a_number, "returns a float"),
    (returns_what_waits, "waits for backward"),
    (asks_for_grad, "autograd.grad"),
    (records_the_pass, "create_graph"),
    (passes_a_gradient, "passes a gradient"),
    (writes_in_place, "in place"),
    (sets_a_gradient, "by hand"),
    (changes_an_array, "not recorded: .* the gradient of a tensor of shape"),
    (watches_a_tensor, "has a hook"),
    (uses_a_function_of_its_own, "not seen going forward|Python of its own"),
]


@pytest.mark.parametrize(("function", "words"), REFUSED, ids=lambda v: getattr(v, "__name__", ""))
def test_what_cannot_be_replayed_runs_as_it_is_and_says_why(function, words):
    found = []
    for compile_it in (False, True):
        mg.manual_seed(0)
        w = weight()
        call, runs = counted(lambda x, w=w: function(w, x))
        step = mg.compile(call, disable=not compile_it)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for i in range(8):
                step(mg.tensor([1.0, 3.0, -2.0]) + i)
        said = [str(c.message) for c in caught if "minigrad.compile" in str(c.message)]
        found.append(None if w.grad is None else w.grad.numpy().tobytes())
        assert len(runs) == 8
    assert found[0] == found[1]
    assert len(said) == 1
    assert re.search(words, said[0]), said[0]


def test_fullgraph_raises_instead():
    w = weight()
    with pytest.raises(GraphError, match=r"fullgraph=True.*Python number"):
        mg.compile(lambda x: looks_at_a_value(w, x), fullgraph=True)(mg.ones(3))


def test_a_scheduler_inside_is_refused():
    _, opt, step = training(fused, optim.SGD, lr=0.1)
    schedule = optim.lr_scheduler.StepLR(opt, 100)

    @mg.compile
    def with_schedule(x, y):
        loss = step(x, y)
        schedule.step()
        return loss

    with pytest.warns(UserWarning, match="scheduler, which belongs after it"):
        with_schedule(*BATCHES[0])


def test_options_set_inside_are_refused():
    _, opt, step = training(fused, optim.SGD, lr=0.1)

    @mg.compile
    def decaying(x, y):
        loss = step(x, y)
        opt.param_groups[0]["lr"] *= 0.5
        return loss

    decaying(*BATCHES[0])
    with pytest.warns(UserWarning, match="options of an optimizer"):
        decaying(*BATCHES[0])


def test_a_number_that_changes_is_refused():
    w, scale = weight(), [1.0]

    @mg.compile
    def step(x):
        scale[0] *= 0.5
        (w * x * scale[0]).sum().backward()

    with pytest.warns(UserWarning, match="a number or setting that changes"):
        repeat(step, 8)


def test_numbers_as_arguments_are_kinds_of_calls_and_end_somewhere():
    w = weight()
    compiled = mg.compile(lambda x, i: (w * x * i).sum().backward())
    with pytest.warns(UserWarning, match="more than 32 ways"):
        [compiled(mg.ones(3), float(i)) for i in range(40)]
    assert w.grad.tolist() == [sum(range(40))] * 3


def test_a_module_that_notes_something_is_refused():
    class Noting(nn.Module):
        def __init__(self):
            super().__init__()
            self.calls = 0

        def forward(self, x):
            self.calls += 1
            return x * 2

    compiled = mg.compile(Noting())
    with pytest.warns(UserWarning, match="changes its attributes"):
        repeat(compiled, 4)
    assert compiled.calls == 4

"""compile(): the same bits as without it, and new programs when something changes."""

from __future__ import annotations

import threading
import types
import warnings

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.nn import functional as F
from minigrad.tape import observers
from minigrad.tracing import traces
from tests.replay.steps import (
    BATCHES,
    Functional,
    bits,
    counted,
    fused,
    normalized,
    replaying,
    run,
    training,
)


@pytest.mark.parametrize("make", [Functional, fused, normalized])
@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        (optim.Adam, {"lr": 0.01}),
        (optim.SGD, {"lr": 0.1, "momentum": 0.9, "clip": 0.5}),
        (optim.RMSprop, {"lr": 0.01, "weight_decay": 0.1}),
    ],
)
def test_a_replayed_training_run_has_the_same_bits(make, optimizer, options):
    model, _, step = training(make, optimizer, **options)
    expected = run(step)
    again, _, step = training(make, optimizer, **options)
    compiled = mg.compile(step, fullgraph=True)
    assert run(compiled) == expected
    assert bits(again) == bits(model)
    assert "_back(" in compiled.source


def test_a_model_that_predicts_is_replayed_under_no_grad():
    model = fused().eval()
    compiled = mg.compile(model, fullgraph=True)
    with mg.no_grad():
        for x, _ in BATCHES:
            np.testing.assert_array_equal(compiled(x).numpy(), model(x).numpy())
    assert compiled.source
    assert compiled.training is False
    assert len(list(compiled.parameters())) == 4


def test_the_python_of_the_function_runs_twice_for_each_shape():
    _, _, step = training(fused)
    step, runs = counted(step)
    compiled = mg.compile(step, fullgraph=True)
    x, y = BATCHES[0]
    for n in (5, 3, 5, 3, 5, 3, 5):
        compiled(x[:n], y[:n])
    assert [len(a) for a, _ in runs] == [5, 3, 5, 3]


def test_a_new_learning_rate_counts_at_once():
    model, opt, step = training(fused, optim.SGD, lr=0.1)
    compiled = replaying(step, *BATCHES[0])
    before = bits(model)
    opt.param_groups[0]["lr"] = 0.0
    compiled(*BATCHES[0])
    assert bits(model) == before


def test_a_scheduler_after_the_step_works():
    found = []
    for compile_it in (False, True):
        model, opt, step = training(fused, optim.SGD, lr=0.1)
        schedule = optim.lr_scheduler.ExponentialLR(opt, 0.5)
        step = mg.compile(step, fullgraph=True, disable=not compile_it)
        for x, y in BATCHES:
            step(x, y)
            schedule.step()
        found.append(bits(model))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.eval(),
        lambda model: model[0].requires_grad_(False),
        lambda model: setattr(model[4], "p", 0.9),
        lambda model: model.__setitem__(5, nn.Linear(64, 3)),
        lambda model: model.append(nn.Tanh()),
        lambda model: setattr(model[5], "bias", nn.Parameter(mg.ones(3))),
        lambda model: setattr(model[5].weight, "data", mg.ones(3, 64)),
        lambda model: model[1].register_forward_hook(lambda module, args, output: output * 2),
        lambda model: model.load_state_dict({k: v * 0.5 for k, v in model.state_dict().items()}),
    ],
)
def test_a_changed_model_is_noticed(change):
    found = []
    for compile_it in (False, True):
        model, _, step = training(fused, optim.SGD, lr=0.1)
        step = mg.compile(step, disable=not compile_it)
        losses = [step(*BATCHES[0]).item() for _ in range(3)]
        change(model)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the hook: no replay, said once
            losses += [step(*BATCHES[i]).item() for i in (0, 1, 2, 3)]
        found.append((losses, bits(model)))
    assert found[0] == found[1]


def test_a_frozen_layer_gets_no_gradient():
    model, opt, step = training(fused, optim.SGD, lr=0.1)
    compiled = replaying(step, *BATCHES[0])
    model[0].requires_grad_(False)
    opt.zero_grad()
    compiled(*BATCHES[0])
    assert model[0].weight.grad is None
    assert model[5].weight.grad is not None


def test_gradients_add_up_without_zero_grad():
    found = []
    for compile_it in (False, True):
        mg.manual_seed(0)
        model = fused()

        def step(x, y, model=model):
            F.cross_entropy(model(x), y).backward()

        step = mg.compile(step, fullgraph=True, disable=not compile_it)
        for x, y in BATCHES:
            step(x, y)
        found.append([p.grad.numpy().tobytes() for p in model.parameters()])
    assert found[0] == found[1]


def test_two_losses_a_shared_weight_and_a_kept_graph():
    found = []
    for compile_it in (False, True):
        w = mg.tensor([[0.5, -1.0], [2.0, 0.25]], requires_grad=True)

        def step(x, w=w):
            w_twice = w @ w
            h = F.relu(x @ w_twice) + x @ w
            first = (h * h).mean()
            first.backward(retain_graph=True)
            second = (h.sum() + w.sum()) * 2
            second.backward()
            return {"losses": (first, second), "h": h.detach(), "nothing": None}

        step = mg.compile(step, fullgraph=True, disable=not compile_it)
        outputs = [step(x[:, 0, :4, :2].reshape(-1, 2)) for x, _ in BATCHES]
        flat = [t.detach().numpy().tobytes() for o in outputs for t in (*o["losses"], o["h"])]
        found.append((flat, w.grad.numpy().tobytes()))
    assert found[0] == found[1]


def test_no_two_leaves_share_a_gradient():
    a, b = (mg.ones(3).requires_grad_() for _ in range(2))

    def step(x):
        ((a + b) * x).sum().backward()

    compiled = replaying(step, mg.ones(3))
    a.grad = b.grad = None
    compiled(mg.ones(3))
    a.grad.mul_(5)
    assert b.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_gradient_that_nobody_shares_is_not_copied(monkeypatch):
    model = nn.Linear(4, 3)

    def step(x, y):
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()

    compiled = replaying(step, mg.ones(2, 4), mg.tensor([0, 1]))
    made = []
    monkeypatch.setattr(mg.reverse, "np", types.SimpleNamespace(array=lambda g, order: made.append(g)))
    compiled(mg.ones(2, 4), mg.tensor([0, 1]))
    assert not made


def test_while_somebody_watches_every_operation_runs_as_usual():
    _, _, step = training(fused)
    compiled = replaying(step, *BATCHES[0])
    with mg.profile() as p:
        compiled(*BATCHES[0])
    assert "conv2d" in {row.name for row in p.operations()}


def test_errors_of_kernels_come_through():
    _, _, step = training(fused)
    compiled = replaying(step, *BATCHES[0])
    with pytest.raises(IndexError, match="class 7"):
        compiled(BATCHES[0][0], mg.full((5,), 7))


def test_a_step_that_raises_leaves_no_listener_behind():
    def step(x):
        raise KeyError("mine")

    with pytest.raises(KeyError):
        mg.compile(step)(mg.ones(1))
    assert not observers
    assert not traces


def test_threads_that_run_meanwhile_are_not_taken_down():
    stop = threading.Event()

    def noise():
        while not stop.is_set():
            mg.ones(3).tanh().sum().item()

    worker = threading.Thread(target=noise)
    worker.start()
    try:
        _, _, step = training(fused)
        compiled = replaying(step, *BATCHES[0])
    finally:
        stop.set()
        worker.join()
    assert "tanh" not in compiled.source


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="compile got int; it needs a function or a Module"):
        mg.compile(3)

"""compile(): the same bits as without it, new programs when something changes, and plain refusals."""

from __future__ import annotations

import re
import threading
import types
import warnings

import numpy as np
import pytest

import minigrad as mg
from minigrad import GraphError, nn, optim
from minigrad.nn import functional as F
from minigrad.tape import observers
from minigrad.tracing import traces


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 8, 3)
        self.fc = nn.Linear(8 * 2 * 2, 3)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        skip = F.tanh(self.conv2(x))
        x = F.avg_pool2d(skip + F.dropout(skip, 0.4, self.training), 2, padding=1)
        return self.fc(x.flatten(1))


def fused():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(64, 3)
    )


def normalized():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.GELU(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(64, 8), nn.LayerNorm(8), nn.Softplus(), nn.Linear(8, 3),
    )  # fmt: skip


BATCHES = [
    (
        mg.from_numpy(np.random.default_rng(i).standard_normal((5, 1, 10, 10)).astype(np.float32)),
        mg.from_numpy(np.random.default_rng(i).integers(0, 3, 5)),
    )
    for i in range(4)
]


def training(make, optimizer=optim.Adam, clip=None, **options):
    """(model, step) from one seed; the optimizer's options are ``options``."""
    mg.manual_seed(3)
    model = make()
    opt = optimizer(model.parameters(), **options)

    def step(x, y):
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        opt.step()
        return loss

    return model, opt, step


def bits(model):
    return [t.numpy().tobytes() for t in model.state_dict().values()]


def run(step, rounds=3):
    return [step(x, y).item() for _ in range(rounds) for x, y in BATCHES]


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


def replaying(step, *arguments):
    """The compiled step, which from now on is replayed."""
    compiled = mg.compile(step, fullgraph=True)
    for _ in range(2):
        compiled(*arguments)
    assert compiled.source
    return compiled


def counted(function):
    """``function`` and a list that grows with each of its runs in Python."""
    runs = []

    def count(*args):
        runs.append(args)
        return function(*args)

    return count, runs


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


class Written(nn.Module):
    """Convolutions, relu and pooling in the functional style; ``way`` says how they follow each other."""

    def __init__(self, way):
        super().__init__()
        self.conv, self.fc, self.way = nn.Conv2d(1, 4, 3), nn.Linear(64, 3), way

    def forward(self, x):
        return self.fc(self.way(self.conv(x)).flatten(1)[:, :64])


def relu_then_pool(x):
    return F.max_pool2d(F.relu(x), 2)


def pool_then_relu(x):
    return F.relu(F.max_pool2d(x, 2))


def relu_alone(x):
    return F.relu(x)


def pool_alone(x):
    return F.max_pool2d(x, 2)


def used_twice(x):
    y = F.relu(x)
    return F.max_pool2d(y, 2) + F.avg_pool2d(y, 2)


def another_pool(x):
    return F.max_pool2d(F.relu(x), 3, stride=2)[:, :, :3].repeat(1, 2, 1, 2)


@pytest.mark.parametrize(
    ("way", "primitive"),
    [
        (relu_then_pool, "conv2d_relu_max_pool2d"),
        (pool_then_relu, "conv2d_relu_max_pool2d"),
        (relu_alone, "conv2d_relu"),
        (pool_alone, "conv2d_max_pool2d"),
        (used_twice, "conv2d_relu"),
        (another_pool, "conv2d_relu"),
    ],
)
def test_neighbours_that_a_program_fuses_give_the_same_bits(way, primitive):
    found = []
    for compile_it in (False, True):
        model, _, step = training(lambda: Written(way), optim.SGD, lr=0.1)
        step = mg.compile(step, fullgraph=True, disable=not compile_it)
        found.append((run(step), bits(model)))
    assert found[0] == found[1]
    assert re.search(rf"\b{primitive}_\d+\(", step.source)


def test_what_is_looked_at_is_not_fused_away():
    model = Written(relu_then_pool)

    def step(x):
        y = model.conv(x)
        z = F.relu(y)
        F.max_pool2d(z, 2).sum().backward()
        return y.detach(), z

    compiled = replaying(step, BATCHES[0][0])
    assert "conv2d_relu" not in compiled.source
    y, z = compiled(BATCHES[1][0])
    np.testing.assert_array_equal(y.numpy(), model.conv(BATCHES[1][0]).detach().numpy())
    np.testing.assert_array_equal(z.numpy(), np.maximum(y.numpy(), 0))


# ------------------------------------------------ what cannot be replayed


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


def repeat(step, times):
    for _ in range(times):
        step(mg.ones(3))


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


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="compile got int; it needs a function or a Module"):
        mg.compile(3)

"""Every optimizer walks PyTorch's way, step by step, for every option."""

import inspect

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim

torch = pytest.importorskip("torch")

SHAPES = [(5, 3), (7,), (), (2, 3, 2, 2)]
OPTIONS = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "weight_decay": 0.1, "maximize": True}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.05, "momentum": 0.5, "maximize": True}),
    ("Adam", {"lr": 0.01}),
    ("Adam", {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-4, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "maximize": True}),
    ("Adam", {"lr": 0.01, "weight_decay": 0.2, "decoupled_weight_decay": True}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.3, "amsgrad": True, "maximize": True}),
    ("NAdam", {"lr": 0.01}),
    ("NAdam", {"lr": 0.01, "weight_decay": 0.1, "momentum_decay": 0.02}),
    ("NAdam", {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    ("RAdam", {"lr": 0.01}),
    ("RAdam", {"lr": 0.01, "weight_decay": 0.1, "betas": (0.8, 0.9)}),
    ("RAdam", {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    ("Adamax", {"lr": 0.01}),
    ("Adamax", {"lr": 0.01, "weight_decay": 0.1, "maximize": True}),
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.9, "centered": True, "maximize": True}),
    ("RMSprop", {"lr": 0.01, "centered": True, "alpha": 0.9, "eps": 1e-3}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5}),
    ("Adagrad", {"lr": 0.1, "maximize": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.8, "weight_decay": 0.1, "maximize": True}),
]
every_option = pytest.mark.parametrize(("name", "options"), OPTIONS, ids=str)


def starting_values(dtype):
    random = np.random.default_rng(0)
    return [random.standard_normal(shape).astype(dtype) for shape in SHAPES]


def pair(name, options, dtype):
    """The same parameters under minigrad's optimizer and under PyTorch's."""
    ours = [mg.tensor(a, requires_grad=True) for a in starting_values(dtype)]
    theirs = [torch.tensor(a, requires_grad=True) for a in starting_values(dtype)]
    return ours, theirs, getattr(optim, name)(ours, **options), getattr(torch.optim, name)(theirs, **options)


def give_gradients(ours, theirs, random):
    for p, q in zip(ours, theirs):
        # Pulled towards 0.5, with noise: the way is long and does not diverge.
        g = np.asarray(p.numpy(force=True) - 0.5 + random.standard_normal(p.shape), p.dtype)
        p.grad = mg.from_numpy(np.asarray(g))
        q.grad = torch.tensor(g)


@every_option
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-5)], ids=str)
def test_a_hundred_steps_agree_with_pytorch(name, options, dtype, tolerance):
    ours, theirs, optimizer, reference = pair(name, options, dtype)
    random = np.random.default_rng(1)
    for _ in range(100):
        give_gradients(ours, theirs, random)
        optimizer.step()
        reference.step()
    for p, q in zip(ours, theirs):
        assert p.dtype == dtype
        np.testing.assert_allclose(
            p.numpy(force=True), q.detach().numpy(), rtol=tolerance, atol=tolerance * 10
        )


@every_option
def test_the_state_of_pytorch_can_be_taken_over(name, options):
    ours, theirs, optimizer, reference = pair(name, options, np.float64)
    random = np.random.default_rng(2)
    for _ in range(3):
        give_gradients(ours, theirs, random)
        reference.step()
    for p, q in zip(ours, theirs):
        p.data = q.detach().numpy().copy()
    optimizer.load_state_dict(reference.state_dict())
    for _ in range(3):
        give_gradients(ours, theirs, random)
        optimizer.step()
        reference.step()
    for p, q in zip(ours, theirs):
        np.testing.assert_allclose(p.numpy(force=True), q.detach().numpy(), rtol=1e-12, atol=1e-14)


@every_option
def test_state_dict_has_the_keys_and_shapes_of_pytorch(name, options):
    ours, theirs, optimizer, reference = pair(name, options, np.float32)
    give_gradients(ours, theirs, np.random.default_rng(3))
    optimizer.step()
    reference.step()
    found, expected = optimizer.state_dict(), reference.state_dict()
    assert [g["params"] for g in found["param_groups"]] == [g["params"] for g in expected["param_groups"]]
    assert set(found["param_groups"][0]) <= set(expected["param_groups"][0])
    for option, value in options.items():
        assert found["param_groups"][0][option] == value
    for number, values in expected["state"].items():
        values = {key: value for key, value in values.items() if value is not None}
        if not values:
            assert number not in found["state"]
            continue
        assert set(found["state"][number]) == set(values)
        for key, value in values.items():
            np.testing.assert_allclose(found["state"][number][key].numpy(), value.numpy(), rtol=1e-5)


@pytest.mark.parametrize("name", sorted({name for name, _ in OPTIONS}))
def test_options_have_the_order_and_defaults_of_pytorch(name):
    ours = inspect.signature(getattr(optim, name)).parameters
    theirs = inspect.signature(getattr(torch.optim, name)).parameters
    for option, parameter in ours.items():
        assert theirs[option].default == parameter.default
    by_position = [o for o, p in ours.items() if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert by_position == list(theirs)[: len(by_position)]

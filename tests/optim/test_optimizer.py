"""Groups, closures, state and refusals: what all optimizers share."""

import copy
import pickle

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.kernels import _pool

OPTIMIZERS = ["SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop", "Adagrad", "Adadelta"]
every_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)


def parameter(*values, grad=None, dtype=np.float32):
    p = mg.tensor(np.array(values, dtype), requires_grad=True)
    if grad is not None:
        p.grad = mg.tensor(np.array(grad, dtype))
    return p


def value(p):
    return p.numpy(force=True)


def make(name, params, **options):
    if name == "SGD":
        options = {"momentum": 0.9, **options}
    return getattr(optim, name)(params, lr=0.1, **options)


# ------------------------------------------------ steps


@every_optimizer
def test_a_quadratic_is_minimised(name):
    p = parameter(3.0, -2.0)
    rate = {"Adadelta": 10.0, "Adagrad": 0.5}.get(name, 0.1)
    optimizer = getattr(optim, name)([p], lr=rate)
    for _ in range(400):
        optimizer.zero_grad()
        (p * p).sum().backward()
        optimizer.step()
    assert np.abs(value(p)).max() < 0.3


@every_optimizer
def test_the_gradient_is_never_written(name):
    p = parameter(1.0, 2.0, grad=[0.5, -0.5])
    optimizer = make(name, [p], weight_decay=0.1)
    optimizer.step()
    optimizer.step()
    np.testing.assert_array_equal(p.grad.numpy(), np.float32([0.5, -0.5]))


@every_optimizer
def test_parameters_without_gradient_are_skipped(name):
    p, q = parameter(1.0, grad=[1.0]), parameter(1.0)
    optimizer = make(name, [p, q])
    optimizer.step()
    assert value(p)[0] != 1.0
    assert value(q)[0] == 1.0
    assert list(optimizer.state_dict()["state"]) == [0]


@every_optimizer
def test_a_step_changes_the_same_memory_and_is_noticed_by_the_graph(name):
    p = parameter(1.0, 2.0, grad=[1.0, 1.0])
    memory = p.array
    loss = (p * p).sum()
    make(name, [p]).step()
    assert p.array is memory
    with pytest.raises(mg.GraphError, match=r"changed in place"):
        loss.backward()


@every_optimizer
def test_strided_gradients_and_parameters_are_updated_like_contiguous_ones(name):
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    slopes = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
    plain, strided = nn.Parameter(mg.tensor(values)), nn.Parameter(mg.tensor(values))
    strided.data = np.asfortranarray(values)
    optimizer, other = make(name, [plain]), make(name, [strided])
    for _ in range(3):
        plain.grad = mg.tensor(slopes)
        strided.grad = mg.from_numpy(np.repeat(slopes, 2, axis=1)[:, ::2])
        optimizer.step()
        other.step()
    assert strided.array.flags.f_contiguous
    np.testing.assert_allclose(value(strided), value(plain), rtol=1e-6)


@every_optimizer
def test_half_precision_is_computed_in_float32(name):
    p = parameter(1.0, 2.0, grad=[0.5, -0.5], dtype=np.float16)
    q = parameter(1.0, 2.0, grad=[0.5, -0.5])
    half, full = make(name, [p]), make(name, [q])
    for _ in range(3):
        half.step()
        full.step()
    assert p.dtype == np.float16
    np.testing.assert_allclose(value(p), value(q), rtol=3e-3)


@every_optimizer
def test_data_replaced_between_steps_is_what_the_next_step_changes(name):
    p = parameter(1.0, grad=[1.0])
    optimizer = make(name, [p])
    optimizer.step()
    p.data = mg.tensor([50.0])
    optimizer.step()
    assert 40 < value(p)[0] < 50


@every_optimizer
def test_an_infinite_parameter_stays_infinite_without_weight_decay(name):
    p = parameter(-np.inf, 1.0, grad=[0.1, 0.1])
    optimizer = getattr(optim, name)([p], weight_decay=0)
    optimizer.step()
    optimizer.step()
    assert value(p)[0] == -np.inf


@every_optimizer
def test_a_nan_gradient_shows_in_the_parameter(name):
    p = parameter(1.0, 1.0, grad=[np.nan, 0.1])
    make(name, [p]).step()
    assert np.isnan(value(p)[0])
    assert np.isfinite(value(p)[1])


def test_mixed_dtypes_in_one_group_keep_theirs():
    p, q = parameter(1.0, grad=[1.0]), parameter(1.0, grad=[1.0], dtype=np.float64)
    optim.Adam([p, q], lr=0.1).step()
    assert (p.dtype, q.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose([value(p)[0], value(q)[0]], 0.9, rtol=1e-6)


def test_empty_parameters_are_no_trouble():
    p = mg.tensor(np.zeros((0, 3), np.float32), requires_grad=True)
    p.grad = mg.tensor(np.zeros((0, 3), np.float32))
    optim.Adam([p]).step()
    assert p.shape == (0, 3)


def test_step_runs_the_closure_with_gradients_on_and_returns_its_loss():
    p = parameter(3.0)
    optimizer = optim.SGD([p], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with mg.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 9.0
    assert value(p)[0] == 0.0


def test_zero_grad_drops_gradients_or_fills_them_with_zeros():
    p = parameter(1.0, grad=[1.0])
    optimizer = optim.SGD([p], lr=0.1)
    optimizer.zero_grad(set_to_none=False)
    np.testing.assert_array_equal(p.grad.numpy(), [0.0])
    optimizer.zero_grad()
    assert p.grad is None


# ------------------------------------------------ groups


def test_each_group_has_its_own_options():
    p, q = parameter(1.0, grad=[1.0]), parameter(1.0, grad=[1.0])
    optimizer = optim.SGD([{"params": [p], "lr": 0.5}, {"params": q}], lr=0.1)
    optimizer.step()
    np.testing.assert_allclose([value(p)[0], value(q)[0]], [0.5, 0.9])


def test_a_changed_learning_rate_counts_from_the_next_step():
    p = parameter(1.0, grad=[1.0])
    optimizer = optim.SGD([p], lr=0.1)
    optimizer.param_groups[0]["lr"] = 0.25
    optimizer.step()
    assert value(p)[0] == 0.75


def test_a_group_can_be_added_later():
    p, q = parameter(1.0, grad=[1.0]), parameter(1.0, grad=[1.0])
    optimizer = optim.SGD([p], lr=0.1)
    optimizer.add_param_group({"params": [q], "momentum": 0.5})
    assert optimizer.param_groups[1]["lr"] == 0.1
    optimizer.step()
    np.testing.assert_allclose(value(q)[0], 0.9)


def test_named_parameters_are_taken_with_their_names():
    layer = nn.Linear(2, 1)
    optimizer = optim.SGD(layer.named_parameters(), lr=0.1)
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer.param_groups[0]["params"] == list(layer.parameters())


def computed():
    return parameter(1.0) * 2


BAD_PARAMETERS = [
    (lambda: parameter(1.0), TypeError, "single Tensor.*iterable"),
    (list, ValueError, "empty parameter list"),
    (lambda: [1.0], TypeError, "float among the parameters.*Tensors"),
    (lambda: [computed()], ValueError, "computed tensor.*leaves"),
    (lambda: [{"params": {parameter(1.0)}}], TypeError, "set of parameters.*ordered"),
    (lambda: [{"lr": 1.0}], ValueError, "without 'params'"),
    (lambda: [{"params": [parameter(1.0)]}, [parameter(1.0)]], TypeError, "list.*dictionary"),
]


@pytest.mark.parametrize(("params", "error", "words"), BAD_PARAMETERS)
def test_parameters_that_do_not_fit_are_refused(params, error, words):
    with pytest.raises(error, match=words):
        optim.SGD(params(), lr=0.1)


def test_a_parameter_in_two_groups_is_refused():
    p = parameter(1.0)
    with pytest.raises(ValueError, match=r"in another group already"):
        optim.SGD([{"params": [p]}, {"params": [p]}], lr=0.1)


def test_a_parameter_twice_in_one_group_is_warned_of():
    p = parameter(1.0)
    with pytest.warns(UserWarning, match=r"twice in one group"):
        optim.SGD([p, p], lr=0.1)


BAD_OPTIONS = [
    ("SGD", {"lr": -1}, r"lr=-1; it needs lr >= 0"),
    ("SGD", {"momentum": -1}, "momentum=-1; it needs momentum >= 0"),
    ("SGD", {"weight_decay": -1}, "weight_decay >= 0"),
    ("SGD", {"nesterov": True}, "momentum > 0 and dampening 0"),
    ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "momentum > 0 and dampening 0"),
    ("Adam", {"lr": -1}, "Adam got lr=-1"),
    ("Adam", {"betas": (1.0, 0.9)}, r"betas\[0\]=1.0; it needs 0 <= betas\[0\] < 1"),
    ("AdamW", {"betas": (0.9, -0.1)}, r"AdamW got betas\[1\]=-0.1"),
    ("Adam", {"eps": -1}, "eps >= 0"),
    ("NAdam", {"momentum_decay": -1}, "momentum_decay >= 0"),
    ("RAdam", {"weight_decay": -1}, "weight_decay >= 0"),
    ("Adamax", {"lr": -1}, "lr >= 0"),
    ("RMSprop", {"alpha": -1}, "alpha >= 0"),
    ("Adagrad", {"lr_decay": -1}, "lr_decay >= 0"),
    ("Adagrad", {"initial_accumulator_value": -1}, "initial_accumulator_value >= 0"),
    ("Adadelta", {"rho": 1.5}, "0 <= rho <= 1"),
]


@pytest.mark.parametrize(("name", "options", "words"), BAD_OPTIONS)
def test_options_out_of_range_are_refused_with_the_right_range(name, options, words):
    with pytest.raises(ValueError, match=words):
        getattr(optim, name)([parameter(1.0)], **options)


def test_options_of_a_group_are_checked_too():
    with pytest.raises(ValueError, match=r"lr >= 0"):
        optim.SGD([{"params": [parameter(1.0)], "lr": -0.1}], lr=0.1)


def test_a_gradient_of_another_dtype_is_refused():
    p = parameter(1.0, grad=[1.0])
    p.data = p.array.astype(np.float64)
    with pytest.raises(mg.DTypeError, match=r"parameter of float64 with a gradient of float32.*zero_grad"):
        optim.SGD([p], lr=0.1).step()


def test_a_gradient_of_another_shape_is_refused():
    p = parameter(1.0, grad=[1.0])
    p.data = np.zeros(3, np.float32)
    with pytest.raises(mg.ShapeError, match=r"shape \(3,\) with a gradient of shape \(1,\)"):
        optim.SGD([p], lr=0.1).step()


def test_state_of_another_dtype_is_refused():
    p = parameter(1.0, grad=[1.0])
    optimizer = optim.Adam([p])
    optimizer.step()
    p.data, p.grad = p.array.astype(np.float64), None
    p.grad = mg.tensor([1.0], dtype=np.float64)
    with pytest.raises(mg.DTypeError, match=r"exp_avg is float32.*new optimizer"):
        optimizer.step()


def test_nothing_changes_when_one_gradient_does_not_fit():
    first, second = parameter(1.0, grad=[1.0]), parameter(1.0, grad=[1.0])
    optimizer = optim.Adam([first, second])
    second.data = np.ones(3, np.float32)
    with pytest.raises(mg.ShapeError):
        optimizer.step()
    assert value(first) == 1
    assert first not in optimizer.state


@every_optimizer
def test_where_one_state_does_not_fit_every_parameter_has_its_whole_step_or_none(name):
    params = [parameter(1.0, 2.0, grad=[1.0, -1.0]) for _ in range(3)]
    alone = parameter(1.0, 2.0, grad=[1.0, -1.0])
    optimizer, other = make(name, params), make(name, [alone])
    optimizer.step(), other.step(), other.step()
    params[1].data, params[1].grad = np.ones(3, np.float32), mg.ones(3)
    before = value(params[2]).copy()
    with pytest.raises(mg.ShapeError, match=r"shape \(3,\) whose state .* has shape \(2,\).*new optimizer"):
        optimizer.step()
    np.testing.assert_array_equal(value(params[0]), value(alone))
    np.testing.assert_array_equal(value(params[1]), np.ones(3))
    np.testing.assert_array_equal(value(params[2]), before)
    if "step" in optimizer.state[params[0]]:
        assert [optimizer.state[p]["step"].item() for p in params] == [2, 1, 1]


# ------------------------------------------------ many parameters, one call


def many(seed=0):
    """Parameters of all kinds of sizes and dtypes with gradients; the last has none."""
    random = np.random.default_rng(seed)
    shapes = [(1,), (), (3, 5), (63,), (0, 4), (64,), (40, 17), (257, 33)]
    params = []
    for i, shape in enumerate(shapes):
        dtype = np.float64 if i % 3 == 2 else np.float32
        p = mg.tensor(random.standard_normal(shape).astype(dtype), requires_grad=True)
        p.grad = mg.tensor(random.standard_normal(shape).astype(dtype))
        params.append(p)
    return [*params, parameter(1.0)]


@every_optimizer
@pytest.mark.parametrize("number", [1, 2, 4])
def test_all_parameters_at_once_change_as_each_alone(name, number, monkeypatch):
    monkeypatch.setattr(_pool, "_threads", number)
    monkeypatch.setattr(_pool, "SMALL", 64)
    together, apart = many(), many()
    options = {"weight_decay": 0.1, "maximize": True}
    optimizer = make(name, together, **options)
    alone = [make(name, [p], **options) for p in apart]
    for step in range(4):
        if step == 2:  # from here on it is a step behind the others
            together[3].grad, kept = None, together[3].grad
            optimizer.step()
            together[3].grad = kept
            for p, one in zip(apart, alone):
                if p is not apart[3]:
                    one.step()
        optimizer.step()
        for one in alone:
            one.step()
    for p, q in zip(together, apart):
        np.testing.assert_array_equal(value(p), value(q))


@every_optimizer
def test_new_gradients_and_replaced_data_count_from_the_next_step(name):
    random = np.random.default_rng(1)
    together, apart = many(), many()
    optimizer, alone = make(name, together), [make(name, [p]) for p in apart]
    for step in range(4):
        for i, (p, q) in enumerate(zip(together, apart)):
            p.grad, q.grad = None, None
            g = random.standard_normal(p.shape).astype(p.dtype)
            p.grad, q.grad = mg.tensor(g), mg.tensor(g)
            if step == 2 and i % 2:
                p.data, q.data = mg.tensor(g), mg.tensor(g)
        optimizer.step()
        for one in alone:
            one.step()
    for p, q in zip(together, apart):
        np.testing.assert_array_equal(value(p), value(q))


@every_optimizer
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
def test_a_copy_of_an_optimizer_changes_its_own_parameters(name, copied):
    params = [parameter(1.0, -2.0, grad=[0.5, 0.25]), parameter(3.0, grad=[-1.0])]
    optimizer = make(name, params)
    optimizer.step()
    theirs, other = copied((params, optimizer))
    before = [value(p).copy() for p in params]
    for p, q in zip(params, theirs):
        q.grad = mg.tensor(p.grad.numpy())
    other.step()
    for p, old in zip(params, before):
        np.testing.assert_array_equal(value(p), old)
    optimizer.step()
    for p, q in zip(params, theirs):
        np.testing.assert_array_equal(value(p), value(q))


@every_optimizer
@pytest.mark.filterwarnings("ignore:.*twice in one group")
def test_a_parameter_twice_in_one_group_takes_two_steps_each_time(name):
    p, q = parameter(1.0, -2.0, grad=[0.5, 0.25]), parameter(1.0, -2.0, grad=[0.5, 0.25])
    twice, once = make(name, [p, p]), make(name, [q])
    for _ in range(3):
        twice.step()
        once.step()
        once.step()
    np.testing.assert_array_equal(value(p), value(q))


def test_parameters_that_share_memory_change_one_after_the_other(monkeypatch):
    monkeypatch.setattr(_pool, "_threads", 2)
    n = 1 << 20
    shared = np.zeros(n + 64, np.float32)
    first, second = (mg.tensor(np.zeros(0, np.float32), requires_grad=True) for _ in range(2))
    first.data, second.data = shared[:n], shared[64:]
    assert np.shares_memory(first.array, second.array)
    first.grad, second.grad = mg.ones(n), mg.full((n,), 2.0)
    optimizer = optim.SGD([first, second], lr=1.0)
    for _ in range(5):
        optimizer.step()
    np.testing.assert_array_equal(shared[:64], -5)
    np.testing.assert_array_equal(shared[64:n], -15)
    np.testing.assert_array_equal(shared[n:], -10)


# ------------------------------------------------ state


def run(p, optimizer, steps, seed):
    random = np.random.default_rng(seed)
    for _ in range(steps):
        p.grad = mg.tensor(random.standard_normal(p.shape).astype(p.dtype))
        optimizer.step()


@every_optimizer
def test_training_goes_on_from_a_saved_state_as_if_never_stopped(name):
    p = parameter(1.0, -2.0, 0.5)
    optimizer = make(name, [p])
    run(p, optimizer, 3, 0)
    q = parameter(*value(p))
    resumed = make(name, [q])
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    run(p, optimizer, 3, 1)
    run(q, resumed, 3, 1)
    np.testing.assert_array_equal(value(p), value(q))


def test_loading_copies_tensors_and_takes_over_options():
    p, q = parameter(1.0, grad=[1.0]), parameter(1.0, grad=[1.0])
    optimizer = optim.Adam([p], lr=0.5)
    optimizer.step()
    other = optim.Adam([q], lr=0.1)
    other.load_state_dict(optimizer.state_dict())
    assert other.param_groups[0]["lr"] == 0.5
    before = other.state[q]["exp_avg"].numpy().copy()
    optimizer.step()
    np.testing.assert_array_equal(other.state[q]["exp_avg"].numpy(), before)


def test_loading_checks_groups_before_it_changes_anything():
    p, q = parameter(1.0, grad=[1.0]), parameter(1.0, grad=[1.0])
    optimizer = optim.Adam([p], lr=0.5)
    optimizer.step()
    for other, words in [
        (optim.Adam([{"params": [p]}, {"params": [q]}]), "2 parameter groups; it needs 1"),
        (optim.Adam([p, q]), "2 parameters in group 0; it needs 1"),
    ]:
        before = optimizer.state_dict()
        with pytest.raises(ValueError, match=words):
            optimizer.load_state_dict(other.state_dict())
        assert optimizer.state_dict() == before
    wrong = copy.deepcopy(optimizer.state_dict())
    wrong["state"][0]["exp_avg"] = mg.zeros(7)
    wrong["param_groups"][0]["lr"] = 99.0
    with pytest.raises(mg.ShapeError, match=r"exp_avg of shape \(7,\)"):
        optimizer.load_state_dict(wrong)
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_an_optimizer_prints_its_groups_as_pytorch_does():
    text = repr(optim.SGD([parameter(1.0)], lr=0.1, momentum=0.9))
    assert text.startswith("SGD (\nParameter Group 0\n    dampening: 0\n    lr: 0.1\n")
    assert text.endswith("\n)")


def test_an_optimizer_of_ones_own_writes_step():
    class Halve(optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {})

        def step(self, closure=None):
            with mg.no_grad():
                for group in self.param_groups:
                    for p in group["params"]:
                        self.state[p]["count"] = self.state[p].get("count", 0) + 1
                        p.mul_(0.5)

    p = parameter(4.0)
    optimizer = Halve([p])
    optimizer.step()
    assert value(p)[0] == 2.0
    assert optimizer.state_dict()["state"] == {0: {"count": 1}}


def test_an_optimizer_without_a_rule_says_what_is_missing():
    p = parameter(1.0, grad=[1.0])
    with pytest.raises(NotImplementedError, match=r"update\(self, p, g, state, group\)"):
        optim.Optimizer([p], {}).step()

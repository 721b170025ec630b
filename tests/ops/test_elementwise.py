"""Elementwise functions beyond their rows: PyTorch's values at the edges, ties, kinks, errors."""

from __future__ import annotations

import operator

import numpy as np
import pytest

import minigrad as mg
from tests.case import apart, normal, positive

INF, NAN = float("inf"), float("nan")
EDGES = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.7, 40.0, -40.0, 1000.0, -1000.0, 1e-30, INF, -INF, NAN])
SLOPES = np.delete(EDGES, 1)  # which infinity a slope takes at -0.0 is nobody's business
EDGES_OF_SLOPES = {
    "copysign": SLOPES[np.isfinite(SLOPES)],  # PyTorch divides inf by inf where the slope is 1
    "digamma": SLOPES[(SLOPES >= 0) | (np.floor(SLOPES) != SLOPES)],  # and takes poles for 1e30
    "logit": SLOPES[(SLOPES >= 0) & (SLOPES <= 1)],
}
FUNCTIONS = [
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "deg2rad", "digamma",
    "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "floor", "frac", "isfinite", "isinf", "isnan",
    "isneginf", "isposinf", "isreal", "lgamma", "log", "log10", "log1p", "log2", "logical_not", "logit",
    "nan_to_num", "neg", "rad2deg", "reciprocal", "relu", "round", "rsqrt", "sgn", "sigmoid", "sign",
    "signbit", "sin", "sinc", "sinh", "sqrt", "square", "tan", "tanh", "trunc",
]  # fmt: skip
PAIRS = [
    "atan2", "copysign", "div", "eq", "floor_divide", "fmax", "fmin", "fmod", "ge", "gt", "heaviside",
    "hypot", "le", "logaddexp", "logaddexp2", "lt", "maximum", "minimum", "ne", "nextafter", "pow",
    "remainder", "xlogy",
]  # fmt: skip
torch_or_skip = pytest.importorskip


def agree(found, expected, rtol=1e-12, atol=1e-300):
    assert str(found.dtype) == str(expected.dtype).removeprefix("torch.")
    np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), rtol=rtol, atol=atol)


def gradients(library, function, inputs):
    xs = [library.tensor(x, requires_grad=True) for x in inputs]
    y = getattr(library, function)(*xs)
    if not y.requires_grad:
        return None
    y.backward(library.ones_like(y))
    return [x.grad.numpy(force=True) for x in xs if x.grad is not None]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_values_and_gradients_at_the_edges_are_those_of_pytorch(function):
    torch = torch_or_skip("torch")
    with np.errstate(all="ignore"):
        agree(getattr(mg, function)(mg.tensor(EDGES)), getattr(torch, function)(torch.tensor(EDGES)))
    edges = EDGES_OF_SLOPES.get(function, SLOPES)
    expected, found = gradients(torch, function, [edges]), gradients(mg, function, [edges])
    assert (found is None) == (expected is None)
    if found:
        rtol = 1e-9 if function == "digamma" else 1e-12  # PyTorch's trigamma has 9 digits
        np.testing.assert_allclose(found[0], expected[0], rtol=rtol, atol=1e-300)


@pytest.mark.parametrize("function", PAIRS)
def test_pairs_of_edges_give_the_values_and_gradients_of_pytorch(function):
    torch = torch_or_skip("torch")
    x, y = (a.ravel() for a in np.meshgrid(EDGES, EDGES))
    agree(
        getattr(mg, function)(mg.tensor(x), mg.tensor(y)),
        getattr(torch, function)(torch.tensor(x), torch.tensor(y)),
        atol=1e-15,
    )
    if function in ("floor_divide", "heaviside"):
        return  # PyTorch has no slope here, or a rule of its own for a jump
    x, y = (a.ravel() for a in np.meshgrid(*2 * [EDGES_OF_SLOPES.get(function, SLOPES)]))
    expected, found = gradients(torch, function, [x, y]), gradients(mg, function, [x, y])
    assert (found is None) == (expected is None)
    for f, e in zip(found or [], expected or [], strict=True):
        np.testing.assert_allclose(f, e, rtol=1e-10, atol=1e-300)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_integers_give_the_dtype_and_values_of_pytorch(function):
    torch = torch_or_skip("torch")
    for values in (np.array([-2, -1, 0, 1, 3]), np.array([0, 1, 3], np.uint8), np.array([True, False])):
        try:
            expected = getattr(torch, function)(torch.tensor(values))
        except (RuntimeError, NotImplementedError, TypeError):
            continue
        agree(getattr(mg, function)(mg.tensor(values)), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_float16_is_computed_and_stays_float16(function):
    torch = torch_or_skip("torch")
    values = np.array([0.1, 0.5, 0.9], np.float16)
    try:
        expected = getattr(torch, function)(torch.tensor(values))
    except (RuntimeError, NotImplementedError):
        pytest.skip("PyTorch has no float16 here")
    agree(getattr(mg, function)(mg.tensor(values)), expected, rtol=4e-3, atol=4e-3)


# ------------------------------------------------ ties and kinks


@pytest.mark.parametrize("function", ["maximum", "minimum"])
def test_a_tie_shares_the_gradient_half_and_half(function):
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = mg.tensor([1.0, 5.0, 0.0], requires_grad=True)
    getattr(mg, function)(x, y).sum().backward()
    assert x.grad.tolist() == ([0.5, 0.0, 1.0] if function == "maximum" else [0.5, 1.0, 0.0])
    assert y.grad.tolist() == [1 - g for g in x.grad.tolist()]


def test_the_slopes_at_kinks_are_those_of_pytorch():
    for function, expected in ((mg.abs, 0.0), (mg.relu, 0.0), (lambda x: mg.clamp(x, min=0), 1.0)):
        x = mg.tensor([0.0], requires_grad=True)
        function(x).backward()
        assert x.grad.item() == expected


def test_a_nan_in_the_branch_not_taken_does_not_reach_the_gradient():
    x = mg.tensor([0.0, 4.0], requires_grad=True)
    mg.where(x > 0, x.sqrt() / x, 0.0).sum().backward()
    assert mg.isnan(x.grad).tolist() == [True, False]  # sqrt' is infinite at 0: where cannot heal that

    x = mg.tensor([-1.0, 4.0], requires_grad=True)
    mg.where(x > 0, mg.tensor([NAN, 1.0]), x).sum().backward()
    assert x.grad.tolist() == [1.0, 0.0]

    g = mg.tensor([NAN, 1.0])
    a = mg.tensor([1.0, 1.0], requires_grad=True)
    mg.where(mg.tensor([False, True]), a, 2.0).backward(g)
    assert a.grad.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, -2, 0.5, 2.5, 0.0, -0.5])
def test_powers_by_a_number_have_pytorchs_values_and_slopes(exponent):
    torch = torch_or_skip("torch")
    xs = np.array([0.0, 1.0, 2.0, -1.5, INF, NAN])
    x, t = mg.tensor(xs, requires_grad=True), torch.tensor(xs, requires_grad=True)
    found, expected = x**exponent, t**exponent
    agree(found, expected)
    found.sum().backward()
    expected.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), t.grad.numpy(), rtol=1e-12)


def test_a_power_by_a_number_keeps_the_dtype_of_float32_and_wraps_numpy_scalars():
    x = mg.tensor([4.0])
    assert (x**2.5).dtype == np.float32
    assert (x ** np.float64(0.5)).dtype == np.float32
    assert (mg.tensor([2]) ** 2).dtype == np.int64
    assert (mg.tensor([2]) ** 0.5).dtype == np.float32
    assert (2.0 ** mg.tensor([2])).dtype == np.float32


CLAMPS = [
    (None, 0.5), (-0.5, None), (-0.5, 0.5), (0.5, -0.5),
    ("tensor", None), (None, "tensor"), ("tensor", "tensor"), ("tensor", "same tensor"),
]  # fmt: skip


@pytest.mark.parametrize(("low", "high"), CLAMPS, ids=str)
def test_clamp_has_the_values_and_gradients_of_pytorch(low, high):
    torch = torch_or_skip("torch")
    results = []
    for library in (mg, torch):
        bounds = {
            "tensor": library.tensor(normal(1, 6), requires_grad=True),
            "same tensor": library.tensor(normal(1, 6), requires_grad=True),
            None: None,
        }
        x = library.tensor(np.vstack([normal(1, 6), apart(3, 6), [[-0.5, 0.5, NAN, INF, -INF, 0]]]))
        x.requires_grad_()
        y = library.clamp(x, bounds.get(low, low), bounds.get(high, high))
        y.backward(library.tensor(np.cos(np.arange(30.0)).reshape(5, 6)))
        used = {b for b in (low, high) if isinstance(b, str)}
        results.append([y.detach().numpy(), x.grad.numpy(), *(bounds[b].grad.numpy() for b in sorted(used))])
    for found, expected in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_where_takes_numbers_arrays_and_a_condition_alone():
    mask = mg.tensor([[True, False], [False, True]])
    assert mg.where(mask, 1, 2).tolist() == [[1, 2], [2, 1]]
    assert mg.where(mask, 1, 2).dtype == np.int64
    assert mg.where(mask, 1.0, 2).dtype == np.float32
    assert mg.where(mask, np.array([5.0, 6.0]), 0).dtype == np.float64
    assert mg.tensor([[1.0, 2.0], [3.0, 4.0]]).where(mask, -1).tolist() == [[1.0, -1.0], [-1.0, 4.0]]
    rows, columns = mg.where(mask)
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [0, 1])


@pytest.mark.parametrize("mode", [None, "floor", "trunc"])
@pytest.mark.parametrize("kind", ["floats", "integers"])
def test_division_rounds_as_in_pytorch(mode, kind):
    torch = torch_or_skip("torch")
    x = np.array([7.0, -7.0, 7.5, -0.5, 6.0]) * (1 if kind == "floats" else 2)
    y = np.array([[2.0], [-2.0], [3.0]])
    if kind == "integers":
        x, y = x.astype(int), y.astype(int)
    agree(
        mg.div(mg.tensor(x), mg.tensor(y), rounding_mode=mode),
        torch.div(torch.tensor(x), torch.tensor(y), rounding_mode=mode),
        rtol=1e-6,
    )


SYMBOLS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lt", "le", "eq", "ne", "gt", "ge"]


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("other", [2, 2.5])
def test_operators_work_with_numbers_on_either_side(symbol, other):
    torch = torch_or_skip("torch")
    function = getattr(operator, symbol)
    values = np.array([1.0, 2.0, 4.0], np.float32)
    x, t = mg.tensor(values), torch.tensor(values)
    agree(function(x, other), function(t, other), rtol=1e-6)
    agree(function(other, x), function(other, t), rtol=1e-6)


@pytest.mark.parametrize("symbol", ["and_", "or_", "xor", "lshift", "rshift"])
def test_bit_operators_work_with_numbers_on_either_side(symbol):
    torch = torch_or_skip("torch")
    function = getattr(operator, symbol)
    for dtype in (np.int64, np.int8, np.uint8):
        values = np.array([1, 2, 5, 63, 70], dtype)
        x, t = mg.tensor(values), torch.tensor(values)
        agree(function(x, 3), function(t, 3))
        agree(function(3, x), function(3, t))


def test_aliases_are_the_same_functions():
    pairs = {
        "absolute": "abs", "arccos": "acos", "arcsinh": "asinh", "arctan2": "atan2", "clip": "clamp",
        "divide": "div", "fix": "trunc", "greater_equal": "ge", "less": "lt", "multiply": "mul",
        "negative": "neg", "not_equal": "ne", "subtract": "sub", "true_divide": "div",
    }  # fmt: skip
    for alias, name in pairs.items():
        assert getattr(mg, alias) is getattr(mg, name)
        assert getattr(mg.Tensor, alias) is getattr(mg.Tensor, name)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: mg.ones(2) + mg.ones(3), mg.ShapeError, r"add got shapes \(2,\) and \(3,\)"),
        (lambda: mg.where(mg.ones(2) > 0, mg.ones(3), 1), mg.ShapeError, "where got shapes"),
        (lambda: mg.where(mg.ones(2), 1, 2), mg.DTypeError, "condition of float32.*bool"),
        (lambda: mg.where(mg.ones(2) > 0, 1), TypeError, "one value; it needs both"),
        (lambda: mg.tensor([True]) - mg.tensor([True]), mg.DTypeError, "sub got bools.*logical_xor"),
        (lambda: -mg.tensor([True]), mg.DTypeError, "neg got bools.*~x"),
        (lambda: +mg.tensor([True]), mg.DTypeError, "positive got bools"),
        (lambda: abs(mg.tensor([True])), mg.DTypeError, "abs got bools"),
        (lambda: mg.relu(mg.tensor([True])), mg.DTypeError, "relu got bools"),
        (lambda: mg.tensor([1]) // 0, ZeroDivisionError, "floor_divide got integers"),
        (lambda: mg.tensor([1]) % 0, ZeroDivisionError, "remainder got integers"),
        (lambda: mg.fmod(mg.tensor([1]), 0), ZeroDivisionError, "fmod got integers"),
        (lambda: mg.tensor([2]) ** -1, ValueError, "exponent -1.*x.float"),
        (lambda: mg.tensor([True]) ** mg.tensor([True]), mg.DTypeError, "bools to the power of bools"),
        (lambda: mg.div(mg.ones(1), 2, rounding_mode="up"), ValueError, "'up'.*'trunc' or 'floor'"),
        (lambda: mg.add(mg.tensor([1]), mg.tensor([1]), alpha=0.5), mg.DTypeError, "alpha=0.5"),
        (lambda: mg.clamp(mg.ones(1)), ValueError, "neither min nor max"),
        (lambda: mg.ones(1) & 1, mg.DTypeError, "bitwise_and got float32"),
        (lambda: ~mg.ones(1), mg.DTypeError, "bitwise_not got float32"),
        (lambda: mg.tensor([True]) << 1.0, mg.DTypeError, "bitwise_left_shift got float32"),
        (lambda: mg.gcd(mg.ones(1), 2), mg.DTypeError, "gcd got float32; it needs integers"),
        (lambda: mg.heaviside(mg.ones(1), mg.tensor([1])), mg.DTypeError, "one dtype"),
        (lambda: mg.isclose(mg.ones(1), mg.tensor([1])), mg.DTypeError, "isclose got float32 and int64"),
        (lambda: mg.isclose(mg.ones(1), mg.ones(1), rtol=-1), ValueError, "both >= 0"),
        (lambda: mg.round(mg.tensor([11]), decimals=-1), mg.DTypeError, "decimals=-1"),
        (lambda: mg.floor(mg.tensor([True])), mg.DTypeError, "floor got bools"),
        (lambda: mg.frac(mg.tensor([1])), mg.DTypeError, "frac got int64"),
        (lambda: mg.lerp(mg.ones(1), mg.tensor([1]), 0.5), mg.DTypeError, "one float dtype"),
        (lambda: mg.addcdiv(mg.ones(1), mg.tensor([1]), mg.tensor([1])), mg.DTypeError, "floats to divide"),
        (lambda: mg.polygamma(-1, mg.ones(1)), ValueError, "n >= 0"),
        (lambda: bool(mg.ones(2)), RuntimeError, "2 elements.*any"),
        (lambda: bool(mg.ones(0)), RuntimeError, "0 elements"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call, error, words):
    with pytest.raises(error, match=words):
        call()


# ------------------------------------------------ truth and equality


def test_one_element_has_a_truth_value_and_equality_with_strangers_is_false():
    assert bool(mg.tensor([[3.0]]))
    assert not mg.tensor(0)
    assert (mg.ones(1) == None) is False  # noqa: E711
    assert (mg.ones(1) != "a") is True
    assert len({mg.ones(1), mg.ones(1)}) == 2


def test_equal_and_allclose_give_python_bools():
    x = mg.tensor([1.0, NAN])
    assert mg.equal(mg.ones(2), mg.ones(2)) is True
    assert mg.equal(mg.ones(2), mg.ones(1)) is False
    assert mg.equal(x, x) is False
    assert mg.allclose(x, x) is False
    assert x.allclose(x, equal_nan=True) is True


def test_the_comparison_of_tensors_that_require_grad_records_nothing():
    x = mg.ones(2, requires_grad=True)
    assert not (x > 0).requires_grad
    assert not mg.isnan(x).requires_grad
    assert not mg.logical_not(x).requires_grad


def test_third_derivatives_follow_from_the_same_rules():
    for function, third in (
        (mg.sigmoid, lambda s: s * (1 - s) * (1 - 6 * s + 6 * s * s)),
        (lambda x: x**4, None),
        (mg.tanh, None),
    ):
        x = mg.tensor(0.7, dtype=mg.float64, requires_grad=True)
        y = function(x)
        value = y.item()
        for _ in range(3):
            (y,) = mg.autograd.grad(y, x, create_graph=True)
        if function is mg.tanh:
            expected = (1 - value**2) * (6 * value**2 - 2)
        else:
            expected = third(value) if third else 24 * 0.7
        assert y.item() == pytest.approx(expected, rel=1e-10)


def test_results_never_share_memory_with_their_operands():
    x = mg.tensor([1.0, 2.0])
    for function in (mg.abs, mg.relu, lambda x: x + 0, lambda x: x**1, lambda x: mg.clamp(x, 0, 9)):
        assert not np.shares_memory(function(x).numpy(), x.numpy())
    whole = mg.tensor([1, 2])
    for function in (mg.floor, mg.round, mg.trunc, mg.nan_to_num):
        assert not np.shares_memory(function(whole).numpy(), whole.numpy())
    assert not np.shares_memory(mg.sign(mg.tensor([True])).numpy(), x.numpy())


def test_strided_and_broadcast_operands_give_what_contiguous_ones_give():
    x = mg.tensor(positive(4, 6))
    for function in (mg.sigmoid, mg.erf, mg.relu, mg.lgamma, mg.exp):
        expected = function(mg.tensor(np.ascontiguousarray(x.numpy().T[::2])))
        assert mg.equal(function(mg.from_numpy(x.numpy().T[::2])), expected)
        wide = mg.from_numpy(np.broadcast_to(x.numpy()[0], (3, 6)))
        assert mg.equal(function(wide)[2], function(x[0]))


@pytest.mark.parametrize("function", ["floor_divide", "remainder", "fmod"])
def test_nothing_divided_by_zero_is_nothing(function):
    empty = mg.zeros(0, 2, dtype=mg.int64)
    result = getattr(mg, function)(empty, mg.tensor([1, 0]))
    assert result.shape == (0, 2)
    assert result.dtype == mg.int64
    with pytest.raises(ZeroDivisionError):
        getattr(mg, function)(mg.ones(1, 2, dtype=mg.int64), mg.tensor([1, 0]))

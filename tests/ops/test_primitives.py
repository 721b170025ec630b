"""Every primitive against an independent reference, differences and its own float32 self.

The rows stand in the files cases_*.py beside this one.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import gradcheck, gradgradcheck
from minigrad.nn import functional as F
from minigrad.reverse import owns_memory
from minigrad.tape import PRIMITIVES

HERE = Path(__file__).parent
CASES = [
    case for file in sorted(HERE.glob("cases_*.py")) for case in import_module(f"tests.ops.{file.stem}").CASES
]
BUILT_IN = {name for name, p in PRIMITIVES.items() if p.forward.__module__.startswith("minigrad.")}

every_case = pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
with_gradient = pytest.mark.parametrize("case", [c for c in CASES if c.gradient], ids=lambda c: c.name)
twice_differentiable = pytest.mark.parametrize(
    "case", [c for c in CASES if c.gradient and c.second_order], ids=lambda c: c.name
)
in_float32 = pytest.mark.parametrize("case", [c for c in CASES if c.float32], ids=lambda c: c.name)


def leaves(inputs, requires_grad=False, dtype=np.float64):
    made = []
    for x in inputs:
        if isinstance(x, np.ndarray):
            floating = x.dtype.kind == "f"
            made.append(
                mg.tensor(x, dtype=dtype if floating else None, requires_grad=requires_grad and floating)
            )
        else:
            made.append(x)
    return made


def arrays(result):
    results = result if isinstance(result, (tuple, list)) else (result,)
    return [np.asarray(r.detach() if isinstance(r, mg.Tensor) else r) for r in results]


def assert_close(found, expected, rtol, atol):
    found, expected = arrays(found), arrays(expected)
    assert len(found) == len(expected)
    for f, e in zip(found, expected):
        assert f.shape == e.shape
        np.testing.assert_allclose(f, e, rtol=rtol, atol=atol)


@every_case
def test_forward_agrees_with_the_slow_reference(case):
    found = case.op(*leaves(case.inputs), **case.attributes)
    assert_close(found, case.reference(*case.inputs, **case.attributes), case.rtol, case.rtol)


@every_case
def test_forward_agrees_on_non_contiguous_inputs(case):
    strided = []
    for x in leaves(case.inputs):
        if isinstance(x, mg.Tensor) and x.ndim:
            doubled = np.repeat(x.numpy(), 2, axis=-1)
            x = mg.from_numpy(doubled[..., ::2])
        strided.append(x)
    found = case.op(*strided, **case.attributes)
    assert_close(found, case.reference(*case.inputs, **case.attributes), case.rtol, case.rtol)


@in_float32
def test_forward_in_float32_agrees_with_float64(case):
    found = case.op(*leaves(case.inputs, dtype=np.float32), **case.attributes)
    expected = case.reference(*case.inputs, **case.attributes)
    for f, e in zip(arrays(found), arrays(expected)):
        if e.dtype.kind == "f":
            assert f.dtype == np.float32
    assert_close(found, expected, case.rtol32, case.rtol32)


@with_gradient
def test_gradient_agrees_with_differences(case):
    assert gradcheck(lambda *xs: case.op(*xs, **case.attributes), leaves(case.inputs, True))


@with_gradient
def test_gradient_agrees_on_non_contiguous_inputs(case):
    def strided(*xs):
        moved = [
            # Through a transposed copy: the op sees strides, the gradient passes back.
            x.transpose(0, -1).contiguous().transpose(0, -1) if isinstance(x, mg.Tensor) and x.ndim > 1 else x
            for x in xs
        ]
        return case.op(*moved, **case.attributes)

    assert gradcheck(strided, leaves(case.inputs, True))


@with_gradient
def test_gradient_in_float32_has_the_dtype_and_values_of_float64(case):
    if not case.float32:
        pytest.skip("float64 only")
    found = []
    for dtype in (np.float64, np.float32):
        xs = leaves(case.inputs, True, dtype)
        outputs = case.op(*xs, **case.attributes)
        outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        outputs = [o for o in outputs if isinstance(o, mg.Tensor) and o.requires_grad]
        mg.autograd.backward(outputs, [np.ones(o.shape, o.dtype) for o in outputs])
        found.append([x.grad for x in xs if isinstance(x, mg.Tensor) and x.requires_grad])
    for exact, rounded in zip(*found):
        assert (exact is None) == (rounded is None)
        if exact is not None:
            assert rounded.dtype == np.float32
            np.testing.assert_allclose(rounded.numpy(), exact.numpy(), rtol=case.rtol32, atol=case.rtol32)


def float_places(case):
    return [i for i, x in enumerate(case.inputs) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]


def two_orders(case, places, tracked_weights):
    """For each place: the gradient of that input and, of that one again, the gradient of the gradient.

    The inputs at ``places`` are the only ones that require grad, and, if they are tracked, the
    weights of the outputs.
    """
    xs = leaves(case.inputs)
    inputs = [xs[i].requires_grad_() for i in places]
    outputs = case.op(*xs, **case.attributes)
    outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    outputs = [o for o in outputs if isinstance(o, mg.Tensor) and o.requires_grad]
    first = slopes(outputs, inputs, tracked_weights, create_graph=case.second_order)
    second = [
        slopes([g], [x], retain_graph=True)[0]
        if case.second_order and g is not None and g.requires_grad
        else None
        for g, x in zip(first, inputs)
    ]
    filled = [[mg.zeros_like(x) if g is None else g for g in pair] for x, *pair in zip(inputs, first, second)]
    return dict(zip(places, map(arrays, filled)))


def slopes(outputs, inputs, tracked_weights=False, **how):
    if not outputs:
        return [None for _ in inputs]
    weights = [np.cos(np.arange(o.numel())).reshape(o.shape).astype(o.dtype) for o in outputs]
    weights = [mg.tensor(w, requires_grad=tracked_weights) for w in weights]
    return mg.autograd.grad(outputs, inputs, weights, allow_unused=True, **how)


@with_gradient
def test_one_input_alone_gets_the_gradients_it_gets_where_everything_requires_grad(case):
    """A rule works out only what is needed; no part of it may lean on another."""
    for place, wanted in two_orders(case, float_places(case), tracked_weights=True).items():
        found = two_orders(case, [place], tracked_weights=False)[place]
        assert_close(found, wanted, case.rtol, case.rtol)


@twice_differentiable
def test_a_gradient_is_the_same_whether_or_not_it_is_recorded(case):
    """Differences of a recorded gradient only say that it agrees with itself."""
    found = []
    for create_graph in (False, True):
        xs = leaves(case.inputs, True)
        outputs = case.op(*xs, **case.attributes)
        outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        outputs = [o for o in outputs if isinstance(o, mg.Tensor) and o.requires_grad]
        inputs = [x for x in xs if isinstance(x, mg.Tensor) and x.requires_grad]
        found.append(slopes(outputs, inputs, tracked_weights=True, create_graph=create_graph))
    for plain, recorded in zip(*found):
        assert (plain is None) == (recorded is None)
        if plain is not None:
            assert_close(recorded, plain, case.rtol, case.rtol)


@twice_differentiable
def test_second_gradient_agrees_with_differences(case):
    assert gradgradcheck(lambda *xs: case.op(*xs, **case.attributes), leaves(case.inputs, True))


def second_slope(case, inputs, create_graph=False):
    """A number made of second gradients of a row, and the leaves it depends on.

    Squares on the way let ``g`` depend on the leaves, so that rules of rules are recorded: those of
    ``relu_backward`` in the row of ``relu``.
    """
    xs = leaves(inputs, True)
    tracked = [x for x in xs if isinstance(x, mg.Tensor) and x.requires_grad]
    outputs = case.op(*xs, **case.attributes)
    total = weighted(outputs if isinstance(outputs, (tuple, list)) else (outputs,))
    for again in (True, create_graph):
        if not total.requires_grad:
            break
        total = weighted(mg.autograd.grad(total, tracked, create_graph=again, allow_unused=True))
    return total, tracked


def weighted(outputs):
    total = mg.tensor(0.0, dtype=mg.float64)
    for y in outputs:
        if isinstance(y, mg.Tensor) and y.is_floating_point():
            total = total + ((y + y * y) * np.cos(1.0 + np.arange(y.numel())).reshape(y.shape)).sum()
    return total


@twice_differentiable
def test_third_gradient_agrees_with_differences_along_one_direction(case):
    """The inputs move together along a fixed random direction: two evaluations in all."""
    random, eps = np.random.default_rng(2), 1e-5
    places = float_places(case)
    steps = {i: eps * random.uniform(0.5, 1.5, case.inputs[i].shape) for i in places}

    def moved(sign):
        return [np.asarray(x + sign * steps[i]) if i in steps else x for i, x in enumerate(case.inputs)]

    there, back = (second_slope(case, moved(sign))[0] for sign in (1, -1))
    total, inputs = second_slope(case, case.inputs, create_graph=True)
    found = mg.autograd.grad(total, inputs, allow_unused=True) if total.requires_grad else ()
    rise = sum(float((g.numpy() * steps[i]).sum()) for i, g in zip(places, found) if g is not None)
    np.testing.assert_allclose(rise / eps, (there.item() - back.item()) / (2 * eps), rtol=1e-5, atol=1e-6)


def test_no_primitive_is_left_without_a_case():
    covered = set().union(*(c.primitives for c in CASES))
    assert BUILT_IN - covered == set()


def test_no_differentiable_primitive_is_left_without_second_order():
    covered = set().union(*(c.primitives for c in CASES if c.gradient and c.second_order))
    differentiable = {name for name in BUILT_IN if PRIMITIVES[name].backward is not None}
    assert differentiable - covered == set()


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.softmax(x, -1),
        lambda x: F.log_softmax(x, -1),
        lambda x: F.layer_norm(x, x.shape[1:]),
        lambda x: F.dropout(x, 0.5),
    ],
    ids=["softmax", "log_softmax", "layer_norm", "dropout"],
)
def test_a_rule_of_rows_hands_out_an_array_that_no_leaf_need_copy(function):
    node = function(mg.ones(2, 3, 4, requires_grad=True)).node
    with np.errstate(over="ignore"):  # as in a backward pass
        gradient = node.primitive.backward(np.ones((2, 3, 4), np.float32), node.residuals, node.needs)[0]
    assert owns_memory(gradient)

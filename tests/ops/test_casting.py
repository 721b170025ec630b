"""Which dtype comes out: every pair of dtypes and kinds of operand, as in PyTorch."""

from __future__ import annotations

import operator

import numpy as np
import pytest

import minigrad as mg
from minigrad.ops import casting

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
KINDS = [("tensor", (2,)), ("0-dim", ())]
NUMBERS = [True, 3, 2.5]


def with_torch():
    return pytest.importorskip("torch")


def operands():
    """Name, minigrad operand and PyTorch operand for every dtype, number of dimensions and number."""
    torch = with_torch()
    made = []
    for dtype in DTYPES:
        for kind, shape in KINDS:
            made.append(
                (
                    f"{dtype} {kind}",
                    mg.from_numpy(np.ones(shape, dtype)),
                    torch.ones(shape, dtype=getattr(torch, dtype)),
                )
            )
    return made + [(repr(n), n, n) for n in NUMBERS]


def outcome(function, x, y):
    """The dtype of the result, or None where the library refuses the operands."""
    try:
        return str(function(x, y).dtype).removeprefix("torch.")
    except (TypeError, RuntimeError, ValueError, NotImplementedError):
        return None


OPERATORS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lt", "eq", "and_", "lshift"]


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_give_the_dtype_that_pytorch_gives(name):
    torch = with_torch()
    function = getattr(operator, name)
    wrong = []
    for x_name, x, torch_x in operands():
        for y_name, y, torch_y in operands():
            if isinstance(torch_x, torch.Tensor) or isinstance(torch_y, torch.Tensor):
                found, expected = outcome(function, x, y), outcome(function, torch_x, torch_y)
                if name == "pow" and x_name.startswith("bool") and y is True:
                    continue  # PyTorch copies the mask; minigrad refuses bools to bools throughout
                if found != expected:
                    wrong.append(f"{x_name}, {y_name}: {found}, PyTorch {expected}")
    assert wrong == []


FUNCTIONS = ["maximum", "fmin", "where", "logaddexp", "xlogy", "atan2", "copysign", "result_type"]


@pytest.mark.parametrize("name", [f for f in FUNCTIONS if hasattr(mg, f)])
def test_functions_of_two_tensors_give_the_dtype_that_pytorch_gives(name):
    torch = with_torch()

    def call(library, x, y):
        if name == "where":
            mask = torch.tensor([True]) if library is torch else mg.tensor([True])
            return library.where(mask, x, y)
        if name == "result_type":
            return library.zeros(1, dtype=library.result_type(x, y))
        return getattr(library, name)(x, y)

    wrong = []
    for x_name, x, torch_x in operands():
        for y_name, y, torch_y in operands():
            if isinstance(torch_x, torch.Tensor) and isinstance(torch_y, torch.Tensor):
                found = outcome(lambda x, y: call(mg, x, y), x, y)
                expected = outcome(lambda x, y: call(torch, x, y), torch_x, torch_y)
                # PyTorch has loops for fewer dtypes here; where it has one, the dtypes agree.
                if expected is not None and found != expected:
                    wrong.append(f"{x_name}, {y_name}: {found}, PyTorch {expected}")
    assert wrong == []


def test_promote_types_and_can_cast_agree_with_pytorch():
    torch = with_torch()
    for a in DTYPES:
        for b in DTYPES:
            expected = str(torch.promote_types(getattr(torch, a), getattr(torch, b))).removeprefix("torch.")
            assert mg.promote_types(a, b) == np.dtype(expected), (a, b)
            assert mg.can_cast(a, b) == torch.can_cast(getattr(torch, a), getattr(torch, b)), (a, b)


def test_a_numpy_scalar_counts_as_a_python_number():
    assert (mg.tensor([1.0]) * np.float64(2)).dtype == np.float32
    assert (np.float64(2) * mg.tensor([1.0])).dtype == np.float32
    assert (mg.tensor([1]) * np.float32(2)).dtype == np.float32
    assert (mg.tensor([1], dtype=mg.float64) * np.float32(2)).dtype == np.float64


def test_a_python_float_keeps_all_its_digits_with_float64():
    x = mg.tensor([1.0, 2.0], dtype=np.float64)
    for y in (x * 0 + 0.1, mg.where(x > 5, x, 0.1), mg.maximum(x * 0, mg.tensor(0.1, dtype=np.float64))):
        assert y.numpy()[0] == 0.1


def test_a_number_too_large_for_the_dtype_becomes_infinite_without_a_warning():
    x = mg.tensor([1.0])
    assert np.isposinf((x + 1e300).numpy()).all()
    assert np.isposinf((x * 1e300).numpy()).all()


def test_small_integers_wrap_around_as_in_pytorch():
    assert (mg.tensor([1], dtype=np.uint8) - 2).tolist() == [255]
    assert (mg.tensor([1], dtype=np.int8) + 300).tolist() == [45]


def test_the_default_dtype_is_what_was_set():
    assert mg.get_default_dtype() == np.float32
    for dtype in (mg.float16, mg.float64, mg.float32):
        mg.set_default_dtype(dtype)
        assert mg.get_default_dtype() == dtype
        assert mg.tensor(0.5).dtype == dtype


def test_result_type_agrees_with_pytorch_for_tensors_and_numbers():
    torch = with_torch()
    for a in DTYPES:
        for b in DTYPES:
            for shapes in ((1, 1), (1, ()), ((), 1), ((), ())):
                ours = [mg.zeros(s, dtype=d) for s, d in zip(shapes, (a, b))]
                theirs = [torch.zeros(s, dtype=getattr(torch, d)) for s, d in zip(shapes, (a, b))]
                assert str(torch.result_type(*theirs)) == f"torch.{mg.result_type(*ours)}", (a, b, shapes)
        for number in (True, 2, 2.5):
            expected = torch.result_type(torch.zeros(1, dtype=getattr(torch, a)), number)
            assert str(expected) == f"torch.{mg.result_type(mg.zeros(1, dtype=a), number)}", (a, number)


def test_the_default_dtype_decides_what_integers_divide_to():
    before = mg.get_default_dtype()
    try:
        mg.set_default_dtype(np.float64)
        assert (mg.tensor([1]) / 3).dtype == np.float64
        assert mg.exp(mg.tensor([1])).dtype == np.float64
    finally:
        mg.set_default_dtype(before)
    assert (mg.tensor([1]) / 3).dtype == np.float32


def test_a_gradient_comes_back_in_the_dtype_of_its_operand():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    y = mg.tensor([3.0, 4.0], dtype=np.float64, requires_grad=True)
    h = mg.tensor([1.0, 1.0], dtype=np.float16, requires_grad=True)
    (x * y * h).sum().backward()
    assert (x.grad.dtype, y.grad.dtype, h.grad.dtype) == (np.float32, np.float64, np.float16)
    assert x.grad.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: mg.set_default_dtype(np.int64), mg.DTypeError, "float16, float32 or float64"),
        (lambda: mg.promote_types("complex64", "int64"), mg.DTypeError, "complex64.*it needs bool"),
        (lambda: mg.tensor([1.0]) + [1.0], TypeError, "add got list.*minigrad.tensor"),
        (lambda: mg.tensor([1.0]) + "a", TypeError, "add got str"),
        (lambda: mg.result_type(), TypeError, "needs at least one"),
        (lambda: mg.result_type(mg.tensor([1]), "a"), TypeError, "result_type got str"),
        (lambda: casting.as_operand(None, "exp"), TypeError, "exp got NoneType"),
        (lambda: mg.exp(np.array(["a"])), mg.DTypeError, "it needs bool, an integer or a float"),
        (lambda: mg.tensor([1.0]) + 1j, TypeError, "add got complex"),
    ],
)
def test_what_is_no_number_is_refused_in_words(call, error, words):
    with pytest.raises(error, match=words):
        call()

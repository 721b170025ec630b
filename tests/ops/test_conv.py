"""conv2d and conv_transpose2d beside PyTorch, their error messages and what they skip."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import kernels
from minigrad.errors import DTypeError, ShapeError
from minigrad.ops import conv

SHAPES = [
    # N, C, H, W, M, kernel, stride, padding, dilation, groups
    (2, 1, 28, 28, 8, (3, 3), (1, 1), (0, 0), (1, 1), 1),
    (2, 6, 14, 14, 16, (5, 5), (1, 1), (0, 0), (1, 1), 1),
    (3, 8, 26, 26, 16, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (1, 3, 32, 32, 32, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (2, 16, 15, 17, 20, (3, 3), (2, 2), (1, 1), (1, 1), 1),
    (2, 5, 9, 40, 7, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    (2, 4, 9, 9, 6, (1, 1), (2, 3), (0, 0), (1, 1), 1),
    (2, 6, 12, 13, 9, (3, 2), (2, 1), (2, 0), (2, 3), 3),
    (2, 12, 10, 10, 12, (3, 3), (1, 1), (1, 1), (1, 1), 12),
    (1, 4, 3, 3, 5, (3, 3), (4, 4), (2, 2), (1, 1), 1),
    (9, 2, 1, 1, 4, (1, 1), (1, 1), (0, 0), (1, 1), 2),
    (1, 2, 100, 300, 3, (7, 7), (1, 1), (3, 3), (1, 1), 1),
    # large kernels without padding: images innermost
    (35, 6, 14, 14, 16, (5, 5), (1, 1), (0, 0), (1, 1), 1),
    # many channels and 3 x 3: Winograd
    (8, 32, 15, 14, 64, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (64, 64, 7, 9, 48, (3, 3), (1, 1), (0, 2), (1, 1), 1),
    (1, 70, 33, 20, 65, (3, 3), (1, 1), (2, 1), (1, 1), 1),
]
PRECISION = {np.float32: 3e-4, np.float64: 1e-10}

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
both_dtypes = pytest.mark.parametrize("dtype", PRECISION, ids=lambda d: d.__name__)


def random(*shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def assert_near(found, expected, dtype):
    expected = expected.detach().numpy()
    found = found.numpy()
    assert found.dtype == expected.dtype == dtype
    assert found.shape == expected.shape
    np.testing.assert_allclose(
        found, expected, rtol=0, atol=PRECISION[dtype] * max(1, np.abs(expected).max())
    )


def compare(ours, theirs, arrays, dtype):
    """Output and gradients of the same function, ours and PyTorch's."""
    torch = pytest.importorskip("torch")
    mine = [mg.tensor(a, requires_grad=True) for a in arrays]
    yours = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, expected = ours(*mine), theirs(*yours)
    g = random(*expected.shape, dtype=dtype, seed=9)
    y.backward(mg.tensor(g))
    expected.backward(torch.tensor(g))
    assert_near(y.detach(), expected, dtype)
    for a, b in zip(mine, yours):
        assert_near(a.grad, b.grad, dtype)


@both_dtypes
@every_shape
def test_conv2d_and_its_gradients_agree_with_pytorch(shape, dtype):
    torch = pytest.importorskip("torch")
    N, C, H, W, M, kernel, stride, padding, dilation, groups = shape
    arrays = [
        random(N, C, H, W, dtype=dtype),
        random(M, C // groups, *kernel, dtype=dtype, seed=1),
        random(M, dtype=dtype, seed=2),
    ]
    settings = (stride, padding, dilation, groups)
    compare(
        lambda x, w, b: conv.conv2d(x, w, b, *settings),
        lambda x, w, b: torch.nn.functional.conv2d(x, w, b, *settings),
        arrays,
        dtype,
    )


@both_dtypes
@every_shape
def test_conv_transpose2d_and_its_gradients_agree_with_pytorch(shape, dtype):
    torch = pytest.importorskip("torch")
    N, C, H, W, M, kernel, stride, padding, dilation, groups = shape
    extra = tuple(s - 1 for s in stride)
    size = [(n - 1) * s - 2 * p + d * (k - 1) + e + 1
            for n, s, p, d, k, e in zip((H, W), stride, padding, dilation, kernel, extra)]  # fmt: skip
    if min(size) < 1:
        pytest.skip("no output")
    arrays = [
        random(N, C, H, W, dtype=dtype),
        random(C, M // groups, *kernel, dtype=dtype, seed=1),
        random(M, dtype=dtype, seed=2),
    ]
    settings = (stride, padding, extra, groups, dilation)
    compare(
        lambda x, w, b: conv.conv_transpose2d(x, w, b, *settings),
        lambda x, w, b: torch.nn.functional.conv_transpose2d(x, w, b, *settings),
        arrays,
        dtype,
    )


def test_gradients_of_winograd_are_those_of_a_linear_function():
    x, w = random(16, 64, 8, 7), random(64, 64, 3, 3, seed=1)
    assert all(kernels.winograd.suits(8, x.shape, w.shape, (1, 1), (1, 1, 1, 1), (1, 1), 1))
    g, dx, dw = random(16, 64, 8, 7, seed=2), random(*x.shape, seed=3), random(*w.shape, seed=4)
    inputs = [mg.tensor(a, requires_grad=True) for a in (x, w)]
    (conv.conv2d(*inputs, padding=1) * mg.tensor(g)).sum().backward()
    for variable, step, operands in zip(inputs, (dx, dw), ((dx, w), (x, dw))):
        change = conv.conv2d(*map(mg.tensor, operands), padding=1).numpy()  # along ``step``, exactly
        np.testing.assert_allclose((variable.grad.numpy() * step).sum(), (change * g).sum(), rtol=1e-9)


# PyTorch warns of the copy that an even kernel costs it.
@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (4, 5)])
def test_padding_by_name_agrees_with_pytorch(padding, kernel):
    torch = pytest.importorskip("torch")
    arrays = [random(2, 3, 7, 8), random(4, 3, *kernel, seed=1)]
    compare(
        lambda x, w: conv.conv2d(x, w, padding=padding, dilation=(1, 2) if kernel[1] < 5 else 1),
        lambda x, w: torch.nn.functional.conv2d(
            x, w, padding=padding, dilation=(1, 2) if kernel[1] < 5 else 1
        ),
        arrays,
        np.float64,
    )


def test_half_precision_is_summed_in_float32():
    x, w = random(1, 2, 5, 5).astype(np.float16), random(3, 2, 3, 3, seed=1).astype(np.float16)
    found = conv.conv2d(mg.tensor(x), mg.tensor(w))
    expected = conv.conv2d(mg.tensor(x.astype(np.float32)), mg.tensor(w.astype(np.float32)))
    assert found.dtype == np.float16
    np.testing.assert_array_equal(found.numpy(), expected.numpy().astype(np.float16))


def test_the_gradient_of_an_image_that_needs_none_is_not_computed(monkeypatch):
    def refuse(*arguments):
        raise AssertionError("the input gradient was computed")

    monkeypatch.setattr(kernels.conv, "conv2d_grad_input", refuse)
    weight = mg.tensor(random(2, 1, 3, 3), requires_grad=True)
    conv.conv2d(mg.tensor(random(1, 1, 5, 5)), weight).backward(mg.tensor(random(1, 2, 3, 3)))
    assert weight.grad is not None


def test_a_frozen_weight_leaves_the_gradients_of_image_and_bias():
    x = mg.tensor(random(2, 2, 4, 4), requires_grad=True)
    bias = mg.tensor(random(3), requires_grad=True)
    weight = mg.tensor(random(3, 2, 3, 3))
    g = random(2, 3, 2, 2)
    conv.conv2d(x, weight, bias).backward(mg.tensor(g))
    np.testing.assert_allclose(bias.grad.numpy(), g.sum((0, 2, 3)))
    assert x.grad is not None
    assert weight.grad is None


def test_nan_and_infinity_pass_through():
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 0, 0], x[0, 0, 2, 2] = np.nan, np.inf
    y = conv.conv2d(mg.tensor(x), mg.tensor(np.ones((1, 1, 1, 1)))).numpy()
    np.testing.assert_array_equal(y, x)


def zeros(*shape, dtype=np.float32):
    return mg.tensor(np.zeros(shape, dtype))


IMAGE, WEIGHT = zeros(1, 4, 5, 5), zeros(6, 4, 3, 3)
ERRORS = [
    ("channels", lambda: conv.conv2d(zeros(1, 3, 5, 5), WEIGHT), ShapeError, "it needs 4 input channels"),
    ("groups", lambda: conv.conv2d(IMAGE, WEIGHT, groups=2), ShapeError, "it needs 8 input channels"),
    ("groups of filters", lambda: conv.conv2d(IMAGE, zeros(6, 1, 3, 3), groups=4), ShapeError, "groups divides"),
    ("no groups", lambda: conv.conv2d(IMAGE, WEIGHT, groups=0), ValueError, "integer >= 1"),
    ("kernel too large", lambda: conv.conv2d(zeros(1, 4, 2, 9), WEIGHT), ShapeError, "an input of 2 x 9"),
    ("dilated kernel too large", lambda: conv.conv2d(IMAGE, WEIGHT, dilation=3), ShapeError, "smaller kernel"),
    ("dimensions", lambda: conv.conv2d(zeros(5, 5), WEIGHT), ShapeError, r"\(N, C, H, W\)"),
    ("dimensions of weight", lambda: conv.conv2d(IMAGE, zeros(6, 36)), ShapeError, "4 dimensions"),
    ("dtypes", lambda: conv.conv2d(zeros(1, 4, 5, 5, dtype=np.float64), WEIGHT), DTypeError, "one float dtype"),
    ("integers", lambda: conv.conv2d(zeros(1, 4, 5, 5, dtype=np.int64), WEIGHT), DTypeError, "int64"),
    ("an array", lambda: conv.conv2d(np.zeros((1, 4, 5, 5), np.float32), WEIGHT), TypeError, "ndarray"),
    ("bias", lambda: conv.conv2d(IMAGE, WEIGHT, zeros(4)), ShapeError, r"it needs \(6,\)"),
    ("stride", lambda: conv.conv2d(IMAGE, WEIGHT, stride=0), ValueError, "stride=0"),
    ("padding", lambda: conv.conv2d(IMAGE, WEIGHT, padding=-1), ValueError, "padding=-1"),
    ("name of padding", lambda: conv.conv2d(IMAGE, WEIGHT, padding="full"), ValueError, "'same', 'valid'"),
    ("same with stride", lambda: conv.conv2d(IMAGE, WEIGHT, stride=2, padding="same"), ValueError, "stride 1"),
    ("empty image", lambda: conv.conv2d(zeros(1, 4, 0, 5), WEIGHT), ShapeError, "only the batch"),
    ("transposed channels", lambda: conv.conv_transpose2d(IMAGE, WEIGHT), ShapeError, "it needs 6 input channels"),
    ("output_padding", lambda: conv.conv_transpose2d(IMAGE, zeros(4, 2, 3, 3), output_padding=1), ValueError, "smaller than stride"),
    ("no output", lambda: conv.conv_transpose2d(zeros(1, 4, 1, 1), zeros(4, 2, 1, 1), padding=1), ShapeError, "Pad less"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "words"), [e[1:] for e in ERRORS], ids=[e[0] for e in ERRORS])
def test_a_misfit_is_explained(call, error, words):
    with pytest.raises(error, match=words):
        call()

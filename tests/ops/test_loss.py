"""Losses beyond the table: PyTorch's values and gradients, kinks, ends of ranges, errors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DTypeError, ShapeError
from minigrad.ops import loss
from tests.case import labels, normal, positive

REDUCTIONS = ["none", "mean", "sum"]
SIGNS = np.sign(normal(5, 3, seed=7))
SHARES = positive(5, 3, low=0.01, high=0.99)

# name, inputs, options
CALLS = [
    ("mse_loss", [normal(5, 3), normal(5, 3, seed=1)], {}),
    ("mse_loss", [normal(5, 3), normal(5, 3, seed=1)], {"weight": positive(5, 3)}),
    ("l1_loss", [normal(5, 3), normal(5, 3, seed=1)], {}),
    ("smooth_l1_loss", [normal(5, 3), normal(5, 3, seed=1)], {}),
    ("smooth_l1_loss", [normal(5, 3), normal(5, 3, seed=1)], {"beta": 0.3}),
    ("smooth_l1_loss", [normal(5, 3), normal(5, 3, seed=1)], {"beta": 0.0}),
    ("huber_loss", [normal(5, 3), normal(5, 3, seed=1)], {"delta": 0.5}),
    ("binary_cross_entropy", [SHARES, positive(5, 3, low=0, high=1, seed=1)], {}),
    ("binary_cross_entropy", [SHARES, positive(5, 3, low=0, high=1, seed=1)], {"weight": positive(3)}),
    ("binary_cross_entropy_with_logits", [3 * normal(5, 3), SHARES], {}),
    ("binary_cross_entropy_with_logits", [3 * normal(5, 3), SHARES], {"weight": positive(5, 1)}),
    ("binary_cross_entropy_with_logits", [3 * normal(5, 3), SHARES], {"pos_weight": positive(3)}),
    ("kl_div", [np.log(SHARES), positive(5, 3, seed=3)], {}),
    ("kl_div", [np.log(SHARES), normal(5, 3)], {"log_target": True}),
    ("poisson_nll_loss", [normal(5, 3), positive(5, 3, high=5)], {}),
    (
        "poisson_nll_loss",
        [positive(5, 3), positive(5, 3, high=5, seed=1)],
        {"log_input": False, "full": True},
    ),
    ("gaussian_nll_loss", [normal(5, 3), normal(5, 3, seed=1), positive(5, 3)], {}),
    ("gaussian_nll_loss", [normal(5, 3), normal(5, 3, seed=1), positive(5, 1)], {"full": True}),
    ("gaussian_nll_loss", [normal(5, 3), normal(5, 3, seed=1), positive(5)], {}),
    ("hinge_embedding_loss", [normal(5, 3), SIGNS], {"margin": 0.7}),
    ("hinge_embedding_loss", [normal(5, 3), normal(5, 3, seed=1)], {}),  # neither 1 nor -1: both terms
    ("margin_ranking_loss", [normal(5), normal(5, seed=1), SIGNS[:, 0]], {"margin": 0.4}),
    ("soft_margin_loss", [3 * normal(5, 3), SIGNS], {}),
    ("multi_margin_loss", [normal(5, 3), labels(5, 3)], {}),
    ("multi_margin_loss", [normal(5, 3), labels(5, 3)], {"p": 2, "margin": 0.5, "weight": positive(3)}),
    ("multi_margin_loss", [normal(3), np.array(1)], {}),
    ("multilabel_margin_loss", [normal(3, 4), np.array([[3, 0, -1, 1], [-1, 0, 1, 2], [0, 1, 2, 3]])], {}),
    ("multilabel_margin_loss", [normal(4), np.array([2, -1, 0, 0])], {}),
    ("multilabel_soft_margin_loss", [normal(5, 3), SHARES.round()], {"weight": positive(3)}),
    ("cosine_embedding_loss", [normal(5, 3), normal(5, 3, seed=1), SIGNS[:, 0]], {"margin": 0.1}),
    ("cosine_embedding_loss", [normal(3), normal(3, seed=1), np.array(1)], {}),
    ("triplet_margin_loss", [normal(5, 3), normal(5, 3, seed=1), normal(5, 3, seed=2)], {}),
    (
        "triplet_margin_loss",
        [normal(5, 3), normal(5, 3, seed=1), normal(5, 3, seed=2)],
        {"swap": True, "p": 3.0},
    ),
    ("triplet_margin_with_distance_loss", [normal(5, 3), normal(5, 3, seed=1), normal(5, 3, seed=2)], {}),
    ("cosine_similarity", [normal(5, 3), normal(5, 3, seed=1)], {"dim": 0}),
    ("cosine_similarity", [normal(5, 3), normal(3)], {"dim": -1}),
    ("pairwise_distance", [normal(5, 3), normal(5, 3, seed=1)], {"p": 1.0, "keepdim": True}),
    ("pairwise_distance", [normal(5, 3), normal(3)], {"p": np.inf}),
]


WITHOUT_REDUCTION = ("cosine_similarity", "pairwise_distance")
ROWS = [
    (name, inputs, options if name in WITHOUT_REDUCTION else {**options, "reduction": reduction})
    for name, inputs, options in CALLS
    for reduction in (REDUCTIONS if name not in WITHOUT_REDUCTION else REDUCTIONS[:1])
]


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")  # PyTorch's own, for kl_div
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "inputs", "options"), ROWS, ids=[f"{i} {r[0]}" for i, r in enumerate(ROWS)])
def test_values_and_gradients_are_those_of_pytorch(name, inputs, options, dtype):
    torch = pytest.importorskip("torch")
    sure = (
        "hinge" not in name
        and "ranking" not in name
        and "soft_margin" not in name
        and "embedding" not in name
    )
    ours, theirs = [], []
    for i, a in enumerate(inputs):
        a = a.astype(dtype) if a.dtype.kind == "f" else a
        graded = a.dtype.kind == "f" and (sure or i == 0)
        ours.append(mg.tensor(a, requires_grad=graded))
        theirs.append(torch.tensor(a, requires_grad=graded))
    arrays = {k: v.astype(dtype) for k, v in options.items() if isinstance(v, np.ndarray)}
    function = getattr(loss, name, None) or getattr(mg, name)
    found = function(*ours, **{**options, **{k: mg.tensor(v) for k, v in arrays.items()}})
    expected = getattr(torch.nn.functional, name)(
        *theirs, **{**options, **{k: torch.tensor(v) for k, v in arrays.items()}}
    )
    tolerance = 3e-5 if dtype == "float32" else 1e-10
    assert found.shape == tuple(expected.shape)
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_allclose(found.detach().numpy(), expected.detach(), tolerance, tolerance)
    g = normal(*found.shape, seed=9).astype(dtype)
    found.backward(mg.tensor(g))
    expected.backward(torch.tensor(g))
    for a, b in zip(ours, theirs):
        if a.requires_grad:
            np.testing.assert_allclose(a.grad.numpy(), b.grad, tolerance, tolerance)


@pytest.mark.parametrize("value", [-1000.0, -20.0, 0.0, 20.0, 1000.0])
@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_binary_cross_entropy_with_logits_is_finite_for_every_score(value, answer):
    torch = pytest.importorskip("torch")
    x, b = mg.tensor([value], requires_grad=True), torch.tensor([value], requires_grad=True)
    found = loss.binary_cross_entropy_with_logits(x, mg.tensor([answer]))
    expected = torch.nn.functional.binary_cross_entropy_with_logits(b, torch.tensor([answer]))
    np.testing.assert_allclose(found.item(), expected.item(), rtol=1e-6, atol=1e-8)
    found.backward()
    expected.backward()
    np.testing.assert_allclose(x.grad.numpy(), b.grad, rtol=1e-5, atol=1e-8)


def test_binary_cross_entropy_at_the_ends_is_pytorchs():
    torch = pytest.importorskip("torch")
    p, y = np.array([0.0, 0.0, 1.0, 1.0, 1e-30]), np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    a, b = mg.tensor(p, requires_grad=True), torch.tensor(p, requires_grad=True)
    found = loss.binary_cross_entropy(a, mg.tensor(y), reduction="none")
    expected = torch.nn.functional.binary_cross_entropy(b, torch.tensor(y), reduction="none")
    np.testing.assert_allclose(found.detach().numpy(), expected.detach(), rtol=1e-12)
    found.sum().backward()
    expected.sum().backward()
    np.testing.assert_allclose(a.grad.numpy(), b.grad, rtol=1e-8)  # PyTorch's 1e-12 is a float32


def test_slopes_at_kinks_are_pytorchs():
    torch = pytest.importorskip("torch")
    gaps = np.array([-1.0, 0.0, 1.0])
    for name in ("l1_loss", "smooth_l1_loss", "huber_loss"):
        a, b = mg.tensor(gaps, requires_grad=True), torch.tensor(gaps, requires_grad=True)
        getattr(loss, name)(a, mg.tensor(np.zeros(3)), reduction="sum").backward()
        getattr(torch.nn.functional, name)(b, torch.zeros(3, dtype=torch.float64), reduction="sum").backward()
        assert a.grad.tolist() == b.grad.tolist()


def test_kl_div_takes_batchmean_and_zero_probabilities():
    torch = pytest.importorskip("torch")
    x, y = normal(2, 3), np.array([[0.0, 0.4, 0.6], [1.0, 0.0, 0.0]])
    found = loss.kl_div(mg.tensor(x), mg.tensor(y), reduction="batchmean")
    expected = torch.nn.functional.kl_div(torch.tensor(x), torch.tensor(y), reduction="batchmean")
    np.testing.assert_allclose(found.item(), expected.item(), rtol=1e-12)


def test_a_small_variance_counts_as_eps_and_still_gets_its_gradient():
    torch = pytest.importorskip("torch")
    x, y, v = normal(4), normal(4, seed=1), np.array([0.0, 1e-9, 1e-3, 1.0])
    a, b = mg.tensor(v, requires_grad=True), torch.tensor(v, requires_grad=True)
    found = loss.gaussian_nll_loss(mg.tensor(x), mg.tensor(y), a)
    expected = torch.nn.functional.gaussian_nll_loss(torch.tensor(x), torch.tensor(y), b)
    np.testing.assert_allclose(found.item(), expected.item(), rtol=1e-12)
    found.backward()
    expected.backward()
    np.testing.assert_allclose(a.grad.numpy(), b.grad, rtol=1e-12)


def test_the_sum_of_a_million_squares_in_float32_keeps_its_digits():
    x = normal(1_000_000).astype(np.float32)
    found = loss.mse_loss(mg.tensor(x), mg.tensor(np.zeros_like(x))).item()
    np.testing.assert_allclose(found, np.square(x.astype(np.float64)).mean(), rtol=1e-6)


def test_unlike_shapes_broadcast_with_a_warning():
    with pytest.warns(UserWarning, match=r"\(3, 1\) and target \(3,\)"):
        found = loss.mse_loss(mg.tensor(normal(3, 1)), mg.tensor(normal(3)))
    np.testing.assert_allclose(found.item(), ((normal(3, 1) - normal(3)) ** 2).mean())


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0, 2.0, 3.0, np.inf])
def test_cdist_is_pytorchs_with_batches_that_broadcast(p):
    torch = pytest.importorskip("torch")
    for shapes in (
        ((4, 3), (5, 3)),
        ((2, 4, 3), (5, 3)),
        ((2, 1, 4, 3), (6, 5, 3)),
        ((0, 3), (5, 3)),
        ((4, 0), (5, 0)),
    ):
        x, y = (normal(*shape, seed=i) for i, shape in enumerate(shapes))
        found = mg.cdist(mg.tensor(x), mg.tensor(y), p)
        expected = torch.cdist(torch.tensor(x), torch.tensor(y), p)
        assert found.shape == tuple(expected.shape)
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9, atol=1e-9)


def test_the_slope_of_a_distance_to_itself_is_zero():
    x = mg.tensor(normal(3, 2), requires_grad=True)
    mg.cdist(x, x).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


X = mg.tensor(normal(3, 4))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: loss.mse_loss(mg.tensor([1]), mg.tensor([2])), DTypeError, "floats"),
        (lambda: loss.mse_loss(X, mg.tensor(normal(5))), ShapeError, "broadcast"),
        (lambda: loss.mse_loss(X, X, weight=mg.tensor([1.0])), ShapeError, "one weight per element"),
        (lambda: loss.mse_loss(X, X, reduction="max"), ValueError, "'none', 'mean' or 'sum'"),
        (lambda: loss.huber_loss(X, X, delta=0), ValueError, "positive"),
        (lambda: loss.smooth_l1_loss(X, X, beta=-1), ValueError, "not negative"),
        (lambda: loss.binary_cross_entropy(X, X), ValueError, "apply|Apply sigmoid"),
        (lambda: loss.binary_cross_entropy(X, mg.tensor(normal(3))), ShapeError, r"unsqueeze\(1\)"),
        (lambda: loss.binary_cross_entropy_with_logits(X, X > 0), DTypeError, r"target.float\(\)"),
        (
            lambda: loss.binary_cross_entropy_with_logits(X, X, mg.tensor(normal(2, 3, 4))),
            ShapeError,
            "weight",
        ),
        (
            lambda: loss.binary_cross_entropy_with_logits(X, X, pos_weight=mg.tensor(normal(2, 3, 4))),
            ShapeError,
            "one number per class",
        ),
        (lambda: loss.kl_div(X, X, reduction="x"), ValueError, "'none'"),
        (lambda: loss.gaussian_nll_loss(X, X, -X * X), ValueError, "negative variance"),
        (lambda: loss.gaussian_nll_loss(X, X, mg.tensor(positive(2))), ShapeError, "broadcast"),
        (lambda: loss.margin_ranking_loss(X, X, mg.tensor([1.0])), ShapeError, "dimensions"),
        (lambda: loss.multi_margin_loss(X, mg.tensor([0, 1, 4])), IndexError, "class 4 at position 2"),
        (lambda: loss.multi_margin_loss(X, mg.tensor([0.0, 1.0, 2.0])), ShapeError, "integer classes"),
        (lambda: loss.multi_margin_loss(X, mg.tensor([0, 1, 2]), p=3), ValueError, "1 or 2"),
        (lambda: loss.multilabel_margin_loss(X, X), ShapeError, "integers"),
        (lambda: loss.multilabel_margin_loss(X, mg.tensor(np.full((3, 4), 4))), IndexError, "class 4"),
        (lambda: loss.cosine_embedding_loss(X, X, X), ShapeError, r"\(N, D\)"),
        (lambda: loss.triplet_margin_loss(X, X, X, margin=0), ValueError, "positive"),
        (lambda: loss.triplet_margin_loss(X, X, X[0]), ShapeError, "dimensions"),
        (lambda: mg.cdist(X, mg.tensor(normal(3, 5))), ShapeError, "one D"),
        (lambda: mg.cdist(X, X, -1), ValueError, "not negative"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()

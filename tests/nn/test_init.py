"""Starting values: bounds, spread and shape of the distributions, and the layers' own."""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn import init


def filled(function, *shape, **options):
    t = mg.empty(*shape)
    assert function(t, **options) is t
    return t.numpy().astype(np.float64)


def is_uniform(values, low, high):
    """Inside [low, high), reaching near both ends, each tenth about equally full."""
    assert values.min() >= low
    assert values.max() <= high
    counts, _ = np.histogram(values, 10, (low, high))
    expected = values.size / 10
    assert (np.abs(counts - expected) < 5 * math.sqrt(expected)).all()


def is_normal(values, mean, std):
    """Mean, spread and fourth moment of a normal distribution, to five standard errors."""
    z = (values.reshape(-1) - mean) / std
    error = 1 / math.sqrt(z.size)
    assert abs(z.mean()) < 5 * error
    assert abs((z**2).mean() - 1) < 5 * math.sqrt(2) * error
    assert abs((z**4).mean() - 3) < 5 * math.sqrt(96) * error


WEIGHT = (100, 20, 3, 2)  # fan_in 120, fan_out 600


def test_uniform_and_normal():
    is_uniform(filled(init.uniform_, 10000, a=-2, b=3), -2, 3)
    is_normal(filled(init.normal_, 10000, mean=2, std=3), 2, 3)


@pytest.mark.parametrize(("mode", "fan"), [("fan_in", 120), ("fan_out", 600)])
@pytest.mark.parametrize(
    ("nonlinearity", "a", "gain"),
    [
        ("relu", 0, math.sqrt(2)),
        ("leaky_relu", 0.5, math.sqrt(2 / 1.25)),
        ("tanh", 0, 5 / 3),
        ("linear", 0, 1),
    ],
)
def test_kaiming_scales_by_the_fan_and_the_gain(mode, fan, nonlinearity, a, gain):
    options = {"mode": mode, "nonlinearity": nonlinearity, "a": a}
    bound = gain * math.sqrt(3 / fan)
    is_uniform(filled(init.kaiming_uniform_, *WEIGHT, **options), -bound, bound)
    is_normal(filled(init.kaiming_normal_, *WEIGHT, **options), 0, gain / math.sqrt(fan))


def test_xavier_scales_by_both_fans():
    bound = 2 * math.sqrt(6 / 720)
    is_uniform(filled(init.xavier_uniform_, *WEIGHT, gain=2), -bound, bound)
    is_normal(filled(init.xavier_normal_, *WEIGHT, gain=2), 0, 2 * math.sqrt(2 / 720))


@pytest.mark.filterwarnings("ignore:trunc_normal_ got mean:UserWarning")
@pytest.mark.parametrize(
    ("mean", "std", "a", "b"),
    [(0, 1, -2, 2), (1, 2, 0, 3), (0, 1, 0.5, 0.6), (0, 1, 3, 1000), (0, 0.5, -9, -2), (0, 1, -50, 50)],
)
def test_truncated_normal_has_the_distribution_of_the_part_between_the_bounds(mean, std, a, b):
    values = filled(init.trunc_normal_, 20000, mean=mean, std=std, a=a, b=b)
    assert values.min() >= a
    assert values.max() <= b
    # The mean of the normal distribution cut to [a, b], by quadrature where there is any mass.
    peak = min(max(mean, a), b)
    x = np.linspace(max(a, peak - 12 * std), min(b, peak + 12 * std), 200001)
    density = np.exp((((peak - mean) / std) ** 2 - ((x - mean) / std) ** 2) / 2)
    expected = (x * density).sum() / density.sum()
    spread = math.sqrt(((x - expected) ** 2 * density).sum() / density.sum())
    assert abs(values.mean() - expected) < 5 * spread / math.sqrt(values.size)
    assert abs(values.std() / spread - 1) < 0.05


def test_truncated_normal_warns_where_the_mean_is_far_outside():
    with pytest.warns(UserWarning, match=r"more than two std"):
        init.trunc_normal_(mg.empty(3), mean=0, std=1, a=3, b=4)


def test_constants():
    assert (filled(init.constant_, 2, 3, val=0.5) == 0.5).all()
    assert (filled(init.ones_, 3) == 1).all()
    assert (filled(init.zeros_, 3) == 0).all()
    np.testing.assert_array_equal(filled(init.eye_, 2, 3), np.eye(2, 3))


@pytest.mark.parametrize(("shape", "groups"), [((4, 2, 3), 1), ((4, 2, 3, 3), 2), ((6, 2, 2, 3, 4), 3)])
def test_dirac_agrees_with_pytorch(shape, groups):
    torch = pytest.importorskip("torch")
    expected = torch.nn.init.dirac_(torch.empty(*shape), groups).numpy()
    np.testing.assert_array_equal(filled(init.dirac_, *shape, groups=groups), expected)


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (4, 2, 3, 1)])
def test_orthogonal_rows_or_columns_are_orthonormal(shape):
    w = filled(init.orthogonal_, *shape, gain=2).reshape(shape[0], -1)
    square = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(square, 4 * np.eye(len(square)), atol=1e-5)


def test_sparse_zeroes_a_share_of_each_column():
    w = filled(init.sparse_, 50, 20, sparsity=0.31, std=2)
    assert ((w == 0).sum(0) == 16).all()
    is_normal(w[w != 0], 0, 2)


@pytest.mark.parametrize(
    "nonlinearity", ["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu", "conv_transpose3d"]
)
def test_gains_agree_with_pytorch(nonlinearity):
    torch = pytest.importorskip("torch")
    assert init.calculate_gain(nonlinearity) == pytest.approx(torch.nn.init.calculate_gain(nonlinearity))
    assert init.calculate_gain("leaky_relu", 0.2) == pytest.approx(
        torch.nn.init.calculate_gain("leaky_relu", 0.2)
    )


RANDOM = [
    init.uniform_, init.normal_, init.trunc_normal_, init.xavier_uniform_, init.xavier_normal_,
    init.kaiming_uniform_, init.kaiming_normal_, init.orthogonal_,
    lambda t, generator: init.sparse_(t, 0.5, generator=generator),
]  # fmt: skip


@pytest.mark.parametrize("function", RANDOM, ids=lambda f: f.__name__)
def test_a_generator_decides_the_values(function):
    one, two, three = (
        function(mg.empty(4, 5), generator=mg.Generator().manual_seed(s)).numpy() for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, two)
    assert (one != three).any()


def test_the_seed_decides_a_layers_values():
    mg.manual_seed(3)
    one = nn.Linear(4, 5).weight.numpy(force=True)
    mg.manual_seed(3)
    np.testing.assert_array_equal(one, nn.Linear(4, 5).weight.numpy(force=True))


def test_filling_a_parameter_is_allowed_and_noticed():
    p = nn.Parameter(mg.ones(2))
    loss = (p * p).sum()
    init.zeros_(p)
    assert p.requires_grad
    with pytest.raises(mg.GraphError, match=r"changed in place"):
        loss.backward()


def test_float16_and_float64_are_filled_in_their_own_dtype():
    for dtype in (np.float16, np.float64):
        t = mg.empty(1000, dtype=dtype)
        is_uniform(init.uniform_(t, -1, 1).numpy().astype(np.float64), -1, 1)
        assert t.dtype == dtype


BAD = [
    (lambda: init.uniform_(mg.empty(2), 2, 1), ValueError, "a=2 and b=1"),
    (lambda: init.normal_(mg.empty(2), std=-1), ValueError, "std=-1"),
    (lambda: init.trunc_normal_(mg.empty(2), a=1, b=0), ValueError, "a < b"),
    (lambda: init.eye_(mg.empty(2)), mg.ShapeError, r"\(2,\).*two dimensions"),
    (lambda: init.dirac_(mg.empty(2)), mg.ShapeError, "3, 4 or 5"),
    (lambda: init.dirac_(mg.empty(3, 1, 1), 2), ValueError, "3 filters and groups=2"),
    (lambda: init.sparse_(mg.empty(2), 0.5), mg.ShapeError, "two dimensions"),
    (lambda: init.sparse_(mg.empty(2, 2), 1.5), ValueError, "sparsity=1.5"),
    (lambda: init.orthogonal_(mg.empty(2)), mg.ShapeError, "two dimensions"),
    (lambda: init.xavier_normal_(mg.empty(2)), mg.ShapeError, "xavier_normal_ got.*For a bias"),
    (lambda: init.kaiming_normal_(mg.empty(2)), mg.ShapeError, "kaiming_normal_ got"),
    (lambda: init.kaiming_normal_(mg.empty(2, 2), mode="fan"), ValueError, "mode='fan'.*fan_in"),
    (lambda: init.calculate_gain("gelu"), ValueError, "'gelu'; it needs one of conv1d"),
    (lambda: init.calculate_gain("leaky_relu", "x"), ValueError, "slope 'x'"),
]


@pytest.mark.parametrize(("act", "error", "words"), BAD)
def test_what_does_not_fit_is_refused_in_words(act, error, words):
    with pytest.raises(error, match=words):
        act()


def test_nothing_to_fill_is_warned_of():
    with pytest.warns(UserWarning, match=r"\(0, 3\) without elements"):
        init.kaiming_uniform_(mg.empty(0, 3))


# ------------------------------------------------ the layers

LAYERS = [
    ("Linear(50, 80)", 1 / math.sqrt(50)),
    ("Conv2d(6, 90, (3, 2))", 1 / math.sqrt(36)),
    ("Conv2d(6, 90, 3, groups=3)", 1 / math.sqrt(18)),
    ("ConvTranspose2d(90, 6, 3)", 1 / math.sqrt(54)),
    ("Bilinear(16, 20, 10)", 1 / 4),
]


@pytest.mark.parametrize(("source", "bound"), LAYERS)
def test_weights_and_biases_start_as_pytorchs_do(source, bound):
    torch = pytest.importorskip("torch")
    layer, reference = eval(f"nn.{source}"), eval(f"torch.nn.{source}", {"torch": torch})
    is_uniform(layer.weight.numpy(force=True).reshape(-1), -bound, bound)
    # PyTorch's own weights have the same bounds: the numbers above are not only ours.
    is_uniform(reference.weight.detach().numpy().reshape(-1), -bound, bound)
    biases = np.concatenate([eval(f"nn.{source}").bias.numpy(force=True) for _ in range(20)])
    assert np.abs(biases).max() <= bound
    assert np.abs(biases).max() > 0.8 * bound
    assert abs(biases.mean()) < 5 * bound / math.sqrt(3 * biases.size)


def test_embeddings_start_normal_with_a_zero_padding_row():
    table = nn.Embedding(500, 40, padding_idx=-1).weight.numpy(force=True)
    is_normal(table[:-1].astype(np.float64), 0, 1)
    assert (table[-1] == 0).all()


def test_a_layer_of_no_inputs_can_be_made():
    with pytest.warns(UserWarning, match=r"without elements"):
        layer = nn.Linear(0, 3)
    assert layer(mg.ones(2, 0)).tolist() == [[0.0] * 3] * 2

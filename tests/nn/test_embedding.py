"""Embedding against PyTorch: values, gradients and the options that touch them."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

torch = pytest.importorskip("torch")

NUMBERS = np.array([[0, 3, 3], [1, 0, 3]])


def pair(**options):
    ours, theirs = nn.Embedding(5, 4, **options), torch.nn.Embedding(5, 4, **options)
    theirs.load_state_dict({"weight": torch.tensor(ours.weight.numpy(force=True))})
    return ours, theirs


@pytest.mark.parametrize(
    "options",
    [
        {}, {"padding_idx": 3}, {"padding_idx": -2}, {"max_norm": 1.0}, {"max_norm": 0.5, "norm_type": 1.0},
        {"scale_grad_by_freq": True}, {"padding_idx": 0, "scale_grad_by_freq": True},
    ],
    ids=str,
)  # fmt: skip
def test_rows_and_gradients_agree_with_pytorch(options):
    ours, theirs = pair(**options)
    assert repr(ours) == repr(theirs)
    found, expected = ours(mg.tensor(NUMBERS)), theirs(torch.tensor(NUMBERS))
    np.testing.assert_allclose(found.numpy(force=True), expected.detach().numpy(), rtol=1e-6)
    np.testing.assert_allclose(ours.weight.numpy(force=True), theirs.weight.detach().numpy(), rtol=1e-6)
    weights = np.random.default_rng(0).standard_normal(found.shape).astype(np.float32)
    (found * mg.tensor(weights)).sum().backward()
    (expected * torch.tensor(weights)).sum().backward()
    np.testing.assert_allclose(ours.weight.grad.numpy(), theirs.weight.grad.numpy(), rtol=1e-5, atol=1e-6)


def test_a_given_table_is_shared_and_frozen():
    table = mg.randn(4, 3)
    layer = nn.Embedding.from_pretrained(table)
    assert not layer.weight.requires_grad
    assert np.shares_memory(layer.weight.array, table.array)
    assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad
    np.testing.assert_array_equal(layer(mg.tensor(2)).numpy(), table.numpy()[2])


def test_no_numbers_give_no_rows():
    assert nn.Embedding(5, 4)(mg.empty(0, dtype=mg.int64)).shape == (0, 4)


BAD = [
    (
        lambda: nn.Embedding(5, 4)(mg.tensor([5])),
        IndexError,
        r"Embedding\(5, 4\): embedding got.*5 rows.*\[0, 4\]",
    ),
    (lambda: nn.Embedding(5, 4)(mg.tensor([-1])), IndexError, "from -1 to -1"),
    (lambda: nn.Embedding(5, 4)(mg.tensor([1.0])), mg.DTypeError, "float32.*x.long"),
    (lambda: nn.Embedding(5, 4, padding_idx=5), ValueError, "padding_idx=5"),
    (lambda: nn.Embedding(5, 4, _weight=mg.ones(2, 2)), mg.ShapeError, r"\(2, 2\); it needs \(5, 4\)"),
    (lambda: nn.Embedding.from_pretrained(mg.ones(2)), mg.ShapeError, "rows, dimensions"),
]


@pytest.mark.parametrize(("act", "error", "words"), BAD)
def test_what_does_not_fit_is_refused_in_words(act, error, words):
    with pytest.raises(error, match=words):
        act()

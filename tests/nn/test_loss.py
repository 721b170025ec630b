"""Every loss module agrees with PyTorch's."""

import inspect

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

torch = pytest.importorskip("torch")


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def shares(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.05, 0.95, shape).astype(np.float32)


CLASSES = np.array([0, 2, 1, 2, 0])
WEIGHT = np.array([0.2, 1.0, 3.0], np.float32)
COUNTS = np.arange(12, dtype=np.float32).reshape(4, 3)
SIGNS = np.where(numbers(4, 3, seed=5) > 0, 1, -1).astype(np.float32)
TRIPLET = [numbers(4, 3), numbers(4, 3, seed=1), numbers(4, 3, seed=2)]
LOSSES = [
    ("CrossEntropyLoss", {}, [numbers(5, 3), CLASSES]),
    ("CrossEntropyLoss", {"weight": WEIGHT, "ignore_index": 1}, [numbers(5, 3), CLASSES]),
    ("CrossEntropyLoss", {"label_smoothing": 0.2}, [numbers(5, 3), CLASSES]),
    ("CrossEntropyLoss", {}, [numbers(5, 3), shares(5, 3)]),
    ("NLLLoss", {}, [numbers(5, 3), CLASSES]),
    ("NLLLoss", {"weight": WEIGHT, "ignore_index": 2}, [numbers(5, 3), CLASSES]),
    ("MSELoss", {}, [numbers(4, 3), numbers(4, 3, seed=1)]),
    ("L1Loss", {}, [numbers(4, 3), numbers(4, 3, seed=1)]),
    ("SmoothL1Loss", {}, [numbers(4, 3), numbers(4, 3, seed=1)]),
    ("SmoothL1Loss", {"beta": 0.3}, [numbers(4, 3), numbers(4, 3, seed=1)]),
    ("HuberLoss", {}, [numbers(4, 3), numbers(4, 3, seed=1)]),
    ("HuberLoss", {"delta": 0.3}, [numbers(4, 3), numbers(4, 3, seed=1)]),
    ("BCELoss", {}, [shares(4, 3), shares(4, 3, seed=1)]),
    ("BCELoss", {"weight": WEIGHT}, [shares(4, 3), shares(4, 3, seed=1)]),
    ("BCEWithLogitsLoss", {}, [numbers(4, 3), shares(4, 3)]),
    ("BCEWithLogitsLoss", {"weight": WEIGHT, "pos_weight": WEIGHT}, [numbers(4, 3), shares(4, 3)]),
    ("KLDivLoss", {}, [numbers(4, 3), shares(4, 3)]),
    ("PoissonNLLLoss", {}, [numbers(4, 3), COUNTS]),
    ("PoissonNLLLoss", {"log_input": False, "full": True}, [shares(4, 3), COUNTS]),
    ("GaussianNLLLoss", {"full": True}, [numbers(4, 3), numbers(4, 3, seed=1), shares(4, 3)]),
    ("HingeEmbeddingLoss", {"margin": 0.7}, [numbers(4, 3), SIGNS]),
    ("SoftMarginLoss", {}, [numbers(4, 3), SIGNS]),
    ("MultiMarginLoss", {"p": 2, "margin": 0.7, "weight": WEIGHT}, [numbers(5, 3), CLASSES]),
    ("MultiLabelMarginLoss", {}, [numbers(2, 3), np.array([[2, 0, -1], [1, -1, 0]])]),
    ("MultiLabelSoftMarginLoss", {"weight": WEIGHT}, [numbers(4, 3), shares(4, 3)]),
    ("MarginRankingLoss", {"margin": 0.2}, [numbers(4), numbers(4, seed=1), SIGNS[:, 0]]),
    ("CosineEmbeddingLoss", {"margin": 0.2}, [numbers(4, 3), numbers(4, 3, seed=1), SIGNS[:, 0]]),
    ("TripletMarginLoss", {"p": 1.0, "swap": True}, TRIPLET),
    ("TripletMarginLoss", {"margin": 2.0}, TRIPLET),
    ("TripletMarginWithDistanceLoss", {"margin": 2.0}, TRIPLET),
    ("KLDivLoss", {"log_target": True}, [numbers(4, 3), numbers(4, 3, seed=1)]),
]


@pytest.mark.parametrize(("name", "options", "arrays"), LOSSES, ids=[f"{n} {list(o)}" for n, o, _ in LOSSES])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "batchmean"])
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")  # PyTorch's, of KLDivLoss
def test_values_and_gradients_agree_with_pytorch(name, options, arrays, reduction):
    if reduction == "batchmean" and name != "KLDivLoss":
        pytest.skip("for KLDivLoss only")

    def convert(make):
        return {key: make(v) if isinstance(v, np.ndarray) else v for key, v in options.items()}

    ours = getattr(nn, name)(reduction=reduction, **convert(mg.tensor))
    theirs = getattr(torch.nn, name)(reduction=reduction, **convert(torch.tensor))
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x, y = mg.tensor(arrays[0], requires_grad=True), torch.tensor(arrays[0], requires_grad=True)
    found = ours(x, *map(mg.tensor, arrays[1:]))
    expected = theirs(y, *map(torch.tensor, arrays[1:]))
    assert tuple(found.shape) == tuple(expected.shape)
    np.testing.assert_allclose(found.numpy(force=True), expected.detach().numpy(), rtol=2e-5, atol=1e-6)
    found.sum().backward()
    expected.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", sorted({name for name, _, _ in LOSSES}))
def test_options_have_the_names_and_defaults_of_pytorch(name):
    ours = inspect.signature(getattr(nn, name)).parameters
    theirs = dict(inspect.signature(getattr(torch.nn, name)).parameters)
    for deprecated in ("size_average", "reduce"):
        theirs.pop(deprecated, None)
    assert list(ours) == list(theirs)
    for option, parameter in ours.items():
        assert parameter.default == theirs[option].default


@pytest.mark.parametrize("name", sorted({name for name, _, _ in LOSSES}))
def test_an_unknown_reduction_is_refused_when_the_loss_is_made(name):
    with pytest.raises(ValueError, match=r"reduction='average'"):
        getattr(nn, name)(reduction="average")

"""The presets: sizes as described, and each can learn."""

from __future__ import annotations

import pytest

import minigrad as mg
from minigrad.models import PRESETS, build

PARAMETERS = {
    "numba-cnn": (1 * 9 + 1) * 8 + (8 * 9 + 1) * 16 + 2305 * 44 + 45 * 10,
    "lenet5": 26 * 6 + (6 * 25 + 1) * 16 + 401 * 120 + 121 * 84 + 85 * 10,
    "report-cnn": 10 * 32 + (32 * 9 + 1) * 64 + 3137 * 128 + 129 * 10,
    "report-light": 10 * 8 + (8 * 9 + 1) * 16 + 785 * 32 + 33 * 10,
    "conv-tanh": 10 * 6 + (6 * 9 + 1) * 12 + 589 * 512 + 513 * 128 + 129 * 10,
    "compact-cnn": 26 * 4 + (4 * 9 + 1) * 16 + 401 * 10,
    "mlp": 785 * 128 + 129 * 10,
}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_the_parameters_counted_by_hand(name):
    assert sum(p.numel() for p in build(name).parameters()) == PARAMETERS[name]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_gives_ten_scores_and_a_gradient_to_every_parameter(name):
    model = build(name)
    scores = model(mg.randn(3, 1, 28, 28))
    assert scores.shape == (3, 10)
    scores.sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="got 'vgg'; it needs one of numba-cnn, lenet5"):
        build("vgg")

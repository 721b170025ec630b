"""minigrad.summary: numbers counted by hand, and a model that is as before."""

from __future__ import annotations

import pytest

import minigrad as mg
from minigrad import nn
from minigrad.models import LeNet5


def rows(model, x):
    return {r.path: r for r in mg.summary(model, x).rows}


def test_the_name_is_the_function_however_it_is_imported():
    from minigrad import profile, summary

    assert callable(summary)
    assert summary is mg.summary
    assert isinstance(profile, type)


def test_lenet_has_the_shapes_parameters_and_products_counted_by_hand():
    summary = mg.summary(LeNet5(), mg.zeros(3, 1, 28, 28))
    found = {r.path: (r.shape, r.parameters, r.multiply_adds) for r in summary.rows}
    assert found["conv1"] == ("3x6x28x28", 6 * 25 + 6, 3 * 6 * 28 * 28 * 25)
    assert found["conv2"] == ("3x16x10x10", 16 * 6 * 25 + 16, 3 * 16 * 10 * 10 * 6 * 25)
    assert found["fc1"] == ("3x120", 400 * 120 + 120, 3 * 400 * 120)
    assert found["fc3"] == ("3x10", 84 * 10 + 10, 3 * 84 * 10)
    assert found[""] == ("3x10", 0, 0)
    assert summary.total == summary.trainable == 61706
    assert summary.nbytes == 61706 * 4
    assert summary.multiply_adds == sum(f[2] for f in found.values())
    assert rows(LeNet5(), mg.zeros(3, 1, 28, 28))["conv1"].nbytes == 3 * 6 * 28 * 28 * 4


def test_grouped_and_transposed_convolutions_are_counted_by_hand():
    found = rows(nn.Sequential(nn.Conv2d(4, 8, 3, groups=2)), mg.zeros(1, 4, 6, 6))
    assert found["0"].multiply_adds == 8 * 4 * 4 * (4 // 2) * 9
    if hasattr(nn, "ConvTranspose2d"):
        # Each of the 4 x 5 x 5 inputs meets each of the 2 x 3 x 3 weights of its channel.
        found = rows(nn.ConvTranspose2d(4, 2, 3), mg.zeros(1, 4, 5, 5))
        assert found[""].multiply_adds == 4 * 5 * 5 * 2 * 9


def test_products_in_a_modules_own_forward_are_counted_there():
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(4, 3)

        def forward(self, x):
            return self.inner(x @ x.t() @ x)

    found = rows(Outer(), mg.ones(2, 4))
    assert found[""].multiply_adds == 2 * 2 * 4 + 2 * 4 * 2
    assert found["inner"].multiply_adds == 2 * 4 * 3


def test_a_shared_parameter_counts_once_and_is_marked():
    model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    model[1].weight = model[0].weight
    found = rows(model, mg.ones(1, 3))
    assert (found["0"].parameters, found["1"].parameters) == (9, 0)
    assert (found["0"].shared, found["1"].shared) == (False, True)
    assert mg.summary(model, mg.ones(1, 3)).total == 9
    assert "0 (shared)" in str(mg.summary(model, mg.ones(1, 3)))


def test_a_module_that_is_called_twice_counts_its_work_twice():
    layer = nn.Linear(3, 3)
    model = nn.Sequential(layer, layer)
    row = rows(model, mg.ones(1, 3))["0"]
    assert (row.multiply_adds, row.nbytes, row.calls) == (2 * 9, 2 * 12, 2)
    assert "Linear x 2 " in str(mg.summary(model, mg.ones(1, 3)))


def test_frozen_parameters_and_unused_modules_show():
    class Unused(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(2, 2), nn.Linear(5, 5)
            self.layers = nn.ModuleList([nn.ReLU()])
            self.used.bias.requires_grad_(False)

        def forward(self, x):
            return self.layers[0](self.used(x))

    summary = mg.summary(Unused(), mg.ones(1, 2))
    found = {r.path: r for r in summary.rows}
    assert found["unused"].shape == "not run"
    assert found["layers"].shape == ""
    assert (summary.total, summary.trainable) == (36, 34)


def test_several_inputs_and_outputs_are_listed():
    class Two(nn.Module):
        def forward(self, x, y):
            return {"sum": x + y, "pair": (x, [y])}

    summary = mg.summary(Two(), (mg.ones(2, 3), mg.ones(3)))
    assert summary.rows[0].shape == "2x3, 2x3, 3"
    assert summary.input_shape == "2x3, 3"


def test_mode_buffers_hooks_and_random_state_are_as_before():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.drop = nn.BatchNorm1d(3), nn.Dropout(0.5)
            self.register_buffer("calls", mg.zeros(1))

        def forward(self, x):
            self.calls += 1
            return self.drop(self.norm(x)) + mg.randn(3)

    model = Noisy()
    model.drop.eval()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    state = mg.get_rng_state()
    mg.summary(model, mg.ones(4, 3))
    assert (mg.get_rng_state() == state).all()
    assert (model.training, model.norm.training, model.drop.training) == (True, True, False)
    for name, value in model.state_dict().items():
        assert (value == before[name]).all(), name
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_a_forward_that_fails_leaves_nothing_behind():
    from minigrad import tape

    model = nn.Sequential(nn.Linear(4, 3))
    observers = list(tape.observers)
    with pytest.raises(ValueError, match="Linear"):
        mg.summary(model, mg.ones(2, 5))
    assert tape.observers == observers
    assert model.training
    assert not model[0]._forward_hooks


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match="summary got Tensor; it needs a Module"):
        mg.summary(mg.ones(1), mg.ones(1))


def test_the_text_is_aligned_and_ends_with_the_totals():
    lines = str(mg.summary(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), mg.ones(2, 4))).splitlines()
    assert lines[0].split() == ["module", "kind", "output", "parameters", "kB", "multiply-adds"]
    assert lines[3].startswith("  0 ")
    assert len({len(line) for line in lines[:-1]}) == 1
    assert lines[-1] == ("input 2x4; 15 parameters, 15 of them trained (0.00 MB); 24 multiply-adds")

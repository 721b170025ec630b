"""Every layer prints, saves and computes as PyTorch's layer of that name."""

import inspect

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

torch = pytest.importorskip("torch")

# (how the layer is made, shapes of its inputs)
IMAGE = (2, 4, 7, 6)
LAYERS = [
    ("Identity()", [(3,)]),
    ("Flatten()", [IMAGE]),
    ("Flatten(0, 2)", [IMAGE]),
    ("Unflatten(1, (2, 2))", [IMAGE]),
    ("Linear(6, 3)", [IMAGE]),
    ("Linear(6, 3, bias=False)", [(6,)]),
    ("Bilinear(3, 4, 5)", [(2, 3), (2, 4)]),
    ("Bilinear(3, 4, 5, bias=False)", [(2, 6, 3), (2, 6, 4)]),
    ("Conv2d(4, 3, 3)", [IMAGE]),
    ("Conv2d(4, 6, (3, 2), stride=2, padding=1, dilation=2, groups=2, bias=False)", [IMAGE]),
    ("Conv2d(4, 3, 3, padding='same')", [IMAGE]),
    ("Conv2d(4, 3, (2, 3), padding='valid')", [IMAGE]),
    ("Conv2d(4, 3, 3, padding=(1, 2), padding_mode='reflect')", [IMAGE]),
    ("Conv2d(4, 3, 3, padding=1, padding_mode='replicate')", [IMAGE]),
    ("Conv2d(4, 3, 3, padding=2, padding_mode='circular')", [IMAGE]),
    ("Conv2d(4, 3, (4, 3), padding='same', dilation=(1, 2), padding_mode='reflect')", [IMAGE]),
    ("Conv2d(4, 3, 3)", [IMAGE[1:]]),
    ("ConvTranspose2d(4, 3, 3)", [IMAGE]),
    ("ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2)", [IMAGE]),
    ("MaxPool2d(2)", [IMAGE]),
    ("MaxPool2d(3, stride=(2, 1), padding=1, ceil_mode=True)", [IMAGE]),
    ("MaxPool2d((2, 3), dilation=2)", [IMAGE]),
    ("AvgPool2d(2)", [IMAGE]),
    ("AvgPool2d(3, 2, 1, True, False)", [IMAGE]),
    ("AvgPool2d(2, divisor_override=3)", [IMAGE]),
    ("AdaptiveAvgPool2d((3, None))", [IMAGE]),
    ("AdaptiveMaxPool2d(3)", [IMAGE]),
    ("Conv1d(4, 6, 3, stride=2, padding=1, groups=2)", [(2, 4, 9)]),
    ("Conv1d(4, 3, 4, padding='same', bias=False)", [(4, 9)]),
    ("Conv1d(4, 3, (3,), padding=(2,), dilation=(2,), padding_mode='circular')", [(2, 4, 9)]),
    ("MaxPool1d(3, 2, 1, ceil_mode=True)", [(2, 4, 9)]),
    ("AvgPool1d(3, padding=1)", [(2, 4, 9)]),
    ("AdaptiveAvgPool1d(4)", [(2, 4, 9)]),
    ("AdaptiveMaxPool1d(4)", [(4, 9)]),
    ("ZeroPad1d(2)", [(2, 4, 9)]),
    ("ZeroPad2d((1, 2, 0, 3))", [IMAGE]),
    ("ZeroPad3d(1)", [(2, 4, 3, 2, 2)]),
    ("ConstantPad1d((1, 2), 3.5)", [(4, 9)]),
    ("ConstantPad2d(1, -1)", [IMAGE]),
    ("ConstantPad3d(1, 0.5)", [(2, 4, 3, 2, 2)]),
    ("ReflectionPad1d(2)", [(2, 4, 9)]),
    ("ReflectionPad2d((1, 2, 0, 3))", [IMAGE]),
    ("ReflectionPad3d(1)", [(2, 4, 3, 2, 2)]),
    ("ReplicationPad1d((3, 1))", [(4, 9)]),
    ("ReplicationPad2d(2)", [IMAGE]),
    ("ReplicationPad3d(1)", [(2, 4, 3, 2, 2)]),
    ("CircularPad1d(3)", [(2, 4, 9)]),
    ("CircularPad2d((1, 2, 0, 3))", [IMAGE]),
    ("CircularPad3d(1)", [(2, 4, 3, 2, 2)]),
    ("CosineSimilarity(2)", [IMAGE, IMAGE]),
    ("PairwiseDistance(1.0, keepdim=True)", [(4, 9), (4, 9)]),
    ("Dropout(0.5)", [IMAGE]),
    ("Dropout1d(0.5, inplace=True)", [(2, 3, 4)]),
    ("Dropout2d(0.5)", [IMAGE]),
    ("Dropout3d(0.5)", [(2, 3, 4, 5, 6)]),
    ("AlphaDropout(0.5)", [IMAGE]),
    ("FeatureAlphaDropout(0.5)", [IMAGE]),
    ("BatchNorm1d(4)", [(5, 4)]),
    ("BatchNorm1d(4, affine=False)", [(5, 4, 3)]),
    ("BatchNorm2d(4)", [IMAGE]),
    ("BatchNorm2d(4, momentum=None, eps=1e-3)", [IMAGE]),
    ("BatchNorm2d(4, track_running_stats=False)", [IMAGE]),
    ("BatchNorm2d(4, bias=False)", [IMAGE]),
    ("BatchNorm3d(4)", [(2, 4, 3, 2, 2)]),
    ("InstanceNorm1d(4)", [(2, 4, 5)]),
    ("InstanceNorm2d(4, affine=True)", [IMAGE]),
    ("InstanceNorm2d(4, track_running_stats=True)", [IMAGE[1:]]),
    ("InstanceNorm2d(4, affine=True, bias=False)", [IMAGE]),
    ("InstanceNorm3d(4)", [(2, 4, 3, 2, 2)]),
    ("LayerNorm(6)", [IMAGE]),
    ("LayerNorm((7, 6), eps=1e-3, bias=False)", [IMAGE]),
    ("LayerNorm([6], elementwise_affine=False)", [IMAGE]),
    ("RMSNorm(6)", [IMAGE]),
    ("RMSNorm((7, 6), eps=1e-3, elementwise_affine=False)", [IMAGE]),
    ("GroupNorm(2, 4)", [IMAGE]),
    ("GroupNorm(4, 4, affine=False)", [(2, 4)]),
    ("ReLU()", [IMAGE]),
    ("ReLU(True)", [IMAGE]),
    ("ReLU6()", [IMAGE]),
    ("LeakyReLU()", [IMAGE]),
    ("LeakyReLU(0.2, True)", [IMAGE]),
    ("PReLU()", [IMAGE]),
    ("PReLU(4, init=0.1)", [IMAGE]),
    ("RReLU()", [IMAGE]),
    ("ELU(0.5)", [IMAGE]),
    ("ELU(1, True)", [IMAGE]),
    ("SELU()", [IMAGE]),
    ("CELU(0.5)", [IMAGE]),
    ("GELU()", [IMAGE]),
    ("GELU('tanh')", [IMAGE]),
    ("SiLU()", [IMAGE]),
    ("Mish()", [IMAGE]),
    ("Hardswish()", [IMAGE]),
    ("Softplus()", [IMAGE]),
    ("Softplus(2, 1)", [IMAGE]),
    ("Softsign()", [IMAGE]),
    ("Tanhshrink()", [IMAGE]),
    ("Softshrink(0.3)", [IMAGE]),
    ("Hardshrink()", [IMAGE]),
    ("Threshold(0.1, 20)", [IMAGE]),
    ("GLU()", [IMAGE]),
    ("GLU(1)", [IMAGE]),
    ("Sigmoid()", [IMAGE]),
    ("Tanh()", [IMAGE]),
    ("Hardsigmoid()", [IMAGE]),
    ("Hardtanh()", [IMAGE]),
    ("Hardtanh(-0.3, 0.2, inplace=True)", [IMAGE]),
    ("LogSigmoid()", [IMAGE]),
    ("Softmax(1)", [IMAGE]),
    ("Softmin(-1)", [IMAGE]),
    ("LogSoftmax(1)", [IMAGE]),
    ("Softmax2d()", [IMAGE]),
    ("Softmax2d()", [IMAGE[1:]]),
]
every_layer = pytest.mark.parametrize(("source", "shapes"), LAYERS, ids=[s for s, _ in LAYERS])


def pair(source):
    """The layer of both libraries, PyTorch's with our values."""
    ours, theirs = eval(f"nn.{source}", {"nn": nn}), eval(f"nn.{source}", {"nn": torch.nn})
    theirs.load_state_dict({key: torch.tensor(t.numpy()) for key, t in ours.state_dict().items()})
    return ours, theirs


def inputs(shapes):
    random = np.random.default_rng(0)
    # One array after the other from the same stream: two inputs of one shape differ.
    arrays = [random.standard_normal(shape).astype(np.float32) for shape in shapes]
    return (
        [mg.tensor(a, requires_grad=True) for a in arrays],
        [torch.tensor(a, requires_grad=True) for a in arrays],
    )


def close(ours, theirs, tolerance=2e-5):
    assert tuple(ours.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(
        ours.numpy(force=True), theirs.detach().numpy(), rtol=tolerance, atol=tolerance
    )


@every_layer
def test_a_layer_prints_as_pytorchs_does(source, shapes):
    ours, theirs = pair(source)
    assert repr(ours) == repr(theirs)


@every_layer
def test_a_layer_has_the_state_of_pytorchs(source, shapes):
    ours, theirs = pair(source)
    found, expected = ours.state_dict(), theirs.state_dict()
    assert list(found) == list(expected)
    assert [tuple(t.shape) for t in found.values()] == [tuple(t.shape) for t in expected.values()]
    assert [str(t.dtype) for t in found.values()] == [
        str(t.dtype).removeprefix("torch.") for t in expected.values()
    ]


@every_layer
@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")  # PyTorch's
def test_outputs_and_gradients_agree_with_pytorch(source, shapes, training):
    ours, theirs = pair(source)
    random = "Dropout" in source or source.startswith("RReLU")
    if training and random:
        pytest.skip("its numbers are its own; see test_dropout.py")
    ours.train(training)
    theirs.train(training)
    for _ in range(2):  # twice: running statistics move
        xs, ys = inputs(shapes)
        # Leaves must not be written to: PyTorch's in-place layers get a copy.
        found, expected = ours(*xs), theirs(*[y * 1 for y in ys])
        close(found, expected)
        weights = np.random.default_rng(1).standard_normal(tuple(found.shape)).astype(np.float32)
        (found * mg.tensor(weights)).sum().backward()
        (expected * torch.tensor(weights)).sum().backward()
        for x, y in zip(xs, ys):
            close(x.grad, y.grad, 1e-4)
    for p, q in zip(ours.parameters(), theirs.parameters()):
        close(p.grad, q.grad, 1e-3)
    for b, c in zip(ours.buffers(), theirs.buffers()):
        close(b, c)


@every_layer
def test_a_layer_in_float64_stays_there(source, shapes):
    layer = pair(source)[0].double()
    output = layer(*[mg.ones(*shape, dtype=np.float64) for shape in shapes])
    assert output.dtype == np.float64


@pytest.mark.parametrize("name", sorted({source.split("(")[0] for source, _ in LAYERS}))
def test_arguments_have_the_names_order_and_defaults_of_pytorch(name):
    ours = inspect.signature(getattr(nn, name)).parameters
    theirs = inspect.signature(getattr(torch.nn, name)).parameters
    if not ours:
        assert set(theirs) <= {"args", "kwargs"}  # the constructor of Module itself
    else:
        deprecated = ("min_value", "max_value")
        assert list(ours) == [option for option in theirs if option not in deprecated]
    for option, parameter in ours.items():
        assert (parameter.default, parameter.kind) == (theirs[option].default, theirs[option].kind), option


def test_return_indices_gives_the_places_of_the_maxima():
    xs, ys = inputs([IMAGE])
    for source in ("MaxPool2d(2, return_indices=True)", "AdaptiveMaxPool2d(2, return_indices=True)"):
        ours, theirs = pair(source)
        for found, expected in zip(ours(*xs), theirs(*ys)):
            close(found, expected)


def test_conv_transpose_reaches_the_output_size_asked_for():
    ours, theirs = pair("ConvTranspose2d(4, 3, 3, stride=2, padding=1)")
    xs, ys = inputs([IMAGE])
    for size in [(13, 12), (14, 11), (2, 3, 14, 12)]:
        close(ours(xs[0], output_size=size), theirs(ys[0], output_size=size))


def test_dropout_is_active_in_training_only():
    x = mg.ones(1000)
    layer = nn.Dropout(0.25)
    kept = layer(x).numpy() != 0
    assert 600 < kept.sum() < 900
    assert np.allclose(layer(x).numpy().max(), 1 / 0.75)
    assert (layer.eval()(x).numpy() == 1).all()


@pytest.mark.parametrize(("name", "shape"), [("Dropout1d", (8, 20, 5)), ("Dropout2d", (8, 20, 5, 5))])
def test_channel_dropout_zeroes_whole_channels(name, shape):
    y = getattr(nn, name)(0.5)(mg.ones(*shape)).numpy().reshape(8 * 20, -1)
    assert (y == y[:, :1]).all()
    assert 40 < (y[:, 0] == 0).sum() < 120


def test_running_statistics_can_be_reset():
    layer = nn.BatchNorm1d(2)
    layer(mg.randn(5, 2))
    assert layer.num_batches_tracked.item() == 1
    layer.reset_running_stats()
    assert layer.num_batches_tracked.item() == 0
    assert layer.running_mean.tolist() == [0.0, 0.0]
    assert layer.running_var.tolist() == [1.0, 1.0]


BAD = [
    (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "in_channels=3, out_channels=4 and groups=2"),
    (lambda: nn.Conv2d(3, 4, 3, padding_mode="x"), ValueError, "padding_mode='x'.*circular"),
    (lambda: nn.Conv2d(3, 4, 3, padding="x"), ValueError, "padding='x'.*'same'"),
    (lambda: nn.Conv2d(3, 4, 3, padding="same", stride=2), ValueError, r"stride \(2, 2\); it needs stride 1"),
    (lambda: nn.Conv2d(3, 4, 0), ValueError, "kernel_size=0"),
    (lambda: nn.Conv1d(3, 4, (3, 3)), ValueError, r"Conv1d got kernel_size=\(3, 3\)"),
    (lambda: nn.ZeroPad2d((1, 2)), ValueError, r"padding=\(1, 2\); it needs one number, or 4"),
    (lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"), ValueError, "it needs 'zeros'"),
    (
        lambda: nn.ConvTranspose2d(1, 1, 3, stride=2)(mg.ones(1, 1, 3, 3), output_size=(20, 20)),
        ValueError,
        r"output_size=\(20, 20\).*\[7, 7\]",
    ),
    (lambda: nn.Dropout(1.5), ValueError, "p=1.5; it needs a probability"),
    (lambda: nn.Dropout1d()(mg.ones(3)), mg.ShapeError, r"Dropout1d\(\): dropout1d got shape \(3,\)"),
    (lambda: nn.Bilinear(0, 1, 1), ValueError, "in1_features=0"),
    (lambda: nn.Bilinear(1, 2, 3)(mg.ones(1, 1), mg.ones(1, 1)), mg.ShapeError, "bilinear got inputs"),
    (lambda: nn.Unflatten(1, 3), TypeError, "unflattened_size=3"),
    (lambda: nn.Softmax2d()(mg.ones(2, 2)), mg.ShapeError, r"shape \(2, 2\); it needs \(N, C, H, W\)"),
    (
        lambda: nn.BatchNorm2d(3)(mg.ones(2, 3)),
        mg.ShapeError,
        r"got shape \(2, 3\).*\(N, C, H, W\)",
    ),
    (lambda: nn.BatchNorm1d(3)(mg.ones(1, 3)), ValueError, "more than one value per channel"),
    (lambda: nn.GroupNorm(3, 4), ValueError, "num_groups=3 and num_channels=4"),
    (lambda: nn.Linear(2, 2, device="cuda"), ValueError, "cuda"),
]


@pytest.mark.parametrize(("act", "error", "words"), BAD)
def test_what_does_not_fit_is_refused_in_words(act, error, words):
    with pytest.raises(error, match=words):
        act()

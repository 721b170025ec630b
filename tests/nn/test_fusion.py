"""Neighbours in a Sequential that run in one pass: same bits, same hooks, same errors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import ShapeError, nn

ORDERS = {
    "relu": lambda: [nn.ReLU()],
    "pool": lambda: [nn.MaxPool2d(2)],
    "relu, pool": lambda: [nn.ReLU(), nn.MaxPool2d(2)],
    "pool, relu": lambda: [nn.MaxPool2d((2, 2), stride=2), nn.ReLU(inplace=True)],
}
GEOMETRIES = {
    "plain": (3, {}),
    "padding": (3, {"padding": 1}),
    "same": (2, {"padding": "same"}),
    "stride and groups": (3, {"stride": 2, "padding": 2, "groups": 2}),
    "odd rows": (2, {"padding": (1, 0), "dilation": 2}),
}


def net(order, geometry="plain", dtype=mg.float32):
    kernel, settings = GEOMETRIES[geometry]
    mg.manual_seed(3)
    return nn.Sequential(nn.Conv2d(4, 6, kernel, **settings), *ORDERS[order]()).to(dtype)


def one_by_one(model, x):
    for layer in model:
        x = layer(x)
    return x


def results(run, model, x):
    x = x.detach().requires_grad_()
    model.zero_grad()
    y = run(model, x)
    (y * mg.arange(y.numel(), dtype=y.dtype).reshape(y.shape)).sum().backward()
    return [y.detach(), x.grad, *(p.grad for p in model.parameters())]


def images(*shape, dtype=np.float32):
    return mg.from_numpy(np.random.default_rng(0).standard_normal(shape).astype(dtype))


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("order", ORDERS)
def test_one_pass_gives_the_bits_of_one_layer_after_the_other(order, geometry, dtype):
    model, x = net(order, geometry, dtype), images(3, 4, 11, 12, dtype=dtype)
    together = results(lambda m, x: m(x), model, x)
    apart = results(one_by_one, model, x)
    assert model(x).node.primitive.name.startswith("conv2d_")
    for a, b in zip(together, apart):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(5, 7), (40, 7), (2, 3, 7), (7,), (0, 7)])
def test_linear_and_relu_give_the_bits_of_one_after_the_other(shape, bias, dtype):
    mg.manual_seed(3)
    model = nn.Sequential(nn.Linear(7, 4, bias=bias), nn.ReLU(), nn.Linear(4, 2)).to(dtype)
    x = images(*shape, dtype=dtype)
    assert nn.Sequential(*model[:2])(x).node.primitive.name == "linear_relu"
    for a, b in zip(results(lambda m, x: m(x), model, x), results(one_by_one, model, x)):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape", [(5, 4, 6, 7), (3, 4, 12, 11), (1, 4, 3, 3), (40, 4, 32, 32)])
def test_batch_norm_and_relu_give_the_bits_of_one_after_the_other(shape, affine, dtype):
    def trained(run):
        mg.manual_seed(3)
        model = nn.Sequential(nn.BatchNorm2d(4, affine=affine), nn.ReLU(), nn.Flatten()).to(dtype)
        if affine:
            nn.init.normal_(model[0].weight)
            nn.init.normal_(model[0].bias)
        found = results(run, model, images(*shape, dtype=dtype))
        return found + [b for b in model.buffers()]

    x, layer = images(*shape, dtype=dtype), nn.BatchNorm2d(4).to(dtype)
    names = [nn.Sequential(layer.train(mode), nn.ReLU())(x).node for mode in (True, False)]
    assert [n.primitive.name for n in names] == ["normalize_channels_relu", "relu"]
    for a, b in zip(trained(lambda m, x: m(x)), trained(one_by_one), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_large_linear_and_relu_give_the_bits_of_one_after_the_other():
    mg.manual_seed(3)
    model, x = nn.Sequential(nn.Linear(300, 200), nn.ReLU()), images(130, 300)
    for a, b in zip(results(lambda m, x: m(x), model, x), results(one_by_one, model, x)):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_a_linear_layer_runs_alone_where_something_does_not_fit():
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    with pytest.raises(ShapeError, match=r"^0 Linear\(3, 2\): linear got input"):
        model(images(2, 4))
    with pytest.raises(TypeError, match=r"0 Linear\(3, 2\): linear got int64"):
        model(mg.ones(2, 3, dtype=mg.int64))
    assert model.half()(images(2, 3).half()).node.primitive.name == "relu"
    seen = []
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    model[0].register_forward_hook(lambda module, args, output: seen.append(output))
    model(images(2, 3))
    assert len(seen) == 1


@pytest.mark.parametrize("order", ORDERS)
def test_images_too_large_for_one_band_give_the_same_bits(order):
    model, x = net(order), images(1, 4, 150, 151)
    for a, b in zip(results(lambda m, x: m(x), model, x), results(one_by_one, model, x)):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", [(16, 64, 12, 13), (32, 64, 4, 4)], ids=["winograd", "small"])
def test_many_channels_give_the_same_bits(shape, order, dtype):
    mg.manual_seed(3)
    model = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1), *ORDERS[order]()).to(dtype)
    x = images(*shape, dtype=dtype)
    for a, b in zip(results(lambda m, x: m(x), model, x), results(one_by_one, model, x)):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_nan_and_ties_are_treated_as_by_the_separate_layers():
    model = net("relu, pool")
    x = images(2, 4, 8, 8)
    x[0, 0, 3, 3] = float("nan")
    x[1] = 0.0  # every window is a tie
    for a, b in zip(results(lambda m, x: m(x), model, x), results(one_by_one, model, x)):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_one_image_without_a_batch():
    model, x = net("relu, pool"), images(4, 8, 9)
    np.testing.assert_array_equal(model(x).detach().numpy(), one_by_one(model, x).detach().numpy())


def test_second_gradients_pass_through():
    model = net("relu, pool", dtype=mg.float64)
    x = images(1, 4, 6, 6, dtype=np.float64).requires_grad_()
    assert mg.autograd.gradgradcheck(model, (x,))


def test_a_hook_on_any_layer_sees_its_output():
    for watched in range(3):
        model = net("relu, pool")
        seen = []
        model[watched].register_forward_hook(lambda module, args, output, seen=seen: seen.append(output))
        model(images(2, 4, 8, 8))
        assert len(seen) == 1


def test_subclasses_and_layers_with_a_forward_of_their_own_run_alone():
    class Loud(nn.ReLU):
        def forward(self, input):
            return super().forward(input) + 1

    x = images(1, 4, 6, 6)
    model = nn.Sequential(nn.Conv2d(4, 2, 3), Loud())
    assert (model(x) >= 1).all()
    model = nn.Sequential(nn.Conv2d(4, 2, 3), nn.ReLU())
    model[1].forward = lambda input: input * 0 + 7
    assert (model(x) == 7).all()


def test_record_and_the_profiler_see_every_layer():
    model, x = net("relu, pool"), images(1, 4, 6, 6)
    with mg.profile() as profile:
        model(x)
    text = str(profile)
    assert all(name in text for name in ("conv2d", "relu", "max_pool2d"))
    assert "conv2d_relu" not in text


def test_pools_of_other_kinds_are_left_alone():
    x = images(1, 4, 9, 9)
    for pool in (
        nn.MaxPool2d(3),
        nn.MaxPool2d(2, stride=1),
        nn.MaxPool2d(2, padding=1),
        nn.MaxPool2d(2, ceil_mode=True),
    ):
        model = nn.Sequential(nn.Conv2d(4, 2, 3), pool)
        assert model(x).node.primitive.name == "max_pool2d"


def test_errors_name_the_layer_that_refuses():
    model = net("relu, pool")
    with pytest.raises(ShapeError, match=r"^0 Conv2d\(4, 6\): conv2d got input"):
        model(images(1, 3, 8, 8))
    with pytest.raises(ShapeError, match=r"^2 MaxPool2d\(2, 2, 0, 1\): max_pool2d got"):
        model(images(1, 4, 3, 3))


def test_integers_are_refused_as_by_the_convolution():
    with pytest.raises(TypeError, match="conv2d got input of int64"):
        net("relu")(mg.zeros(1, 4, 8, 8, dtype=mg.int64))

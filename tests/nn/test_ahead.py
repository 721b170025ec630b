"""Layers in one expression with relu and pooling: one pass, and nobody can tell."""

import contextlib
import sys
import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad import GraphError, ShapeError, lookahead, nn
from minigrad.nn import functional as F

needs_positions = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="code does not tell where names stand"
)


class Net(nn.Module):
    def __init__(self, act=None, **settings):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 4, 3, **settings)
        self.fc1 = nn.Linear(4, 3)
        self.bn = nn.BatchNorm2d(2)
        self.relu, self.pool, self.act = nn.ReLU(), nn.MaxPool2d(2), act


FORMS = {
    "relu": lambda n, x: F.relu(n.conv1(x)),
    "inplace": lambda n, x: F.relu(n.conv1(x), inplace=True),
    "method": lambda n, x: n.conv1(x).relu(),
    "top level": lambda n, x: mg.relu(n.conv1(x)),
    "pool": lambda n, x: F.max_pool2d(n.conv1(x), 2),
    "relu, pool": lambda n, x: F.max_pool2d(F.relu(n.conv1(x)), 2),
    "relu, pool by name": lambda n, x: F.max_pool2d(F.relu(n.conv1(x)), kernel_size=(2, 2), stride=2),
    "pool, relu": lambda n, x: F.relu(F.max_pool2d(n.conv1(x), 2)),
    "modules": lambda n, x: n.pool(n.relu(n.conv1(x))),
    "method, pool": lambda n, x: F.max_pool2d(n.conv1(x).relu(), 2),
    "linear": lambda n, x: F.relu(n.fc1(x[:, 0, 0, :4])),
    "norm": lambda n, x: F.relu(n.bn(x)),
    "norm module": lambda n, x: n.relu(n.bn(x)),
    # what comes next only looks like it
    "norm, pool": lambda n, x: F.max_pool2d(n.bn(x), 2),
    "other windows": lambda n, x: F.max_pool2d(F.relu(n.conv1(x)), 3, 2),
    "twice": lambda n, x: F.relu(F.relu(n.conv1(x))),
    "pool of pool": lambda n, x: F.max_pool2d(F.max_pool2d(n.conv1(x), 2), 2),
    "tanh": lambda n, x: F.tanh(n.conv1(x)),
    "sum": lambda n, x: F.relu(n.conv1(x) + 1),
}
TOGETHER = {
    "relu": "conv2d_relu", "inplace": "conv2d_relu", "method": "conv2d_relu", "top level": "conv2d_relu",
    "pool": "conv2d_max_pool2d", "relu, pool": "conv2d_relu_max_pool2d",
    "relu, pool by name": "conv2d_relu_max_pool2d", "pool, relu": "conv2d_relu_max_pool2d",
    "modules": "conv2d_relu_max_pool2d", "method, pool": "conv2d_relu_max_pool2d",
    "norm": "normalize_channels_relu", "norm module": "normalize_channels_relu",
}  # fmt: skip


def images(*shape, dtype=np.float32):
    return mg.from_numpy(np.random.default_rng(0).standard_normal(shape).astype(dtype))


def results(form, net, x):
    x = x.detach().requires_grad_()
    net.zero_grad()
    y = form(net, x)
    (y * mg.arange(y.numel(), dtype=y.dtype).reshape(y.shape)).sum().backward()
    found = [y.detach(), x.grad, *(p.grad for p in net.parameters() if p.grad is not None)]
    return y.node.primitive.name, [t.numpy() for t in found]


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
@pytest.mark.parametrize("name", FORMS)
def test_every_run_of_an_expression_has_the_bits_of_the_first(name, dtype):
    form, net = FORMS[name], Net(padding=1).to(dtype)
    x = images(3, 2, 9, 8, dtype=dtype)
    lookahead.sites.clear()
    primitives, values = zip(*[results(form, net, x) for _ in range(4)])
    with mg.record():
        primitive, expected = results(form, net, x)
    for found in values:
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b)
    assert primitives[0] == primitive
    if sys.version_info >= (3, 11):
        assert primitives[-1] == TOGETHER.get(name, primitive)


def test_second_gradients_pass_through():
    net, x = Net().double(), images(1, 2, 6, 6, dtype=np.float64).requires_grad_()
    for _ in range(2):
        assert mg.autograd.gradgradcheck(lambda x: FORMS["relu, pool"](net, x), (x,))


def learned(net, x):
    """An expression whose two layers run in one pass by now."""

    def form(x):
        return net.act(net.conv1(x))

    lookahead.sites.clear()
    before, net.act = net.act, nn.ReLU()
    for _ in range(3):
        y = form(x)
    net.act = before
    assert sys.version_info < (3, 11) or y.node.primitive.name == "conv2d_relu"
    return form


class Keeps(nn.Module):
    """Touches nothing of what it gets."""

    def forward(self, input):
        self.kept = input
        return input


def test_another_function_in_the_place_of_relu_gets_the_whole_tensor():
    net, x = Net(Keeps()), images(2, 2, 5, 5)
    form, expected = learned(net, x), net.conv1(x).detach().numpy()
    y = form(x)
    np.testing.assert_array_equal(y.detach().numpy(), expected)
    assert type(y) is mg.Tensor
    assert (y.node.primitive.name, y.node.scope) == ("conv2d", "conv1")
    assert net.act.kept is y
    assert not hasattr(y, "nothing")
    y.sum().backward()
    assert net.conv1.weight.grad is not None
    for act in (nn.Tanh(), nn.ReLU()):  # from now on this place is as any other
        net.act = act
        np.testing.assert_array_equal(form(x).detach().numpy(), act(y).detach().numpy())


@needs_positions
@pytest.mark.parametrize("what", ["weight", "input", "nothing"])
def test_what_was_put_away_is_refused_once_its_operands_have_changed(what):
    net, x = Net(Keeps()), images(2, 2, 5, 5)
    form, expected = learned(net, x), net.conv1(x).detach().numpy()
    y = form(x)
    with mg.no_grad():
        mg.zeros(3).add_(1)
        if what == "weight":
            net.conv1.weight.mul_(2)
        elif what == "input":
            x.add_(1)
    if what == "nothing":
        np.testing.assert_array_equal(y.detach().numpy(), expected)
    else:
        with pytest.raises(GraphError, match="Conv2d got changes to its input or parameters"):
            y.sum()


def test_results_put_into_a_list_are_whole():
    net, x, outputs = Net(), images(2, 2, 5, 5), []
    for _ in range(3):
        outputs.append(net.conv1(x))
        with mg.no_grad():
            net.conv1.weight.mul_(2)
    assert [type(y) for y in outputs] == [mg.Tensor] * 3
    a, b = (outputs[i].detach() - net.conv1.bias.detach().reshape(4, 1, 1) for i in (0, 2))
    np.testing.assert_allclose(4 * a.numpy(), b.numpy(), rtol=1e-5, atol=1e-5)


def test_a_place_where_something_else_comes_next_is_not_looked_at_for_ever():
    net, x = Net(), images(2, 2, 5, 5)
    lookahead.sites.clear()
    for _ in range(lookahead.TRIES + 1):
        F.tanh(net.conv1(x))
    assert [place.follows for place in lookahead.sites.values()] == [False]


def test_functions_by_local_names_never_get_a_promise():
    net, x, outputs = Net(), images(2, 2, 5, 5), []
    for function in (F.relu, F.relu, F.relu, outputs.append):
        function(net.conv1(x))
    with mg.no_grad():
        expected = net.conv1(x).numpy()
        net.conv1.weight.mul_(2)
    np.testing.assert_array_equal(outputs[0].detach().numpy(), expected)


@pytest.mark.parametrize("watched", ["conv1", "relu", "pool"])
def test_a_hook_on_any_layer_sees_its_output(watched):
    net, x, seen = Net(), images(2, 2, 6, 6), []
    form = FORMS["modules"]
    for _ in range(4):
        expected = form(net, x).detach().numpy()
    hook = getattr(net, watched).register_forward_hook(lambda module, args, y: seen.append((args[0], y)))
    for _ in range(2):
        np.testing.assert_array_equal(form(net, x).detach().numpy(), expected)
    assert len(seen) == 2
    with mg.no_grad():
        net.conv1.weight.mul_(0)
    before = net.conv1(x) if watched == "relu" else None
    assert all((a.detach().numpy() != 0).any() and (y.detach().numpy() != 0).any() for a, y in seen)
    assert before is None or (before.detach().numpy() != seen[0][0].detach().numpy()).any()
    hook.remove()


def test_a_hook_that_gets_its_input_by_name_keeps_the_whole_tensor():
    net, x, seen = Net(), images(2, 2, 6, 6), []

    def form():
        return net.relu(input=net.conv1(x))

    for _ in range(4):
        form()
    net.relu.register_forward_pre_hook(lambda m, args, kwargs: seen.append(kwargs["input"]), with_kwargs=True)
    form()
    expected = net.conv1(x).detach().numpy()
    assert type(seen[0]) is mg.Tensor
    with mg.no_grad():
        net.conv1.weight.mul_(2)
    np.testing.assert_array_equal(seen[0].detach().numpy(), expected)


def test_whoever_watches_sees_every_layer_alone():
    net, x = Net(), images(2, 2, 6, 6)
    for _ in range(4):
        FORMS["modules"](net, x)
    with mg.profile() as profile:
        FORMS["modules"](net, x)
    text = str(profile)
    assert all(name in text for name in ("conv2d", "relu", "max_pool2d"))
    assert "conv2d_relu" not in text


def test_subclasses_and_layers_with_a_forward_of_their_own_run_alone():
    class Doubled(nn.Conv2d):
        def forward(self, input):
            return 2 * super().forward(input)

    net, x = Net(), images(2, 2, 5, 5)
    double = Doubled(2, 4, 3)
    double.load_state_dict(net.conv1.state_dict())
    plain, net.conv1 = net.conv1, double
    for _ in range(3):
        np.testing.assert_array_equal(
            FORMS["relu"](net, x).detach().numpy(), 2 * F.relu(plain(x)).detach().numpy()
        )
    net.conv1 = plain
    net.conv1.forward = lambda input: input * 0 + 7
    for _ in range(3):
        assert (FORMS["relu"](net, x) == 7).all()


def test_nodes_bear_the_path_of_the_layer_and_errors_name_it():
    model = nn.ModuleDict({"body": Net()})
    for _ in range(4):
        y = FORMS["modules"](model["body"], images(2, 2, 6, 6))
    assert sys.version_info < (3, 11) or y.node.scope == "conv1"
    with pytest.raises(ShapeError, match=r"conv1 Conv2d\(2, 4\): conv2d got input"):
        FORMS["modules"](model["body"], images(2, 3, 6, 6))
    with pytest.raises(ShapeError, match=r"pool MaxPool2d.*max_pool2d got"):
        FORMS["modules"](model["body"], images(2, 2, 3, 3))
    np.testing.assert_array_equal(
        FORMS["modules"](model["body"], images(2, 2, 6, 6)).detach().numpy(), y.detach().numpy()
    )


def test_no_grad_and_one_image_without_a_batch():
    net, x = Net(), images(2, 6, 6)
    for _ in range(4):
        with mg.no_grad():
            y = FORMS["relu, pool"](net, x)
        assert (y.requires_grad, y.shape) == (False, (4, 2, 2))
    with mg.record():
        np.testing.assert_array_equal(y.numpy(), FORMS["relu, pool"](net, x).detach().numpy())


def test_threads_that_run_the_same_expression_do_not_disturb_each_other():
    net, wrong = Net(), []
    inputs = [images(2, 2, 6, 6) * k for k in range(1, 5)]
    with mg.record():
        expected = [FORMS["relu, pool"](net, x).detach().numpy() for x in inputs]

    def run(x, y):
        for _ in range(200):
            if not np.array_equal(FORMS["relu, pool"](net, x).detach().numpy(), y):
                wrong.append(x)

    threads = [threading.Thread(target=run, args=pair) for pair in zip(inputs, expected)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@needs_positions
@pytest.mark.parametrize(
    ("text", "follows"),
    [
        ("F.relu(conv(x))", True),
        ("relu(conv(x))", True),
        ("self.relu(conv(x))", True),
        ("F.max_pool2d(conv(x), 2)", True),
        ("F.max_pool2d(conv(x), kernel_size=2, stride=2)", True),
        ("conv(x).relu()", True),
        ("[F.relu(conv(i)) for i in x]", True),
        ("x(conv(x))", False),
        ("(F.relu if x else F.tanh)(conv(x))", False),
        ("F.relu(conv(x) + 1)", False),
        ("F.relu(conv(x), x())", False),
        ("F.max_pool2d(conv(x), x)", False),
        ("F.relu(*conv(x))", False),
        ("conv(x).tanh()", False),
        ("conv(x)", False),
        ("F.relu(conv(x)[0])", False),
        ("fs[0](conv(x))", False),
    ],
)
def test_which_calls_are_taken_at_once(text, follows):
    seen = []

    def conv(x):
        frame = sys._getframe(1)
        seen.append(lookahead.Site(frame.f_code, frame.f_lasti))
        return mg.ones(1, 1, 4, 4)

    scope = {"conv": conv, "F": F, "relu": F.relu, "self": F, "fs": [F.relu]}
    exec(f"def run(x):\n    return {text}", scope)
    with contextlib.suppress(TypeError, ValueError):  # some of them are no good calls
        scope["run"]([mg.ones(1)])
    assert (seen[0].past > 0) == follows
    assert seen[0].follows is (None if follows else False)

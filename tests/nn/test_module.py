"""Registration, traversal, modes and printing of modules."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.tape import scope


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 3)
        self.act = nn.ReLU()
        self.register_buffer("count", mg.zeros(1))
        self.register_buffer("scratch", mg.zeros(1), persistent=False)
        self.scale = nn.Parameter(mg.ones(3))

    def forward(self, x):
        return self.act(self.linear(x)) * self.scale


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Block()
        self.second = self.first  # shared
        self.head = nn.Linear(3, 1, bias=False)

    def forward(self, x):
        return self.head(self.first(x) + self.second(x))


def names(pairs):
    return [name for name, _ in pairs]


# ------------------------------------------------ registration


def test_parameters_buffers_and_children_are_found_under_their_paths():
    net = Net()
    assert names(net.named_parameters()) == [
        "first.scale", "first.linear.weight", "first.linear.bias", "head.weight",
    ]  # fmt: skip
    assert names(net.named_buffers()) == ["first.count", "first.scratch"]
    assert names(net.named_children()) == ["first", "head"]
    assert names(net.named_modules()) == ["", "first", "first.linear", "first.act", "head"]
    assert len(list(net.parameters())) == 4
    assert len(list(net.modules())) == 5
    assert list(net.children()) == [net.first, net.head]
    assert list(net.buffers()) == [net.first.count, net.first.scratch]


def test_shared_members_come_once_unless_asked_for():
    net = Net()
    assert names(net.named_parameters(remove_duplicate=False)) == [
        "first.scale", "first.linear.weight", "first.linear.bias",
        "second.scale", "second.linear.weight", "second.linear.bias", "head.weight",
    ]  # fmt: skip
    assert "second.act" in names(net.named_modules(remove_duplicate=False))
    net.head.weight = nn.Parameter(mg.ones(1, 3))
    net.again = net.head.weight
    assert names(net.named_parameters(recurse=False)) == ["again"]
    assert "head.weight" not in names(net.named_parameters())


def test_prefix_and_recurse_are_honoured():
    block = Block()
    assert names(block.named_parameters(prefix="p", recurse=False)) == ["p.scale"]
    assert names(block.named_buffers(prefix="p")) == ["p.count", "p.scratch"]
    assert names(block.named_modules(prefix="p")) == ["p", "p.linear", "p.act"]


def test_an_attribute_moves_between_registries():
    module = nn.Module()
    module.x = 5
    module.x = nn.Parameter(mg.ones(1))
    assert names(module.named_parameters()) == ["x"]
    assert module._parameters["x"] is module.x
    module.x = None
    assert module.x is None
    assert names(module.named_parameters()) == []
    module.x = nn.Linear(1, 1)
    assert names(module.named_children()) == ["x"]
    assert "x" not in module._parameters
    module.x = nn.Buffer(mg.ones(1), persistent=False)
    assert names(module.named_buffers()) == ["x"]
    assert list(module.state_dict()) == []
    module.x = mg.zeros(2)
    assert module._buffers["x"].shape == (2,)
    del module.x
    assert not hasattr(module, "x")


def test_the_registries_write_through():
    block = Block()
    block._parameters["scale"] = fresh = nn.Parameter(mg.ones(3))
    assert block.scale is fresh
    assert fresh in list(block.parameters())
    del block._modules["act"]
    assert not hasattr(block, "act")
    with pytest.raises(KeyError):
        block._modules["scale"]


def test_a_module_is_freed_without_the_garbage_collector():
    block = Block()
    seen = weakref.ref(block)
    block(mg.ones(1, 2))
    gc.disable()
    try:
        del block
        assert seen() is None
    finally:
        gc.enable()


def test_plain_tensors_are_not_registered():
    module = nn.Module()
    module.x = mg.ones(1)
    assert list(module.state_dict()) == []
    assert "x" in vars(module)


def test_deleting_takes_a_member_out():
    block = Block()
    del block.scale, block.act, block.scratch
    assert names(block.named_parameters()) == ["linear.weight", "linear.bias"]
    assert block._non_persistent_buffers_set == set()
    with pytest.raises(AttributeError):
        del block.nothing


def test_dir_lists_the_members():
    assert {"linear", "scale", "count", "forward"} <= set(dir(Block()))


class Early(nn.Module):
    def __init__(self, value):
        self.value = value
        super().__init__()


@pytest.mark.parametrize(
    "value",
    [nn.Parameter(mg.ones(1)), nn.Linear(1, 1), nn.Buffer(mg.ones(1))],
    ids=lambda v: type(v).__name__,
)
def test_members_before_init_are_refused_with_the_remedy(value):
    with pytest.raises(AttributeError, match=r"'value' before super\(\).__init__\(\).*top of __init__"):
        Early(value)


def test_plain_attributes_before_init_are_allowed():
    assert Early(3).value == 3


def test_registering_methods_before_init_are_refused():
    module = nn.Module.__new__(nn.Module)
    with pytest.raises(AttributeError, match=r"before super"):
        module.register_parameter("w", None)
    with pytest.raises(AttributeError, match=r"before super"):
        module.register_buffer("w", None)
    with pytest.raises(AttributeError, match=r"super.*has not been called"):
        module.weight  # noqa: B018


BAD_REGISTRATIONS = [
    (lambda m: m.register_parameter("a.b", None), KeyError, "a.b"),
    (lambda m: m.register_buffer("", None), KeyError, "not empty"),
    (lambda m: m.register_parameter(3, None), TypeError, "int.*str"),
    (lambda m: m.register_parameter("training", None), KeyError, "already exists"),
    (lambda m: m.register_parameter("w", mg.ones(1)), TypeError, "Tensor for 'w'.*nn.Parameter"),
    (lambda m: m.register_buffer("w", 3), TypeError, "int for 'w'.*Tensor or None"),
    (lambda m: m.add_module("w", 3), TypeError, "int for 'w'.*nn.Module"),
    (lambda m: m.add_module("linear.x", nn.ReLU()), KeyError, "linear.x"),
    (lambda m: setattr(m, "scale", mg.ones(3)), TypeError, "Block.scale got Tensor.*Parameter or None"),
    (lambda m: setattr(m, "linear", 3), TypeError, "Block.linear got int.*Module or None"),
    (lambda m: setattr(m, "count", 3), TypeError, "Block.count got int.*Tensor or None"),
    (lambda m: m.nothing, AttributeError, "'Block' object has no attribute 'nothing'"),
    (lambda m: m.get_submodule("linear.x"), AttributeError, "Linear has no child 'x'"),
    (lambda m: m.get_parameter("linear.x"), AttributeError, r"no 'x' there; it needs one of \['weight'"),
    (lambda m: m.get_buffer("scale"), AttributeError, "no 'scale'"),
    (lambda m: m.train("yes"), ValueError, "mode='yes'"),
    (lambda m: nn.Module()(1), NotImplementedError, "Module got a call and has no forward"),
    (lambda m: m.to(np.int64), mg.DTypeError, "int64.*float"),
    (lambda m: m.to("cuda"), ValueError, "cuda.*cpu"),
]


@pytest.mark.parametrize(("act", "error", "words"), BAD_REGISTRATIONS)
def test_what_does_not_fit_is_refused_in_words(act, error, words):
    with pytest.raises(error, match=words):
        act(Block())


def test_a_computed_parameter_is_refused():
    class Odd(nn.Parameter):
        pass

    p = Odd(mg.ones(1))
    p.node = (nn.Parameter(mg.ones(1)) * 2).node
    with pytest.raises(ValueError, match=r"computed tensor for 'w'.*leaf"):
        nn.Module().register_parameter("w", p)


def test_members_are_reached_by_path():
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("first.linear") is net.first.linear
    assert net.get_parameter("first.linear.bias") is net.first.linear.bias
    assert net.get_parameter("first.scale") is net.first.scale
    assert net.get_buffer("first.count") is net.first.count


# ------------------------------------------------ modes and conversions


def test_train_and_eval_reach_every_module():
    net = Net()
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    net.train()
    assert all(m.training for m in net.modules())


def test_requires_grad_reaches_every_parameter():
    net = Net().requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    assert not net(mg.ones(1, 2)).requires_grad


def test_zero_grad_drops_gradients_or_fills_them():
    net = Net()
    net(mg.ones(1, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert all((p.grad.numpy() == 0).all() for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_apply_visits_children_before_parents():
    seen = []
    net = Net()
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "ReLU", "Block", "Linear", "Net"]


def test_conversion_keeps_the_parameter_objects_and_leaves_integers():
    block = Block()
    block.register_buffer("steps", mg.tensor(3))
    before = dict(block.named_parameters())
    block(mg.ones(1, 2)).sum().backward()
    assert block.double() is block
    assert dict(block.named_parameters()) == before
    assert all(p.dtype == np.float64 and p.grad.dtype == np.float64 for p in block.parameters())
    assert block.count.dtype == np.float64
    assert block.steps.dtype == np.int64
    assert block.half().scale.dtype == np.float16
    assert block.float().scale.dtype == np.float32
    assert block.to("cpu", mg.float64).scale.dtype == np.float64
    assert block.to(mg.ones(1)).scale.dtype == np.float32
    assert block.to(dtype=mg.float64).cpu().scale.dtype == np.float64
    assert block.type(mg.float32).steps.dtype == np.float32


# ------------------------------------------------ copies


def test_a_deep_copy_is_independent_and_keeps_sharing():
    net = Net()
    twin = copy.deepcopy(net)
    assert twin.first is twin.second
    assert isinstance(twin.head.weight, nn.Parameter)
    x = mg.randn(4, 2)
    np.testing.assert_array_equal(twin(x).numpy(force=True), net(x).numpy(force=True))
    with mg.no_grad():
        twin.head.weight.zero_()
    assert (net.head.weight.numpy(force=True) != 0).any()


def test_a_pickled_module_comes_back_whole():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1, bias=False)).eval()
    net[0].weight.requires_grad_(False)
    twin = pickle.loads(pickle.dumps(net))
    assert repr(twin) == repr(net)
    assert not twin[1].training
    assert [p.requires_grad for p in twin.parameters()] == [False, True, True]
    x = mg.randn(4, 2)
    np.testing.assert_array_equal(twin(x).numpy(force=True), net(x).numpy(force=True))


# ------------------------------------------------ the path


def recorded_paths(y):
    found, stack = [], [y.node]
    while stack:
        node = stack.pop()
        found.append((node.primitive.name, node.scope))
        stack.extend(p for p in node.parents if hasattr(p, "primitive"))
    return found


def test_nodes_know_the_module_they_were_made_in():
    class Deep(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU()))
            self.layers = nn.ModuleList([nn.Linear(2, 2)])
            self.layers.append(nn.ModuleDict({"a": nn.Linear(2, 2)}))

        def forward(self, x):
            return self.layers[1]["a"](self.layers[0](self.features(x))) * 2

    paths = recorded_paths(Deep()(mg.ones(1, 2)))
    assert paths == [
        ("mul", ""), ("linear", "layers.1.a"), ("linear", "layers.0"), ("relu", "features.1.0"),
        ("linear", "features.0"),
    ]  # fmt: skip
    assert scope.get() == ""


def test_the_path_is_put_back_after_an_error():
    with pytest.raises(mg.ShapeError):
        nn.Sequential(nn.Linear(2, 2))(mg.ones(1, 3))
    assert scope.get() == ""


class Outer(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.net = nn.Sequential(nn.ReLU(), nn.Identity(), inner)

    def forward(self, x):
        return self.net(x)


class Raises(nn.Module):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def forward(self, x):
        raise self.error


def test_a_shape_error_names_the_innermost_module_once():
    with pytest.raises(mg.ShapeError) as caught:
        Outer(nn.Linear(4, 2))(mg.ones(3, 5))
    text = str(caught.value)
    assert text.startswith("net.2 Linear(4, 2): linear got input (3, 5)")
    assert text.count("Linear(4, 2)") == 1
    assert any("linear" in frame.name for frame in caught.traceback)


@pytest.mark.parametrize("kind", [mg.ShapeError, mg.DTypeError, ValueError, IndexError])
def test_other_errors_are_named_too_and_keep_their_type(kind):
    error = kind("something got 3", "more")
    with pytest.raises(kind) as caught:
        Outer(Raises(error))(mg.ones(1))
    assert caught.value is error
    assert error.args == ("net.2 Raises(): something got 3", "more")


@pytest.mark.parametrize(
    "error",
    [RuntimeError("as it was"), KeyError("k"), UnicodeDecodeError("utf8", b"", 0, 1, "x"), ValueError(3)],
)
def test_foreign_errors_are_left_alone(error):
    before = error.args
    with pytest.raises(type(error)):
        Outer(Raises(error))(mg.ones(1))
    assert error.args == before


def test_a_module_without_a_path_is_named_by_its_class_alone():
    with pytest.raises(mg.ShapeError, match=r"^Linear\(4, 2\): linear got"):
        nn.Linear(4, 2)(mg.ones(3, 5))


LABELS = [
    (nn.Linear(4, 2), "Linear(4, 2)"),
    (nn.Conv2d(1, 8, 3), "Conv2d(1, 8)"),
    (nn.MaxPool2d(2), "MaxPool2d(2, 2, 0, 1)"),
    (nn.Dropout(0.5), "Dropout()"),
    (nn.Embedding(10, 3), "Embedding(10, 3)"),
    (nn.ReLU(), "ReLU()"),
]


@pytest.mark.parametrize(("module", "label"), LABELS)
def test_the_short_name_holds_the_leading_sizes(module, label):
    assert module._label() == label

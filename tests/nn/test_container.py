"""Sequential, lists and dictionaries of modules and parameters."""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn


class Add(nn.Module):
    def __init__(self, amount):
        super().__init__()
        self.amount = amount

    def forward(self, x):
        return x + self.amount

    def extra_repr(self):
        return f"{self.amount}"


def amounts(modules):
    return [m.amount for m in modules]


# ------------------------------------------------ Sequential


def test_sequential_calls_its_children_in_order():
    net = nn.Sequential(Add(1), Add(10))
    np.testing.assert_array_equal(net(mg.zeros(1)).numpy(), [11])


def test_sequential_takes_named_modules_and_reaches_them_by_name():
    net = nn.Sequential(OrderedDict(one=Add(1), two=Add(2)))
    assert net.two.amount == 2
    assert net.get_submodule("one").amount == 1
    assert [name for name, _ in net.named_children()] == ["one", "two"]


def test_sequential_is_indexed_sliced_and_iterated():
    net = nn.Sequential(*map(Add, range(5)))
    assert (net[0].amount, net[-1].amount, len(net)) == (0, 4, 5)
    assert amounts(net) == [0, 1, 2, 3, 4]
    assert amounts(net[1:4:2]) == [1, 3]
    assert isinstance(net[1:], nn.Sequential)
    assert net[1:][0] is net[1]
    net[2] = Add(20)
    assert net[2].amount == 20


def test_sequential_grows_and_shrinks():
    net = nn.Sequential(Add(0))
    assert net.append(Add(1)) is net
    net.extend([Add(2), Add(3)])
    net.insert(0, Add(-1))
    net.insert(-1, Add(9))
    assert amounts(net) == [-1, 0, 1, 2, 9, 3]
    assert list(net._modules) == ["0", "1", "2", "3", "4", "5"]
    assert net.pop(4).amount == 9
    del net[0]
    del net[-1]
    assert amounts(net) == [0, 1, 2]
    assert list(net._modules) == ["0", "1", "2"]
    del net[1:]
    assert amounts(net) == [0]


def test_sequentials_are_added_and_repeated():
    net = nn.Sequential(Add(1)) + nn.Sequential(Add(2))
    assert amounts(net) == [1, 2]
    assert amounts(net * 2) == [1, 2, 1, 2]
    assert (2 * net)[0] is net[0]
    net += nn.Sequential(Add(3))
    net *= 2
    assert amounts(net) == [1, 2, 3, 1, 2, 3]


BAD = [
    (lambda: nn.Sequential(Add(1))[1], IndexError, r"Sequential got the index 1; it needs one in \[-1, 0\]"),
    (lambda: nn.Sequential()[0], IndexError, "it is empty"),
    (lambda: nn.Sequential([Add(1)]), TypeError, "list for '0'.*nn.Module"),
    (lambda: nn.Sequential().insert(0, 3), TypeError, "insert got int"),
    (lambda: nn.Sequential().insert(2, Add(1)), IndexError, r"insert got the index 2"),
    (lambda: nn.ModuleList(Add(1)), TypeError, "extend got Add.*several"),
    (lambda: nn.Sequential() + [Add(1)], TypeError, r"Sequential \+ list"),
    (lambda: nn.Sequential() * 0, ValueError, "0 repetitions"),
    (lambda: nn.Sequential() * 1.5, TypeError, "1.5 repetitions"),
    (lambda: nn.ModuleDict({"a.b": Add(1)}), KeyError, "a.b"),
    (lambda: nn.ModuleDict({"a": 1}), TypeError, "int for 'a'"),
    (lambda: nn.ModuleDict(3), TypeError, "update got int"),
    (lambda: nn.ModuleDict()["a"], KeyError, "a"),
    (lambda: nn.ModuleList()(1), NotImplementedError, "ModuleList got a call"),
    (lambda: nn.ParameterList([mg.ones(1)])[1], IndexError, "ParameterList got the index 1"),
    (lambda: nn.ParameterList(mg.ones(1)), TypeError, "extend got Tensor.*several"),
    (lambda: nn.ParameterDict()["a"], KeyError, "a"),
    (lambda: nn.ParameterDict().pop("a"), KeyError, "a"),
]


@pytest.mark.parametrize(("act", "error", "words"), BAD)
def test_what_does_not_fit_is_refused_in_words(act, error, words):
    with pytest.raises(error, match=words):
        act()


# ------------------------------------------------ ModuleList and ModuleDict


def test_a_module_list_behaves_as_a_list():
    layers = nn.ModuleList(map(Add, range(3)))
    layers += [Add(3)]
    layers.insert(1, Add(10))
    assert amounts(layers) == [0, 10, 1, 2, 3]
    assert amounts(layers[1:3]) == [10, 1]
    assert amounts(layers + [Add(7)]) == [0, 10, 1, 2, 3, 7]
    layers[0] = Add(5)
    assert layers.pop().amount == 3
    del layers[1]
    assert amounts(layers) == [5, 1, 2]
    assert len(layers) == 3


def test_a_slice_leaves_the_paths_of_its_modules():
    class Holder(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1)])

        def forward(self, x):
            return self.layers[1:][0](x)

    assert Holder()(mg.ones(1, 1)).node.scope == "layers.1"


def test_a_module_dict_behaves_as_a_dictionary():
    heads = nn.ModuleDict([("a", Add(1)), ("b", Add(2))])
    heads["c"] = Add(3)
    assert list(heads) == list(heads.keys()) == ["a", "b", "c"]
    assert amounts(heads.values()) == [1, 2, 3]
    assert "b" in heads
    assert heads.pop("b").amount == 2
    del heads["c"]
    heads.update(nn.ModuleDict({"d": Add(4)}))
    assert [(k, m.amount) for k, m in heads.items()] == [("a", 1), ("d", 4)]
    assert len(heads) == 2
    heads.clear()
    assert len(heads) == 0


# ------------------------------------------------ parameters


def test_a_parameter_list_registers_its_tensors():
    scales = nn.ParameterList([mg.ones(2), nn.Parameter(mg.zeros(1))])
    scales.append(mg.ones(3))
    scales += [mg.ones(4)]
    assert len(list(scales.parameters())) == len(scales) == 4
    assert list(scales.state_dict()) == ["0", "1", "2", "3"]
    assert scales[-1].shape == (4,)
    assert [p.shape[0] for p in scales[:2]] == [2, 1]
    scales[0] = mg.zeros(5)
    assert isinstance(scales[0], nn.Parameter)
    assert [p.shape[0] for p in scales] == [5, 1, 3, 4]


def test_a_parameter_dict_registers_its_tensors():
    scales = nn.ParameterDict({"a": mg.ones(1)})
    scales["b"] = nn.Parameter(mg.ones(2))
    scales.update([("c", mg.ones(3))])
    scales["a"] = mg.zeros(4)
    assert list(scales.state_dict()) == ["a", "b", "c"]
    assert [(k, v.shape[0]) for k, v in scales.items()] == [("a", 4), ("b", 2), ("c", 3)]
    assert scales.get("z") is None
    assert "b" in scales
    assert scales.pop("b").shape == (2,)
    del scales["c"]
    assert [v.shape[0] for v in scales.values()] == [4]
    scales.clear()
    assert list(scales) == list(scales.parameters()) == []


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_containers_survive_copies(clone):
    model = nn.ModuleDict(
        {"list": nn.ModuleList([nn.Linear(1, 2)]), "params": nn.ParameterList([mg.ones(2)])}
    )
    model["dict"] = nn.ParameterDict({"x": mg.ones(3)})
    twin = clone(model)
    assert list(twin.state_dict()) == list(model.state_dict())
    assert len(twin["params"]) == 1
    assert repr(twin) == repr(model)


# ------------------------------------------------ printing


def test_containers_print_as_pytorchs_do():
    torch = pytest.importorskip("torch")

    def build(n):
        return n.Sequential(
            OrderedDict(
                a=n.Linear(2, 3),
                b=n.ModuleList([n.Linear(2, 2), n.Linear(2, 2), n.ReLU(), n.Sequential(n.Tanh())]),
                c=n.ModuleDict({"x": n.Identity(), "y": n.ModuleList()}),
                d=n.Sequential(),
                e=n.ModuleList([n.Sequential(n.ReLU()), n.Sequential(n.ReLU())]),
            )
        )

    assert repr(build(nn)) == repr(build(torch.nn))


def test_parameter_containers_print_one_line_a_parameter():
    torch = pytest.importorskip("torch")
    expected = repr(torch.nn.ParameterList([torch.ones(2, 3), torch.ones(1)]))
    found = repr(nn.ParameterList([mg.ones(2, 3), mg.ones(1)]))
    assert found == expected.replace("torch.", "minigrad.")
    assert "(x): Parameter containing: [minigrad.float32 of size 2]" in repr(
        nn.ParameterDict({"x": mg.ones(2)})
    )
    assert repr(nn.ParameterList()) == "ParameterList()"


def test_a_module_with_several_lines_of_its_own_prints_them_before_its_children():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.child = nn.ReLU()

        def extra_repr(self):
            return "one\ntwo"

    assert repr(Odd()) == "Odd(\n  one\n  two\n  (child): ReLU()\n)"

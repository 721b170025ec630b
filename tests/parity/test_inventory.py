"""Every operator that was promised exists in each form that PyTorch has, and is compared with it."""

from __future__ import annotations

import pytest

import minigrad as mg

from .inventory import INVENTORY, RANDOM, RANDOM_IN_PLACE
from .samples import SAMPLES
from .test_parity import find

torch = pytest.importorskip("torch")

# Forms that torch has and minigrad has not, and why.
WITHOUT = {
    "as_strided_": "a tensor cannot be given other strides under its views",
    "set_": "memory cannot be exchanged under a graph",
}


def forms():
    for name in INVENTORY:
        last = name.rpartition(".")[2]
        for form in (last, f"{last}_"):
            if not name.startswith("linalg.") and hasattr(torch.Tensor, form) and form not in WITHOUT:
                yield form


def test_every_promised_operator_is_compared_with_pytorch():
    compared = {name for s in SAMPLES for name in (s.name, *s.also)}
    assert set(INVENTORY) - compared == set()


def test_every_row_of_the_table_stands_in_the_inventory():
    named = {n.rpartition(".")[2] for n in INVENTORY}
    assert {s.last_name for s in SAMPLES} - named == {
        "pad",
        "xlog1py",
        "expit",
        "ndtr",
        "entr",
        "multigammaln",
    }


@pytest.mark.parametrize("name", [n for n in INVENTORY if not n.startswith(".")])
def test_the_function_exists(name):
    assert callable(find(torch, name))
    assert callable(find(mg, name))


@pytest.mark.parametrize("form", sorted(set(forms())))
def test_the_method_and_its_form_in_place_exist(form):
    assert hasattr(mg.Tensor, form)


@pytest.mark.parametrize("name", RANDOM)
def test_the_random_function_exists(name):
    assert hasattr(torch, name)
    assert hasattr(mg, name)


@pytest.mark.parametrize("name", RANDOM_IN_PLACE)
def test_the_random_filling_exists(name):
    assert hasattr(torch.Tensor, name)
    assert hasattr(mg.Tensor, name)

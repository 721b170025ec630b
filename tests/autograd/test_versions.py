"""Kept arrays that were written to before backward are refused, and only those."""

from pathlib import Path

import pytest

import minigrad as mg
from minigrad import autograd


def leaf(*values):
    return mg.tensor(list(values), dtype=mg.float64, requires_grad=True)


def test_a_kept_array_that_was_written_to_is_refused_with_both_lines():
    x = leaf(1.0, 2.0)
    h = x * 2
    y = h * h  # recorded here
    h.add_(1)  # changed here
    with pytest.raises(mg.GraphError) as caught:
        y.sum().backward()
    text = str(caught.value)
    source = Path(__file__).read_text().splitlines()
    lines = [int(part.split(":")[1].split(")")[0].split(";")[0]) for part in text.split(__file__)[1:]]
    assert [source[n - 1].split("# ")[1] for n in lines] == ["recorded here", "changed here"]
    assert "mul (output (2,)" in text


@pytest.mark.parametrize(
    "write",
    [
        lambda h: h[0].zero_(),
        lambda h: h.detach().add_(1),
        lambda h: h.reshape(2, 1).mul_(2),
        lambda h: h.__setitem__(0, 1.0),
        lambda h: h.detach()[1:].fill_(3),
    ],
)
def test_writes_through_views_and_detached_tensors_are_noticed(write):
    h = leaf(1.0, 2.0) * 2
    y = h * h
    with mg.no_grad():
        write(h)
    with pytest.raises(mg.GraphError, match="changed in place"):
        y.sum().backward()


def test_a_kept_output_that_was_written_to_is_refused():
    x = leaf(1.0, 2.0)
    y = x.exp()
    y.add_(1)
    with pytest.raises(mg.GraphError, match=r"exp.*changed in place"):
        y.sum().backward()


def test_a_leaf_changed_between_forward_and_backward_is_noticed():
    x, y = leaf(1.0), leaf(2.0)
    z = x * y
    with mg.no_grad():
        y += 1
    with pytest.raises(mg.GraphError, match="changed in place"):
        z.backward()
    assert x.grad is None


def test_a_write_that_no_rule_minds_is_allowed():
    x = leaf(1.0, 2.0)
    h = x * 2
    y = h + 1
    h.mul_(3)
    (y + h).sum().backward()
    assert x.grad.tolist() == [8.0, 8.0]


def test_a_write_after_backward_is_allowed():
    x = leaf(1.0)
    (x * x).backward()
    with mg.no_grad():
        x -= 0.1 * x.grad
    (x * x).backward()
    assert x.grad.tolist() == pytest.approx([2.0 + 1.6])


def test_grad_of_a_written_tensor_with_respect_to_its_old_leaf():
    x = leaf(3.0)
    h = x * x
    h.mul_(h.clone())
    assert autograd.grad(h, x)[0].tolist() == [4 * 27.0]

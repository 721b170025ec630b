"""Reading the graph, threads that record at once, and those who watch."""

import threading

import minigrad as mg
from minigrad import reverse, tape
from minigrad.node import AccumulateGrad
from minigrad.origin import line_of


def leaf(*values):
    return mg.tensor(list(values), dtype=mg.float64, requires_grad=True)


def test_grad_fn_has_a_name_and_next_functions():
    x, c = leaf(1.0), mg.tensor([2.0], dtype=mg.float64)
    y = x * 2
    z = y * c
    assert z.grad_fn.name() == "MulBackward0"
    assert z.grad_fn.next_functions == ((y.grad_fn, 0), (None, 0))
    assert y.grad_fn.next_functions[0] == (AccumulateGrad(x), 0)
    assert y.grad_fn.next_functions[0][0].variable is x
    assert x.grad_fn is None


def test_graphs_made_in_two_threads_do_not_disturb_each_other():
    results = {}

    def work(k):
        x = leaf(float(k))
        for _ in range(200):
            x.grad = None
            y = x
            for _ in range(20):
                y = y * 1.0 + x
            y.backward()
        results[k] = x.grad.tolist()

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == {k: [21.0] for k in range(4)}


def test_threads_that_share_a_leaf_lose_no_gradient():
    w = mg.ones(20_000, requires_grad=True)

    def work():
        for _ in range(50):
            (w * 1.0).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert (w.grad == 200).all().item()


def test_the_lines_in_messages_are_the_users():
    x = leaf(1.0)
    y = x * x
    assert line_of(y.node.origin).startswith(__file__)


def test_observers_see_each_op():
    seen = []

    def observer(call):
        same = call.node.primitive is call.primitive
        seen.append((call.primitive.name, len(call.arrays), same, call.seconds > 0))

    tape.observers.append(observer)
    try:
        leaf(1.0) * 2
    finally:
        tape.observers.remove(observer)
    assert seen == [("mul", 2, True, True)]
    assert reverse.checks == []


def test_an_observer_that_comes_during_an_operation_sees_the_next_one():
    """As when another thread begins to observe meanwhile."""
    seen = []

    def forward(x):
        tape.observers.append(lambda call: seen.append(call.primitive.name))
        return x + 1, ()

    meanwhile = mg.Primitive("test_meanwhile", forward, lambda g, kept, needs: (g,), keeps="")
    try:
        meanwhile(leaf(1.0))
        leaf(1.0) * 2
    finally:
        tape.observers.clear()
        del tape.PRIMITIVES["test_meanwhile"]
    assert seen == ["mul"]


def test_a_check_that_comes_during_a_rule_sees_the_next_one():
    seen = []

    def rule(g, kept, needs):
        reverse.checks.append(lambda node, *_: seen.append(node.primitive.name))
        return (g,)

    meanwhile = mg.Primitive("test_meanwhile", lambda x: (x + 1, ()), rule, keeps="")
    try:
        meanwhile(leaf(1.0) * 2).sum().backward()
    finally:
        reverse.checks.clear()
        del tape.PRIMITIVES["test_meanwhile"]
    assert seen == ["mul"]

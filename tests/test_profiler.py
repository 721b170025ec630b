"""minigrad.profile: counts and work by hand, a trace that viewers read, nothing left behind."""

from __future__ import annotations

import json
import threading
import time

import pytest

import minigrad as mg
from minigrad import nn, reverse, tape
from minigrad.nn import functional as F


def rows(p):
    return {r.name: r for r in p.operations()}


def test_calls_are_counted_and_the_longest_comes_first():
    x = mg.randn(50, 50, requires_grad=True)
    with mg.profile() as p:
        ((x @ x) @ x).relu().sum().backward()
    found = p.operations()
    assert {r.name: r.calls for r in found} == {"matmul": 2, "relu": 1, "sum": 1}
    assert [r.seconds for r in found] == sorted((r.seconds for r in found), reverse=True)
    modules = p.modules()
    assert [r.seconds for r in modules] == sorted((r.seconds for r in modules), reverse=True)


def test_the_work_of_a_matrix_product_is_counted_by_hand():
    x, w = mg.randn(3, 4), mg.randn(4, 5, requires_grad=True)
    with mg.profile() as p:
        (x @ w).sum().backward()
    # Forward and the gradient of w; x takes none.
    assert rows(p)["matmul"].flops == 2 * (2 * 3 * 4 * 5)
    x.requires_grad_()
    with mg.profile() as p:
        (x @ w).sum().backward()
    assert rows(p)["matmul"].flops == 3 * (2 * 3 * 4 * 5)


def test_vectors_and_batches_are_products_too():
    with mg.profile() as p:
        mg.ones(7) @ mg.ones(7)
    assert rows(p)["matmul"].flops == 2 * 7
    with mg.profile() as p:
        mg.ones(6, 2, 3) @ mg.ones(3, 4)
    assert rows(p)["matmul"].flops == 2 * 6 * 2 * 3 * 4


def test_the_work_of_a_linear_layer_does_not_count_its_bias():
    layer = nn.Linear(10, 4)
    with mg.profile() as p:
        layer(mg.ones(8, 10)).sum().backward()
    assert rows(p)["linear"].flops == 2 * (2 * 8 * 10 * 4)  # forward and weight


def test_the_work_of_a_convolution_is_counted_by_hand():
    x, w = mg.randn(2, 4, 9, 9, requires_grad=True), mg.randn(6, 2, 3, 3, requires_grad=True)
    with mg.profile() as p:
        F.conv2d(x, w, stride=2, groups=2).sum().backward()
    once = 2 * (2 * 6 * 4 * 4) * (2 * 3 * 3)
    assert rows(p)["conv2d"].flops == 3 * once
    assert rows(p)["conv2d"].nbytes == 2 * 6 * 4 * 4 * 4


def test_a_rule_that_is_recorded_itself_is_counted_once():
    x = mg.randn(1, 2, 6, 6, requires_grad=True)
    w = mg.randn(3, 2, 3, 3, requires_grad=True)
    with mg.profile() as p:
        y = F.conv2d(x, w).sum()
        mg.autograd.grad(y, [x, w], create_graph=True)
    found = rows(p)
    once = 2 * (3 * 4 * 4) * (2 * 3 * 3)
    names = ("conv2d", "conv2d_grad_input", "conv2d_grad_weight")
    assert [found[n].flops for n in names] == [once, once, once]
    assert p._measured() <= p.seconds


class Twice(nn.Module):
    """Calls one layer twice, and layers that stand in a list."""

    def __init__(self):
        super().__init__()
        self.cell, self.layers = nn.Linear(3, 3), nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 1)])

    def forward(self, x):
        x = self.cell(self.cell(x)).tanh()
        for layer in self.layers:
            x = layer(x)
        return x


def test_modules_count_their_calls_and_include_what_lies_below_them():
    model = Twice()
    with mg.profile() as p:
        model(mg.ones(2, 3)).sum().backward()
    found = {r.name: r for r in p.modules()}
    assert {name: row.calls for name, row in found.items()} == {
        "Twice": 1, "cell": 2, "layers": 0, "layers.0": 1, "layers.1": 1, "(no module)": 0,
    }  # fmt: skip
    below = [found[name] for name in ("cell", "layers", "(no module)")]
    assert found["layers"].flops == found["layers.0"].flops + found["layers.1"].flops
    assert (
        found["cell"].flops == 2 * (2 * 2 * 3 * 3) + 2 * (2 * 2 * 3 * 3) + 2 * 2 * 3 * 3
    )  # x takes no gradient
    for row in below:
        assert row.forward > 0
        assert row.backward > 0
        assert row.nbytes > 0
    together = sum(row.seconds for row in below) + rows(p)["tanh"].seconds
    assert found["Twice"].seconds + found["(no module)"].seconds == pytest.approx(together)
    assert [line.split()[1] for line in p.table(p.modules()).splitlines()[1:] if "no module" not in line] == [
        str(row.calls or "-") for row in p.modules() if row.name != "(no module)"
    ]


def test_the_time_of_a_slow_rule_is_its_own():
    slow = mg.Primitive(
        "test_profiler_slow",
        lambda x: (x + 1, ()),
        lambda g, residuals, needs: (time.sleep(0.02), (g,))[1],
        keeps="",
    )
    try:
        x = mg.ones(3, requires_grad=True)
        with mg.profile() as p:
            (slow(x) * 2).sum().backward()
    finally:
        del tape.PRIMITIVES["test_profiler_slow"]
    first = p.operations()[0]
    assert first.name == "test_profiler_slow"
    assert first.backward >= 0.02 > first.forward


def test_the_trace_is_json_that_viewers_read(tmp_path):
    model = nn.Sequential(nn.Linear(3, 2))
    with mg.profile() as p:
        model(mg.ones(2, 3)).sum().backward()
    trace = json.loads(p.save(tmp_path / "trace.json").read_text())
    events = [e for e in trace["traceEvents"] if e["ph"] == "X" and not e["cat"].startswith("module")]
    assert [(e["name"], e["cat"]) for e in events] == [
        ("linear", "forward"), ("sum", "forward"), ("sum", "backward"), ("linear", "backward"),
    ]  # fmt: skip
    for event in events:
        assert event["dur"] > 0
        assert event["ts"] >= 0
    assert [e["ts"] for e in events] == sorted(e["ts"] for e in events)
    assert events[0]["args"] == {"module": "0", "shape": [2, 2], "bytes": 16, "flops": 2 * 2 * 3 * 2}
    named = {e["tid"]: e["args"]["name"] for e in trace["traceEvents"] if e["ph"] == "M"}
    assert named == {1: "forward", 2: "backward"}
    assert {e["tid"] for e in events} == {1, 2}


def slices_of(trace, row):
    """Pairs (depth, name) of one row, nested as a viewer nests them; fails where slices overlap."""
    slices = [e for e in trace["traceEvents"] if e["ph"] == "X" and e["tid"] == row]
    found, around = [], []
    for e in slices:
        begin, end = round(e["ts"] * 1e3), round((e["ts"] + e["dur"]) * 1e3)
        while around and around[-1][1] <= begin:
            around.pop()
        if around:
            assert around[-1][0] < begin < end < around[-1][1], e["name"]
        found.append((len(around), e["name"]))
        around.append((begin, end))
    return found


def test_in_the_trace_modules_are_slices_around_those_of_their_operations(tmp_path):
    model = Twice()
    with mg.profile() as p:
        for _ in range(2):
            model(mg.ones(2, 3)).sum().backward()
    trace = json.loads(p.save(tmp_path / "trace.json").read_text())
    cell, first, last = "cell: Linear(3, 3)", "layers.0: Linear(3, 3)", "layers.1: Linear(3, 1)"
    forward = [
        (0, "Twice()"), (1, cell), (2, "linear"), (1, cell), (2, "linear"), (1, "tanh"),
        (1, first), (2, "linear"), (1, last), (2, "linear"), (0, "sum"),
    ]  # fmt: skip
    backward = [
        (0, "sum"), (0, "Twice()"), (1, last), (2, "linear"), (1, first), (2, "linear"), (1, "tanh"),
        (1, cell), (2, "linear"), (1, cell), (2, "linear"),
    ]  # fmt: skip
    assert slices_of(trace, 1) == 2 * forward
    assert slices_of(trace, 2) == 2 * backward
    modules = [e for e in trace["traceEvents"] if e.get("cat") == "module forward"]
    assert {e["args"]["module"] for e in modules} == {"", "cell", "layers.0", "layers.1"}


def test_a_rule_that_is_recorded_itself_keeps_the_slices_nested(tmp_path):
    model = nn.Sequential(nn.Linear(3, 3), nn.Tanh())
    with mg.profile() as p:
        loss = model(mg.ones(2, 3)).sum()
        grads = mg.autograd.grad(loss, list(model.parameters()), create_graph=True)
        sum(g.square().sum() for g in grads).backward()
    trace = json.loads(p.save(tmp_path / "trace.json").read_text())
    assert (0, "Sequential()") in slices_of(trace, 1)
    assert slices_of(trace, 2)[:2] == [(0, "sum"), (0, "Sequential()")]


def test_each_thread_has_rows_of_its_own(tmp_path):
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    with mg.profile() as p:
        threads = [threading.Thread(target=lambda: model(mg.ones(2, 3)).sum().backward()) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    trace = json.loads(p.save(tmp_path / "trace.json").read_text())
    for row in {e["tid"] for e in trace["traceEvents"]}:
        assert len(slices_of(trace, row)) % 6 == 0  # six slices a pass
    assert len([e for e in trace["traceEvents"] if e["name"] == "Sequential()"]) == 6


def test_a_forward_that_fails_ends_its_slices():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(4, 4))
    with mg.profile() as p:
        with pytest.raises(mg.ShapeError):
            model(mg.ones(2, 3))
        mg.ones(2) * 2
    assert {r.name: r.calls for r in p.modules()}["0"] == 1
    assert [e.calls for e in p._events if e.name.startswith("mul")] == [()]


def test_nothing_is_observed_afterwards():
    observers, checks, watchers = list(tape.observers), list(reverse.checks), list(tape.module_watchers)
    x = mg.ones(3, requires_grad=True)
    with mg.profile() as p:
        (x * 2).sum().backward()
    with pytest.raises(ZeroDivisionError), p:
        1 / 0  # noqa: B018
    assert (tape.observers, reverse.checks, tape.module_watchers) == (observers, checks, watchers)
    before = rows(p)["mul"].calls
    (x * 2).sum().backward()
    assert rows(p)["mul"].calls == before == 1


def test_profiling_changes_no_number():
    def step():
        mg.manual_seed(3)
        model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5), nn.Tanh())
        loss = model(mg.randn(5, 4)).square().sum()
        loss.backward()
        return [loss.item(), *(p.grad.tolist() for p in model.parameters())]

    plain = step()
    with mg.profile():
        assert step() == plain


def test_the_text_has_a_total_and_two_aligned_tables():
    with mg.profile() as p:
        nn.Linear(3, 2)(mg.ones(2, 3)).sum().backward()
    head, operations, modules = str(p).split("\n\n")
    assert head.startswith(f"{p.seconds * 1e3:.2f} ms in all, ")
    assert operations.splitlines()[0].split()[0] == "calls"
    assert modules.splitlines()[0].split()[0] == "calls"
    assert len({len(line) for line in operations.splitlines()}) == 1


def test_an_empty_profile_prints_and_saves(tmp_path):
    with mg.profile() as p:
        pass
    assert p.operations() == p.modules() == []
    assert "0 kernels" in str(p)
    assert json.loads(p.save(tmp_path / "t.json").read_text())["traceEvents"]

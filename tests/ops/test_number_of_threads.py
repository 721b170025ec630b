"""Everything that uses threads gives the same bits whatever their number, and from run to run."""

import ast
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim
from minigrad.kernels import _pool as pool
from minigrad.nn import functional as F
from minigrad.ops import batch_norm, loss, norm, norm_fused
from minigrad.ops.conv_fused import conv2d_fused
from tests.case import labels, normal

ROWS = normal(1500, 1000).astype(np.float32)
IMAGES = ROWS.reshape(-1)[: 64 * 8 * 24 * 24].reshape(64, 8, 24, 24)
LARGE = normal(12, 16, 96, 96).astype(np.float32)  # one image is several pieces
FILTERS = normal(12, 8, 3, 3).astype(np.float32)
CLASSES = labels(1500, 1000)
ROOT = Path(mg.__file__).parent


def filters(*shape):
    return mg.tensor(np.resize(FILTERS, shape), requires_grad=True)


def fused(x, relu, pool):
    return conv2d_fused(x, filters(12, x.shape[1], 3, 3), None, (1, 1), (0, 0), (1, 1), 1, relu, pool)


def stepped(x, optimizer):
    p = mg.tensor(ROWS[:300], requires_grad=True)
    p.grad = mg.tensor(ROWS[300:600])
    optimizer([p]).step()
    return x[:300] + p.detach()


CASES = {
    "softmax": (lambda x: mg.softmax(x, 1), ROWS),
    "log_softmax": (lambda x: mg.log_softmax(x, 1), ROWS),
    "dropout": (lambda x: mg.ops.dropout._dropout(x, p=0.5, seed=1), ROWS),
    "cross_entropy": (lambda x: loss.cross_entropy(x, mg.tensor(CLASSES)), ROWS),
    "mse_loss": (lambda x: loss.mse_loss(x, mg.tensor(ROWS[::-1].copy())), ROWS),
    "layer_norm": (lambda x: norm.layer_norm(x, 1000, mg.tensor(ROWS[0], requires_grad=True)), ROWS),
    "rms_norm": (lambda x: norm.rms_norm(x, 1000, mg.tensor(ROWS[0], requires_grad=True)), ROWS),
    "batch_norm": (
        lambda x: batch_norm.batch_norm(x, None, None, training=True),
        ROWS.reshape(15, 100, 1000),
    ),
    "batch_norm relu": (
        lambda x: norm_fused.batch_norm_relu(x, None, None, None, None, True, 0.1, 1e-5),
        ROWS.reshape(15, 100, 1000),
    ),
    "group_norm": (lambda x: batch_norm.group_norm(x, 10), ROWS.reshape(15, 100, 1000)),
    "batch_norm/given statistics": (
        lambda x: batch_norm.batch_norm(x, mg.tensor(ROWS[0, :100]), mg.tensor(ROWS[1, :100] ** 2)),
        ROWS.reshape(15, 100, 1000),
    ),
    "matmul": (lambda x: x @ mg.tensor(ROWS[:1000, :300]), ROWS),
    "linear": (
        lambda x: F.linear(x, mg.tensor(ROWS[:300], requires_grad=True), mg.tensor(ROWS[0, :300])),
        ROWS,
    ),
    "linear/few outputs": (lambda x: F.linear(x, mg.tensor(ROWS[:10], requires_grad=True)), ROWS),
    "where": (lambda x: mg.where(x > 0, x, x * 2), ROWS),
    "masked_fill": (lambda x: x.masked_fill(x > 0, 1.0), ROWS),
    "clamp": (lambda x: x.clamp(-0.5, 0.5), ROWS),
    "erf": (mg.erf, ROWS),
    "isclose": (lambda x: x * mg.isclose(x.detach(), mg.tensor(ROWS[::-1].copy()), 0.1, 0.1), ROWS),
    "exp": (mg.exp, ROWS),
    "relu": (F.relu, ROWS),
    "gelu": (F.gelu, ROWS),
    "add": (lambda x: x + mg.tensor(ROWS[::-1].copy(), requires_grad=True), ROWS),
    "add/one number per plane": (
        lambda x: x + mg.tensor(ROWS[0, :100].reshape(100, 1).copy(), requires_grad=True),
        ROWS.reshape(15, 100, 1000),
    ),
    "sin": (mg.sin, ROWS),
    "conv2d": (lambda x: F.conv2d(x, filters(12, 8, 3, 3), mg.tensor(ROWS[0, :12])), IMAGES),
    "conv2d/stride": (lambda x: F.conv2d(x, filters(12, 8, 3, 3), stride=2, padding=1), IMAGES),
    "conv2d/stride, large images": (lambda x: F.conv2d(x, filters(12, 16, 3, 3), stride=2), LARGE),
    "conv2d/groups": (lambda x: F.conv2d(x, filters(16, 4, 3, 3), groups=2, dilation=2), IMAGES),
    "conv2d/depthwise": (lambda x: F.conv2d(x, filters(8, 1, 5, 5), groups=8, padding=2), IMAGES),
    "conv2d/channels innermost": (
        lambda x: F.conv2d(x, filters(64, 128, 3, 3), stride=2, padding=1),
        IMAGES.reshape(36, 128, 8, 8),
    ),
    "conv2d/small images": (
        lambda x: F.conv2d(x, filters(32, 128, 3, 3), padding=1),
        IMAGES.reshape(36, 128, 8, 8),
    ),
    "conv2d/large images": (lambda x: F.conv2d(x, filters(12, 16, 3, 3)), LARGE),
    "conv2d relu": (lambda x: fused(x, True, False), IMAGES),
    "conv2d max_pool2d": (lambda x: fused(x, False, True), IMAGES),
    "conv2d relu max_pool2d": (lambda x: fused(x, True, True), IMAGES),
    "conv2d relu max_pool2d/large images": (lambda x: fused(x, True, True), LARGE),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2), ROWS.reshape(60, 25, 40, 25)),
    "max_pool2d/overlapping": (lambda x: F.max_pool2d(x, 3, 2), IMAGES),
    "max_pool2d/many taps": (lambda x: F.max_pool2d(x, 7, 2, 3), IMAGES),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 2), IMAGES),
    "Adam": (lambda x: stepped(x, optim.Adam), ROWS),
    "SGD": (lambda x: stepped(x, lambda p: optim.SGD(p, momentum=0.9)), ROWS),
    "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, 5), IMAGES),
}


class Watch:
    """Who shared work with other threads, and into how many pieces each call was cut."""

    def __init__(self, monkeypatch):
        self.pieces = []
        self.callers = set()
        helpers_for = pool._helpers_for

        def watched(count):
            self.pieces.append(count)
            frame = sys._getframe(1)
            while frame.f_code.co_filename == pool.__file__:
                frame = frame.f_back
            place = Path(frame.f_code.co_filename)
            if place.is_relative_to(ROOT) and count > 1:
                self.callers.add((str(place.relative_to(ROOT)), frame.f_code.co_name))
            return helpers_for(count)

        monkeypatch.setattr(pool, "_helpers_for", watched)


@pytest.fixture
def watch(monkeypatch):
    before = pool.threads()
    yield Watch(monkeypatch)
    pool.set_threads(before)


def values_and_gradients(function, data):
    x = mg.tensor(data, requires_grad=True)
    y = function(x)
    g = mg.tensor(np.resize(ROWS, y.shape).astype(np.float32))
    parameters = [leaf for leaf in leaves_of(y) if leaf is not x]
    y.backward(g)
    return [y.detach().numpy(), x.grad.numpy(), *(p.grad.numpy() for p in parameters)]


def leaves_of(y):
    found, todo = [], [y.grad_fn]
    while todo:
        for parent, _ in todo.pop().next_functions:
            if parent is not None:
                leaf = getattr(parent, "variable", None)
                todo.append(parent) if leaf is None else found.append(leaf)
    return found


def digest(arrays):
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()


@pytest.mark.parametrize("name", CASES)
def test_results_and_gradients_do_not_depend_on_the_number_of_threads(name, watch):
    found = []
    for number in (1, 2, 4):
        pool.set_threads(number)
        found.append(digest(values_and_gradients(*CASES[name])))
    assert max(watch.pieces, default=1) > 1
    assert found == found[:1] * 3


def callers_in_the_source():
    """(file, function) of every call of the pool's functions."""
    for path in sorted(ROOT.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef) or path.name == "_pool.py":
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    owner, ways = ast.unparse(node.func.value), ("run", "run_each", "run_elements")
                    if node.func.attr in ways and owner.split(".")[-1] in ("pool", "_pool"):
                        yield str(path.relative_to(ROOT)), innermost(function, node)
                elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("run_each", "run_elements"):
                    yield str(path.relative_to(ROOT)), innermost(function, node)


def innermost(function, call):
    """The name of the function around ``call`` itself, for one that stands in another."""
    for inner in ast.walk(function):
        if inner is not function and isinstance(inner, ast.FunctionDef) and call in ast.walk(inner):
            return innermost(inner, call)
    return function.name


def test_nothing_that_uses_threads_is_without_a_case(watch):
    pool.set_threads(2)  # one thread takes everything in one call
    for function, data in CASES.values():
        values_and_gradients(function, data)
    assert set(callers_in_the_source()) == watch.callers


TRAINING = """
import hashlib, sys
import minigrad as mg
from minigrad import optim
from minigrad import models, nn, optim
from minigrad.kernels import _pool

many = [1]
helpers_for = _pool._helpers_for
_pool._helpers_for = lambda count: (many.append(count), helpers_for(count))[1]
mg.set_num_threads(int(sys.argv[1]))
mg.manual_seed(7)
for name in ("lenet5", "report-cnn"):
    preset = models.PRESETS[name]
    model = preset.build()
    optimizer = optim.Adam(model.parameters(), lr=preset.lr)
    losses = []
    for _ in range(4):
        x, target = mg.randn(preset.batch_size, 1, 28, 28), mg.randint(0, 10, (preset.batch_size,))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    state = b"".join(p.detach().numpy().tobytes() for p in model.parameters())
    print(name, losses, hashlib.sha256(state).hexdigest())
    print(name, max(many) > 1, file=sys.stderr)
    many[:] = [1]
"""


def test_training_with_a_seed_has_the_same_bits_in_every_process_and_for_any_number_of_threads():
    outputs = []
    for number, seed in (("1", "0"), ("2", "1"), ("4", "2"), ("2", "3")):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", TRAINING, number]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout)
        shared = [line.split() for line in done.stderr.splitlines() if line.endswith(("True", "False"))]
        assert number == "1" or shared == [["lenet5", "True"], ["report-cnn", "True"]]
    assert outputs == outputs[:1] * 4

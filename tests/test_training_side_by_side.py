"""Training in several threads and in child processes at once: nothing hangs, every result is right."""

from __future__ import annotations

import hashlib
import inspect
import os
import subprocess
import sys
import threading

import pytest

import minigrad as mg
from minigrad import models, nn, optim
from minigrad.kernels import _pool


def trained(net: str, seed: int, steps: int = 3) -> str:
    """A digest of the parameters after some steps; every random number comes from ``seed``."""
    generator = mg.Generator().manual_seed(seed)
    model = models.build(net)
    with mg.no_grad():
        for p in model.parameters():
            p.copy_(mg.randn(p.shape, generator=generator) * 0.05)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(steps):
        x = mg.randn(32, 1, 28, 28, generator=generator)
        target = mg.randint(0, 10, (32,), generator=generator)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), target).backward()
        optimizer.step()
    return hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in model.parameters())).hexdigest()


@pytest.fixture(params=[2, 4])
def number(request):
    before = mg.get_num_threads()
    yield request.param
    mg.set_num_threads(before)


def test_four_threads_that_train_at_once_get_what_each_gets_alone(number, monkeypatch):
    nets = ["numba-cnn", "lenet5", "numba-cnn", "mlp"]
    mg.set_num_threads(1)
    alone = [trained(net, seed) for seed, net in enumerate(nets)]
    mg.set_num_threads(number)
    cut = []
    run = _pool._run
    monkeypatch.setattr(_pool, "_run", lambda k, n, count, a: (cut.append(count), run(k, n, count, a)))
    together = [""] * 4
    start = threading.Barrier(4)

    def train(i):
        start.wait(60)
        together[i] = trained(nets[i], i)

    callers = [threading.Thread(target=train, args=(i,), daemon=True) for i in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(120)
        assert not caller.is_alive()
    assert max(cut) > 1
    assert together == alone


PROCESSES = f"""
import hashlib, multiprocessing, sys, warnings
import minigrad as mg
from minigrad import models, nn, optim

{inspect.getsource(trained)}

def main():
    warnings.simplefilter("ignore", DeprecationWarning)  # fork beside other threads
    mg.set_num_threads(2)
    before = trained("numba-cnn", 0)  # the helper is there before the children are
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as children:
        print(children.starmap(trained, [("numba-cnn", 0)] * 2) == [before] * 2)
    print(trained("numba-cnn", 0) == before)

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    "method",
    [
        pytest.param("fork", marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")),
        "spawn",
    ],
)
def test_child_processes_train_and_agree_with_their_parent(method, tmp_path):
    script = tmp_path / "processes.py"
    script.write_text(PROCESSES)
    command = [sys.executable, str(script), method]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "True"]


WITHOUT_COMPILER = """
import sys
import minigrad as mg
from minigrad import models, nn, optim

for name in models.PRESETS:
    mg.manual_seed(0)
    model = models.build(name)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    x, target = mg.randn(2, 1, 28, 28), mg.tensor([3, 7])
    loss = nn.functional.cross_entropy(model(x), target)
    loss.backward()
    norm = sum(float(p.grad.double().square().sum()) for p in model.parameters())
    optimizer.step()
    print(name, loss.item(), norm, sum(float(p.detach().double().abs().sum()) for p in model.parameters()))
"""


def test_every_preset_trains_without_the_compiler_and_agrees_with_it():
    results = []
    for disabled in ("0", "1"):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": disabled}
        command = [sys.executable, "-c", WITHOUT_COMPILER]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        results.append([line.split() for line in done.stdout.splitlines()])
    assert [row[0] for row in results[0]] == [row[0] for row in results[1]] == list(models.PRESETS)
    for compiled, plain in zip(*results):
        assert [float(v) for v in plain[1:]] == pytest.approx([float(v) for v in compiled[1:]], rel=1e-4)

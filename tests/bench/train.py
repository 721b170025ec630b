"""A training run in a process of its own, for what memory and starting cost.

    python -m tests.bench.train minigrad lenet5 2 1 200     2 threads; say what is held at steps 1 and 200

Prints one line of JSON: the peak of resident memory in kB after the imports, and at each of the
steps named. Only the framework in question is imported.
"""

from __future__ import annotations

import json
import resource
import sys

from .twins import framework, nets

BATCHES = 10


def peak() -> int:
    """The largest resident memory of this process so far, in kB.

    Linux hands ru_maxrss down from the process that forked this one; VmHWM begins anew.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return held // 1024 if sys.platform == "darwin" else held


def run(name: str, wanted: str, threads: int, marks: list[int]) -> dict:
    f = framework(name)
    if f is None:
        raise SystemExit(f"{name} is not installed.")
    f.top.set_num_threads(threads)
    imported = peak()
    net = next(n for n in nets(f) if n.name == wanted)
    model = net.build()
    x, y = net.data(batch=net.batch * BATCHES)
    optimizer = f.optim.Adam(model.parameters(), lr=1e-3)
    peaks = []
    for step in range(1, marks[-1] + 1):
        begin = step % BATCHES * net.batch
        images, labels = (f.tensor(a[begin : begin + net.batch]) for a in (x, y))
        optimizer.zero_grad()
        loss = f.F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        if step in marks:
            peaks.append(peak())
    return {"imported": imported, "peaks": peaks, "loss": loss.item()}


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], sys.argv[2], int(sys.argv[3]), [int(m) for m in sys.argv[4:]])))

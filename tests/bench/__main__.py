"""Timings, side by side with PyTorch where it is installed. Never part of the tests.

    python -m tests.bench                  everything
    python -m tests.bench steps            one training step of each preset
    python -m tests.bench steps lenet5     one preset
    python -m tests.bench tape             what recording costs per operation
    python -m tests.bench start            import, first step with cold and warm kernel cache
    python -m tests.bench operations       each operation on a million numbers, beside NumPy's

``--threads 1`` and ``--rounds 20`` apply to all. Figures are medians with the quartiles
behind them; both frameworks take turns within one process, so a slow moment hits both.
"""

from __future__ import annotations

import argparse

from . import operations, start, steps, tape

PARTS = {
    "steps": steps.main,
    "tape": tape.main,
    "start": start.main,
    "operations": operations.main,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.split("\n")[0])
    parser.add_argument("part", nargs="?", choices=PARTS, help="default: all")
    parser.add_argument("names", nargs="*", help="only these rows of the part")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    for name in [arguments.part] if arguments.part else PARTS:
        PARTS[name](arguments.names, threads=arguments.threads, rounds=arguments.rounds)


if __name__ == "__main__":
    main()

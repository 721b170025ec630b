"""Timings, side by side with PyTorch where it is installed. Never part of the tests.

    python -m tests.bench                       everything; --rounds 5 is quicker
    python -m tests.bench steps                 one training step of each net
    python -m tests.bench steps lenet5          one net; mlp/functional is one of its forms
    python -m tests.bench breakdown mlp         where the time of a step goes
    python -m tests.bench kernels "conv2d 8>16" relu    convolutions, pooling and so on, by part of their name
    python -m tests.bench inference             one prediction
    python -m tests.bench busy                  a step while another process keeps a core busy
    python -m tests.bench memory                resident memory of training runs
    python -m tests.bench start                 import, first step with cold and warm kernel cache
    python -m tests.bench tape                  what recording costs per operation
    python -m tests.bench operations exp        each operation on a million numbers, beside NumPy's

``--threads 1`` (both 1 and 2 unless given) and ``--rounds 20`` apply to all; ``--compile`` adds
torch.compile to the steps; ``--write`` puts what a part measured into docs/reference/speed.md.
"""

from __future__ import annotations

import argparse

from . import breakdown, busy, inference, kernels, memory, operations, page, start, steps, tape
from .table import Options

PARTS = {
    "steps": steps,
    "breakdown": breakdown,
    "kernels": kernels,
    "inference": inference,
    "busy": busy,
    "memory": memory,
    "start": start,
    "tape": tape,
    "operations": operations,
}


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("part", nargs="?", choices=PARTS, help="default: all")
    parser.add_argument("names", nargs="*", help="only rows that hold one of these names")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="default: 1 2")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--compile", action="store_true", help="PyTorch's steps also through torch.compile")
    parser.add_argument("--write", action="store_true", help=f"write {page.PAGE.relative_to(page.ROOT)}")
    return parser


def command_of(part: str, options: Options) -> str:
    words = ["python -m tests.bench", part]
    words += [f"--threads {' '.join(map(str, options.threads))}"] if list(options.threads) != [1, 2] else []
    words += [f"--rounds {options.rounds}"] if options.rounds != 15 else []
    words += ["--compile"] if options.compile and part == "steps" else []
    return " ".join(words)


def main() -> None:
    parser = make_parser()
    arguments = parser.parse_args()
    if arguments.write and arguments.names:
        parser.error("--write replaces the section of a whole part; leave out the names.")
    if min(arguments.threads) < 1 or arguments.rounds < 1:
        parser.error("--threads and --rounds need at least 1.")
    options = Options(arguments.names, arguments.threads, arguments.rounds, compile=arguments.compile)
    print(page.machine())
    for name in [arguments.part] if arguments.part else PARTS:
        tables = []
        for table in PARTS[name].measure(options):
            print(table.text(), flush=True)
            tables.append(table)
        if not tables:
            parser.error(f"{name} has no row named {' or '.join(arguments.names)}.")
        if arguments.write:
            page.write(name, PARTS[name].ABOUT, command_of(name, options), tables)


if __name__ == "__main__":
    main()

"""The command ``minigrad``: train a preset, look at a run, read images with it.

    parser.py      what may be written on the command line
    train.py       minigrad train
    evaluate.py    minigrad evaluate RUN
    predict.py     minigrad predict RUN IMAGE...
    serve.py       minigrad serve RUN: the digit page (demo/)
    draw.py        minigrad draw: the picture of a network
    summary.py     minigrad summary: its layers
    warmup.py      minigrad warmup: compile what the presets need
    folder.py      the files of a run
    data.py        data sets by name, images from files

Exit codes: 0 done, 1 it could not be done (one line on stderr says why), 2 wrong usage,
130 interrupted by Ctrl-C.

Below: everything. Tests: tests/cli.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ..errors import MissingExtra
from .parser import UsageError, make_parser

EXPECTED = (OSError, ValueError, FloatingPointError, MissingExtra, MemoryError)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (that of the process unless given); returns the exit code."""
    parser = make_parser()
    arguments = parser.parse_args(argv)
    try:
        return arguments.run(arguments)
    except UsageError as error:
        print(f"minigrad {arguments.command}: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("minigrad: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output (head, less) has left: no error of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except EXPECTED as error:
        if arguments.traceback:
            raise
        print(f"minigrad {arguments.command}: {_sentence(error)}", file=sys.stderr)
        return 1


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.strerror}: '{error.filename}'"
    if isinstance(error, MemoryError):
        return f"out of memory. {error}"
    return " ".join(str(error).split())

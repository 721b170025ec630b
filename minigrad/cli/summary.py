"""minigrad summary: the layers of a network, their sizes and their work.

Below: preset.py, model_summary.py. Tests: tests/cli/test_draw.py.
"""

from __future__ import annotations

import argparse

import minigrad

from .preset import chosen


def run(arguments: argparse.Namespace) -> int:
    model, name, images = chosen(arguments, arguments.batch_size)
    print(f"{name}\n\n{minigrad.summary(model, images)}")
    return 0

"""The network that --model or --run names, with an example input.

Above: draw.py, summary.py. Tests: tests/cli/test_draw.py.
"""

from __future__ import annotations

import argparse
from typing import Any

import minigrad

from ..models import build
from .folder import RunFolder


def chosen(arguments: argparse.Namespace, batch_size: int) -> tuple[Any, str, Any]:
    """(network, its name, images (N, 1, 28, 28)); the same every time."""
    minigrad.manual_seed(0)
    if arguments.folder is not None:
        model, config = RunFolder(arguments.folder).load_model()
        name = config["model"]
    else:
        name = arguments.model
        model = build(name)
    return model, name, minigrad.rand(batch_size, 1, 28, 28)

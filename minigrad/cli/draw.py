"""minigrad draw: the picture of one training step of a network.

Below: preset.py, graph/. Tests: tests/cli/test_draw.py.
"""

from __future__ import annotations

import argparse
import contextlib

import minigrad

from ..graph import draw
from ..nn import functional as F
from .preset import chosen


def run(arguments: argparse.Namespace) -> int:
    model, _, images = chosen(arguments, batch_size=2)
    target = minigrad.arange(2)
    # What record() gathers differs from run to run: without it the same bytes come out.
    with minigrad.record() if arguments.color_by else contextlib.nullcontext():
        loss = F.cross_entropy(model(images), target)
        loss.backward()
    graph = draw(
        loss,
        model,
        depth=arguments.depth,
        direction=arguments.direction,
        color_by=arguments.color_by,
        theme=arguments.theme,
        rankdir=arguments.rankdir,
    )
    if arguments.out is None:
        print(graph)
        return 0
    try:
        print(graph.save(arguments.out))
    except RuntimeError as error:  # png and pdf need the program dot
        raise ValueError(str(error)) from None
    return 0

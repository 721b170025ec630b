"""Frames: which runs of ops one module made, and what stands on them.

Below: model.py. Above: build.py. Tests: tests/graph/test_draw.py.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from ..tape import Variable
from .model import Box, Frame


def frames_of(groups: list, boxes: list[Box], depth: int, model: Any) -> list[Frame]:
    """One frame for each run of boxes under one module path, for each level up to ``depth``.

    A module that ran a single op without parameters, such as a ReLU, gets none: the box says it.
    """
    modules = dict(model.named_modules()) if model is not None else {}
    frames: list[Frame] = []
    open_frames: list[Frame] = []
    for box in boxes:
        parts = box.scope.split(".") if box.scope else []
        paths = [".".join(parts[: i + 1]) for i in range(min(len(parts), depth))]
        while open_frames and open_frames[-1].path not in paths:
            open_frames.pop()
        for path in paths[len(open_frames) :]:
            title = _frame_title(path, modules.get(path))
            frame = Frame(path, title, [], len(open_frames))
            frames.append(frame)
            open_frames.append(frame)
        for frame in open_frames:
            frame.boxes.append(box.id)
    bare = {
        box.id
        for group, box in zip(groups, boxes)
        if not any(isinstance(p, Variable) for node in group.nodes for p in node.parents)
    }
    return [f for f in frames if len(f.boxes) > 1 or f.boxes[0] not in bare]


def _frame_title(path: str, module: Any) -> str:
    """The path, and the layer as one would write it: conv1: Conv2d(1, 6, 5, padding=2)."""
    if module is None:
        return path
    extra = module.extra_repr() if not list(module.children()) else ""
    extra = re.sub(r"\b(in_features|out_features|kernel_size)=", "", extra)
    extra = re.sub(r"\((\d+)(?:, \1)+\)", r"\1", extra)  # (5, 5) is what was written as 5
    kept = [part for part in re.split(r", (?![^()]*\))", extra) if part not in _defaults(type(module))]
    label = f"{type(module).__name__}({', '.join(kept)})"
    return f"{path}: {label if len(label) <= 56 else label[:55] + '…'}"


def _defaults(layer: type) -> set[str]:
    """The keyword arguments of a layer that have their defaults, as ``extra_repr`` writes them."""
    parameters = inspect.signature(layer).parameters.values()
    return {f"{p.name}={p.default}" for p in parameters if p.default is not p.empty}

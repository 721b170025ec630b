"""What leaves and inputs are called.

    Namer            a name for each, used once
    argument_names   the names of an op's inputs
    path_of          the module an op ran in
    model_among      the caller's Module, where none was given

Below: tape.py. Above: build.py. Tests: tests/graph/test_draw.py.
"""

from __future__ import annotations

import inspect
from typing import Any

from ..tape import Variable


def path_of(node: Any) -> str:
    """The path of the module that ran ``node``, "" outside of all."""
    return node.scope if isinstance(node.scope, str) else getattr(node.scope, "path", "")


def argument_names(primitive: Any) -> list[str]:
    """The names of the forward's inputs, such as ["input", "weight", "bias"]."""
    try:
        parameters = inspect.signature(primitive.forward).parameters
    except (TypeError, ValueError):
        return []
    return [name.lstrip("*") for name in parameters]


class Namer:
    """Names for leaves (Tensors) and inputs (Sources), each used once.

    From the model's parameters, then the caller's variables, then the module path and the
    argument the tensor was passed as. ``of_model`` are the model's names.
    """

    def __init__(self, model: Any, variables: dict[str, Any]):
        self.known: dict[int, str] = {}
        for name, value in variables.items():
            if isinstance(value, Variable) and not name.startswith("_") and value.node is None:
                self.known.setdefault(id(value), name)
                if value._source is not None:
                    self.known.setdefault(id(value._source), name)
        self.of_model: set[str] = set()
        for name, value in _named_tensors(model):
            self.of_model.add(name)
            self.known[id(value)] = name
            if value._source is not None:
                self.known[id(value._source)] = name
        self.used: dict[int, str] = {}
        self.taken: set[str] = set()

    def name(self, thing: Any, scope: str, argument: str) -> str:
        if id(thing) not in self.used:
            wish = self.known.get(id(thing))
            if wish is None:
                wish = f"{scope}.{argument}" if scope and argument in ("weight", "bias") else argument
            name, n = wish, 1
            while name in self.taken:
                n += 1
                name = f"{wish}_{n}"
            self.taken.add(name)
            self.used[id(thing)] = name
        return self.used[id(thing)]


def _named_tensors(model: Any) -> list[tuple[str, Any]]:
    return [] if model is None else [*model.named_parameters(), *model.named_buffers()]


def model_among(variables: dict[str, Any], nodes: list) -> Any:
    """The caller's Module that owns most of the parameters of ``nodes``; None if none owns any.

    So that names and layers stand on a picture for which no model was given.
    """
    leaves = {id(p) for node in nodes for p in node.parents if isinstance(p, Variable)}
    best, most = None, 0
    for name, value in variables.items():
        if name.startswith("_") or isinstance(value, type) or not hasattr(value, "named_modules"):
            continue
        owned = sum(id(p) in leaves for p in value.parameters())
        if owned > most:
            best, most = value, owned
    return best

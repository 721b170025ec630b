"""Anomaly mode: stop at the first operation that makes NaN or infinity, and name the line.

    detect_anomaly       a context
    set_detect_anomaly   the same as a switch (also a context)

While it is on, every result of the forward and every gradient is looked through: for
finding a bug, not for training. It is on for all threads.

Below: reverse.py. Tests: tests/autograd/test_anomaly.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import reverse, tape
from ..errors import GraphError
from ..origin import caller, line_of
from ..tape import Variable


class set_detect_anomaly:
    """Switch anomaly mode on or off; as a context, switch it back at the end.

    ``check_nan=False`` looks for nothing (PyTorch's then only keeps tracebacks; here the
    lines are always kept).

    >>> with autograd.set_detect_anomaly(True):
    ...     tensor([1.0]) / 0
    Traceback (most recent call last):
    minigrad.errors.GraphError: div made inf at (0,) from finite inputs ...
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = is_anomaly_enabled()
        _switch(mode and check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: Any) -> None:
        _switch(self._before)


class detect_anomaly:
    """Raise GraphError at the first op whose output, or gradient, is not finite.

    >>> with autograd.detect_anomaly():
    ...     x = tensor([1.0]) * 2
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._check_nan = check_nan

    def __enter__(self) -> None:
        self._before = is_anomaly_enabled()
        _switch(self._check_nan or self._before)

    def __exit__(self, *exception: Any) -> None:
        _switch(self._before)


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on."""
    return _look_at_output in tape.observers


def _switch(on: bool) -> None:
    if on and not is_anomaly_enabled():
        tape.observers.append(_look_at_output)
        reverse.checks.append(_look_at_gradients)
    elif not on and is_anomaly_enabled():
        tape.observers.remove(_look_at_output)
        reverse.checks.remove(_look_at_gradients)


def _floats(things: Iterable[Any]) -> list[np.ndarray]:
    arrays = []
    for x in things:
        if isinstance(x, (tuple, list)):
            arrays += _floats(x)
        elif isinstance(x, (np.ndarray, np.generic, float, Variable)):
            array = np.asarray(x.array if isinstance(x, Variable) else x)
            if array.dtype.kind == "f":
                arrays.append(array)
    return arrays


def _bad(arrays: list[np.ndarray]) -> np.ndarray | None:
    return next((a for a in arrays if not np.isfinite(a).all()), None)


def _first(array: np.ndarray, where: np.ndarray) -> str:
    place = tuple(int(i) for i in np.argwhere(where)[0])
    return f"{array[place]} at {place}"


def _look_at_output(seen: tape.Forward) -> None:
    found = _bad(_floats(seen.outputs))
    if found is None:
        return
    given = _floats((seen.arrays, tuple(seen.attributes.values())))
    has_nan = bool(np.isnan(found).any())
    if has_nan and any(np.isnan(a).any() for a in given):
        return  # it only passes on what came in
    if not has_nan and _bad(given) is not None:
        return  # -inf as a mask is no accident
    where = np.isnan(found) if has_nan else np.isinf(found)
    origin = "inputs without NaN" if has_nan and _bad(given) is not None else "finite inputs"
    scope = tape.scope.get()
    raise GraphError(
        f"{seen.primitive.name} made {_first(found, where)} from {origin} (output shape {found.shape}"
        f"{', in ' + scope if scope else ''}), called at {line_of(caller())}. "
        "Look at the values that went in; log, div, sqrt and exp need them in range."
    )


def _look_at_gradients(node, g, gradients, seconds) -> None:
    if any(np.isnan(a).any() for a in _floats((g,))):
        return
    for i, dx in enumerate(gradients):
        for a in _floats((dx,)):
            if np.isnan(a).any():
                raise GraphError(
                    f"the gradient rule of {node.primitive.name} made {_first(a, np.isnan(a))} for "
                    f"its input {i} from a gradient without NaN; the op was called at "
                    f"{line_of(node.origin)}. Keep its inputs away from where it has no slope."
                )

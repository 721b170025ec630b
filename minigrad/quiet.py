"""Switch NumPy's floating-point warnings off and on again around one primitive.

As in PyTorch, 1/0 is inf and says nothing; minigrad.record() and anomaly mode find bad
values. ``np.errstate`` would do, at 0.9 us an operation; setting the context variable
that it sets takes 0.1 us. Where a NumPy keeps that variable elsewhere, ``np.errstate``
serves.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

silence: Callable[[], Any]
restore: Callable[[Any], None]


def _silence_slowly() -> Any:
    state = np.errstate(all="ignore")
    state.__enter__()
    return state


def _restore_slowly(state: Any) -> None:
    state.__exit__(None, None, None)


try:
    from numpy._core.umath import _extobj_contextvar, _make_extobj  # type: ignore

    silence = partial(_extobj_contextvar.set, _make_extobj(all="ignore"))
    restore = _extobj_contextvar.reset
except (ImportError, AttributeError, TypeError):
    silence, restore = _silence_slowly, _restore_slowly

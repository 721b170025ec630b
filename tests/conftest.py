"""Shared by all tests: the names a docstring example may use, and a fresh seed for each test."""

from __future__ import annotations

import signal

import numpy as np
import pytest

import minigrad

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell has it for what it runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def fresh_seed():
    """Every test starts from the same random state, whatever ran before it."""
    minigrad.manual_seed(0)


@pytest.fixture(scope="session")
def names():
    """What the examples in docstrings and pages may use without importing it."""
    from minigrad import nn, optim
    from minigrad.nn import functional as F

    # minigrad.float and its kin are dtypes; in an example float(x) is Python's.
    public = {
        name: getattr(minigrad, name)
        for name in dir(minigrad)
        if not name.startswith("_") and name not in ("bool", "float", "int")
    }
    return {**public, "minigrad": minigrad, "mg": minigrad, "np": np, "nn": nn, "F": F, "optim": optim}

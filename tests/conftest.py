"""Shared by all tests: the names a docstring example may use, and a fresh seed for each test."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad


@pytest.fixture(autouse=True)
def fresh_seed():
    """Every test starts from the same random state, whatever ran before it."""
    minigrad.manual_seed(0)
    yield


@pytest.fixture(scope="session")
def names():
    """What the examples in docstrings and pages may use without importing it."""
    from minigrad import nn, optim
    from minigrad.nn import functional as F

    public = {name: getattr(minigrad, name) for name in dir(minigrad) if not name.startswith("_")}
    return {**public, "minigrad": minigrad, "mg": minigrad, "np": np, "nn": nn, "F": F, "optim": optim}

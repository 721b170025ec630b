"""Every example in a docstring runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import minigrad


def modules():
    found = ["minigrad"]
    for package in ("minigrad", "minigrad.nn", "minigrad.optim"):
        path = importlib.import_module(package).__path__
        found += [m.name for m in pkgutil.walk_packages(path, package + ".") if "__main__" not in m.name]
    return sorted(set(found))


def examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    for name in modules():
        module = importlib.import_module(name)
        for test in finder.find(module, name, module=module):
            if test.examples:
                yield pytest.param(test, id=test.name)


@pytest.mark.parametrize("test", list(examples()))
def test_the_example_runs_and_prints_what_it_says(test, names):
    minigrad.manual_seed(0)
    test.globs = {**test.globs, **names}  # its own module's names, and those of the library
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(test, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)

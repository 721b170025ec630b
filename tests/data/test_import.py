"""Data sets, presets and pictures are imported when they are first asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import minigrad as mg


def test_they_are_attributes_although_nobody_imported_them():
    program = (
        "import sys, minigrad as mg\n"
        "names = ['minigrad.datasets', 'minigrad.models', 'minigrad.plotting']\n"
        "print([name in sys.modules for name in names])\n"
        "print(mg.datasets.MNIST.__name__, mg.models.build.__name__, mg.plotting.plot_images.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[False, False, False]", "MNIST build plot_images"]


def test_a_name_that_is_nowhere_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'minigrad' has no attribute 'cuda_graphs'"):
        assert mg.cuda_graphs

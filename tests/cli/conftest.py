"""The command line, in this process and in one of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from minigrad.cli import main
from tests.data.files import write_mnist


@pytest.fixture
def mnist(tmp_path):
    """A folder with a little MNIST of bars."""
    return write_mnist(tmp_path / "mnist", train=60, test=30)


@pytest.fixture
def run_folder(mnist, tmp_path):
    """A finished run of the smallest net on the little MNIST."""
    folder = tmp_path / "run"
    options = ["--data", "mnist", "--root", mnist, "--model", "mlp", "--epochs", "2", "--verbose", "0"]
    assert main(["train", *map(str, options), "--out", str(folder)]) == 0
    return folder


def minigrad(*arguments, cwd=None):
    """The command in a process of its own."""
    command = [sys.executable, "-m", "minigrad", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120)

"""The command line, in this process and in one of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from minigrad.cli import main
from tests.data.files import write_mnist


@pytest.fixture
def mnist(tmp_path):
    """A folder with a little MNIST of bars."""
    return write_mnist(tmp_path / "mnist", train=60, test=30)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """A finished run of the smallest net on the little MNIST. Not to be changed."""
    pytest.importorskip("matplotlib")
    base = tmp_path_factory.mktemp("finished")
    root = write_mnist(base / "mnist", train=60, test=30)
    options = ["--data", "mnist", "--root", str(root), "--model", "mlp", "--epochs", "2", "--verbose", "0"]
    assert main(["train", *options, "--out", str(base / "run")]) == 0
    return base / "run"


@pytest.fixture
def run_folder(finished_run, mnist, tmp_path):
    """A copy of that run whose data lie in ``mnist``."""
    folder = tmp_path / "run"
    shutil.copytree(finished_run, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "root": str(mnist)}))
    return folder


def minigrad(*arguments, cwd=None):
    """The command in a process of its own."""
    command = [sys.executable, "-m", "minigrad", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120)

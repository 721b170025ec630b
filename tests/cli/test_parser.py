"""Help, version, and usage that does not fit."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version

import pytest

import minigrad as package
from minigrad.cli import main

from .conftest import minigrad

COMMANDS = ("train", "evaluate", "predict", "serve", "draw", "summary", "warmup")


@pytest.mark.parametrize("command", [[], *([c] for c in COMMANDS)], ids=" ".join)
def test_help_says_what_the_command_takes(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    assert f"usage: minigrad {' '.join(command)}".strip() in capsys.readouterr().out


def test_help_imports_neither_numba_nor_any_optional_package():
    program = (
        "import sys\nfrom minigrad.cli import main\n"
        "try: main(['train', '--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numba', 'matplotlib', 'sklearn', 'PIL', 'tqdm', 'graphviz', 'flask'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "heavy: []"


def test_the_version_is_that_of_the_distribution():
    done = minigrad("--version")
    assert done.returncode == 0
    assert done.stdout == f"minigrad {package.__version__}\n"
    assert version("minigrad-numba") == package.__version__


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required: command"),
        (["fly"], "invalid choice: 'fly'"),
        (["train", "--model", "resnet"], "invalid choice: 'resnet'.*lenet5"),
        (["train", "--data", "cifar"], "invalid choice: 'cifar'"),
        (["train", "--optimizer", "lbfgs"], "invalid choice: 'lbfgs'"),
        (["train", "--epochs", "0"], "--epochs: got '0'; it needs a whole number >= 1"),
        (["train", "--epochs", "many"], "--epochs: got 'many'; it needs a whole number"),
        (["train", "--batch-size", "-3"], "--batch-size: got '-3'"),
        (["train", "--lr", "0"], "--lr: got '0'; it needs a number > 0"),
        (["train", "--lr", "nan"], "--lr: got 'nan'"),
        (["train", "--lr", "inf"], "--lr: got 'inf'"),
        (["train", "--momentum", "-1"], "--momentum: got '-1'"),
        (["train", "--val-fraction", "1"], "--val-fraction: got '1'; it needs a number >= 0 and < 1"),
        (["train", "--seed", "-1"], "--seed: got '-1'"),
        (["train", "--threads", "0"], "--threads: got '0'"),
        (["train", "--verbose", "7"], "invalid choice"),
        (["train", "--unknown"], "unrecognized arguments: --unknown"),
        (["evaluate"], "required: RUN"),
        (["predict", "run"], "required: IMAGE"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2_and_a_sentence(arguments, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert re.search(words, capsys.readouterr().err)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "mnist"], "--data mnist needs --root"),
        (["--root", "folder"], "takes no --root"),
        (["--momentum", "0.9"], "--momentum is for sgd and rmsprop, not for adam"),
        (["--limit", "10", "--val-fraction", "0.01"], "leaves an empty part"),
    ],
    ids=" ".join,
)
def test_flags_that_do_not_fit_together_are_exit_code_2(arguments, words, capsys):
    assert main(["train", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("minigrad train: error: ")
    assert words in err

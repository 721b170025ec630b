"""minigrad warmup: it says what it does, and a second one has nothing left to do."""

from __future__ import annotations

import re
import time

import pytest

from minigrad.cli import compiling, main

event = pytest.importorskip("numba.core.event")


class Dispatcher:
    def __init__(self, name):
        self.py_func = lambda: None
        self.py_func.__name__ = name


def compile_for(name, seconds, inner=()):
    """Tell Numba's listeners what it tells them when it compiles."""
    data = {"dispatcher": Dispatcher(name)}
    event.start_event("numba:compile", data)
    for each in inner:
        compile_for(each, 0)
    time.sleep(seconds)
    event.end_event("numba:compile", data)


def test_one_preset_prints_a_line_with_seconds(capsys):
    assert main(["warmup", "--model", "mlp"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(
        r"mlp: a training step and an evaluation \.\.\. \d+\.\d s, \d+ kernels? compiled", lines[0]
    )
    assert re.fullmatch(r"a step of each optimizer \.\.\. \d+\.\d s, \d+ kernels? compiled", lines[1])
    assert re.fullmatch(r"ready after \d+\.\d s; \d+ kernels were compiled", lines[2])


def test_a_second_warmup_compiles_nothing(capsys):
    main(["warmup", "--model", "mlp"])
    main(["warmup", "--model", "mlp"])
    assert capsys.readouterr().out.splitlines()[-1].endswith("; 0 kernels were compiled")


def test_what_takes_long_is_named_on_stderr(monkeypatch, capsys):
    monkeypatch.setattr(compiling, "LONG", 0.02)
    with compiling.watch_compiling() as compiled:
        compile_for("quick", 0)
        compile_for("slow", 0.03, inner=["helper"])
    assert [name for name, _ in compiled] == ["quick", "slow"]
    err = capsys.readouterr().err
    assert "compiled slow in 0.0 s" in err
    assert "quick" not in err
    assert "helper" not in err


def test_nothing_is_watched_afterwards():
    with compiling.watch_compiling() as compiled:
        pass
    compile_for("later", 0)
    assert compiled == []

"""minigrad evaluate: the report of a run, and folders that are none."""

from __future__ import annotations

import json
import re

import pytest

from minigrad.cli import main


def test_the_accuracy_is_that_of_the_report(run_folder, capsys):
    assert main(["evaluate", str(run_folder)]) == 0
    out = capsys.readouterr().out
    measured = re.search(r"accuracy (\d\.\d{4})", out).group(1)
    assert f"test accuracy {measured}" in (run_folder / "report.txt").read_text()
    assert "confusion matrix" in out
    assert "mlp on 30 test images of mnist" in out


def test_data_may_have_moved_and_be_limited(run_folder, mnist, capsys):
    mnist.rename(mnist.with_name("moved"))
    assert main(["evaluate", str(run_folder)]) == 1
    assert "which is no folder" in capsys.readouterr().err
    arguments = ["--root", str(mnist.with_name("moved")), "--limit", "10", "--threads", "1"]
    assert main(["evaluate", str(run_folder), *arguments]) == 0
    assert "mlp on 10 test images" in capsys.readouterr().out


def damage(folder, name, content):
    (folder / name).write_bytes(content)


BROKEN = {
    "no run": (lambda f: (f / "config.json").unlink(), "is no run: it has no config.json"),
    "no model": (lambda f: (f / "model.npz").unlink(), "has no model.npz"),
    "config cut": (lambda f: damage(f, "config.json", b'{"model": "ml'), "config.json' is damaged"),
    "config empty": (lambda f: damage(f, "config.json", b"{}"), "config.json' is damaged .KeyError: 'model'"),
    "config a list": (lambda f: damage(f, "config.json", b"[]"), "config.json' is damaged"),
    "config binary": (lambda f: damage(f, "config.json", b"\xff\xfe\x00"), "config.json' is damaged"),
    "model cut": (
        lambda f: damage(f, "model.npz", b"PK\x03\x04 cut"),
        "model.npz', which is damaged",
    ),
    "model a text": (lambda f: damage(f, "model.npz", b"text"), "no file that minigrad.save wrote"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_folder_that_is_no_whole_run_is_one_line_and_exit_code_1(run_folder, name, capsys):
    act, words = BROKEN[name]
    act(run_folder)
    assert main(["evaluate", str(run_folder)]) == 1
    err = capsys.readouterr().err
    assert re.search(words, err)
    assert err.count("\n") == 1


def test_a_model_of_another_kind_is_named(run_folder, capsys):
    config = json.loads((run_folder / "config.json").read_text())
    (run_folder / "config.json").write_text(json.dumps({**config, "model": "lenet5"}))
    assert main(["evaluate", str(run_folder)]) == 1
    assert "model.npz' does not fit the model lenet5" in capsys.readouterr().err
    (run_folder / "config.json").write_text(json.dumps({**config, "model": "transformer"}))
    assert main(["evaluate", str(run_folder)]) == 1
    assert "names the model 'transformer'; known are numba-cnn" in capsys.readouterr().err

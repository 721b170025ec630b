"""minigrad train: the run folder, and every way it can go wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import minigrad as mg
from minigrad.cli import main
from minigrad.cli.folder import FILES
from minigrad.models import PRESETS

from .conftest import minigrad

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")


def train(mnist, out, *more):
    options = ["--data", "mnist", "--root", mnist, "--model", "mlp", "--epochs", "1", "--verbose", "0"]
    return main(["train", *map(str, (*options, "--out", out, *more))])


def test_a_run_leaves_all_its_files(run_folder):
    assert {p.name for p in run_folder.iterdir()} == set(FILES)
    config = json.loads((run_folder / "config.json").read_text())
    assert config["model"] == "mlp"
    assert config["epochs"] == 2
    assert config["lr"] == PRESETS["mlp"].lr
    assert config["classes"] == list("0123456789")
    assert 0 < config["normalize"]["mean"][0] < 1
    rows = [json.loads(line) for line in (run_folder / "metrics.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == [1, 2]
    assert {"loss", "accuracy", "test_loss", "test_accuracy", "lr", "seconds"} < set(rows[0])
    state = mg.load(run_folder / "model.npz")
    assert state["1.weight"].shape == (128, 784)
    report = (run_folder / "report.txt").read_text()
    for words in ("mlp on mnist, 2 epochs", "test accuracy", "precision", "confusion matrix"):
        assert words in report
    for name in ("loss", "confusion", "filters"):
        assert (run_folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_accuracy_printed_is_that_of_the_last_row(mnist, tmp_path, capsys):
    assert train(mnist, tmp_path / "run", "--verbose", "2", "--model", "lenet5") == 0
    out, err = capsys.readouterr()
    row = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert f"test accuracy {row['test_accuracy']:.4f}; everything is in {tmp_path / 'run'}" in out
    assert "lenet5: 61,706 parameters; mnist: 60 training, 30 test images" in out
    assert err.count("\n") == 1


@pytest.mark.parametrize("model", [m for m in PRESETS if m != "mlp"])
def test_every_preset_trains(mnist, tmp_path, model):
    assert train(mnist, tmp_path / "run", "--model", model, "--limit", "20") == 0
    assert (tmp_path / "run" / "filters.png").exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--optimizer", "sgd", "--momentum", "0.5", "--lr", "0.01", "--weight-decay", "0.001"],
        ["--optimizer", "adamw"],
        ["--optimizer", "adagrad"],
        ["--optimizer", "rmsprop"],
        ["--schedule", "constant", "--threads", "1", "--limit", "30", "--batch-size", "7"],
    ],
    ids=" ".join,
)
def test_options_are_taken_and_written_down(mnist, tmp_path, options):
    assert train(mnist, tmp_path / "run", *options) == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    for flag, value in zip(options[::2], options[1::2], strict=True):
        assert str(config[flag[2:].replace("-", "_")]) == value


def test_the_same_seed_gives_the_same_run_and_another_seed_another(mnist, tmp_path):
    states = []
    for i, seed in enumerate([1, 1, 2]):
        assert train(mnist, tmp_path / str(i), "--seed", seed) == 0
        states.append(mg.load(tmp_path / str(i) / "model.npz")["1.weight"].numpy())
    np.testing.assert_array_equal(states[0], states[1])
    assert (states[0] != states[2]).any()


def test_a_part_of_the_training_images_can_be_watched_instead(mnist, tmp_path, capsys):
    assert train(mnist, tmp_path / "run", "--val-fraction", "0.25", "--verbose", "2") == 0
    assert "45 training, 15 val, 30 test images" in capsys.readouterr().out
    row = json.loads((tmp_path / "run" / "metrics.jsonl").read_text())
    assert "val_accuracy" in row
    assert "test_accuracy" not in row


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(mnist, tmp_path, capsys):
    before = sorted(tmp_path.rglob("*"))
    assert train(mnist, tmp_path / "run", "--dry-run", "--epochs", "3") == 0
    assert "batches of 64, 3 epochs = 3 steps, seed 0" in capsys.readouterr().out
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_without_out_gets_a_folder_named_after_itself(mnist, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["train", "--data", "mnist", "--root", str(mnist), "--model", "mlp", "--verbose", "0"]
    assert main(options) == 0
    assert main(options) == 0
    names = sorted(p.name for p in (tmp_path / "runs").iterdir())
    assert len(names) == 2
    assert all("-mlp-mnist" in name for name in names)


def test_files_that_are_there_are_not_written_over_without_asking(mnist, tmp_path, capsys):
    out = tmp_path / "run"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    (out / "loss.png").write_text("an old picture")
    assert train(mnist, out) == 1
    assert "already holds files; it needs a new or empty folder" in capsys.readouterr().err
    assert (out / "loss.png").read_text() == "an old picture"
    assert train(mnist, out, "--overwrite") == 0
    assert (out / "thesis.txt").read_text() == "years of work"
    assert (out / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert train(mnist, out / "loss.png") == 1
    assert "is a file; it needs a folder" in capsys.readouterr().err


def test_a_loss_that_is_not_finite_is_exit_code_1(mnist, tmp_path, capsys):
    assert train(mnist, tmp_path / "run", "--optimizer", "sgd", "--lr", "1e30", "--batch-size", "5") == 1
    err = capsys.readouterr().err
    assert "Lower the learning rate" in err
    assert err.count("\n") == 1


def failing(tmp_path, mnist):
    """Arguments that cannot work, with the words that have to say why."""
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for file in mnist.iterdir():
        (damaged / file.name).write_bytes(file.read_bytes()[: 100 if "t10k-images" in file.name else None])
    file = damaged / "t10k-labels-idx1-ubyte.gz"
    empty = tmp_path / "empty"
    empty.mkdir()
    return {
        "no folder": (["--root", tmp_path / "nowhere"], "nowhere', which is no folder"),
        "no files": (["--root", empty], "lacks train-images-idx3-ubyte"),
        "damaged": (["--root", damaged], "t10k-images-idx3-ubyte.gz', which is damaged or cut short"),
        "out below a file": (["--root", mnist, "--out", file / "run"], file.name),
    }


@pytest.mark.parametrize("name", ["no folder", "no files", "damaged", "out below a file"])
def test_what_cannot_be_done_is_one_line_and_exit_code_1(tmp_path, mnist, name):
    arguments, words = failing(tmp_path, mnist)[name]
    done = minigrad("train", "--data", "mnist", "--model", "mlp", *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.startswith("minigrad train: ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_one_may_not_write_to_is_named(tmp_path, mnist, capsys):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert train(mnist, tmp_path / "locked" / "run") == 1
    assert "Permission denied" in capsys.readouterr().err


def test_with_traceback_the_error_itself_comes_through(tmp_path):
    with pytest.raises(FileNotFoundError):
        train(tmp_path / "nowhere", tmp_path / "run", "--traceback")


@pytest.mark.parametrize("package", ["sklearn", "PIL"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(package, tmp_path):
    program = (
        f"import sys, importlib.util as u\nsys.modules[{package!r}] = None\nfind = u.find_spec\n"
        f"u.find_spec = lambda name, *a: None if name == {package!r} else find(name, *a)\n"
        "from minigrad.cli import main\nsys.exit(main(['train']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert 'pip install ".[train]"' in done.stderr
    assert done.stderr.count("\n") == 1


def interrupted(tmp_path, mnist, ready):
    """Start a long run, send Ctrl-C when ``ready(folder)``, and wait for its end."""
    out = tmp_path / "run"
    command = [sys.executable, "-m", "minigrad", "train", "--data", "mnist", "--root", str(mnist)]
    command += ["--model", "mlp", "--epochs", "100000", "--verbose", "2", "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 90
        while not ready(out) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, stdout, stderr, out


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a single process there")
def test_ctrl_c_keeps_model_metrics_and_report(tmp_path, mnist):
    def two_epochs_done(out):
        log = out / "metrics.jsonl"
        return log.exists() and log.read_text().count("\n") >= 2

    code, stdout, stderr, out = interrupted(tmp_path, mnist, two_epochs_done)
    assert code == 130, stderr
    assert "interrupted in epoch" in stderr
    assert "Traceback" not in stderr
    assert "everything is in" in stdout
    assert {p.name for p in out.iterdir()} == set(FILES)
    rows = (out / "metrics.jsonl").read_text().splitlines()
    assert f"interrupted in epoch {len(rows) + 1} of 100000" in (out / "report.txt").read_text()
    done = minigrad("evaluate", out)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a single process there")
def test_ctrl_c_before_anything_is_done_is_exit_code_130_too(tmp_path, mnist, monkeypatch, capsys):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("minigrad.cli.train.open_data", interrupt)
    assert train(mnist, tmp_path / "run") == 130
    assert capsys.readouterr().err == "minigrad: interrupted\n"

"""minigrad draw and minigrad summary."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from minigrad.cli import main
from minigrad.graph.graphviz import has_dot
from minigrad.models import PRESETS
from tests.demo.conftest import write_run


def test_without_a_file_the_picture_is_text(capsys):
    assert main(["draw", "--model", "mlp"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("loss = ")
    assert "after backward" in lines[0]
    assert any("cross_entropy" in line for line in lines)


@pytest.mark.parametrize("suffix", ["svg", "html", "dot", "mmd", "txt"])
def test_the_suffix_picks_the_format(suffix, tmp_path, capsys):
    path = tmp_path / f"net.{suffix}"
    assert main(["draw", "--model", "lenet5", "-o", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    text = path.read_text()
    assert "conv1" in text
    if suffix == "svg":
        assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.skipif(not has_dot(), reason="the program dot is not installed")
def test_a_png_comes_from_dot(tmp_path):
    assert main(["draw", "--model", "mlp", "-o", str(tmp_path / "net.png")]) == 0
    assert (tmp_path / "net.png").read_bytes().startswith(b"\x89PNG")


def test_without_dot_a_png_is_one_line_and_exit_code_1(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert main(["draw", "--model", "mlp", "-o", str(tmp_path / "net.png")]) == 1
    err = capsys.readouterr().err
    assert "Graphviz" in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_suffix_is_one_line_and_exit_code_1(tmp_path, capsys):
    assert main(["draw", "--model", "mlp", "-o", str(tmp_path / "net.bmp")]) == 1
    assert "ends in .svg" in capsys.readouterr().err


def test_the_same_command_draws_the_same_bytes(tmp_path):
    for name in ("a.svg", "b.svg"):
        assert main(["draw", "--model", "lenet5", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--theme", "dark"], "#171b1f"),
        (["--color-by", "time"], "colours: seconds, forward and backward"),
        (["--color-by", "grad"], "colours: norm of the gradient"),
        (["--direction", "backward"], "<svg"),
        (["--rankdir", "LR", "--depth", "0"], "<svg"),
    ],
    ids=" ".join,
)
def test_every_option_reaches_the_picture(options, words, tmp_path):
    plain, changed = tmp_path / "plain.svg", tmp_path / "changed.svg"
    assert main(["draw", "--model", "lenet5", "-o", str(plain)]) == 0
    assert main(["draw", "--model", "lenet5", "-o", str(changed), *options]) == 0
    assert words in changed.read_text()
    assert changed.read_text() != plain.read_text()


@pytest.mark.parametrize("command", ["draw", "summary"])
def test_a_run_gives_its_own_network(command, tmp_path, capsys):
    run = write_run(tmp_path / "run", "compact-cnn")
    assert main([command, "--run", str(run)]) == 0
    of_run = capsys.readouterr().out
    assert main([command, "--model", "compact-cnn"]) == 0
    of_model = capsys.readouterr().out
    if command == "summary":
        assert of_run == of_model
    assert len(of_run.splitlines()) == len(of_model.splitlines())
    with pytest.raises(SystemExit):
        main([command, "--run", str(run), "--model", "mlp"])
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_a_summary(name, capsys):
    assert main(["summary", "--model", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == name
    assert lines[-1].startswith("input 1x1x28x28; ")


def test_the_summary_of_a_batch_counts_the_work_of_all_images(capsys):
    assert main(["summary", "--model", "mlp", "--batch-size", "8"]) == 0
    out = capsys.readouterr().out
    assert "8x10" in out
    assert f"{8 * (784 * 128 + 128 * 10):,} multiply-adds" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["draw", "--model", "vgg"], "invalid choice: 'vgg'"),
        (["draw", "--depth", "-1"], "--depth: got '-1'; it needs a whole number >= 0"),
        (["draw", "--theme", "pink"], "invalid choice: 'pink'"),
        (["summary", "--batch-size", "0"], "--batch-size: got '0'"),
        (["warmup", "--model", "vgg"], "invalid choice: 'vgg'"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(arguments, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert words in capsys.readouterr().err

"""minigrad serve in a process of its own: it starts, answers, refuses, ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import numpy as np
import pytest

from minigrad.cli import main, serve
from tests.demo.conftest import write_run

pytest.importorskip("flask")
pytest.importorskip("PIL")


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run", "mlp")


def started(run, *options):
    command = [sys.executable, "-m", "minigrad", "serve", str(run), "--port", "0", "--threads", "1", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    first = process.stdout.readline()
    assert first, process.stderr.read()
    assert process.stdout.readline() == "Ctrl-C ends it.\n"
    return process, first.split()[-1]


def test_it_says_where_it_is_answers_and_ends_with_ctrl_c(run):
    process, address = started(run)
    try:
        page = urllib.request.urlopen(address, timeout=60)
        with page:
            assert page.headers["Content-Security-Policy"]
            assert b"<canvas" in page.read()
        image = json.dumps(np.full((28, 28), 7).tolist()).encode()
        ask = urllib.request.Request(address + "predict", image, {"Content-Type": "application/json"})
        with urllib.request.urlopen(ask, timeout=60) as answer:
            assert json.load(answer)["class"] in "0123456789"
        ask = urllib.request.Request(address + "predict", b"[1]", {"Content-Type": "application/json"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(ask, timeout=60)
        with refused.value as error:
            assert error.code == 400
            assert "28 lists" in json.load(error)["error"]
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert (out.strip(), err) == ("", "")


class Interrupted:
    """A server that Ctrl-C ends at once."""

    def serve_forever(self):
        raise KeyboardInterrupt

    def server_close(self):
        pass


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("::1", "[::1]")]
)
def test_the_browser_opens_and_an_open_address_is_warned_of(run, host, shown, monkeypatch, capsys):
    if host == "::1" and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    opened = []
    monkeypatch.setattr(serve.webbrowser, "open", opened.append)
    monkeypatch.setattr(serve, "_server", lambda app, listener: Interrupted())
    assert main(["serve", str(run), "--port", "0", "--host", host, "--open"]) == 0
    out = capsys.readouterr().out
    assert opened[0].startswith(f"http://{shown}:")
    assert opened[0] in out
    assert ("Everybody who can reach this machine" in out) == (host == "0.0.0.0")


def test_a_body_that_is_too_large_is_answered_and_the_server_goes_on(run):
    process, address = started(run)
    try:
        ask = urllib.request.Request(address + "predict", bytes(1_500_000), {"Content-Type": "image/png"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(ask, timeout=60)
        with refused.value as error:
            assert error.code == 413
        with urllib.request.urlopen(address + "health", timeout=60) as answer:
            assert json.load(answer)["status"] == "ok"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def test_a_port_in_use_is_one_line_and_exit_code_1(run, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["serve", str(run), "--port", str(port)]) == 1
    err = capsys.readouterr().err
    assert f"another program uses port {port}. Choose another: --port {port % 65535 + 1}" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_that_is_not_this_machines_is_one_line_and_exit_code_1(run, host, capsys):
    assert main(["serve", str(run), "--port", "0", "--host", host]) == 1
    err = capsys.readouterr().err
    assert f"cannot listen at {host}:0" in err
    assert err.count("\n") == 1


def test_a_folder_that_is_no_run_is_one_line_and_exit_code_1(tmp_path, capsys):
    assert main(["serve", str(tmp_path)]) == 1
    assert "is no run" in capsys.readouterr().err


def test_without_flask_the_command_says_how_to_get_it(run, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "flask", None)
    assert main(["serve", str(run)]) == 1
    assert "pip install flask" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_is_exit_code_2(port, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["serve", "run", "--port", port])
    assert stop.value.code == 2
    assert "it needs a whole number from 0 to 65535" in capsys.readouterr().err

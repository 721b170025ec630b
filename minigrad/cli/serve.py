"""minigrad serve RUN: a page on which one draws and the run's model reads.

Below: demo/. Tests: tests/cli/test_serve.py.
"""

from __future__ import annotations

import argparse
import errno
import socket
import webbrowser
from typing import Any

import minigrad

from ..demo import create_app
from ..demo.app import LOCAL


def run(arguments: argparse.Namespace) -> int:
    if arguments.threads:
        minigrad.set_num_threads(arguments.threads)
    local = arguments.host in LOCAL
    app = create_app(arguments.folder, hosts=LOCAL if local else None)
    with _listen(arguments.host, arguments.port) as listener:
        server = _server(app, listener)
        host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
        address = f"http://{host}:{listener.getsockname()[1]}/"
        print(f"{arguments.folder} reads what you draw at {address}\nCtrl-C ends it.", flush=True)
        if not local:
            print("Everybody who can reach this machine can use the page.", flush=True)
        if arguments.open:
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
        finally:
            server.server_close()
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises OSError with one sentence that says why not."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = f"--port {port % 65535 + 1}, or 0 for a free one"
            why = f"another program uses port {port}. Choose another: {other}"
        elif error.errno == errno.EACCES:
            why = f"port {port} is reserved. Choose one above 1023: --port 8000"
        else:
            why = f"it cannot listen at {host}:{port} ({error.strerror or error})"
        raise OSError(f"{why}.") from None


def _server(app: Any, listener: socket.socket) -> Any:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        """One line per stroke would bury the address."""

        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            pass

    host, port = listener.getsockname()[:2]
    return make_server(host, port, app, threaded=True, request_handler=Quiet, fd=listener.fileno())

"""The Flask application of the digit page.

    GET  /           the page
    GET  /health     {"status": "ok", "model", "data", "classes", "parameters"}
    POST /predict    an image -> class, probabilities, the input as the network saw it, activations

``POST /predict`` takes a PNG (the body with ``Content-Type: image/png``, or the field ``image`` of
a multipart form) or JSON. Answers are JSON; 400, 404, 405, 413 and 415 come with
{"error": why}. Nothing is fetched from elsewhere and nothing may be: page.py has the policy.

Below: page.py, request.py, reader.py. Above: cli/serve.py. Tests: tests/demo/test_app.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from ..errors import MissingExtra
from .page import page_and_policy
from .reader import Reader
from .request import MAX_BYTES, BadImage, from_json, from_png

LOCAL = ("127.0.0.1", "localhost", "::1")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
KINDS = "a PNG (image/png, or the field 'image' of a multipart form) or JSON (application/json)"


def create_app(folder: str, hosts: Sequence[str] | None = LOCAL) -> Any:
    """The application that reads digits with the model of the run in ``folder``.

    ``hosts`` are the names it answers to, None for any. A page elsewhere whose name was made to
    point at this machine (DNS rebinding) sends its own name and is refused.

    Raises MissingExtra without Flask, FileNotFoundError or ValueError for a folder that is no run.

    >>> from minigrad.demo import create_app
    >>> create_app("no/such/run")
    Traceback (most recent call last):
    FileNotFoundError: 'no/such/run' is no run: it has no config.json. ...
    """
    reader = Reader(folder)
    try:
        from flask import Flask, Response, jsonify, request
        from werkzeug.exceptions import HTTPException
    except ImportError:
        raise MissingExtra("flask", "serve", "The digit page") from None
    app = Flask("minigrad.demo", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES
    whole, policy = page_and_policy()
    app.json.sort_keys = False  # type: ignore[attr-defined]  # classes keep their order

    @app.before_request
    def for_us() -> Any:
        # Not Flask's TRUSTED_HOSTS: it cannot say [::1].
        if hosts is None or urlsplit(f"//{request.host}").hostname in hosts:
            return None
        return jsonify(error=f"got a request for another host; this one is {', '.join(hosts)}."), 400

    @app.get("/")
    def page() -> Any:
        return Response(whole, mimetype="text/html")

    @app.get("/health")
    def health() -> Any:
        config = reader.config
        return {
            "status": "ok",
            "model": config["model"],
            "data": config["data"],
            "classes": reader.classes,
            "parameters": reader.parameters,
        }

    @app.post("/predict")
    def predict() -> Any:
        kind = request.mimetype
        if kind == "multipart/form-data":
            if "image" not in request.files:
                raise BadImage("got a form without a file in the field 'image'; it needs one.")
            image = from_png(request.files["image"].read())
        elif kind.startswith("image/"):
            image = from_png(request.get_data())
        elif kind == "application/json":
            image = from_json(request.get_data())
        else:
            return jsonify(error=f"predict got {kind or 'no Content-Type'}; it needs {KINDS}."), 415
        if image is None:
            return jsonify({"empty": True, "class": None, "message": "Nothing is drawn yet."})
        return jsonify(reader.read(image))

    @app.errorhandler(BadImage)
    def bad_image(error: BadImage) -> Any:
        return jsonify(error=f"predict {error}"), 400

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Any:
        text = error.description
        if error.code == 413:
            text = f"predict got more than {MAX_BYTES // 1024} kB; it needs less."
        answer = jsonify(error=text)
        answer.status_code = error.code or 500
        if error.code == 404:
            text = f"there is nothing at {request.path}; GET / is the page, POST /predict reads an image."
        if error.code == 405:
            answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))  # type: ignore[attr-defined]
        return answer

    @app.after_request
    def protect(response: Any) -> Any:
        response.headers.update(HEADERS)
        response.headers["Content-Security-Policy"] = policy
        return response

    return app

"""The Flask application of the digit page.

    GET  /           the page
    GET  /health     {"status": "ok", "model", "data", "classes", "parameters"}
    POST /predict    an image -> class, probabilities, the input as the network saw it, activations

``POST /predict`` takes a PNG (the body with ``Content-Type: image/png``, or the field ``image`` of
a multipart form) or JSON. Answers are JSON; 400, 404, 405, 413 and 415 come with
{"error": why}. Nothing is fetched from elsewhere and nothing may be: see ``POLICY``.

Below: request.py, reader.py. Above: cli/serve.py. Tests: tests/demo/test_app.py.
"""

from __future__ import annotations

from typing import Any

from ..errors import MissingExtra
from .reader import Reader
from .request import MAX_BYTES, BadImage, from_json, from_png

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
KINDS = "a PNG (image/png, or the field 'image' of a multipart form) or JSON (application/json)"


def create_app(folder: str) -> Any:
    """The application that reads digits with the model of the run in ``folder``.

    Raises MissingExtra without Flask, FileNotFoundError or ValueError for a folder that is no run.

    >>> from minigrad.demo import create_app
    >>> create_app("no/such/run")
    Traceback (most recent call last):
    FileNotFoundError: 'no/such/run' is no run: it has no config.json. ...
    """
    reader = Reader(folder)
    try:
        from flask import Flask, jsonify, request
        from werkzeug.exceptions import HTTPException
    except ImportError:
        raise MissingExtra("flask", "serve", "The digit page") from None
    app = Flask("minigrad.demo", static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]  # classes keep their order

    @app.get("/")
    def page() -> Any:
        return app.send_static_file("page.html")

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
        if error.code == 405:
            answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))  # type: ignore[attr-defined]
        return answer

    @app.after_request
    def protect(response: Any) -> Any:
        response.headers.update(HEADERS)
        return response

    return app

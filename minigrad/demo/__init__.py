"""A page on which one draws a digit, and the network says which it is.

    image.py     a drawing becomes what the network was trained on: cropped, scaled, centred
    reader.py    a trained network that reads one image at a time, from any thread
    request.py   what may be sent: PNG, a form with one, a list of 28 x 28 numbers
    app.py       the Flask application
    page.py      the page in one piece, and its policy
    static/      what it is made of: HTML, CSS, JavaScript, icon; nothing from outside

Below: cli/folder.py. Above: cli/serve.py. Tests: tests/demo.
"""

from .app import create_app

__all__ = ["create_app"]

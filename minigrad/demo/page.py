"""The page in one piece: style sheet, script and icon stand in the HTML itself.

    page_and_policy    the page, and the policy that lets a browser run this and nothing else

The policy names the style sheet and the script by their hashes, so not even text that got into
the page could run.

Below: static/. Above: app.py. Tests: tests/demo/test_app.py.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

STATIC = Path(__file__).parent / "static"


def page_and_policy() -> tuple[str, str]:
    """(HTML, the value of Content-Security-Policy)."""
    style, script, icon, page = (
        (STATIC / name).read_text(encoding="utf-8")
        for name in ("page.css", "page.js", "icon.svg", "page.html")
    )
    picture = base64.b64encode(icon.encode()).decode()
    for mark, text in (("/* page.css */", style), ("/* page.js */", script), ("icon.svg", picture)):
        page = page.replace(mark, text)
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return page, policy


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"

"""Graphviz at work: SVG with the picture's style sheet, and the formats only it can write.

Below: dot.py, style.py. Above: drawing.py. Tests: tests/graph/test_graphviz.py.
"""

from __future__ import annotations

import re
import shutil

from .model import Picture
from .style import style_sheet
from .svg import scope_of

INSTALL = (
    "install Graphviz: apt install graphviz (Debian, Ubuntu), brew install graphviz (macOS), "
    "winget install graphviz (Windows)"
)


def has_dot() -> bool:
    """Whether the ``dot`` program can be found."""
    return shutil.which("dot") is not None


def render(dot: str, suffix: str) -> bytes:
    """DOT to png, pdf or svg. Raises RuntimeError with the install line if dot is missing."""
    if not has_dot():
        raise RuntimeError(f"a .{suffix} picture needs the program dot; {INSTALL}, or save as .svg.")
    import graphviz

    return graphviz.Source(dot).pipe(format=suffix, quiet=True)


def restyled(svg: str, picture: Picture, theme: str, options: tuple) -> str:
    """Graphviz's SVG made fit for a page: no ids, no outside addresses, colours from the sheet."""
    scope = scope_of(picture, theme, *options, "dot")
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns:xlink="[^"]*"', "", svg)
    svg = re.sub(r' (id|font-family|font-size|target)="[^"]*"', "", svg)
    svg = re.sub(r"<title>[^<]*</title>\n", "", svg)  # counted names; the tooltips take their place
    svg = re.sub(r'<g><a xlink:title="([^"]*)">\n', r"<title>\1</title>\n", svg)
    svg = svg.replace("</a>\n</g>\n", "")
    svg = re.sub(r'class="node ([\w ]+)"', r'class="node \1"', svg)
    svg = svg.replace('class="cluster"', 'class="frame"')
    roles = sorted({box.role for box in picture.boxes})
    head = f'<svg class="minigrad {scope}" role="img"'
    return svg.replace("<svg", head, 1).replace(">", f"><style>{style_sheet(scope, theme, roles)}</style>", 1)

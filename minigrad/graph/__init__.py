"""The picture of the graph.

    draw, Graph    the picture, in SVG, HTML, text, DOT, Mermaid, PNG, PDF
    record         gather times, bytes, lines, finite checks and gradient norms while running

model.py is the data, build.py makes it, the rest draws it.
"""

from .drawing import Graph, draw
from .measure import record

__all__ = ["Graph", "draw", "record"]

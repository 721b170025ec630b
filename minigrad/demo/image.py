"""A drawing of any size becomes a 28 x 28 image made the way MNIST's were.

Source: LeCun, Cortes, Burges, The MNIST database of handwritten digits: the figure is scaled to
fit 20 x 20 keeping its proportions, then placed so that its centre of mass is the middle of
28 x 28. Images of MNIST, enlarged ten times and put anywhere on a larger page, come back
bit for bit.

Above: request.py. Tests: tests/demo/test_image.py.
"""

from __future__ import annotations

import numpy as np

from ..errors import MissingExtra

SIDE, BOX, MIDDLE = 28, 20, 14


def as_mnist(drawing: np.ndarray) -> np.ndarray | None:
    """The figure of a drawing (H, W) uint8, white on black, as (28, 28) uint8; None without ink.

    >>> from minigrad.demo.image import as_mnist
    >>> drawing = np.zeros((100, 100), np.uint8)
    >>> drawing[10:60, 70:80] = 255
    >>> image = as_mnist(drawing)
    >>> image.shape, [int(i.max() - i.min() + 1) for i in image.nonzero()]
    ((28, 28), [20, 4])
    """
    ink = drawing > 0
    if not ink.any():
        return None
    rows, columns = (np.flatnonzero(ink.any(axis=1 - axis)) for axis in (0, 1))
    figure = drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    small = _scaled(figure)
    height, width = small.shape
    weights = small.astype(np.float64)
    top = _start(weights.sum(1), height)
    left = _start(weights.sum(0), width)
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + height, left : left + width] = small
    return image


def _scaled(figure: np.ndarray) -> np.ndarray:
    """The longer side becomes 20, the other keeps the proportion (1 at least)."""
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtra("pillow", "serve", "The digit page") from None
    longer = max(figure.shape)
    height, width = (max(1, round(n * BOX / longer)) for n in figure.shape)
    # Each pixel is the mean of what it covers: an enlarged image of MNIST comes back as it was.
    return np.asarray(Image.fromarray(figure).resize((width, height), Image.Resampling.BOX))


def _start(weights: np.ndarray, size: int) -> int:
    """Where a row or column of these weights begins so that its centre of mass is the middle."""
    centre = float((weights * np.arange(size)).sum() / weights.sum())
    return int(np.clip(np.floor(MIDDLE - centre + 0.5), 0, SIDE - size))

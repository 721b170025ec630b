"""Pictures of training: curves, the confusion matrix, filters, images with their answers.

    plot_history, plot_confusion, plot_filters, plot_images    each makes a matplotlib Figure
    save_figure                                                 writes one, whole or not at all

A figure is made without pyplot: no window, no state, safe in threads and without a display. In
a notebook it shows itself. Needs matplotlib (the extra ``train``).

Below: tensor.py, utils/. Above: cli/. Tests: tests/utils/test_plotting.py.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .errors import MissingExtra, ShapeError
from .utils.files import atomic_write
from .utils.metrics import as_array

BLUE, ORANGE, GREY = "#2f6db5", "#d9730d", "#6b6b6b"


def _figure(width: float, height: float) -> Any:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("matplotlib", "train", "Drawing") from None
    figure: Any = Figure(figsize=(width, height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    figure._repr_png_ = lambda: _png(figure)  # how a notebook asks an object for its picture
    return figure


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def save_figure(figure: Any, path: str | os.PathLike) -> None:
    """Write a figure; the ending of ``path`` says in which format (.png, .svg, .pdf)."""
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format=Path(path).suffix.lstrip(".") or "png")


def plot_history(history: Any) -> Any:
    """Loss on the left, the other metrics on the right, one curve per data set, against epochs."""
    if not len(history):
        raise ValueError("plot_history got a history without epochs; it needs at least one finished epoch.")
    columns = [c for c in history.columns if c not in ("epoch", "lr", "seconds")]
    losses = [c for c in columns if c == "loss" or c.endswith("_loss")]
    others = [c for c in columns if c not in losses]
    figure = _figure(9 if others else 5, 3.6)
    axes = figure.subplots(1, 2 if others else 1, squeeze=False)[0]
    for ax, names, label in zip(axes, (losses, others), ("loss", "accuracy")):
        if names is others and {c.rpartition("_")[2] for c in others} != {"accuracy"}:
            label = "metric"
        _curves(ax, history, names, label)
    return figure


def _curves(ax: Any, history: Any, names: Sequence[str], label: str) -> None:
    from matplotlib.ticker import MaxNLocator

    for i, name in enumerate(names):
        legend = name.rpartition("_")[0] or "train" if label != "metric" else name
        color = (ORANGE if "_" in name else BLUE) if len(names) <= 2 else f"C{i}"
        # A single epoch is one point: without a marker nothing would show.
        ax.plot(
            history["epoch"],
            history[name],
            color=color,
            marker="o",
            markersize=3.5,
            linewidth=1.6,
            label=legend,
        )
    ax.set_xlabel("epoch")
    ax.set_ylabel(label)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)


def plot_confusion(confusion: Any, classes: Sequence[str] | None = None) -> Any:
    """The confusion matrix (C, C) with its counts; colour is the share of each true class."""
    counts = as_array(confusion)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ShapeError(f"plot_confusion got shape {counts.shape}; it needs a square matrix (C, C).")
    n = len(counts)
    names = [str(i) for i in range(n)] if classes is None else list(classes)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = max(3.5, 1.6 + 0.5 * n)
    figure = _figure(side, side)
    ax = figure.subplots()
    # The square root lifts the few mistakes out of the white.
    ax.imshow(np.sqrt(share), cmap="Blues", vmin=0, vmax=1.15)
    if n <= 30:
        for i, j in np.ndindex(n, n):
            if counts[i, j]:
                color = "white" if share[i, j] > 0.4 else "black"
                ax.text(j, i, str(counts[i, j]), ha="center", va="center", color=color, fontsize=9)
    turned = max(map(len, names), default=0) > 3
    ax.set_xticks(range(n), names, rotation=45 if turned else 0, ha="right" if turned else "center")
    ax.set_yticks(range(n), names)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    ax.set_title(f"{np.trace(counts)} of {counts.sum()} right", fontsize=11, color=GREY)
    ax.tick_params(length=0)
    return figure


def plot_filters(weight: Any, limit: int = 64) -> Any:
    """The kernels of a first layer, (C_out, C_in, kH, kW), blue below 0 and red above, one scale.

    Of several input channels the first is shown; a linear layer (out, 784) is read as 28 x 28.
    """
    array = as_array(weight)
    if array.ndim == 2:
        side = round(array.shape[1] ** 0.5)
        if side * side == array.shape[1]:
            array = array.reshape(-1, 1, side, side)
    if array.ndim != 4:
        raise ShapeError(f"plot_filters got shape {array.shape}; it needs (C_out, C_in, kH, kW).")
    kernels = array[:limit, 0]
    span = float(np.abs(kernels).max(initial=0)) or 1.0
    columns = min(8, len(kernels))
    rows = -(-len(kernels) // columns)
    figure = _figure(0.9 * columns + 1.1, max(0.95 * rows + 0.5, 1.8))
    axes = figure.subplots(rows, columns, squeeze=False)
    picture = None
    for i, ax in enumerate(axes.flat):
        ax.set_axis_off()
        if i < len(kernels):
            picture = ax.imshow(kernels[i], cmap="RdBu_r", vmin=-span, vmax=span)
            ax.set_title(str(i), fontsize=8, color=GREY, pad=2)
    if rows == 1:  # as high as the filters, which do not fill the height of the figure
        bar = axes[0, columns - 1].inset_axes((1.15, 0, 0.12, 1))
        figure.colorbar(picture, cax=bar).set_label("weight", fontsize=8)
        bar.tick_params(labelsize=7)
    else:
        figure.colorbar(picture, ax=axes, shrink=0.9, label="weight")
    return figure


def plot_images(
    images: Any, labels: Sequence | None = None, predictions: Sequence | None = None, columns: int = 8
) -> Any:
    """Grey images (N, H, W) or (N, 1, H, W) side by side, titled with label and prediction.

    Where the prediction differs from the label the title reads "label -> prediction" in orange.
    """
    array = as_array(images)
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 3 or not len(array):
        raise ShapeError(f"plot_images got shape {array.shape}; it needs (N, H, W) or (N, 1, H, W).")
    columns = min(columns, len(array))
    rows = -(-len(array) // columns)
    figure = _figure(1.1 * columns, 1.35 * rows)
    for i, ax in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
        ax.set_axis_off()
        if i >= len(array):
            continue
        ax.imshow(array[i], cmap="gray")
        label = None if labels is None else _text(labels[i])
        found = label if predictions is None else _text(predictions[i])
        if found is not None:
            wrong = label is not None and found != label
            title = f"{label} \N{RIGHTWARDS ARROW} {found}" if wrong else found
            ax.set_title(title, fontsize=9, color=ORANGE if wrong else "black", pad=3)
    return figure


def _text(x: Any) -> str:
    return str(x.item() if hasattr(x, "item") else x)

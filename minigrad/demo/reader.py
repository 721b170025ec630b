"""A trained network that reads one image at a time, from any thread.

Below: cli/folder.py, nn/. Above: app.py. Tests: tests/demo/test_app.py.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

import minigrad

from .. import nn
from ..cli.folder import RunFolder
from ..datasets import Normalize

MAX_CHANNELS = 32


class Reader:
    """The model of a run, with the run's normalization and class names."""

    def __init__(self, folder: str):
        self.model, self.config = RunFolder(folder).load_model()
        self.classes = [str(name) for name in self.config["classes"]]
        self.normalize = Normalize(**self.config["normalize"])
        self.parameters = sum(p.numel() for p in self.model.parameters())
        self._lock = threading.Lock()  # the hook's catch belongs to one call
        self._first: Any = None
        layers = [(n, m) for n, m in self.model.named_modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
        self._name, layer = next((x for x in layers if isinstance(x[1], nn.Conv2d)), layers[0])
        layer.register_forward_hook(self._catch)
        # What has to be compiled is compiled now: the first stroke would wait for seconds.
        self.read(np.zeros((28, 28), np.float32))

    def _catch(self, module: Any, arguments: Any, output: Any) -> None:
        self._first = output.array

    def read(self, image: np.ndarray) -> dict[str, Any]:
        """What the network says of (28, 28) floats in [0, 1], and what its first layer made of it."""
        with self._lock, minigrad.no_grad():
            x = self.normalize(minigrad.from_numpy(image.astype(np.float32)[None, None]))
            probabilities = minigrad.softmax(self.model(x), 1).array[0]
            first, self._first = self._first[0], None
        best = int(probabilities.argmax())
        return {
            "empty": False,
            "class": self.classes[best],
            "index": best,
            "probabilities": [
                {"class": name, "probability": float(p)} for name, p in zip(self.classes, probabilities)
            ],
            "input": np.rint(image * 255).astype(int).tolist(),
            "activations": self._pictures(first),
        }

    def _pictures(self, first: np.ndarray) -> dict[str, Any]:
        """Whole numbers from -127 to 127, one picture a channel; a vector becomes one picture."""
        total = len(first) if first.ndim == 3 else 1
        shown = first[:MAX_CHANNELS] if first.ndim == 3 else _folded(first)[None]
        scale = float(np.abs(shown).max()) or 1.0
        return {
            "layer": self._name,
            "channels": total,
            "scale": scale,
            "pictures": np.rint(shown * (127 / scale)).astype(int).tolist(),
        }


def _folded(vector: np.ndarray) -> np.ndarray:
    """A vector in rows, about twice as wide as high, zeros at the end."""
    columns = max(1, int(np.ceil((2 * len(vector)) ** 0.5)))
    rows = -(-len(vector) // columns)
    return np.pad(vector, (0, rows * columns - len(vector))).reshape(rows, columns)

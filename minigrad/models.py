"""Small networks for 28 x 28 images, written as in any PyTorch program.

    numba-cnn      two convolutions, one pooling; the net of the first loops-and-Numba write-ups
    lenet5         LeNet-5 with relu and max-pooling
    report-cnn     32 and 64 channels, dropout: the most accurate here
    report-light   the same with 8 and 16 channels
    conv-tanh      pooling before tanh, two hidden layers
    compact-cnn    4 and 16 channels, one linear layer
    mlp            one hidden layer, no convolution

``PRESETS`` gives each its batch size and learning rate (Adam); ``build(name)`` makes the net.
Shapes: (N, 1, 28, 28) -> scores (N, 10).

Below: nn/. Above: cli/. Tests: tests/cli/test_models.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import nn


def numba_cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 12 * 12, 44),
        nn.ReLU(),
        nn.Linear(44, 10),
    )


class LeNet5(nn.Module):
    """Source: LeCun, Bottou, Bengio, Haffner (1998), figure 2; relu and max-pooling are later habits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool = nn.MaxPool2d(2)
        self.relu = nn.ReLU()
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(self.relu(self.conv1(x)))
        x = self.pool(self.relu(self.conv2(x)))
        x = self.flatten(x)
        x = self.relu(self.fc1(x))
        x = self.relu(self.fc2(x))
        return self.fc3(x)


def _report(first: int, second: int, hidden: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, first, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(second * 7 * 7, hidden),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.Linear(hidden, 10),
    )


def report_cnn() -> nn.Module:
    return _report(32, 64, hidden=128)


def report_light() -> nn.Module:
    return _report(8, 16, hidden=32)


def conv_tanh() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1),
        nn.MaxPool2d(2),
        nn.Tanh(),
        nn.Conv2d(6, 12, 3, padding=1),
        nn.MaxPool2d(2),
        nn.Tanh(),
        nn.Flatten(),
        nn.Linear(12 * 7 * 7, 512),
        nn.Tanh(),
        nn.Linear(512, 128),
        nn.Tanh(),
        nn.Linear(128, 10),
    )


def compact_cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(4, 16, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 10),
    )


def mlp() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 128), nn.ReLU(), nn.Linear(128, 10))


@dataclass(frozen=True)
class Preset:
    """A network and how it is trained unless told otherwise."""

    build: Callable[[], nn.Module]
    batch_size: int
    optimizer: str = "adam"
    lr: float = 1e-3


PRESETS = {
    "numba-cnn": Preset(numba_cnn, batch_size=64),
    "lenet5": Preset(LeNet5, batch_size=32, lr=2e-3),
    "report-cnn": Preset(report_cnn, batch_size=64),
    "report-light": Preset(report_light, batch_size=64),
    "conv-tanh": Preset(conv_tanh, batch_size=10),
    "compact-cnn": Preset(compact_cnn, batch_size=100),
    "mlp": Preset(mlp, batch_size=64),
}


def build(name: str) -> nn.Module:
    """A new network of this name, with fresh random parameters.

    >>> from minigrad import models
    >>> models.build("mlp")(minigrad.zeros(2, 1, 28, 28)).shape
    minigrad.Size([2, 10])
    """
    if name not in PRESETS:
        raise ValueError(f"build got {name!r}; it needs one of {', '.join(PRESETS)}.")
    return PRESETS[name].build()

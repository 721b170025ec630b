"""Each network in both frameworks, from the same source, with the same weights and batches.

    framework        minigrad or torch by name; None where it is not installed
    frameworks       those that are installed, minigrad first
    nets             every network and form, for one framework
    training         a model with its optimizer and one batch: a function that makes one step

Nothing is imported before it is asked for: a process that measures the memory of one framework
must not hold the other.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "minigrad" / "models.py"
NETS = Path(__file__).with_name("nets.py")


@dataclass(frozen=True)
class Framework:
    name: str
    top: Any  # the package
    nn: Any
    F: Any
    optim: Any

    def tensor(self, array: np.ndarray) -> Any:
        return self.top.from_numpy(array)


@dataclass(frozen=True)
class Net:
    """One network in one form: how to make it, and the batch it is trained with."""

    name: str
    form: str  # sequential, functional, or modules: called one by one, as in models.py
    build: Callable[[], Any]
    batch: int
    image: tuple[int, int, int] = (1, 28, 28)

    @property
    def label(self) -> str:
        return f"{self.name}/{self.form}"

    @property
    def preset(self) -> bool:
        return self.image == (1, 28, 28)

    def data(self, seed: int = 0, batch: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng(seed)
        n = batch or self.batch
        return random.standard_normal((n, *self.image)).astype(np.float32), random.integers(0, 10, n)


def framework(name: str) -> Framework | None:
    try:
        top = importlib.import_module(name)
        parts = [importlib.import_module(f"{name}.{part}") for part in ("nn", "nn.functional", "optim")]
    except ImportError:
        if name == "minigrad":
            raise
        return None
    return Framework(name, top, *parts)


def frameworks() -> list[Framework]:
    return [f for f in map(framework, ("minigrad", "torch")) if f is not None]


def set_threads(number: int) -> None:
    for f in frameworks():
        f.top.set_num_threads(number)


def _source(path: Path, name: str) -> types.ModuleType:
    """The module in ``path``, importing ``name`` wherever it says minigrad."""
    text = path.read_text(encoding="utf-8")
    text = text.replace("from . import nn", f"from {name} import nn").replace("from minigrad", f"from {name}")
    module = types.ModuleType(f"{path.stem}_of_{name}")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(text, str(path), "exec"), module.__dict__)
    return module


def nets(f: Framework) -> list[Net]:
    """The presets in models.py's order, each in all its forms; then the two bigger ones."""
    presets, ours = _source(MODELS, f.name).PRESETS, _source(NETS, f.name)
    found = []
    for name, preset in presets.items():
        other = ours.SEQUENTIAL.get(name)
        found.append(Net(name, "sequential", other or preset.build, preset.batch_size))
        if other:
            found.append(Net(name, "modules", preset.build, preset.batch_size))
        found.append(Net(name, "functional", ours.FUNCTIONAL[name], preset.batch_size))
    for (name, form), (build, batch) in ours.BIGGER.items():
        found.append(Net(name, form, build, batch, image=(3, 32, 32)))
    return found


def pairs(wants: Callable[[str], bool], one_form: bool = False) -> list[list[tuple[Framework, Net]]]:
    """For each network that is wanted, the same one in every framework that is installed.

    With ``one_form`` each network comes once, in its first form.
    """
    found, seen = [], set()
    every = [(f, nets(f)) for f in frameworks()]
    for i, net in enumerate(every[0][1]):
        if not wants(net.label) or (one_form and net.name in seen):
            continue
        seen.add(net.name)
        found.append([(f, listed[i]) for f, listed in every])
    return found


def weights(model: Any) -> dict[str, np.ndarray]:
    return {key: np.array(value) for key, value in model.state_dict().items()}


def made(pair: list[tuple[Framework, Net]]) -> list[Any]:
    """A model in each framework, all with the weights of the first."""
    models = [net.build() for _, net in pair]
    for (f, _), model in zip(pair[1:], models[1:]):
        model.load_state_dict({k: f.tensor(v) for k, v in weights(models[0]).items()})
    return models


def training(
    f: Framework, model: Any, x: np.ndarray, y: np.ndarray, loss: Any = None, whole: Any = None
) -> Callable[[], Any]:
    """One step on this batch, with Adam: zero_grad, forward, cross-entropy, backward, step.

    ``loss`` is called in place of the plain loss, and ``whole`` makes another function of the step.
    """
    optimizer = f.optim.Adam(model.parameters(), lr=1e-3)
    cross_entropy = f.F.cross_entropy
    images, labels = f.tensor(x), f.tensor(y)

    def plain(images: Any, labels: Any) -> Any:
        return cross_entropy(model(images), labels)

    loss_of = plain if loss is None else loss

    def step(images: Any, labels: Any) -> Any:
        optimizer.zero_grad()
        loss = loss_of(images, labels)
        loss.backward()
        optimizer.step()
        return loss

    run = step if whole is None else whole(step)
    return lambda: run(images, labels)

"""One training loop, for programs, notebooks and the command line alike.

    fit             train a model for some epochs; returns a History
    evaluate        loss and metrics on a data set
    predict         the model's outputs for a whole data set
    Callback        what may happen after batches and epochs: Checkpoint, EarlyStopping

Below: utils/data, metrics.py, history.py, progress.py. Above: cli/. Tests: tests/utils/test_training.py.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..grad_mode import no_grad
from ..ops.cross_entropy import cross_entropy
from ..serialization import save
from ..tensor import Tensor, from_numpy
from .history import History
from .interrupt import Interrupt, deferred_interrupt
from .metrics import accuracy
from .progress import Progress

__all__ = ["Callback", "Checkpoint", "EarlyStopping", "History", "Run", "evaluate", "fit", "predict"]


class Run:
    """A training run as callbacks see it."""

    def __init__(self, model: Any, optimizer: Any, history: History, epochs: int):
        self.model, self.optimizer, self.history, self.epochs = model, optimizer, history, epochs
        self.epoch = 0  # the one being run, from 1
        self.batch = 0  # batches of this epoch done
        self.stop_reason: str | None = None
        self.interrupt = Interrupt()

    def stop(self, reason: str) -> None:
        """End the run after this epoch."""
        self.stop_reason = reason


class Callback:
    """Override what is needed; each method gets the Run."""

    def on_train_begin(self, run: Run) -> None: ...
    def on_batch_end(self, run: Run) -> None: ...
    def on_epoch_end(self, run: Run) -> None: ...
    def on_train_end(self, run: Run) -> None: ...


class _Monitor:
    """Whether a column of the history got better than it ever was."""

    def __init__(self, owner: str, column: str, mode: str):
        if mode not in ("min", "max"):
            raise ValueError(f"{owner} got mode={mode!r}; it needs 'min' or 'max'.")
        self.column, self.sign = column, 1 if mode == "min" else -1
        self.best = math.inf

    def improved(self, history: History, min_delta: float = 0.0) -> bool:
        value = self.sign * history[self.column][-1]
        if not value < self.best - min_delta:
            return False
        self.best = value
        return True


class Checkpoint(Callback):
    """Save the model's state_dict after each epoch, or only when ``monitor`` got better than ever.

    ``path`` may hold "{epoch}". Read it back with ``model.load_state_dict(minigrad.load(path))``.
    """

    def __init__(self, path: str | os.PathLike, monitor: str | None = None, mode: str = "min"):
        self.path = os.fspath(path)
        self.monitor = None if monitor is None else _Monitor("Checkpoint", monitor, mode)

    def on_epoch_end(self, run: Run) -> None:
        if self.monitor is None or self.monitor.improved(run.history):
            save(run.model.state_dict(), self.path.replace("{epoch}", str(run.epoch)))


class EarlyStopping(Callback):
    """Stop when ``monitor`` has not got better for ``patience`` epochs; go back to the best state.

    Better means by more than ``min_delta``. With ``restore_best=False`` the last state stays.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 3,
        mode: str = "min",
        min_delta: float = 0.0,
        restore_best: bool = True,
    ):
        if patience < 1:
            raise ValueError(f"EarlyStopping got patience={patience}; it needs at least 1.")
        self.monitor = _Monitor("EarlyStopping", monitor, mode)
        self.patience, self.min_delta, self.restore_best = patience, min_delta, restore_best
        self.waited = 0
        self.best_state: dict[str, np.ndarray] | None = None

    def on_epoch_end(self, run: Run) -> None:
        if self.monitor.improved(run.history, self.min_delta):
            self.waited = 0
            if self.restore_best:
                self.best_state = {k: np.array(v.array) for k, v in run.model.state_dict().items()}
            return
        self.waited += 1
        if self.waited >= self.patience:
            run.stop(f"{self.monitor.column} did not improve for {self.waited} epochs")

    def on_train_end(self, run: Run) -> None:
        if self.best_state is not None:
            run.model.load_state_dict({k: from_numpy(v) for k, v in self.best_state.items()})


class _Means:
    """Means over the samples seen so far: of the loss, and of each metric.

    Without metrics given, accuracy is one where the batches are those of a classifier.
    """

    def __init__(self, metrics: Mapping[str, Callable] | None):
        self.metrics = metrics
        self.totals: dict[str, float] = {"loss": 0.0}
        self.samples = 0

    def add(self, loss: float, output: Any, target: Any) -> None:
        if self.metrics is None:
            classifier = output.ndim == 2 and target.ndim == 1 and target.dtype.kind in "iu"
            self.metrics = {"accuracy": accuracy} if classifier else {}
        n = len(target) if target.ndim else 1
        self.samples += n
        self.totals["loss"] += n * loss
        for name, function in self.metrics.items():
            self.totals[name] = self.totals.get(name, 0.0) + n * float(function(output, target))

    def values(self) -> dict[str, float]:
        return {name: total / max(self.samples, 1) for name, total in self.totals.items()}


def fit(
    model: Any,
    loader: Iterable,
    optimizer: Any,
    loss: Callable = cross_entropy,
    *,
    epochs: int = 1,
    validation: Iterable | Mapping[str, Iterable] | None = None,
    metrics: Mapping[str, Callable] | None = None,
    scheduler: Any = None,
    scheduler_step: str = "epoch",
    callbacks: Sequence[Callback] = (),
    verbose: int = 1,
    compile: bool = False,
) -> History:
    """Train ``model`` on the (input, target) batches of ``loader``; returns what was recorded.

    loss            function of (output, target), a scalar Tensor
    validation      a loader: its loss and metrics become the columns ``val_...``; or {name: loader}
    metrics         {name: function of (output, target)}; accuracy where targets are class numbers
    scheduler       its ``step()`` is called after each epoch, or ``scheduler_step="batch"``
    verbose         0 nothing, 1 one line per epoch (a bar on a terminal), 2 always lines
    compile         replay model, loss and backward (minigrad.compile): faster, the same bits, and no
                    Python of the model or the loss runs after the second batch

    Columns of the training set are means over the batches as they were trained on, so they lag
    behind ``val_...``. Ctrl-C ends the run and keeps what there is (``history.interrupted``).
    Raises FloatingPointError, naming epoch and batch, when the loss is not finite.

    >>> from minigrad.utils.data import DataLoader, TensorDataset
    >>> from minigrad.utils.training import fit
    >>> x = tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> model = nn.Linear(1, 1)
    >>> history = fit(model, DataLoader(TensorDataset(x, 2 * x), 4),
    ...               optim.SGD(model.parameters(), lr=0.1), F.mse_loss, epochs=50, verbose=0)
    >>> history["loss"][-1] < history["loss"][0]
    True
    """
    if scheduler_step not in ("epoch", "batch"):
        raise ValueError(f"fit got scheduler_step={scheduler_step!r}; it needs 'epoch' or 'batch'.")
    if validation is None:
        validation = {}
    elif not isinstance(validation, Mapping):
        validation = {"val": validation}
    history = History()
    run = Run(model, optimizer, history, epochs)
    progress = Progress(epochs, _length(loader), verbose)
    per_batch = scheduler if scheduler_step == "batch" else None
    gradients = _gradients(model, optimizer, loss)
    if compile:
        from ..replay import compile as replayed

        gradients = replayed(gradients)
    with _mode(model, training=True), deferred_interrupt() as run.interrupt, progress:
        _call(callbacks, "on_train_begin", run)
        try:
            for run.epoch in range(1, epochs + 1):
                start, lr = time.perf_counter(), _learning_rate(optimizer)
                means = _epoch(run, loader, gradients, metrics, per_batch, callbacks, progress)
                row: dict[str, Any] = {"epoch": run.epoch, **means}
                for name, held_out in validation.items():
                    found = evaluate(model, held_out, loss, metrics=metrics)
                    row.update({f"{name}_{key}": value for key, value in found.items()})
                    run.interrupt.check()
                row["lr"], row["seconds"] = lr, time.perf_counter() - start
                history.append(row)
                progress.epoch_done(row)
                if scheduler is not None and per_batch is None:
                    scheduler.step()
                _call(callbacks, "on_epoch_end", run)
                if run.stop_reason:
                    history.stopped = run.stop_reason
                    progress.say(f"stopped: {run.stop_reason}")
                    break
        except KeyboardInterrupt:
            history.interrupted = True
            progress.say(f"interrupted in epoch {run.epoch} after {run.batch} batches")
        _call(callbacks, "on_train_end", run)
    return history


def _gradients(model: Any, optimizer: Any, loss: Callable) -> Callable:
    def gradients(inputs: Any, targets: Any) -> tuple:
        """Fresh gradients of one batch; the model's output and the loss."""
        optimizer.zero_grad()
        output = model(inputs)
        value = loss(output, targets)
        value.backward()
        return output.detach(), value.detach()

    return gradients


def _epoch(run, loader, gradients, metrics, scheduler, callbacks, progress) -> dict[str, float]:
    """One pass over the training batches; the means over it."""
    means = _Means(metrics)
    progress.epoch_begins(run.epoch)
    run.batch = 0
    for inputs, targets in loader:
        output, value = gradients(inputs, targets)
        number = float(value.array)
        if not math.isfinite(number):
            raise FloatingPointError(
                f"fit got the loss {number} in epoch {run.epoch}, batch {run.batch + 1}; it needs finite "
                "ones. Lower the learning rate, or look for values that are not finite in the data."
            )
        run.optimizer.step()
        if scheduler is not None:
            scheduler.step()
        means.add(number, output, targets)
        run.batch += 1
        progress.batch_done(means)
        for callback in callbacks:
            callback.on_batch_end(run)
        run.interrupt.check()
    if not run.batch:
        raise ValueError("fit got a loader without batches; it needs at least one. Is drop_last set?")
    return means.values()


def evaluate(
    model: Any,
    loader: Iterable,
    loss: Callable = cross_entropy,
    *,
    metrics: Mapping[str, Callable] | None = None,
) -> dict[str, float]:
    """Means over all samples of ``loader``, in eval mode and without recording.

    ``metrics`` as in ``fit``. The model's mode is put back afterwards.

    >>> from minigrad.utils.data import DataLoader, TensorDataset
    >>> from minigrad.utils.training import evaluate
    >>> x = tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> evaluate(nn.Identity(), DataLoader(TensorDataset(x, tensor([0, 1]))))["accuracy"]
    1.0
    """
    means = _Means(metrics)
    with _mode(model, training=False), no_grad():
        for inputs, targets in loader:
            output = model(inputs)
            means.add(float(loss(output, targets).array), output, targets)
    return means.values()


def predict(model: Any, loader: Iterable) -> tuple[Tensor, Tensor]:
    """The model's outputs and the targets for all batches of ``loader``, in eval mode.

    >>> from minigrad.utils.data import DataLoader, TensorDataset
    >>> from minigrad.utils.training import predict
    >>> predict(nn.Identity(), DataLoader(TensorDataset(tensor([[1.0], [2.0]]), tensor([0, 1]))))
    (tensor([[1.],
            [2.]]), tensor([0, 1]))
    """
    outputs, wanted = [], []
    with _mode(model, training=False), no_grad():
        for inputs, targets in loader:
            outputs.append(model(inputs).array)
            wanted.append(targets.array)
    if not outputs:
        raise ValueError("predict got a loader without batches; it needs at least one.")
    return from_numpy(np.concatenate(outputs)), from_numpy(np.concatenate(wanted))


def _call(callbacks: Sequence[Callback], method: str, run: Run) -> None:
    for callback in callbacks:
        getattr(callback, method)(run)


@contextmanager
def _mode(model: Any, training: bool) -> Iterator[None]:
    """Put a model into training or eval mode, and back into the one it had."""
    before = {module: module.training for module in model.modules()}
    model.train(training)
    try:
        yield
    finally:
        for module, mode in before.items():
            module.training = mode


def _length(loader: Iterable) -> int | None:
    try:
        return len(loader)  # type: ignore[arg-type]
    except TypeError:
        return None


def _learning_rate(optimizer: Any) -> float:
    return float(optimizer.param_groups[0]["lr"])

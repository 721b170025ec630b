"""minigrad train: data, network, loop, run folder.

Below: folder.py, data.py, utils/training.py. Tests: tests/cli/test_train.py.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from typing import Any

import numpy as np

import minigrad

from .. import nn, optim
from ..datasets import Normalize
from ..models import PRESETS, build
from ..plotting import plot_confusion, plot_filters, plot_history, save_figure
from ..serialization import save
from ..utils.data import DataLoader, random_split
from ..utils.metrics import ClassReport
from ..utils.training import Checkpoint, History, fit, predict
from .data import DATA, open_data
from .folder import MetricsLog, RunFolder
from .parser import LEARNING_RATES, OPTIMIZERS, WITH_MOMENTUM, UsageError

TEST_BATCH = 500


def run(arguments: argparse.Namespace) -> int:
    started = time.perf_counter()
    config = _choices(arguments)
    if config["threads"]:
        minigrad.set_num_threads(config["threads"])
    minigrad.manual_seed(config["seed"])
    train, watched, test, normalize = _data(config)
    config["normalize"] = {"mean": normalize.mean.tolist(), "std": normalize.std.tolist()}
    config["classes"] = test.classes
    model = build(config["model"])
    loader = DataLoader(train, config["batch_size"], shuffle=True)
    optimizer = _optimizer(model, config)
    _say(arguments, _plan(config, model, train, watched, test))
    if arguments.dry_run:
        return 0
    folder = RunFolder.create(arguments.out, f"{config['model']}-{config['data']}", arguments.overwrite)
    folder.write_config({**config, **_surroundings()})
    scheduler = None
    if config["schedule"] == "cosine":
        scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=config["epochs"] * len(loader))
    history = fit(
        model,
        loader,
        optimizer,
        nn.CrossEntropyLoss(),
        epochs=config["epochs"],
        validation={name: DataLoader(part, TEST_BATCH) for name, part in watched.items()},
        scheduler=scheduler,
        scheduler_step="batch",
        callbacks=[Checkpoint(folder / "model.npz"), MetricsLog(folder / "metrics.jsonl")],
        verbose=arguments.verbose,
        compile=True,
    )
    save(model.state_dict(), folder / "model.npz")
    outputs, targets = predict(model, DataLoader(test, TEST_BATCH))
    report = ClassReport(outputs, targets, test.classes)
    folder.write("report.txt", _report(config, history, report, time.perf_counter() - started))
    _pictures(folder, model, history, report)
    _say(arguments, f"test accuracy {report.accuracy:.4f}; everything is in {folder}")
    return 130 if history.interrupted else 0


def _say(arguments: argparse.Namespace, text: str) -> None:
    if arguments.verbose or arguments.dry_run:
        print(text, flush=True)


def _choices(arguments: argparse.Namespace) -> dict[str, Any]:
    """Every choice that decides the outcome, defaults filled in."""
    data, preset = DATA[arguments.data], PRESETS[arguments.model]
    if data.files and arguments.root is None:
        raise UsageError(f"--data {arguments.data} needs --root, the folder that holds its four files")
    if not data.files and arguments.root is not None:
        raise UsageError(f"--data {arguments.data} comes with scikit-learn and takes no --root")
    optimizer = arguments.optimizer or preset.optimizer
    if arguments.momentum is not None and optimizer not in WITH_MOMENTUM:
        raise UsageError(f"--momentum is for {' and '.join(WITH_MOMENTUM)}, not for {optimizer}")
    momentum = arguments.momentum
    if momentum is None and optimizer in WITH_MOMENTUM:
        momentum = 0.9 if optimizer == "sgd" else 0.0
    return {
        "model": arguments.model,
        "data": arguments.data,
        "root": arguments.root,
        "limit": arguments.limit,
        "val_fraction": arguments.val_fraction,
        "epochs": arguments.epochs or data.epochs,
        "batch_size": arguments.batch_size or preset.batch_size,
        "optimizer": optimizer,
        "lr": arguments.lr or (preset.lr if optimizer == preset.optimizer else LEARNING_RATES[optimizer]),
        "momentum": momentum,
        "weight_decay": arguments.weight_decay,
        "schedule": arguments.schedule,
        "seed": arguments.seed,
        "threads": arguments.threads,
    }


def _data(config: dict[str, Any]) -> tuple[Any, dict[str, Any], Any, Normalize]:
    """Training images, those to watch after each epoch, test images, and the normalization."""
    train: Any = open_data(config["data"], config["root"], True, config["limit"])
    test = open_data(config["data"], config["root"], False, config["limit"])
    normalize = Normalize.of(train.data)
    train.transform = test.transform = normalize
    watched = {"test": test}
    if config["val_fraction"]:
        held_out = round(len(train) * config["val_fraction"])
        if not 0 < held_out < len(train):
            raise UsageError(
                f"--val-fraction {config['val_fraction']} of {len(train)} images leaves an empty part"
            )
        train, held_out_images = random_split(train, [len(train) - held_out, held_out])
        watched = {"val": held_out_images}
    return train, watched, test, normalize


def _optimizer(model: Any, config: dict[str, Any]) -> Any:
    options = {"lr": config["lr"], "weight_decay": config["weight_decay"]}
    if config["momentum"] is not None:
        options["momentum"] = config["momentum"]
    return getattr(optim, OPTIMIZERS[config["optimizer"]])(model.parameters(), **options)


def _surroundings() -> dict[str, str]:
    """What else a repetition has to have in common."""
    return {
        "minigrad": minigrad.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.platform(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "command": " ".join(sys.argv),
    }


def _epochs(number: int) -> str:
    return f"{number} epoch{'s' * (number != 1)}"


def _plan(config: dict[str, Any], model: Any, train: Any, watched: dict, test: Any) -> str:
    parameters = sum(p.numel() for p in model.parameters())
    steps = config["epochs"] * -(-len(train) // config["batch_size"])
    watching = ", ".join(f"{len(part)} {name}" for name, part in watched.items() if part is not test)
    return (
        f"{config['model']}: {parameters:,} parameters; {config['data']}: {len(train)} training, "
        + (f"{watching}, " if watching else "")
        + f"{len(test)} test images\n{config['optimizer']}, lr {config['lr']:g} ({config['schedule']}), "
        f"batches of {config['batch_size']}, {_epochs(config['epochs'])} = {steps} steps, "
        f"seed {config['seed']}"
    )


def _report(config: dict[str, Any], history: History, report: ClassReport, seconds: float) -> str:
    if history.interrupted:
        done = f"interrupted in epoch {len(history) + 1} of {config['epochs']}"
    else:
        done = _epochs(len(history))
    return (
        f"{config['model']} on {config['data']}, {done}, seed {config['seed']}, {seconds:.1f} s\n\n"
        f"{history}\n\ntest accuracy {report.accuracy:.4f} ({np.trace(report.confusion)} of "
        f"{report.confusion.sum()} images)\n\n{report}\n\n"
        f"confusion matrix (row = true class, column = predicted class)\n{report.confusion_text()}\n"
    )


def _pictures(folder: RunFolder, model: Any, history: History, report: ClassReport) -> None:
    if len(history):
        save_figure(plot_history(history), folder / "loss.png")
    save_figure(plot_confusion(report.confusion, report.classes), folder / "confusion.png")
    # Of a network without convolutions, the first layer's rows are 28 x 28 pictures too.
    layers = list(model.modules())
    first = next((m for m in layers if isinstance(m, nn.Conv2d)), None) or next(
        m for m in layers if isinstance(m, nn.Linear)
    )
    save_figure(plot_filters(first.weight), folder / "filters.png")

"""What may be written on the command line, with its help texts.

Above: __init__.py. Tests: tests/cli/test_parser.py.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any

from .. import __version__
from ..models import PRESETS
from .data import DATA

OPTIMIZERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "adagrad": "Adagrad", "rmsprop": "RMSprop"}
LEARNING_RATES = {"sgd": 0.05, "adam": 1e-3, "adamw": 1e-3, "adagrad": 1e-2, "rmsprop": 1e-3}
WITH_MOMENTUM = ("sgd", "rmsprop")


class UsageError(Exception):
    """Flags that do not fit together: exit code 2."""


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="minigrad", description="Train small networks on images, on the CPU, and use them."
    )
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    _train(commands)
    _evaluate(commands)
    _predict(commands)
    _serve(commands)
    _draw(commands)
    _summary(commands)
    _warmup(commands)
    return parser


class _Version(argparse.Action):
    def __init__(self, option_strings, dest):
        super().__init__(option_strings, dest, nargs=0, help="print the version and exit")

    def __call__(self, parser, namespace, values, option_string=None):
        print(f"minigrad {__version__}")
        parser.exit()


def _command(commands: Any, name: str, help: str, description: str, epilog: str = "") -> Any:
    parser = commands.add_parser(
        name,
        help=help,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--traceback", action="store_true", help="on an error, show where it came from")
    return parser


def _train(commands: Any) -> None:
    parser = _command(
        commands,
        "train",
        help="train a preset network and keep what came of it in a folder",
        description="Train a preset network. The run folder gets config.json, metrics.jsonl, model.npz,\n"
        "report.txt and the pictures loss.png, confusion.png and filters.png.",
        epilog="examples:\n"
        "  minigrad train                                  lenet5 on scikit-learn's digits\n"
        "  minigrad train --data mnist --root data/mnist   on MNIST, from files you have\n"
        "  minigrad train --model mlp --epochs 3 --out runs/mlp",
    )
    parser.set_defaults(run=_later("train"))
    group = parser.add_argument_group("what")
    group.add_argument("--model", choices=list(PRESETS), default="lenet5", help="network (default: lenet5)")
    group.add_argument("--data", choices=list(DATA), default="digits", help="data set (default: digits)")
    group.add_argument("--root", metavar="FOLDER", help="folder with the files of mnist or fashion-mnist")
    group.add_argument("--limit", type=_count, metavar="N", help="use only the first N images of each set")
    group.add_argument(
        "--val-fraction", type=_fraction, default=0.0, metavar="F",
        help="share of the training images to watch instead of the test images (default: 0)",
    )  # fmt: skip
    group = parser.add_argument_group("how")
    epochs = ", ".join(f"{d.epochs} for {name}" for name, d in DATA.items())
    group.add_argument("--epochs", type=_count, metavar="N", help=f"default: {epochs}")
    group.add_argument("--batch-size", type=_count, metavar="N", help="default: the model's")
    group.add_argument("--lr", type=_positive, help="learning rate (default: the model's)")
    group.add_argument("--optimizer", choices=list(OPTIMIZERS), help="default: the model's, adam")
    group.add_argument(
        "--momentum", type=_not_negative, metavar="M",
        help=f"for {' and '.join(WITH_MOMENTUM)} (default: 0.9 for sgd, 0 for rmsprop)",
    )  # fmt: skip
    group.add_argument("--weight-decay", type=_not_negative, default=0.0, metavar="W", help="default: 0")
    group.add_argument(
        "--schedule", choices=("cosine", "constant"), default="cosine",
        help="how the learning rate goes: down to 0 along a cosine (default), or not at all",
    )  # fmt: skip
    group.add_argument("--seed", type=_seed, default=0, metavar="S", help="of all randomness (default: 0)")
    group.add_argument("--threads", type=_count, metavar="N", help="default: one per core")
    group = parser.add_argument_group("output")
    group.add_argument("--out", metavar="FOLDER", help="run folder (default: runs/<time>-<model>-<data>)")
    group.add_argument("--overwrite", action="store_true", help="write into --out even if it holds files")
    group.add_argument("--dry-run", action="store_true", help="say what would be done; write nothing")
    group.add_argument(
        "--verbose", type=int, choices=(0, 1, 2), default=1,
        help="0 nothing, 1 a bar on a terminal, else a line per epoch (default), 2 always lines",
    )  # fmt: skip


def _evaluate(commands: Any) -> None:
    parser = _command(
        commands,
        "evaluate",
        help="accuracy, precision and recall of a run's model",
        description="Measure the model of a run on the test images of its data set.",
    )
    parser.set_defaults(run=_later("evaluate"))
    parser.add_argument("folder", metavar="RUN", help="a folder that minigrad train made")
    parser.add_argument("--root", metavar="FOLDER", help="where the data files are now")
    parser.add_argument("--limit", type=_count, metavar="N", help="use only the first N test images")
    parser.add_argument("--threads", type=_count, metavar="N", help="default: one per core")


def _predict(commands: Any) -> None:
    parser = _command(
        commands,
        "predict",
        help="read images with a run's model",
        description="Print the class of each image, its probability, and the next best classes.\n\n"
        "An image is what the model was trained on: white on black, the figure in the middle.\n"
        "Image files become grey and 28 x 28. A .npy file holds one image, (28, 28), (28, 28, 1),\n"
        "(1, 28, 28) or (1, 28, 28, 1): uint8 from 0 to 255, or floats from 0 to 1.",
    )
    parser.set_defaults(run=_later("predict"))
    parser.add_argument("folder", metavar="RUN", help="a folder that minigrad train made")
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="PNG, JPEG, ... or .npy")
    parser.add_argument("--threads", type=_count, metavar="N", help="default: one per core")


def _serve(commands: Any) -> None:
    parser = _command(
        commands,
        "serve",
        help="a page in the browser: draw a digit, a run's model reads it",
        description="Serve a page on which one draws, with mouse, pen, finger or keys, and the model of a\n"
        "run says at once what it reads. Programs can POST a PNG or JSON to /predict.",
    )
    parser.set_defaults(run=_later("serve"))
    parser.add_argument("folder", metavar="RUN", help="a folder that minigrad train made")
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this machine only")
    parser.add_argument("--port", type=_port, default=8000, help="default: 8000; 0 takes a free one")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument("--threads", type=_count, metavar="N", help="default: one per core")


def _network(parser: Any) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--model", choices=list(PRESETS), default="lenet5", help="network (default: lenet5)")
    group.add_argument("--run", dest="folder", metavar="RUN", help="the trained network of this run folder")


def _draw(commands: Any) -> None:
    parser = _command(
        commands,
        "draw",
        help="the picture of a network's computation graph",
        description="Draw one training step of a network: operations, parameters, shapes, gradients.",
        epilog="examples:\n"
        "  minigrad draw --model mlp               as text\n"
        "  minigrad draw --model lenet5 -o l.svg   .svg .html .dot .mmd .txt; .png .pdf with Graphviz",
    )
    _network(parser)
    parser.add_argument("-o", "--out", metavar="FILE", help="picture to write (default: text on screen)")
    parser.add_argument("--depth", type=_depth, default=2, metavar="N", help="levels of frames (default: 2)")
    parser.add_argument("--theme", choices=("auto", "light", "dark"), default="auto", help="default: auto")
    parser.add_argument(
        "--rankdir", choices=("TB", "LR"), default="TB", help="down (default) or to the right"
    )
    parser.add_argument("--direction", choices=("forward", "backward"), default="forward", help="of arrows")
    parser.add_argument("--color-by", choices=("grad", "time", "bytes"), help="measure it and colour by it")
    parser.set_defaults(run=_later("draw"))


def _summary(commands: Any) -> None:
    parser = _command(
        commands,
        "summary",
        help="a network's layers: output shapes, parameters, multiply-adds",
        description="A table of the network's layers, for one batch of images.",
    )
    _network(parser)
    parser.add_argument("--batch-size", type=_count, default=1, metavar="N", help="default: 1")
    parser.set_defaults(run=_later("summary"))


def _warmup(commands: Any) -> None:
    parser = _command(
        commands,
        "warmup",
        help="compile now what the preset networks need",
        description="Run one training step and one evaluation of each preset, so that everything they need\n"
        "is compiled and kept on the disk.",
    )
    parser.set_defaults(run=_later("warmup"))
    parser.add_argument(
        "--model", choices=[*PRESETS, "all"], default="all", help="only this network (default: all)"
    )


def _later(command: str) -> Callable:
    """A command's function, imported when it is run: --help stays quick."""

    def run(arguments: argparse.Namespace) -> int:
        from importlib import import_module

        return import_module(f"minigrad.cli.{command}").run(arguments)

    return run


# ---------------------------------------------------------------- kinds of numbers


def _number(text: str, convert: Callable, fits: Callable, wanted: str) -> Any:
    try:
        value = convert(text)
    except ValueError:
        value = None
    if value is None or not math.isfinite(value) or not fits(value):
        raise argparse.ArgumentTypeError(f"got {text!r}; it needs {wanted}")
    return value


def _count(text: str) -> int:
    return _number(text, int, lambda n: n >= 1, "a whole number >= 1")


def _depth(text: str) -> int:
    return _number(text, int, lambda n: n >= 0, "a whole number >= 0")


def _port(text: str) -> int:
    return _number(text, int, lambda n: 0 <= n < 2**16, "a whole number from 0 to 65535")


def _seed(text: str) -> int:
    return _number(text, int, lambda n: 0 <= n < 2**63, "a whole number >= 0")


def _positive(text: str) -> float:
    return _number(text, float, lambda x: x > 0, "a number > 0")


def _not_negative(text: str) -> float:
    return _number(text, float, lambda x: x >= 0, "a number >= 0")


def _fraction(text: str) -> float:
    return _number(text, float, lambda x: 0 <= x < 1, "a number >= 0 and < 1")

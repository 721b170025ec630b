"""minigrad evaluate RUN: the report of a run's model on its test images.

Below: folder.py, data.py. Tests: tests/cli/test_evaluate.py.
"""

from __future__ import annotations

import argparse

import minigrad

from ..datasets import Normalize
from ..utils.data import DataLoader
from ..utils.metrics import ClassReport
from ..utils.training import predict
from .data import DATA, open_data
from .folder import RunFolder


def run(arguments: argparse.Namespace) -> int:
    if arguments.threads:
        minigrad.set_num_threads(arguments.threads)
    model, config = RunFolder(arguments.folder).load_model()
    root = arguments.root if arguments.root is not None and DATA[config["data"]].files else config["root"]
    test = open_data(config["data"], root, False, arguments.limit)
    test.transform = Normalize(**config["normalize"])
    outputs, targets = predict(model, DataLoader(test, 500))
    report = ClassReport(outputs, targets, config["classes"])
    print(f"{config['model']} on {len(test)} test images of {config['data']}")
    print(f"accuracy {report.accuracy:.4f}\n\n{report}\n")
    print(f"confusion matrix (row = true class, column = predicted class)\n{report.confusion_text()}")
    return 0

"""minigrad predict RUN IMAGE...: the class of each image, its probability, the next best ones.

Below: folder.py, data.py. Tests: tests/cli/test_predict.py.
"""

from __future__ import annotations

import argparse

import numpy as np

import minigrad

from ..datasets import Normalize
from .data import load_image
from .folder import RunFolder


def run(arguments: argparse.Namespace) -> int:
    if arguments.threads:
        minigrad.set_num_threads(arguments.threads)
    images = [load_image(path) for path in arguments.images]
    model, config = RunFolder(arguments.folder).load_model()
    normalize = Normalize(**config["normalize"])
    classes = config["classes"]
    with minigrad.no_grad():
        scores = model(normalize(minigrad.from_numpy(np.concatenate(images))))
        probabilities = minigrad.softmax(scores, 1).numpy()
    for path, row in zip(arguments.images, probabilities):
        best, *others = np.argsort(-row)[:3]
        rest = ", ".join(f"{classes[i]} {row[i]:.4f}" for i in others)
        print(f"{path}  {classes[best]}  {row[best]:.4f}  ({rest})")
    return 0

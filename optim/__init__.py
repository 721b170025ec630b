"""Optimizers: one rule for one parameter each, around it the loop in optimizer.py.

    SGD                                   sgd.py
    Adam, AdamW, Adamax, NAdam, RAdam     adam.py
    RMSprop, Adagrad, Adadelta            rmsprop.py
    Optimizer                             optimizer.py, to write your own
    lr_scheduler                          schedules of the learning rate

Import as ``from minigrad import optim``. Below: kernels/update.py. Tests: tests/optim.
"""

from . import lr_scheduler
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .optimizer import Optimizer
from .rmsprop import Adadelta, Adagrad, RMSprop
from .sgd import SGD

__all__ = [
    "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "Optimizer", "RAdam", "RMSprop",
    "lr_scheduler",
]  # fmt: skip

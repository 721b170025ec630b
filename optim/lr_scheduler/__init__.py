"""Schedules of the learning rate: call ``scheduler.step()`` after ``optimizer.step()``.

    LRScheduler LambdaLR MultiplicativeLR                               base.py
    StepLR MultiStepLR ConstantLR LinearLR ExponentialLR PolynomialLR   factor.py
    CosineAnnealingLR CosineAnnealingWarmRestarts OneCycleLR            cycle.py
    ReduceLROnPlateau                                                   plateau.py
    SequentialLR ChainedScheduler                                       combine.py

Below: optim/optimizer.py. Tests: tests/optim/test_lr_scheduler.py.
"""

from .base import LambdaLR, LRScheduler, MultiplicativeLR
from .combine import ChainedScheduler, SequentialLR
from .cycle import CosineAnnealingLR, CosineAnnealingWarmRestarts, OneCycleLR
from .factor import ConstantLR, ExponentialLR, LinearLR, MultiStepLR, PolynomialLR, StepLR
from .plateau import ReduceLROnPlateau

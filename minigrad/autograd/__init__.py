"""Gradients on request: backward, grad, and what builds on them.

    backward, grad                        engine.py
    Function                              function.py
    functional                            jacobian, hessian, vjp, jvp, hvp, vhp
    gradcheck, gradgradcheck              gradcheck.py
    detect_anomaly, set_detect_anomaly    anomaly.py
    no_grad and its kin                   minigrad/grad_mode.py

Below: tape.py, reverse.py. Tests: tests/autograd.
"""

from ..grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from . import function, functional
from .anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from .engine import backward, grad
from .function import Function
from .gradcheck import gradcheck, gradgradcheck

__all__ = [
    "Function", "backward", "detect_anomaly", "enable_grad", "function", "functional", "grad",
    "gradcheck", "gradgradcheck", "inference_mode", "is_anomaly_enabled", "no_grad",
    "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip

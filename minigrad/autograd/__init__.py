"""Gradients on request: backward, grad, and what builds on them.

Below: tape.py, tensor.py. Tests: tests/autograd.
"""

from .engine import backward, grad
from .gradcheck import gradcheck, gradgradcheck

__all__ = ["backward", "grad", "gradcheck", "gradgradcheck"]

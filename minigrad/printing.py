"""How a Tensor prints: PyTorch's format.

Below: tape.py. Above: tensor.py. Tests: tests/tensor/test_printing.py.
"""

from __future__ import annotations

import numpy as np


def tensor_repr(t) -> str:
    text = np.array2string(t.array, separator=", ", precision=4, prefix="tensor(")
    return f"tensor({text})"

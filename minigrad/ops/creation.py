"""New tensors: zeros, ones, full, arange and their kin.

Below: tape.py, casting.py. Above: tensor.py. Tests: tests/ops/test_creation.py.
"""

from __future__ import annotations

from typing import Any

__all__: list[str] = []


def check_device(device: Any) -> None:
    """Refuse any device but the CPU."""
    if device is not None and str(device) != "cpu":
        raise ValueError(
            f"minigrad got device={device!r}; it needs 'cpu' (or None): all tensors live there."
        )

"""Shapes, dtypes, numbers and sizes as the picture writes them.

Above: boxes.py, build.py. Tests: tests/graph/test_draw.py.
"""

from __future__ import annotations

from typing import Any

SHORT_DTYPE = {"float32": "f32", "float64": "f64", "float16": "f16", "int64": "i64", "int32": "i32"}


def shape_text(shape: tuple) -> str:
    return "x".join(map(str, shape)) if shape else "scalar"


def dtype_text(dtype: Any) -> str:
    return SHORT_DTYPE.get(str(dtype), str(dtype))


def number(value: float) -> str:
    """Four significant digits without the noise: 0.02891, 2.891e-05."""
    return f"{value:.4g}"


def size_text(nbytes: float) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if nbytes >= factor / 10:
            return f"{nbytes / factor:.2f} {unit}"
    return f"{int(nbytes)} B"

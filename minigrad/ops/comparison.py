"""Comparisons and logic: results are bool and carry no gradient."""

__all__: list[str] = []

"""Reductions that describe values: var, std, median, norm and their kin."""

__all__: list[str] = []

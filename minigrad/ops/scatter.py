"""Picking and placing by index: gather, scatter, index_add and their kin."""

__all__: list[str] = []

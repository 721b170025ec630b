"""Normalisation: batch and layer norm."""

__all__: list[str] = []

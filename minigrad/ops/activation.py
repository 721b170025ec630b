"""Activations: relu, sigmoid, tanh and their kin."""

__all__: list[str] = []

"""Several tensors to one and back: cat, stack, split and their kin."""

__all__: list[str] = []

"""Matrix products: matmul, linear and their kin."""

__all__: list[str] = []

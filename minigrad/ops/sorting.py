"""Order: sort, argsort, topk, unique and their kin."""

__all__: list[str] = []

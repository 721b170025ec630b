"""Basic and advanced indexing: x[...] and x[...] = v."""

__all__: list[str] = []

"""In-place writes, recorded or not."""

__all__: list[str] = []

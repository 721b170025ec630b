"""Running reductions: cumsum, cumprod and their kin."""

__all__: list[str] = []

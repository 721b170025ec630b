"""Linear algebra through LAPACK."""

__all__: list[str] = []

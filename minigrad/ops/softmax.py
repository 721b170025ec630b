"""softmax and log_softmax."""

__all__: list[str] = []

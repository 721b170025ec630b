"""Methods for ops/linalg.py."""


class LinalgMethods:
    pass

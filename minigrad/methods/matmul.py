"""Methods for ops/matmul.py."""


class MatmulMethods:
    pass

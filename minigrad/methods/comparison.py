"""Methods for ops/comparison.py."""


class ComparisonMethods:
    pass

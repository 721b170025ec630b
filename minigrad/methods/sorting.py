"""Methods for ops/sorting.py."""


class SortingMethods:
    pass

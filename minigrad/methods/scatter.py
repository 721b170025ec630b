"""Methods for ops/scatter.py."""


class ScatterMethods:
    pass

"""Methods for ops/inplace.py."""


class InplaceMethods:
    pass

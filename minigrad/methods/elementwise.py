"""Methods for ops/elementwise.py."""


class ElementwiseMethods:
    pass

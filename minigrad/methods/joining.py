"""Methods for ops/joining.py."""


class JoiningMethods:
    pass

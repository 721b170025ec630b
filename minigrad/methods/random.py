"""Methods for ops/random.py."""


class RandomMethods:
    pass

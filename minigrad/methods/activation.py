"""Methods for ops/activation.py."""


class ActivationMethods:
    pass

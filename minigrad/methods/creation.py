"""Methods for ops/creation.py."""


class CreationMethods:
    pass

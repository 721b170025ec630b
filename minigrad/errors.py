"""The exceptions minigrad raises, each also an instance of the built-in that fits.

    ShapeError   ValueError     shapes or sizes do not fit together
    DTypeError   TypeError      a dtype (or a thing that is no number) does not fit
    GraphError   RuntimeError   the recorded graph cannot do what was asked

A message reads "<function> got <what came>; it needs <what fits>. <How to mend it.>"
Tests: tests/test_errors.py.
"""


class ShapeError(ValueError):
    """Shapes or sizes do not fit together."""


class DTypeError(TypeError):
    """A dtype does not fit."""


class GraphError(RuntimeError):
    """The recorded graph cannot do what was asked of it."""


class MissingExtra(ImportError):
    """An optional package is missing; the message gives the command that installs it."""

    def __init__(self, package: str, extra: str, purpose: str):
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed. "
            f"Install it with: pip install {package} (or, in minigrad's folder, all that is used with "
            f'it: pip install ".[{extra}]").'
        )

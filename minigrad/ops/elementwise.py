"""Functions of one operand, element by element: exp, log, sqrt and their kin."""

__all__: list[str] = []

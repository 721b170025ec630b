import pytest

from minigrad import tape
from minigrad.tape import Primitive


@pytest.fixture
def scratch():
    """A maker of primitives that are unregistered afterwards."""
    before = set(tape.PRIMITIVES)
    yield Primitive
    for name in set(tape.PRIMITIVES) - before:
        del tape.PRIMITIVES[name]

"""Calls whose result the next call of the same expression takes at once.

In ``F.max_pool2d(F.relu(self.conv1(x)), 2)`` nobody but ``relu`` ever holds what ``conv1`` returns, and
nothing runs in between. So the convolution can wait, as a ``Promise``, for relu and pooling, and all
three run in one pass. Whether a call stands like that is read once from the instructions behind it; that
``relu`` is what comes next is seen in an earlier run of the same place. Anybody else who gets the
promise touches it, and then it is kept at once, in full (nn/ahead.py).

    site       what follows the call that is running in a frame
    watch      look whether the next call takes this tensor
    follow     called by relu and max_pool2d: what they make of a promise

Below: origin.py. Above: ops/activation.py, ops/pool.py, nn/ahead.py. Tests: tests/nn/test_ahead.py.
"""

from __future__ import annotations

import dis
from types import CodeType
from typing import Any

from .origin import caller

# id() of the tensor that was watched last. Threads may overwrite each other's: then nothing is followed.
last = 0
_site: Any = None


# Runs in which relu or pooling has to come next, or the place is not looked at any more.
TRIES = 8


class Site:
    """A call in somebody's code, and which instructions of it are the call that takes its result.

    follows    None until a run has shown what comes next; whether that is relu or pooling
    """

    __slots__ = ("code", "first", "follows", "past", "tries")

    def __init__(self, code: CodeType, instruction: int):
        self.code = code  # also keeps its id from being given to another
        self.first, self.past = _next_call(code, instruction)
        self.follows = None if self.past else False
        self.tries = TRIES


sites: dict[tuple[int, int], Site] = {}
_MANY = 4096  # cells of a notebook that are run again and again are new code each time


def site(code: CodeType, instruction: int) -> Site:
    """The place of the call that ``code`` makes at this instruction."""
    found = sites.get((id(code), instruction))
    if found is None:
        if len(sites) >= _MANY:
            sites.clear()
        found = sites[id(code), instruction] = Site(code, instruction)
    return found


# Between two calls, where the second takes what the first returns: arguments that are constants.
_PASSIVE = {"CACHE", "KW_NAMES", "LOAD_CONST", "LOAD_SMALL_INT", "PRECALL", "NOP"}
_CALLS = {"CALL", "CALL_KW"}
_NAMES = ("LOAD_FAST", "LOAD_GLOBAL", "LOAD_DEREF", "LOAD_NAME")
_ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")


def _next_call(code: CodeType, instruction: int) -> tuple[int, int]:
    """From where to where the call reaches that takes the result of the call here; (0, 0) if none does.

    What it calls must have a name like ``F.relu``, ``self.relu`` or a global one: a local name could
    be another function each time. Before Python 3.11 code does not tell where names stand.
    """
    every = list(dis.get_instructions(code))
    here = max((i for i, one in enumerate(every) if one.offset <= instruction), default=len(every))
    i = here + 1
    method = i < len(every) and every[i].opname in _ATTRIBUTES and every[i].argval == "relu"
    i += method  # self.conv1(x).relu()
    while i < len(every) and every[i].opname in _PASSIVE:
        i += 1
    if i + 1 >= len(every) or every[i].opname not in _CALLS:
        return 0, 0
    if not method and not _is_fixed(_loads_of_name(every[:here], every[i])):
        return 0, 0
    return every[i].offset, every[i + 1].offset


def _loads_of_name(before: list[Any], call: Any) -> list[str]:
    """The instructions that loaded what ``call`` calls: their text begins where that of the call does."""
    start = getattr(call, "positions", None)
    if start is None or start.lineno is None:
        return []
    return [
        one.opname
        for one in before
        if (one.positions.lineno, one.positions.col_offset) == (start.lineno, start.col_offset)
        and one.opname != "PUSH_NULL"
    ]


def _is_fixed(loads: list[str]) -> bool:
    """Whether they load a global function, or an attribute of something."""
    if not loads or not all(one.startswith((*_NAMES, *_ATTRIBUTES)) for one in loads):
        return False
    return loads[-1] == "LOAD_GLOBAL" or loads[-1] in _ATTRIBUTES


def watch(tensor: Any, place: Site) -> None:
    """See whether the next call takes ``tensor``, which the call at ``place`` gave."""
    global last, _site
    last, _site = id(tensor), place
    if place.follows is None:
        place.tries -= 1
        if place.tries == 0:
            place.follows = False


class Promise:
    """A layer's output that waits for what comes next. A layer fills in the rest (nn/ahead.py)."""

    place: Site
    steps: tuple[str, ...]

    __slots__ = ("place", "steps")

    def takes(self, step: str) -> bool:
        """Whether "relu" or "pool" can be done in the same pass."""
        raise NotImplementedError

    def keep(self) -> Any:
        """The output, after all steps."""
        raise NotImplementedError


def follow(tensor: Any, step: str) -> Any:
    """What ``step`` makes of ``tensor``, which was watched; None where it has to do its work itself."""
    global last
    place, last = _site, 0
    here = caller()
    if here is None or here[0] is not place.code or not place.first <= here[1] < place.past:
        return None
    promise = tensor._source  # of a promised tensor, and of one that is not a Source or None
    if not isinstance(promise, Promise):
        place.follows = True
        return None
    if not promise.takes(step):
        return None
    promise.steps += (step,)
    promise.place = site(*here)
    if promise.place.follows:
        watch(tensor, promise.place)
        return tensor
    output = promise.keep()
    if promise.place.follows is None:
        watch(output, promise.place)
    return output

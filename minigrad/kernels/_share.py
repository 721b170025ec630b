"""One kernel shared by threads, in compiled code: nobody takes Python's lock between two pieces.

    ranged(function)                      a kernel(*args, start, stop) that can be shared
    chunked(function)                     a kernel(*args) over the elements of flat arrays that can be shared
    Board                                 the words through which caller and helpers speak
    share(board, plan, ...)               run the pieces
    serve(board, me, calls)               a helper's life
    call(board, helpers)                  send helpers back to Python: there is something to do

A *board* holds integers; compiled code gets their address. Its STATE holds the job that is shared out at
the moment, TAKEN by its caller, OPEN while helpers may join, and how many have. Who works takes the next
piece by counting it in NEXT: the caller from the front, helpers from the back. So a core finds in its own
cache what it wrote in the kernel before: to fetch a number from the other's takes longer than to compute
it. The caller closes the job when no piece is left and waits for the helpers inside, and only for those:
one that has not come by then, because its core is busy, does not count. While the board is taken, other
callers do all their pieces alone.

A helper that has worked looks at the board for SPIN rounds, about half a millisecond, before it sleeps on
its lock: the next kernel of the same training step finds it awake. Waking a sleeping thread takes 50 to 100
microseconds on a virtual machine, as long as many kernels, and there the system often takes idle cores for
busy ones and lets the sleeper wait for the core of the thread that woke it: it is forbidden that core until
it runs. The caller waits in the same way, for a helper's last piece. Every 3 microseconds who waits lets
others have the core, if any want it. Locks are those of Python's own C interface, which need no
interpreter.

A kernel is reached through an address: its arguments lie in the frame of the caller, who does not return
before the last helper has left.

Below: _jit.py, _words.py. Above: _pool.py, which imports it when the first kernel runs.
Tests: tests/kernels/test_share.py.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from ._jit import kernel
from ._pool import CHUNK, PLAN, SMALL
from ._words import acquire, add, allow, core, give_way, look, pause, put, release, swap

_INT = ir.IntType(64)

# Words of a board, eight to a cache line.
STATE, NEXT, COUNT, START, STOP, FUNCTION, DATA, FAILED = 0, 8, 16, 17, 18, 19, 20, 21
CALLS, DONE, SPIN = 32, 40, 41
HELPERS, ASLEEP, LOCK, HELPER_WORDS = 64, 0, 1, 8
# How many jobs a helper entered; the system's number of its thread; the core it is kept from, -1 for none.
SERVED, THREAD, KEPT_FROM = 2, 3, 4
# Of STATE: helpers inside in the lowest 16 bits, how many may be in the next.
INSIDE, MAY_COME = (1 << 16) - 1, 16
OPEN, WAITING, TAKEN = 1 << 40, 1 << 41, 1 << 42
BACK = 1 << 32  # of NEXT: pieces taken from the back are counted above, those from the front below
MOST = 255  # helpers for whom there is room
SPIN_SECONDS = 500e-6
# Rounds of waiting after which another thread may have the core, some 3 microseconds.
ROUNDS = 128


def _new_lock() -> int:
    """The address of an acquired lock."""
    allocate, take = ctypes.pythonapi.PyThread_allocate_lock, ctypes.pythonapi.PyThread_acquire_lock
    allocate.restype, take.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]
    lock = allocate()
    take(lock, 1)
    return lock


class Board:
    """``words`` for Python; ``address`` for compiled code, which an array would cost half a microsecond."""

    __slots__ = ("address", "words")

    def __init__(self) -> None:
        self.words = np.zeros(HELPERS + MOST * HELPER_WORDS, np.int64)
        self.address: Any = self.words if numba.config.DISABLE_JIT else self.words.ctypes.data

    def prepare(self) -> None:
        """Before the first helper: the caller's lock, and how many rounds SPIN_SECONDS are."""
        if numba.config.DISABLE_JIT:
            return
        self.words[DONE] = _new_lock()
        rounds, quickest = 1000, 1.0
        for _ in range(10):
            began = time.perf_counter()
            spin(self.address, rounds)
            quickest = min(quickest, time.perf_counter() - began)
        self.words[SPIN] = int(rounds * SPIN_SECONDS / quickest)

    def prepare_helper(self, me: int) -> None:
        self.words[HELPERS + me * HELPER_WORDS + LOCK] = _new_lock()

    def name_helper(self, me: int, thread: int) -> None:
        """Say by which number the system knows the thread of a helper."""
        self.words[HELPERS + me * HELPER_WORDS + THREAD] = thread


@kernel(helper=True)
def wait(round):
    """One round of waiting."""
    if round % ROUNDS:
        pause()
    else:
        give_way()


# ------------------------------------------------ pieces


@intrinsic
def call_piece(typing, function, data, start, stop):
    """Call what ``piece_of`` gave; 0 if all went well."""

    def generate(context, builder, signature, arguments):
        kind = ir.FunctionType(_INT, [_INT, _INT, _INT])
        return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])

    int64 = types.int64
    return int64(int64, int64, int64, int64), generate


def _part(context, builder, kind, value, start, stop):
    """Of an array the chunks ``start`` to ``stop``; a number as it is."""
    if not isinstance(kind, types.Array):
        return value
    whole = context.make_array(kind)(context, builder, value)
    first, last = (builder.mul(n, ir.Constant(_INT, CHUNK)) for n in (start, stop))
    first, last = (
        builder.select(builder.icmp_signed("<", n, whole.nitems), n, whole.nitems) for n in (first, last)
    )
    part, size = context.make_array(kind)(context, builder), builder.sub(last, first)
    populate_array(
        part, builder.gep(whole.data, [first]), cgutils.pack_array(builder, [size]), whole.strides,
        whole.itemsize, whole.meminfo, whole.parent,
    )  # fmt: skip
    return part._getvalue()


@intrinsic
def piece_of(typing, inner, arguments):
    """(function, data): addresses for call_piece, which then calls ``inner(*arguments, start, stop)``.

    A chunked ``inner`` is called with parts of its arrays instead.
    """
    chunked = inner.dispatcher in _chunked
    called = inner.get_call_type(typing, (*arguments.types, *[types.int64] * (0 if chunked else 2)), {})

    def generate(context, builder, signature, values):
        compiled = inner.dispatcher.overloads[called.args]
        context.add_linking_libs([compiled.library])
        frame = context.get_value_type(arguments)
        piece = ir.Function(
            builder.module, ir.FunctionType(_INT, [_INT] * 3), f"{builder.function.name}.piece"
        )
        piece.linkage = "internal"
        body = ir.IRBuilder(piece.append_basic_block("entry"))
        data, start, stop = piece.args
        whole = body.load(body.inttoptr(data, frame.as_pointer()))
        each = [body.extract_value(whole, i) for i in range(len(arguments))]
        each = [context.cast(body, x, a, b) for x, a, b in zip(each, arguments.types, called.args)]
        if chunked:
            each = [_part(context, body, kind, x, start, stop) for kind, x in zip(called.args, each)]
        else:
            each += [start, stop]
        status, _ = context.call_internal_no_propagate(body, compiled.fndesc, called, each)
        body.ret(body.zext(status.is_error, _INT))
        with builder.goto_entry_block():
            place = builder.alloca(frame)
        builder.store(values[1], place)
        pair = ir.Constant(context.get_value_type(signature.return_type), ir.Undefined)
        pair = builder.insert_value(pair, builder.ptrtoint(piece, _INT), 0)
        return builder.insert_value(pair, builder.ptrtoint(place, _INT), 1)

    return types.UniTuple(types.int64, 2)(inner, arguments), generate


@kernel(helper=True)
def work(board, helping):
    """Take pieces until none is left: from the front, or those who are ``helping`` from the back."""
    count, start, stop = look(board, COUNT), look(board, START), look(board, STOP)
    function, data = look(board, FUNCTION), look(board, DATA)
    while True:
        taken = add(board, NEXT, BACK if helping else 1)
        front, back = taken % BACK, taken // BACK
        if front + back >= count:
            return
        i = count - 1 - back if helping else front
        a, b = start + (stop - start) * i // count, start + (stop - start) * (i + 1) // count
        if call_piece(function, data, a, b):
            put(board, FAILED, 1)
            put(board, NEXT, count)


@kernel(helper=True)
def wake(board, helpers):
    """Release those of the first helpers that sleep, on another core than this one."""
    for i in range(HELPERS, HELPERS + helpers * HELPER_WORDS, HELPER_WORDS):
        if look(board, i + ASLEEP) and swap(board, i + ASLEEP, 1, 0):
            here = core() if look(board, i + THREAD) else -1
            if here >= 0:
                allow(look(board, i + THREAD), here, False)
            put(board, i + KEPT_FROM, here)
            release(look(board, i + LOCK))


@kernel(helper=True)
def share(board, plan, start, stop, function, data):
    """Run all pieces; 0 if all went well. ``plan``: see _pool.py."""
    helpers, count = plan // PLAN, plan % PLAN
    if helpers == 0 or count == 1 or not swap(board, STATE, 0, TAKEN):
        return call_piece(function, data, start, stop)
    put(board, COUNT, count)
    put(board, START, start)
    put(board, STOP, stop)
    put(board, FUNCTION, function)
    put(board, DATA, data)
    put(board, FAILED, 0)
    put(board, NEXT, 0)
    opened = OPEN + (helpers << MAY_COME)
    put(board, STATE, TAKEN + opened)
    wake(board, helpers)
    work(board, False)
    if (add(board, STATE, -opened) - opened) & INSIDE:
        for i in range(look(board, SPIN)):
            if not look(board, STATE) & INSIDE:
                break
            wait(i + 1)
        if add(board, STATE, WAITING) & INSIDE:
            acquire(look(board, DONE))
    failed = look(board, FAILED)
    put(board, STATE, 0)
    return failed


@kernel(helper=True)
def joined(board):
    """Enter the open job, if there is one that needs help."""
    state = look(board, STATE)
    if not state & OPEN or state & INSIDE >= (state >> MAY_COME) & INSIDE:
        return False
    taken = look(board, NEXT)
    return taken % BACK + taken // BACK < look(board, COUNT) and swap(board, STATE, state, state + 1)


@kernel()
def serve(board, me, calls):
    """Help until CALLS is no longer ``calls``; returns it."""
    mine = HELPERS + me * HELPER_WORDS
    while True:
        left = look(board, SPIN)
        while left > 0:
            if look(board, CALLS) != calls:
                return look(board, CALLS)
            if joined(board):
                work(board, True)
                add(board, mine + SERVED, 1)
                state = add(board, STATE, -1)
                if state & WAITING and state & INSIDE == 1:
                    release(look(board, DONE))
                left = look(board, SPIN)
            left -= 1
            wait(left)
        put(board, mine + ASLEEP, 1)
        # What came before the word above was written has woken nobody.
        come = look(board, STATE) & OPEN or look(board, CALLS) != calls
        if not come or not swap(board, mine + ASLEEP, 1, 0):
            acquire(look(board, mine + LOCK))
            if look(board, mine + KEPT_FROM) >= 0:
                allow(0, look(board, mine + KEPT_FROM), True)


@kernel()
def call(board, helpers):
    add(board, CALLS, 1)
    wake(board, helpers)


@kernel()
def spin(board, rounds):
    """What a waiting thread does, so that it can be timed."""
    for i in range(rounds):
        if look(board, CALLS) == -1 or look(board, STATE) & OPEN:
            return
        wait(i)


def _entry(board, plan, start, stop, *arguments):
    function, data = piece_of(inner, arguments)  # noqa: F821 (a global of each kernel's copy)
    return share(board, plan, start, stop, function, data)


def _entry_of_elements(board, plan, *arguments):
    function, data = piece_of(inner, arguments)  # noqa: F821
    chunks = (arguments[0].size + CHUNK - 1) // CHUNK
    return share(board, plan, np.int64(0), chunks, function, data)


class Ranged:
    """A kernel(*args, start, stop) that ``_pool.run`` can share out.

    ``entry(board, plan, start, stop, *args)`` is what Python calls with a board's address; 0 if all went
    well, else ``fail`` is to be called. Every kernel has a copy of _entry that knows the kernel as a global,
    which unlike an argument or a closure does not count in the key of the disk cache.
    """

    __slots__ = ("entry", "inner", "py_func")
    of_kernel: Callable = staticmethod(_entry)

    def __init__(self, function: Callable, fastmath: bool):
        self.py_func = function
        self.inner = inner = kernel(fastmath=fastmath, helper=True)(function)
        place = function.__code__  # names the file on the disk, and the source that it is made of
        code = self.of_kernel.__code__.replace(
            co_filename=place.co_filename, co_firstlineno=place.co_firstlineno
        )
        entry = FunctionType(code, {**globals(), "inner": inner}, function.__name__)
        entry.__module__, entry.__qualname__ = function.__module__, f"{function.__qualname__}.entry"
        self.entry = kernel()(entry)

    def __call__(self, *arguments: Any) -> None:
        """All of a range, by this thread."""
        if self.entry(_nobody.address, 1, *arguments[-2:], *arguments[:-2]):
            self.fail()

    def fail(self) -> None:
        raise MemoryError(f"no memory for {self.py_func.__name__}")  # the one thing that a kernel raises


_nobody = Board()
_chunked: set[Any] = set()  # the inner kernels of which each is a Chunked


class Chunked(Ranged):
    """A kernel(*args) over the elements of flat arrays of one size that ``_pool.run_elements`` can share out.

    Its range counts chunks of CHUNK elements: the bits do not depend on where it is cut. ``entry(board, plan,
    *args)`` takes it from the first array.
    """

    __slots__ = ("cost", "least")
    of_kernel = staticmethod(_entry_of_elements)

    def __init__(self, function: Callable, fastmath: bool, cost: float):
        super().__init__(function, fastmath)
        self.cost, self.least = cost, SMALL / cost  # the least size of which several threads take parts
        _chunked.add(self.inner)

    def __call__(self, *arguments: Any) -> None:
        """All elements, by this thread."""
        if self.entry(_nobody.address, 1, *arguments):
            self.fail()


def ranged(*, fastmath: bool = True) -> Callable[[Callable], Callable]:
    """Compile a kernel(*args, start, stop) so that threads can share its range."""

    def decorate(function: Callable) -> Callable:
        return function if numba.config.DISABLE_JIT else Ranged(function, fastmath)

    return decorate


def chunked(*, fastmath: bool = True, cost: float = 1.0) -> Callable[[Callable], Callable]:
    """Compile a kernel(*args) over the elements of flat arrays of one size so that threads can share them.

    ``cost``: how many numbers moved one element is as dear as.
    """

    def decorate(function: Callable) -> Callable:
        return function if numba.config.DISABLE_JIT else Chunked(function, fastmath, cost)

    return decorate


if numba.config.DISABLE_JIT:  # every kernel is a Python function, and helpers look now and then

    def serve(board, me, calls):
        while board[CALLS] == calls:
            time.sleep(0.002)
        return board[CALLS]

    def call(board, helpers):
        board[CALLS] += 1

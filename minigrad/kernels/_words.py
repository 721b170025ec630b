"""Single machine instructions and calls of the system that threads need, as functions of compiled code.

    look(words, i)              the word now: all threads see all changes in one order
    put(words, i, value)        write it
    add(words, i, value)        add to it in one step; gives what it was
    swap(words, i, old, new)    write ``new`` if it is ``old``, in one step; whether it was
    pause()                     a hint to the processor: this thread waits
    give_way()                  let another thread have this core, if one wants it
    core()                      the number of the core that runs this thread, -1 where that is not known
    allow(thread, core, yes)    whether a thread, 0 for this one, may run on a core; it keeps one at least
    acquire(lock), release(lock)   Python's own locks, by their address; no interpreter is needed

``words`` is the address of int64 numbers: an array would be unpacked at every call.
Above: _share.py. Tests: tests/kernels/test_share.py.
"""

from __future__ import annotations

import ctypes
import sys

from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic

_INT = ir.IntType(64)


def _word(builder, words, index):
    return builder.gep(builder.inttoptr(words, _INT.as_pointer()), [index])


@intrinsic
def look(typing, words, index):
    def generate(context, builder, signature, arguments):
        place = _word(builder, *arguments)
        return builder.load_atomic(place, "seq_cst", 8)

    return types.int64(types.int64, types.int64), generate


@intrinsic
def put(typing, words, index, value):
    def generate(context, builder, signature, arguments):
        place = _word(builder, *arguments[:2])
        builder.store_atomic(arguments[2], place, "seq_cst", 8)
        return context.get_dummy_value()

    return types.none(types.int64, types.int64, types.int64), generate


@intrinsic
def add(typing, words, index, value):
    """Add to a word; what it held before."""

    def generate(context, builder, signature, arguments):
        place = _word(builder, *arguments[:2])
        return builder.atomic_rmw("add", place, arguments[2], "seq_cst")

    return types.int64(types.int64, types.int64, types.int64), generate


@intrinsic
def swap(typing, words, index, old, new):
    """Write ``new`` where ``old`` stands; whether it did."""

    def generate(context, builder, signature, arguments):
        place = _word(builder, *arguments[:2])
        pair = builder.cmpxchg(place, *arguments[2:], "seq_cst", "seq_cst")
        return builder.extract_value(pair, 1)

    int64 = types.int64
    return types.boolean(int64, int64, int64, int64), generate


@intrinsic
def pause(typing):
    """Tell the processor that a thread is waiting."""

    def generate(context, builder, signature, arguments):
        triple, hint = builder.module.triple, ir.IntType(32)
        if triple.startswith(("x86", "i686")):
            name, numbers = "llvm.x86.sse2.pause", []
        elif triple.startswith(("aarch64", "arm64")):
            name, numbers = "llvm.aarch64.hint", [hint(1)]  # yield
        else:
            return context.get_dummy_value()
        kind = ir.FunctionType(ir.VoidType(), [hint] * len(numbers))
        builder.call(cgutils.get_or_insert_function(builder.module, kind, name), numbers)
        return context.get_dummy_value()

    return types.none(), generate


# ------------------------------------------------ the system


def _make_known(library: ctypes.CDLL, *names: str) -> None:
    for name in names:
        binding.add_symbol(name, ctypes.cast(getattr(library, name), ctypes.c_void_p).value)


_make_known(ctypes.pythonapi, "PyThread_acquire_lock", "PyThread_release_lock")
if sys.platform == "win32":
    YIELD = "SwitchToThread"
    _make_known(ctypes.windll.kernel32, YIELD)
else:
    YIELD = "sched_yield"
    _make_known(ctypes.CDLL(None), YIELD)


@intrinsic
def give_way(typing):
    """Let another thread have this core, if one waits for it."""

    def generate(context, builder, signature, arguments):
        kind = ir.FunctionType(ir.IntType(32), [])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, YIELD), [])
        return context.get_dummy_value()

    return types.none(), generate


CORES = sys.platform == "linux"
if CORES:
    _make_known(ctypes.CDLL(None), "sched_getcpu", "sched_getaffinity", "sched_setaffinity")
_MASK = 16  # words of 64 cores


def _system(builder, name, *arguments):
    """Call a function of whole numbers and addresses that gives an int."""
    kind = ir.FunctionType(ir.IntType(32), [a.type for a in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


@intrinsic
def core(typing):
    """Which core runs this thread at the moment."""

    def generate(context, builder, signature, arguments):
        return builder.sext(_system(builder, "sched_getcpu"), _INT) if CORES else ir.Constant(_INT, -1)

    return types.int64(), generate


@intrinsic
def allow(typing, thread, core, yes):
    """Add a core to those that a thread may run on, or take it away if that leaves another."""

    def generate(context, builder, signature, arguments):
        if CORES:
            thread, core, yes = arguments
            thread, size = builder.trunc(thread, ir.IntType(32)), ir.Constant(_INT, 8 * _MASK)
            mask = cgutils.alloca_once(builder, _INT, _MASK)
            word = builder.gep(mask, [builder.lshr(core, ir.Constant(_INT, 6))])
            bit = builder.shl(ir.Constant(_INT, 1), builder.and_(core, ir.Constant(_INT, 63)))
            failed = _system(builder, "sched_getaffinity", thread, size, mask)
            with builder.if_then(builder.not_(cgutils.is_true(builder, failed))):
                held = builder.load(word)
                without, with_it = builder.and_(held, builder.not_(bit)), builder.or_(held, bit)
                builder.store(builder.select(yes, with_it, without), word)
                _system(builder, "sched_setaffinity", thread, size, mask)  # refuses to leave none
        return context.get_dummy_value()

    return types.none(types.int64, types.int64, types.boolean), generate


# ------------------------------------------------ locks


def _python(builder, name, lock, *numbers):
    result = _WAIT if numbers else ir.VoidType()
    kind = ir.FunctionType(result, [_INT.as_pointer(), *[_WAIT] * len(numbers)])
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    builder.call(function, [builder.inttoptr(lock, _INT.as_pointer()), *[_WAIT(n) for n in numbers]])


_WAIT = ir.IntType(32)


@intrinsic
def acquire(typing, lock):
    """Sleep until the lock is released."""

    def generate(context, builder, signature, arguments):
        _python(builder, "PyThread_acquire_lock", *arguments, 1)
        return context.get_dummy_value()

    return types.none(types.int64), generate


@intrinsic
def release(typing, lock):
    def generate(context, builder, signature, arguments):
        _python(builder, "PyThread_release_lock", *arguments)
        return context.get_dummy_value()

    return types.none(types.int64), generate

"""Threads that run pieces of one serial kernel side by side.

    run                    kernel(*args, start, stop) over all pieces of range(n)
    run_each               the same, every index a piece
    run_elements           kernel(*args) on parts of all arrays side by side
    set_threads, threads   how many threads may work on one call
    pieces                 how range(n) is cut

A kernel must give for each index the same bits whatever range it is called with: the result is
then the same for any number of threads. A sum over the indices is made of partial sums, one per
index, added by the caller in a fixed order.

The calling thread works too. Whoever is free takes the next piece: where another process holds a
core, the remaining threads do its share, and nobody waits for a helper that has not come; one that
comes late works on what is open by then. Pieces of a compiled kernel are handed out in compiled code,
by _share.py, where helpers also spend their lives, awake for a moment after each piece of work and then
asleep. Pieces of a Python function, a ufunc's, are handed out here: helpers come back to Python for
them. Calls from several Python threads share the helpers. After a fork the child starts its own.

Below: _share.py. Above: conv.py, pool.py and every kernel with enough work.
Tests: tests/kernels/test_threads.py.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

# Below this many steps, each as dear as one number moved or four multiply-adds, a helper costs more
# than it saves: 40 microseconds on one core.
SMALL = 1 << 17
# Elements that stay together: whole vectors and lines of the cache.
CHUNK = 64
# Pieces of a larger problem: enough that a late helper still finds some left.
PIECES = 16
# What a compiled kernel is told in one number: how many pieces, and times PLAN how many helpers at most.
PLAN = 1 << 32

_open: list[_Job] = []  # calls of ``run`` under way
_helpers: list[threading.Thread] = []
_board: Any = None  # a _share.Board
_lock = threading.Lock()


def _available() -> int:
    """MINIGRAD_NUM_THREADS, or the cores that this process may use."""
    wanted = os.environ.get("MINIGRAD_NUM_THREADS", "")
    if wanted:
        if not wanted.isdecimal() or int(wanted) < 1:
            raise ValueError(f"minigrad got MINIGRAD_NUM_THREADS={wanted!r}; it needs an integer >= 1.")
        return int(wanted)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_threads = _available()


def threads() -> int:
    """How many threads may work on one call, the calling one included."""
    return _threads


def set_threads(number: int) -> None:
    global _threads
    _threads = number


def _sharing() -> Any:
    """_share.py, which needs Numba: not before the first kernel runs."""
    from . import _share

    return _share


def board() -> Any:
    """The words through which callers and helpers speak."""
    global _board
    if _board is None:
        with _lock:
            if _board is None:
                _board = _sharing().Board()
    return _board


class _Job:
    """One call of ``run``: the pieces left, and how many helpers are at work."""

    __slots__ = ("args", "done", "error", "helping", "kernel", "left", "lock", "open")

    def __init__(self, kernel: Callable, args: tuple, ranges: list):
        self.kernel, self.args = kernel, args
        self.left = deque(ranges)
        self.lock = threading.Lock()
        self.done = threading.Lock()  # released by the last helper to leave a closed job
        self.done.acquire()
        self.helping = 0
        self.open = True
        self.error: BaseException | None = None

    def work(self) -> None:
        """Take pieces until none is left."""
        kernel, args, take = self.kernel, self.args, self.left.popleft
        while True:
            try:
                start, stop = take()
            except IndexError:
                return
            kernel(*args, start, stop)

    def help(self) -> None:
        """A helper's part: work, if the caller has not finished without it."""
        with self.lock:
            if not self.open:
                return
            self.helping += 1
        try:
            self.work()
        except BaseException as error:
            self.error = error
            self.left.clear()
        with self.lock:
            self.helping -= 1
            if not self.open and not self.helping:
                self.done.release()

    def finish(self) -> None:
        """Let no further helper in and wait for those at work."""
        with self.lock:
            self.open = False
            if not self.helping:
                return
        self.done.acquire()


def _serve(board: Any, me: int) -> None:
    """A helper's life: compiled kernels in _share.serve, from where a call of Python's sends it back here."""
    np.seterr(all="ignore")  # as around every primitive (quiet.py); the setting is the thread's own
    board.name_helper(me, threading.get_native_id())
    calls, serve = 0, _sharing().serve
    while True:
        calls = serve(board.address, me, calls)
        job = _next()
        while job is not None:
            job.help()
            job = _next()  # and the arrays of the last one do not live on in a sleeping thread


def _next() -> _Job | None:
    """A job with pieces left; those without are forgotten."""
    for job in tuple(_open):
        if job.left:
            return job
        _forget(job)
    return None


def _forget(job: _Job) -> None:
    try:
        _open.remove(job)
    except ValueError:
        return  # somebody else did


def _helpers_for(count: int) -> int:
    """How many helpers may work on ``count`` pieces; those that do not exist yet are started.

    Every change is one step that a KeyboardInterrupt comes before or after: none can lose a helper.
    """
    wanted = min(_threads, count) - 1
    if len(_helpers) < wanted:
        words = board()
        wanted = min(wanted, _sharing().MOST)
        with _lock:
            if not _helpers:
                words.prepare()
            while len(_helpers) < wanted:
                me = len(_helpers)
                words.prepare_helper(me)
                helper = threading.Thread(target=_serve, args=(words, me), daemon=True)
                helper.name = "minigrad-helper"
                helper.start()
                _helpers.append(helper)
    return wanted


def _after_fork() -> None:
    """Only the forking thread exists in the child: forget the others."""
    global _lock, _board
    _board = None
    _helpers.clear()
    _open.clear()
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def pieces(n: int, work: float) -> int:
    """How many pieces of range(n): one where the work is small, else at most PIECES equal ones."""
    return max(1, min(n, PIECES, int(work) // (SMALL // 4))) if work >= SMALL else 1


def run(kernel: Callable, n: int, *args: Any, work: float = 0.0) -> None:
    """Call ``kernel(*args, start, stop)`` for ranges that cover range(n) once.

    ``work`` is the whole problem's number of multiply-adds, or of steps about as cheap: small
    problems stay on the calling thread, and one thread takes all in a single call. Kernels release
    the GIL. What a kernel raises comes out here.
    """
    _run(kernel, n, 1 if _threads == 1 or work < SMALL else pieces(n, work), args)


def run_each(kernel: Callable, n: int, *args: Any) -> None:
    """As ``run``, each index a piece of its own: for few and costly ones."""
    _run(kernel, n, n, args)


def run_elements(kernel: Any, x: np.ndarray, *args: Any) -> None:
    """Call ``kernel(x, *args)``, which _share.chunked made, for all elements of x and the other arrays."""
    entry = getattr(kernel, "entry", None)
    if entry is None:  # not compiled
        kernel(x, *args)
        return
    plan = 1
    if x.size >= kernel.least and _threads > 1:
        count = pieces(-(-x.size // CHUNK), kernel.cost * x.size)
        plan = _helpers_for(count) * PLAN + count
    if entry((_board or board()).address, plan, x, *args):
        kernel.fail()


def _run(kernel: Any, n: int, count: int, args: tuple) -> None:
    alone = count <= 1 or _threads == 1
    entry = getattr(kernel, "entry", None)
    if entry is not None:  # compiled
        words = _board or board()
        if entry(words.address, 1 if alone else _helpers_for(count) * PLAN + count, 0, n, *args):
            kernel.fail()
    elif alone:
        kernel(*args, 0, n)
    else:
        _run_in_python(kernel, [(n * i // count, n * (i + 1) // count) for i in range(count)], args)


def _run_in_python(kernel: Callable, ranges: list, args: tuple) -> None:
    helpers = _helpers_for(len(ranges))
    job = _Job(kernel, args, ranges)
    try:
        _open.append(job)
        _sharing().call(board().address, helpers)
        job.work()
    finally:
        job.left.clear()
        _forget(job)
        job.finish()
    if job.error is not None:
        raise job.error

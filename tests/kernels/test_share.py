"""Sharing a compiled kernel: every piece once, late helpers, a taken board, errors, sleep, forks, interrupts."""

import os
import signal
import threading
import time

import numba
import numpy as np
import pytest

from minigrad import threads
from minigrad.kernels import _pool, _share
from tests.kernels.interrupts import interrupted

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")

MUCH = 1e9  # enough work for as many pieces as there are
PATIENCE = 20  # seconds, for what takes microseconds where no core is busy


@_share.ranged()
def count(hits, rounds, start, stop):
    for i in range(start, stop):
        for _ in range(rounds):
            hits[i] += 1


@_share.chunked(fastmath=False)
def weigh(x, y, factor, unused, out):
    for i in range(x.size):
        out[i] += factor * x[i] + y[i] + unused.size


@_share.chunked()
def fail(x):
    np.empty(2**60)[0] = x[0]


@_share.ranged()
def fill_much(size, start, stop):
    for i in range(start, stop):
        np.empty(size)[i] = 1


@pytest.fixture(autouse=True)
def two_threads():
    before = threads.get_num_threads()
    threads.set_num_threads(2)
    yield
    threads.set_num_threads(before)


@pytest.fixture
def board():
    """A board with one helper of its own."""
    board = _share.Board()
    board.prepare()
    board.prepare_helper(0)
    helper = threading.Thread(target=_share.serve, args=(board.address, 0, 0), name="the board's")
    helper.start()
    yield board
    _share.call(board.address, 1)
    helper.join(PATIENCE)
    assert not helper.is_alive()


def run_shared(kernel, board, helpers, pieces, *args):
    """Every index a piece."""
    assert kernel.entry(board.address, helpers * _share.PLAN + pieces, 0, pieces, *args) == 0


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def asleep(board):
    return board.words[_share.HELPERS + _share.ASLEEP] == 1


@pytest.mark.parametrize("number", [1, 2, 3, 7])
@pytest.mark.parametrize("n", [0, 1, 2, 15, 16, 17, 1000])
def test_every_index_is_visited_once(n, number):
    threads.set_num_threads(number)
    hits = np.zeros(n, int)
    _pool.run(count, n, hits, 1, work=MUCH)
    np.testing.assert_array_equal(hits, 1)


@pytest.mark.parametrize("number", [1, 2, 3, 7])
@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 130, 300_001])
def test_every_element_is_visited_once_with_numbers_and_empty_arrays_as_they_are(n, number):
    threads.set_num_threads(number)
    x, y, out = np.arange(n, dtype=np.float32), np.arange(n) % 7, np.zeros(n)
    _pool.run_elements(weigh, x, y, 2, np.empty(0), out)
    np.testing.assert_array_equal(out, 2 * x + y)
    weigh(x, y, 2, np.empty(0), out)
    np.testing.assert_array_equal(out, 2 * (2 * x + y))


def test_a_kernel_of_elements_that_finds_no_memory_says_so():
    with pytest.raises(MemoryError, match="no memory for fail"):
        _pool.run_elements(fail, np.ones(1))


def test_many_calls_of_any_length_lose_no_piece(board):
    random = np.random.default_rng(0)
    for rounds in random.integers(1, 2000, 2000):
        hits = np.zeros(16, int)
        run_shared(count, board, 1, 16, hits, int(rounds))
        np.testing.assert_array_equal(hits, rounds)
        assert board.words[_share.STATE] == 0


def test_a_helper_takes_part(board):
    def helped():
        hits = np.zeros(64, int)
        run_shared(count, board, 1, 64, hits, 100_000)
        np.testing.assert_array_equal(hits, 100_000)
        return board.words[_share.HELPERS + _share.SERVED]

    wait_until(helped)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="threads are not told apart by core here")
def test_a_helper_may_use_every_core_again_once_it_has_run(board):
    (helper,) = [t for t in threading.enumerate() if t.name == "the board's"]
    board.name_helper(0, helper.native_id)
    cores = os.sched_getaffinity(0)
    for _ in range(20):
        wait_until(lambda: asleep(board))
        assert os.sched_getaffinity(helper.native_id) == cores
        run_shared(count, board, 1, 16, np.zeros(16, int), 1000)
        assert board.words[_share.HELPERS + _share.KEPT_FROM] in cores


def test_a_helper_sleeps_soon_and_wakes_for_work(board):
    for _ in range(20):
        wait_until(lambda: asleep(board))
        hits = np.zeros(16, int)
        run_shared(count, board, 1, 16, hits, 1000)
        np.testing.assert_array_equal(hits, 1000)


def test_nobody_waits_for_a_helper_that_does_not_come():
    board = _share.Board()
    hits = np.zeros(16, int)
    run_shared(count, board, 3, 16, hits, 1)
    np.testing.assert_array_equal(hits, 1)
    assert board.words[_share.STATE] == 0


def test_a_call_runs_alone_while_the_board_is_taken():
    board = _share.Board()
    board.words[_share.STATE] = _share.TAKEN
    hits = np.zeros(16, int)
    run_shared(count, board, 1, 16, hits, 1)
    np.testing.assert_array_equal(hits, 1)
    assert board.words[_share.STATE] == _share.TAKEN


def test_a_helper_beyond_those_wanted_stays_out(board):
    board.words[_share.COUNT] = 16
    board.words[_share.STATE] = _share.TAKEN + _share.OPEN + (2 << _share.MAY_COME) + 2
    time.sleep(0.01)
    assert board.words[_share.STATE] & _share.INSIDE == 2
    board.words[_share.STATE] = 0


@pytest.mark.parametrize("number", [1, 2])
def test_a_lack_of_memory_comes_out_and_the_pool_lives_on(number):
    threads.set_num_threads(number)
    for _ in range(5):
        with pytest.raises(MemoryError, match="fill_much"):
            _pool.run(fill_much, 16, 1 << 58, work=MUCH)
    test_every_index_is_visited_once(16, 2)


def test_a_range_can_be_called_directly():
    hits = np.zeros(6, int)
    count(hits, 3, 2, 5)
    assert hits.tolist() == [0, 0, 3, 3, 3, 0]


def test_several_callers_at_once_neither_block_nor_mix():
    failures = []

    def caller(seed):
        for i in range(200):
            hits = np.zeros(64, int)
            _pool.run(count, 64, hits, 50, work=MUCH)
            if not (hits == 50).all():
                failures.append((seed, i))

    callers = [threading.Thread(target=caller, args=(s,)) for s in range(6)]
    for c in callers:
        c.start()
    for c in callers:
        c.join(PATIENCE)
        assert not c.is_alive()
    assert not failures


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer signals on this system")
def test_interrupts_at_any_moment_leave_the_pool_whole():
    hits = np.zeros(64, int)
    interrupted(lambda: _pool.run(count, 64, hits, 1, work=MUCH))
    assert _pool._board.words[_share.STATE] == 0
    assert (hits == hits[0]).all()  # an interrupt comes before or after a whole call
    test_every_index_is_visited_once(64, 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_computes():
    test_every_index_is_visited_once(16, 2)  # the helper exists before the fork
    child = os.fork()
    if child == 0:
        code = 1
        try:
            again = np.zeros(16, int)
            for _ in range(100):
                _pool.run(count, 16, again, 100, work=MUCH)
            code = int((again != 10_000).any())
        finally:
            os._exit(code)
    wait_until(lambda: _ended(child))


def _ended(child):
    done, status = os.waitpid(child, os.WNOHANG)
    assert not done or os.waitstatus_to_exitcode(status) == 0
    return done

"""The pool of threads: every piece once, same bits, errors out, no deadlock, safe after fork."""

import os
import signal
import threading
import time
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import kernels, threads
from minigrad.kernels import _pool
from tests.kernels.interrupts import interrupted

MUCH = 1e9  # enough work for as many pieces as there are


@pytest.fixture(autouse=True)
def two_threads():
    before = threads.get_num_threads()
    threads.set_num_threads(2)
    yield
    threads.set_num_threads(before)


def count(hits, start, stop):
    hits[start:stop] += 1


@pytest.mark.parametrize("number", [1, 2, 3, 7])
@pytest.mark.parametrize("n", [0, 1, 2, 15, 16, 17, 1000])
def test_every_index_is_visited_once(n, number):
    threads.set_num_threads(number)
    hits = np.zeros(n, int)
    _pool.run(count, n, hits, work=MUCH)
    np.testing.assert_array_equal(hits, 1)


def test_one_thread_does_all_in_one_call():
    threads.set_num_threads(1)
    ranges = []
    _pool.run(lambda start, stop: ranges.append((start, stop)), 100, work=MUCH)
    assert ranges == [(0, 100)]


def test_ranges_do_not_depend_on_the_number_of_threads():
    found = []
    for number in (2, 3, 4):
        threads.set_num_threads(number)
        ranges = []
        _pool.run(lambda start, stop, into=ranges: into.append((start, stop)), 100, work=MUCH)
        found.append(sorted(ranges))
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == _pool.PIECES


def test_small_work_stays_on_the_calling_thread():
    seen = []
    _pool.run(lambda start, stop: seen.append(threading.current_thread()), 100, work=1000)
    assert seen == [threading.current_thread()]


def test_a_helper_takes_part():
    seen = set()

    def slow(start, stop):
        seen.add(threading.current_thread().name)
        time.sleep(0.01)

    _pool.run(slow, 16, work=MUCH)
    assert len(seen) == 2


@pytest.mark.parametrize("error", [ValueError, IndexError])
def test_what_a_piece_raises_comes_out_and_the_pool_lives_on(error):
    def fail(start, stop):
        time.sleep(0.001)
        raise error("piece")

    for _ in range(5):
        with pytest.raises(error, match="piece"):
            _pool.run(fail, 16, work=MUCH)
    hits = np.zeros(16, int)
    _pool.run(count, 16, hits, work=MUCH)
    np.testing.assert_array_equal(hits, 1)


def test_an_error_in_a_helper_comes_out():
    caller = threading.current_thread()
    helped = threading.Event()

    def fail_elsewhere(start, stop):
        if threading.current_thread() is not caller:
            helped.set()
            raise ValueError("in a helper")
        helped.wait(5)

    with pytest.raises(ValueError, match="in a helper"):
        _pool.run(fail_elsewhere, 16, work=MUCH)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer signals on this system")
def test_interrupts_at_any_moment_leave_the_pool_whole():
    hits = np.zeros(64, int)
    interrupted(lambda: _pool.run(count, 64, hits, work=MUCH))
    hits = np.zeros(64, int)
    _pool.run(count, 64, hits, work=MUCH)
    np.testing.assert_array_equal(hits, 1)
    test_a_helper_takes_part()


def test_a_sleeping_helper_keeps_no_array_alive():
    array = np.zeros(16)
    _pool.run(lambda array, start, stop: time.sleep(0.001), 16, array, work=MUCH)
    gone = weakref.ref(array)
    del array
    deadline = time.monotonic() + 10
    while gone() is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert gone() is None


def test_several_callers_at_once_neither_block_nor_mix():
    failures = []

    def caller(seed):
        for i in range(50):
            hits = np.zeros(64, int)
            _pool.run(count, 64, hits, work=MUCH)
            if not (hits == 1).all():
                failures.append((seed, i))

    callers = [threading.Thread(target=caller, args=(s,)) for s in range(6)]
    for c in callers:
        c.start()
    for c in callers:
        c.join(30)
        assert not c.is_alive()
    assert not failures


def test_a_call_from_within_a_piece_finishes():
    hits = np.zeros((16, 16), int)

    def outer(start, stop):
        for i in range(start, stop):
            _pool.run(count, 16, hits[i], work=MUCH)

    _pool.run(outer, 16, work=MUCH)
    np.testing.assert_array_equal(hits, 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_computes():
    hits = np.zeros(16, int)
    _pool.run(count, 16, hits, work=MUCH)  # the helper exists before the fork
    child = os.fork()
    if child == 0:
        code = 1
        try:
            again = np.zeros(16, int)
            _pool.run(count, 16, again, work=MUCH)
            code = int((again != 1).any())
        finally:
            os._exit(code)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert os.waitstatus_to_exitcode(status) == 0
            return
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    pytest.fail("the child hung")


CONVOLUTIONS = [(17, 8, 12, 3), (17, 64, 64, 3), (2, 64, 130, 3), (37, 6, 16, 5)]


@pytest.mark.parametrize(("N", "C", "M", "k"), CONVOLUTIONS, ids=str)
def test_a_convolution_and_its_gradients_have_the_same_bits_for_1_2_and_4_threads(N, C, M, k):
    random = np.random.default_rng(0)
    x, w = (
        random.standard_normal((N, C, 20, 22), np.float32),
        random.standard_normal((M, C, k, k), np.float32),
    )
    settings = ((1, 1), ((5 - k) // 2,) * 4, (1, 1), 1)
    results = []
    for number in (1, 2, 4):
        threads.set_num_threads(number)
        y = kernels.conv.conv2d_forward(x, w, None, *settings)
        results.append(
            (
                y,
                kernels.conv.conv2d_grad_input(y, w, (20, 22), *settings),
                *kernels.conv.conv2d_grad_weight(y, x, (k, k), *settings),
                *kernels.conv.conv2d_max_pool2d(x, w, None, *settings, 0.0)[:2],
            )
        )
    for other in results[1:]:
        for a, b in zip(results[0], other):
            np.testing.assert_array_equal(a, b)


def test_the_number_of_threads_is_checked():
    with pytest.raises(ValueError, match="at least 1"):
        threads.set_num_threads(0)
    with pytest.raises(TypeError, match="integer"):
        threads.set_num_threads(1.5)


def test_the_environment_sets_the_number_of_threads(monkeypatch):
    monkeypatch.setenv("MINIGRAD_NUM_THREADS", "3")
    assert _pool._available() == 3
    monkeypatch.setenv("MINIGRAD_NUM_THREADS", "two")
    with pytest.raises(ValueError, match="'two'"):
        _pool._available()


def test_threads_are_part_of_the_public_face():
    assert mg.get_num_threads() == 2

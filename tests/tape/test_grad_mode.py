"""no_grad and its kin: as contexts, as decorators, nested, in threads, after exceptions."""

import asyncio
import threading

import pytest

import minigrad as mg

enabled = mg.is_grad_enabled


def test_recording_is_on_by_default():
    assert enabled()


def test_no_grad_records_nothing_and_ends_with_its_block():
    x = mg.tensor(1.0, requires_grad=True)
    with mg.no_grad():
        y = x * 2
    assert not y.requires_grad
    assert (x * 2).requires_grad


def test_modes_nest():
    with mg.no_grad():
        with mg.enable_grad():
            assert enabled()
            with mg.set_grad_enabled(False):
                assert not enabled()
            assert enabled()
        assert not enabled()
    assert enabled()


def test_one_object_can_be_entered_again_and_inside_itself():
    off = mg.no_grad()
    with off:
        with off:
            assert not enabled()
        assert not enabled()
    assert enabled()
    with off:
        assert not enabled()
    assert enabled()


@pytest.mark.parametrize("mode", [mg.no_grad, mg.enable_grad, lambda: mg.set_grad_enabled(False)])
def test_an_exception_restores_the_mode(mode):
    with pytest.raises(KeyError), mode():
        raise KeyError
    assert enabled()


@pytest.mark.parametrize("decorator", [mg.no_grad, mg.no_grad(), mg.inference_mode, mg.inference_mode()])
def test_decorated_functions_run_without_recording_and_keep_their_names(decorator):
    @decorator
    def predict(n):
        """Doc."""
        assert not enabled()
        return n if n == 0 else predict(n - 1)

    assert predict(3) == 0
    assert enabled()
    assert predict.__name__ == "predict"
    assert predict.__doc__ == "Doc."


def test_enable_grad_decorates_too():
    @mg.enable_grad()
    def record():
        return enabled()

    with mg.no_grad():
        assert record()


def test_set_grad_enabled_takes_effect_as_a_plain_call():
    mg.set_grad_enabled(False)
    assert not enabled()
    mg.set_grad_enabled(True)
    assert enabled()


def test_decorating_with_set_grad_enabled_does_not_switch_the_mode_here():
    @mg.set_grad_enabled(False)
    def off():
        return enabled()

    assert enabled()
    assert off() is False
    assert enabled()


def test_a_class_is_refused():
    with pytest.raises(TypeError, match="Decorate its methods"):

        @mg.no_grad()
        class Net:
            pass


def test_a_decorated_generator_holds_the_mode_only_while_it_runs():
    @mg.no_grad()
    def steps():
        try:
            received = yield enabled()
            yield received, enabled()
        except ValueError:
            yield "caught", enabled()
        return "done"

    generator = steps()
    assert next(generator) is False
    assert enabled()
    assert generator.send("sent") == ("sent", False)
    assert enabled()
    assert generator.throw(ValueError()) == ("caught", False)
    with pytest.raises(StopIteration, match="done"):
        next(generator)
    assert enabled()


def test_closing_a_decorated_generator_closes_the_inner_one_without_recording():
    closed = []

    @mg.no_grad()
    def steps():
        try:
            yield 1
        finally:
            closed.append(enabled())

    generator = steps()
    next(generator)
    generator.close()
    assert closed == [False]
    assert enabled()


def test_a_decorated_generator_passes_exceptions_out():
    @mg.no_grad()
    def steps():
        yield 1
        raise KeyError("inner")

    generator = steps()
    next(generator)
    with pytest.raises(KeyError, match="inner"):
        next(generator)
    assert enabled()


def test_a_decorated_coroutine_runs_without_recording_beside_one_that_records():
    seen = []

    @mg.no_grad()
    async def predict():
        for _ in range(3):
            seen.append(("predict", enabled()))
            await asyncio.sleep(0)

    async def train():
        for _ in range(3):
            seen.append(("train", enabled()))
            await asyncio.sleep(0)

    async def both():
        await asyncio.gather(predict(), train())

    asyncio.run(both())
    assert set(seen) == {("predict", False), ("train", True)}
    assert enabled()


def test_a_decorated_async_generator_holds_the_mode_only_while_it_runs():
    @mg.no_grad()
    async def steps():
        received = yield enabled()
        yield received, enabled()

    async def run():
        generator = steps()
        found = [await generator.asend(None), enabled(), await generator.asend(5), enabled()]
        await generator.aclose()
        return found

    assert asyncio.run(run()) == [False, True, (5, False), True]


def test_no_grad_in_one_thread_does_not_reach_another():
    inside, leave = threading.Event(), threading.Event()

    def hold():
        with mg.no_grad():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(10)
    assert enabled()
    assert (mg.tensor(1.0, requires_grad=True) * 2).requires_grad
    leave.set()
    thread.join()


def test_a_new_thread_records_even_when_started_under_no_grad():
    found = []
    with mg.no_grad():
        thread = threading.Thread(target=lambda: found.append(enabled()))
        thread.start()
        thread.join()
    assert found == [True]


def test_threads_may_share_one_object():
    off = mg.no_grad()
    barrier = threading.Barrier(2, timeout=10)
    found = []

    def work(outer):
        with outer():
            before = enabled()
            barrier.wait()
            with off:
                barrier.wait()
                inside = enabled()
                barrier.wait()
            found.append((before, inside, enabled()))

    threads = [threading.Thread(target=work, args=(m,)) for m in (mg.no_grad, mg.enable_grad)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(found) == [(False, False, False), (True, False, True)]


def test_inference_mode_tells_that_it_is_on():
    assert not mg.is_inference_mode_enabled()
    with mg.inference_mode():
        assert mg.is_inference_mode_enabled()
        assert not enabled()
        with mg.inference_mode(False):
            assert not mg.is_inference_mode_enabled()
            assert enabled()
    assert not mg.is_inference_mode_enabled()
    assert enabled()

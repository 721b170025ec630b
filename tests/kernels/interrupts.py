"""Timer signals that come at any moment of a call."""

import contextlib
import signal

import numpy as np


def interrupted(call):
    """Repeat ``call`` while a thousand KeyboardInterrupts come, one after up to 0.3 ms each."""

    def interrupt(number, frame):
        raise KeyboardInterrupt

    random = np.random.default_rng(0)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for seconds in random.uniform(1e-6, 3e-4, 1000):
            with contextlib.suppress(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, seconds)
                while True:
                    call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

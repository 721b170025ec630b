"""Freed memory stays with the process, and what a step holds does not grow."""

from __future__ import annotations

import resource
import sys

import numpy as np
import pytest

from minigrad.memory import keep_freed_memory


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_an_array_that_was_freed_costs_no_page_faults_when_it_comes_again():
    if not keep_freed_memory():
        pytest.skip("the C library has no mallopt")

    def faults_of_a_round() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        arrays = [np.ones(1_000_000, np.float32) for _ in range(5)]
        del arrays
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    first = faults_of_a_round()
    later = min(faults_of_a_round() for _ in range(5))
    assert later <= max(first // 10, 50)

"""Minutes are compared with work timed at the same moment, never with a clock alone."""

from __future__ import annotations

import pytest
import torch

from lessons import pace
from lessons.measure import Measured


def measured(cpu_seconds: float, reference: float, minutes: float = 0.1) -> Measured:
    return Measured("lesson", minutes, 0.5, True, True, cpu_seconds, reference)


def test_a_slow_or_busy_machine_does_not_fail_a_lesson():
    assert measured(40, pace.REFERENCE_SECONDS).complaint(minutes=0.8, memory_gb=1) == ""
    slow = measured(120, 3 * pace.REFERENCE_SECONDS, minutes=9)
    assert slow.complaint(minutes=0.8, memory_gb=1) == ""


@pytest.mark.parametrize("times", [1, 3, 0.4])
def test_a_lesson_that_does_too_much_fails_on_any_machine(times):
    slow = measured(50 * times, times * pace.REFERENCE_SECONDS)
    words = slow.complaint(minutes=0.8, memory_gb=1)
    assert "0.83 minutes of work; its budget is 0.8" in words and "times the reference" in words


def test_the_reference_takes_time_and_leaves_no_trace():
    torch.manual_seed(3)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    assert pace.reference_seconds() > 0
    assert torch.get_rng_state().equal(before) and torch.get_num_threads() == threads

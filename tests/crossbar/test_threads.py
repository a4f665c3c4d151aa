"""Threads share jobs: each is done once, what goes wrong is heard, and a write of several arrays is theirs alone."""

import threading
import time

import numpy as np
import pytest

from analogep.crossbar import threads
from analogep.crossbar.write import Work, together
from analogep.crossbar.written import Written


@pytest.mark.parametrize("helpers", [1, 2, 5])
def test_every_job_is_done_once(helpers: int) -> None:
    done: list[int] = []
    for _ in range(50):
        threads.share(done.append, 40, helpers)
    assert sorted(done) == sorted(list(range(40)) * 50)


def test_several_threads_take_part() -> None:
    names = set()

    def job(_: int) -> None:
        names.add(threading.current_thread().name)
        time.sleep(0.02)

    threads.share(job, 12, 3)
    assert len(names) == 3


def test_the_caller_hears_of_a_problem_and_no_job_runs_on() -> None:
    begun: list[int] = []

    def job(k: int) -> None:
        begun.append(k)
        time.sleep(0.005)
        if k == 3:
            raise ValueError("job 3")

    with pytest.raises(ValueError, match="job 3"):
        threads.share(job, 1000, 2)
    at_return = len(begun)
    time.sleep(0.05)
    assert len(begun) == at_return < 20
    # The crew is as good as before.
    threads.share(begun.append, 10, 2)
    assert len(begun) == at_return + 10


def test_calls_from_several_threads_do_not_mix() -> None:
    sums = np.zeros((4, 200))

    def call(row: int) -> None:
        for _ in range(20):
            threads.share(lambda k: sums[row].__setitem__(k, sums[row, k] + 1), 200, 2)

    callers = [threading.Thread(target=call, args=(row,)) for row in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert np.array_equal(sums, np.full((4, 200), 20.0))


def test_several_writes_are_done_together_and_finished_in_order() -> None:
    entered: list[int] = []

    def work(name: int) -> Work:
        return Work(lambda: entered.append(name), lambda: (Written(pulses=float(name)), Written()), 2)

    found = together([work(1), work(2), work(3)])
    assert [written.pulses for written, _ in found] == [1.0, 2.0, 3.0]
    # Either thread enters each of them, and does what is left.
    assert sorted(entered) == [1, 1, 2, 2, 3, 3]
    assert together([]) == []

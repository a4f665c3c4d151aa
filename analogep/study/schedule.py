"""Points on an executor: a few at a time, once more if their worker dies, each answer handled as it arrives."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait

from analogep.errors import ResultError
from analogep.study.work import Answer, Job, Work, perform

_LIVES = 3
"""Times that a point may lose its worker."""


def run(jobs: Iterable[Job], work: Work, executor: Executor, width: int, handle: Callable[[Job, Answer], None]) -> None:
    """Work on all jobs, at most `width` at a time, so that memory does not grow with their number.

    A job whose worker dies is given to another one; the third time it counts as failed.

    Parameters
    ----------
    jobs : iterable of Job
    work : callable
        See `work.Work`.
    executor : concurrent.futures.Executor
    width : int
    handle : callable
        Called in this thread with each job and its answer, in the order in which they end.

    Raises
    ------
    ResultError
        If the executor gives up on its jobs.
    """
    waiting = iter(jobs)
    again: deque[Job] = deque()
    lost: Counter[str] = Counter()
    running: dict[Future[Answer], Job] = {}
    try:
        while True:
            while len(running) < width:
                job = again.popleft() if again else next(waiting, None)
                if job is None:
                    break
                running[_submitted(executor, job, work)] = job
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job = running.pop(future)
                answer = _answer(future, job, lost)
                if answer is None:
                    again.append(job)
                else:
                    handle(job, answer)
    finally:
        for future in running:
            future.cancel()


def _submitted(executor: Executor, job: Job, work: Work) -> Future[Answer]:
    try:
        return executor.submit(perform, job, work)
    except BrokenExecutor as error:
        raise ResultError(f"the executor takes no more points: {error}; what is done is kept") from error


def _answer(future: Future[Answer], job: Job, lost: Counter[str]) -> Answer | None:
    """The answer; None if the worker died and the job has lives left."""
    try:
        return future.result()
    except BrokenExecutor:
        lost[job.digest] += 1
        if lost[job.digest] < _LIVES:
            return None
        return Answer(job.digest, reason=f"its worker process was killed {_LIVES} times; is there enough memory?")
    except CancelledError:
        raise ResultError("the scheduler has dropped the study's points; is it still there?") from None
    except Exception as error:
        # Such as distributed.KilledWorker, after as many lives as that cluster grants.
        return Answer(job.digest, reason=f"{type(error).__name__}: {error}")

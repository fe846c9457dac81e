"""Run a function on a stream of tasks in several threads, with results in order and bounded memory.

NumPy releases Python's global lock while it computes; therefore threads are sufficient for arithmetic.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_order(
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    threads: int,
    stop: Callable[[], None] | None = None,
) -> Iterator[Result]:
    """Yield ``function(task)`` for each task, in order, with at most ``2 * threads`` tasks read ahead.

    Parameters
    ----------
    function : callable
        Called by several threads at once, unless ``threads`` is 1.
    tasks : iterable
        Read in the caller's thread. If reading raises an error, the results of the tasks before it come first.
    threads : int
    stop : callable, optional
        Ends calls that run in other threads after an error, or if the caller needs no more results.
    """
    if threads == 1:
        yield from map(function, tasks)
        return
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for task in _until_error(tasks):
            if isinstance(task, _Failure):
                while waiting:
                    yield waiting.popleft().result()
                raise task.error
            waiting.append(pool.submit(function, task))
            if len(waiting) >= 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BaseException:
        for future in waiting:
            future.cancel()
        if stop is not None:
            stop()
        raise
    finally:
        pool.shutdown(wait=True)


class _Failure(NamedTuple):
    """Replaces a task that could not be read."""

    error: Exception


def _until_error(tasks: Iterable[Task]) -> Iterator[Task | _Failure]:
    try:
        yield from tasks
    except Exception as error:
        yield _Failure(error)

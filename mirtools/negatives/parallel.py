"""A function over a stream of tasks on several processes: results in order, bounded memory."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from typing import TypeVar

from mirtools.termination import unheard_by_children

Task = TypeVar("Task")
Result = TypeVar("Result")

CHUNK = 64  # tasks that travel together: a tenth of a second of folding


def in_order(function: Callable[[Task], Result], tasks: Iterable[Task], threads: int) -> Iterator[Result]:
    """Yield ``function(task)`` for each task, in order.

    Parameters
    ----------
    function : callable
        A function of a module, without state: it runs in other processes.
    tasks : iterable
        Read a few chunks ahead.
    threads : int
        Processes; 1 works in this one.
    """
    if threads == 1:
        yield from map(function, tasks)
        return
    # Fresh processes: a forked one would inherit open outputs and the parent's signal handlers.
    pool = ProcessPoolExecutor(threads, get_context("spawn"), initializer=follow_parent)
    remaining = iter(tasks)
    waiting: deque[Future[list[Result]]] = deque()
    try:
        while True:
            while len(waiting) < 3 * threads and (chunk := list(islice(remaining, CHUNK))):
                with unheard_by_children():  # processes start as they are needed
                    waiting.append(pool.submit(_work_through, function, chunk))
            if not waiting:
                break
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def each_once(function: Callable[[Task], Result], tasks: Iterable[Task], threads: int) -> Iterator[Result]:
    """Yield ``function(task)`` for each task, in order, as :func:`in_order` does; equal ones are worked on once.

    Memory: what distinct tasks and their results take.
    """
    wanted = list(tasks)
    distinct = dict.fromkeys(wanted)
    known: dict[Task, Result] = {}
    found = zip(distinct, in_order(function, distinct, threads), strict=True)
    for task in wanted:
        while task not in known:
            new, result = next(found)
            known[new] = result
        yield known[task]
    next(found, None)  # so that the processes end


def follow_parent() -> None:
    """End with the parent even where it was killed without a chance to say so."""
    if (parent := parent_process()) is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _work_through(function: Callable[[Task], Result], chunk: list[Task]) -> list[Result]:
    return [function(task) for task in chunk]

"""Run a function on tasks in several processes, with results in order.

:func:`in_order` and :func:`distinct_in_order` are for many short tasks, :func:`one_process_each` for few long
ones.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from mirtools.errors import MirtoolsError
from mirtools.termination import shield_children

Task = TypeVar("Task")
Result = TypeVar("Result")
Send = Callable[[Any], None]

_SENT, _RAISED, _RETURNED = "sent", "raised", "returned"
CHUNK = 64  # tasks sent to a process together: 0.1 seconds of folding


def in_order(function: Callable[[Task], Result], tasks: Iterable[Task], threads: int) -> Iterator[Result]:
    """Yield ``function(task)`` for each task, in order.

    Parameters
    ----------
    function : callable
        A function of a module, without state: it runs in other processes.
    tasks : iterable
        A few chunks are read ahead.
    threads : int
        Number of processes; 1 means this process.
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
                with shield_children():  # the pool starts processes as it needs them
                    waiting.append(pool.submit(_run_chunk, function, chunk))
            if not waiting:
                break
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def distinct_in_order(function: Callable[[Task], Result], tasks: Iterable[Task], threads: int) -> Iterator[Result]:
    """Yield ``function(task)`` for each task as :func:`in_order` does, but compute equal tasks only once.

    All distinct tasks and their results are in memory.
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


def one_process_each(
    function: Callable[[Task, Send], Result],
    tasks: list[Task],
    processes: int,
    watch: Callable[[Task, Any], None],
    name: Callable[[Task], str] = str,
) -> list[Result]:
    """Return ``function(task, send)`` for each task, each in a separate process, ``processes`` at a time.

    Parameters
    ----------
    function : callable
        It and the tasks must be picklable. Values that it sends are passed to ``watch`` in this process.
    tasks : list
        They are started in this order.
    processes : int
        Number of processes; 1 means this process.
    watch : callable
        Its arguments: a task and a value that it sent.
    name : callable
        Returns the name of a task for error messages.

    Raises
    ------
    MirtoolsError
        If a task raises it, or if its process ends without a result.
    """
    if min(processes, len(tasks)) <= 1:
        return [function(task, partial(watch, task)) for task in tasks]
    results: dict[int, Result] = {}
    waiting = deque(enumerate(tasks))
    running: dict[Connection, int] = {}
    started = []
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                number, task = waiting.popleft()
                process, receiver = _start_task(function, task)
                started.append(process)
                running[receiver] = number
            for receiver in [receiver for receiver in wait(list(running)) if isinstance(receiver, Connection)]:
                number = running[receiver]
                kind, value = _receive(receiver, partial(name, tasks[number]))
                if kind == _SENT:
                    watch(tasks[number], value)
                else:
                    results[number] = value
                    del running[receiver]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.join()
    return [results[number] for number in range(len(tasks))]


def _start_task(function: Callable[[Task, Send], Result], task: Task) -> tuple[BaseProcess, Connection]:
    """Start the process of a task, and return it with the pipe through which it sends."""
    # fresh processes: a forked one would inherit open outputs, signal handlers, and a started TensorFlow
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run_task, args=(function, task, sender), daemon=True)
    with shield_children():
        process.start()
    sender.close()  # so that the end of the process is the end of the pipe
    return process, receiver


def _receive(receiver: Connection, name: Callable[[], str]) -> tuple[str, Any]:
    """Return the kind of a message and its value; raises the error of a task, or one if its process has ended."""
    try:
        kind, value = receiver.recv()
    except EOFError as error:
        raise MirtoolsError(f"{name()} ended without a result; is there enough memory?") from error
    if kind == _RAISED:
        raise value
    return kind, value


def _run_task(function: Callable[[Task, Send], Result], task: Task, sender: Connection) -> None:
    """Run one task in its process."""
    try:
        try:
            answer = _RETURNED, function(task, lambda value: sender.send((_SENT, value)))
        except MirtoolsError as error:
            sender.send((_RAISED, error))
        else:
            sender.send(answer)
    except BrokenPipeError:  # the parent was killed
        os._exit(1)


def follow_parent() -> None:
    """End this process when its parent ends, even if the parent is killed."""
    if (parent := parent_process()) is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _run_chunk(function: Callable[[Task], Result], chunk: list[Task]) -> list[Result]:
    return [function(task) for task in chunk]

"""The trainings of an experiment side by side, each in a process of its own with one thread.

Every training is the same arithmetic as when they go one after the other, so the weights are the same.
"""

from __future__ import annotations

import os
from collections import deque
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait

from mirtools.errors import MirtoolsError
from mirtools.termination import unheard_by_children
from mirtools.training.experiment import Part, Setting, Watch, one_by_one
from mirtools.training.fit import Trained


def side_by_side(threads: int, setting: Setting, parts: list[Part], watch: Watch) -> list[Trained]:
    """Train the parts in up to ``threads`` processes; returns the results in the order of the parts."""
    if min(threads, len(parts)) == 1:
        return one_by_one(setting, parts, watch)
    # fresh processes: a forked one would inherit open outputs, signal handlers, and a started TensorFlow
    context = get_context("spawn")
    results: dict[str, Trained] = {}
    # the final one learns from most pairs, so it goes first
    waiting = deque(sorted(parts, key=lambda part: -len(part.learned)))
    running: dict[Connection, Part] = {}
    processes = []
    try:
        while waiting or running:
            while waiting and len(running) < threads:
                part = waiting.popleft()
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=_train, args=(setting, part, sender), daemon=True)
                with unheard_by_children():
                    process.start()
                sender.close()  # so that the end of the process is the end of the pipe
                processes.append(process)
                running[receiver] = part
            for receiver in [receiver for receiver in wait(list(running)) if isinstance(receiver, Connection)]:
                part = running[receiver]
                try:
                    told = receiver.recv()
                except EOFError as error:
                    problem = f"training {part.name} ended without a result; is there enough memory?"
                    raise MirtoolsError(problem) from error
                if isinstance(told, Exception):
                    raise told
                if isinstance(told, Trained):
                    results[part.name] = told
                    del running[receiver]
                else:
                    watch(part.name, told)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()
    return [results[part.name] for part in parts]


def _train(setting: Setting, part: Part, sender: Connection) -> None:
    try:
        sender.send(setting.train(part, sender.send))
    except MirtoolsError as error:
        sender.send(error)
    except BrokenPipeError:  # the parent was killed
        os._exit(1)

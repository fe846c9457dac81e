"""Tasks in separate processes: results in order, events, errors."""

import os

import pytest

from mirtools.computing.processes import one_process_each
from mirtools.errors import InputError, MirtoolsError


def squared(task, send):
    if task == 13:
        raise InputError("is unlucky")
    if task == 99:
        os._exit(9)
    send(f"began {task}")
    send(f"ended {task}")
    return task**2


@pytest.mark.parametrize("processes", [1, 2])
def test_results_are_in_order_and_events_arrive(processes):
    events = []
    tasks = [5, 1, 3]
    assert one_process_each(squared, tasks, processes, lambda task, event: events.append((task, event))) == [
        25,
        1,
        9,
    ]
    assert sorted(events) == sorted((task, f"{what} {task}") for task in tasks for what in ("began", "ended"))
    for task in tasks:
        assert [event for of, event in events if of == task] == [f"began {task}", f"ended {task}"]


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_is_passed_on(processes):
    with pytest.raises(InputError, match="is unlucky"):
        one_process_each(squared, [1, 13], processes, lambda task, event: None)


def test_a_killed_process_is_reported():
    with pytest.raises(MirtoolsError, match="task 99 ended without a result; is there enough memory"):
        one_process_each(squared, [1, 99], 2, lambda task, event: None, "task {}".format)


def test_no_tasks():
    assert one_process_each(squared, [], 4, lambda task, event: None) == []

"""Tasks on several threads: order, tasks read ahead, errors of tasks and of their source, callers that stop."""

import threading

import pytest

from mirtools.computing.threads import in_order


def squares(tasks, threads, stop=None):
    return in_order(lambda task: task * task, tasks, threads, stop)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 5, 50])
def test_results_come_in_order(threads, count):
    assert list(squares(range(count), threads)) == [number**2 for number in range(count)]


def test_the_first_task_may_end_last():
    last = threading.Event()

    def wait(task):
        if task == 0:
            assert last.wait(60)
        elif task == 3:
            last.set()
        return task

    assert list(in_order(wait, range(4), 2)) == [0, 1, 2, 3]


@pytest.mark.parametrize("threads", [2, 3])
def test_few_tasks_are_read_ahead(threads):
    read = []
    found = squares((read.append(number) or number for number in range(100)), threads)
    assert read == []
    for done in range(20):
        next(found)
        assert len(read) <= done + 2 * threads
    found.close()


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_results_before_an_error_of_the_tasks_come_first(threads):
    def tasks():
        yield from (1, 2, 3)
        raise OSError("damaged")

    found = squares(tasks(), threads)
    assert [next(found) for _ in range(3)] == [1, 4, 9]
    with pytest.raises(OSError, match="damaged"):
        next(found)


@pytest.mark.parametrize("threads", [2, 3])
def test_work_is_stopped_after_errors_and_if_results_are_not_needed(threads):
    stopped = []

    def fail(task):
        if task == 2:
            raise RuntimeError("broke")
        return task

    with pytest.raises(RuntimeError, match="broke"):
        list(in_order(fail, range(9), threads, lambda: stopped.append(1)))
    found = squares(range(9), threads, lambda: stopped.append(2))
    next(found)
    found.close()
    assert list(squares(range(9), threads, lambda: stopped.append(3)))
    assert stopped == [1, 2]

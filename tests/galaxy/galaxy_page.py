"""A page of Galaxy in a browser: the actions of a user, and checks that report problems."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Response

#: seconds that a page may take to show something, and that a job or workflow may take to end, on a busy computer
PAGE, RUN = 120.0, 1200.0

#: Galaxy's client asks for tools that users made themselves, which this Galaxy does not allow
EXPECTED_REFUSALS = ("/api/unprivileged_tools",)
#: the error of a script when a page is left before everything that it requested has arrived
ABORTED = "signal is aborted"


class Problem(Exception):
    """A problem that a user would notice."""


@dataclass(frozen=True)
class Visit:
    """What to visit.

    Parameters
    ----------
    url, page : str
        The Galaxy, and its page that shows the history with the sample data.
    history : str
        Identifier of the history with the sample data.
    tools : list of str
        Identifiers of the tools whose forms are opened.
    workflows : dict of str to str
        Identifiers of the workflows whose forms are opened, by name.
    reports : str
        Folder for screenshots and for ``browser.xml`` (JUnit).
    browser : str
        Path of Chromium.
    """

    url: str
    page: str
    history: str
    tools: list[str]
    workflows: dict[str, str]
    reports: str
    browser: str


@dataclass
class Check:
    """The result of one check."""

    name: str
    seconds: float = 0.0
    problem: str = ""


def junit(checks: list[Check]) -> ET.ElementTree[ET.Element]:
    """Return a report in JUnit's format."""
    failures = sum(1 for check in checks if check.problem)
    suite = ET.Element("testsuite", name="browser", tests=str(len(checks)), failures=str(failures), errors="0")
    for check in checks:
        case = ET.SubElement(suite, "testcase", classname="browser", name=check.name, time=f"{check.seconds:.3f}")
        if check.problem:
            ET.SubElement(case, "failure", message=check.problem).text = check.problem
    return ET.ElementTree(suite)


@dataclass
class GalaxyPage:
    """A page of Galaxy, with the checks made so far.

    Parameters
    ----------
    page : Page
        The page.
    visit : Visit
        What to visit.
    """

    page: Page
    visit: Visit
    checks: list[Check] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PAGE * 1000)
        # nothing from other computers, so that it is the same with and without a network
        self.page.route(lambda url: not url.startswith(self.visit.url), lambda route: route.abort())
        self.page.on("pageerror", self._note_error)
        self.page.on("response", self._note_response)

    def _note_error(self, error: Exception) -> None:
        if ABORTED not in str(error):
            self.errors.append(f"the page's script fails: {error}")

    def _note_response(self, response: Response) -> None:
        if response.status >= 400 and not any(path in response.url for path in EXPECTED_REFUSALS):
            self.errors.append(f"{response.status} for {response.url}")

    @contextmanager
    def checking(self, name: str) -> Iterator[None]:
        """Do one check: record its time and what was wrong, print both, and save a screenshot if it failed."""
        from playwright.sync_api import Error

        check = Check(name)
        self.checks.append(check)
        self.errors.clear()
        begin = time.monotonic()
        try:
            yield
            if self.errors:
                raise Problem("; ".join(dict.fromkeys(self.errors)))
        except (Problem, Error) as error:
            file = f"FAILED {name}.png"
            check.problem = first_lines(str(error)) or type(error).__name__
            try:
                self.page.screenshot(path=Path(self.visit.reports) / file)
                check.problem += f" (the page says: {first_lines(self.page.inner_text('#center'), 3)})"
            except Error:
                pass
        check.seconds = time.monotonic() - begin
        print(
            f"{name}: {f'FAILED: {check.problem}' if check.problem else 'good'}, {check.seconds:.0f} s", flush=True
        )

    def screenshot(self, name: str, part: Locator | None = None) -> None:
        """Save a screenshot of the page, or of a part of it."""
        (part or self.page).screenshot(path=Path(self.visit.reports) / f"{name}.png")

    def open_history(self) -> None:
        """Open the page that shows the history with the sample data."""
        self.page.goto(self.visit.page)
        self.page.wait_for_selector("#current-history-panel .content-item")

    def wait_for_form(self, button: str) -> None:
        """Wait until a form shows its button; fail at once if there is a message instead."""
        message = self.page.locator("#center .alert-danger:visible, #center .alert-warning:visible").first
        # a form may warn, of missing data for instance, as long as it shows its button
        self.page.locator(button).first.or_(message).first.wait_for()
        if not self.page.locator(button).first.is_visible():
            raise Problem(message.inner_text())

    def choose(self, label: str, value: str) -> None:
        """Choose a value of an input with a list."""
        box = self.page.locator(f'#center [data-label="{label}"] .multiselect').first
        box.click()
        box.get_by_role("option").filter(has_text=value).first.click()
        box.locator(".multiselect__single").filter(has_text=value).wait_for()

    def ask(self, path: str) -> Any:
        """Return the answer of Galaxy's API to this user."""
        return self.page.request.get(f"{self.visit.url}/api/{path}").json()

    def items(self) -> dict[int, dict[str, Any]]:
        """Return the visible items of the history, by number."""
        # the list that the panel requests; the other one does not count the jobs of collections
        contents = self.ask(f"histories/{self.visit.history}/contents?v=dev&q=deleted&qv=false")
        return {item["hid"]: item for item in contents if item["visible"] and not item["deleted"]}

    def wait_until_green(self, before: set[int], ready: Callable[[], bool] = lambda: True) -> dict[str, int]:
        """Wait until everything new in the history is green, and return the numbers of the new items by name.

        Parameters
        ----------
        before : set of int
            Numbers of the items before.
        ready : callable
            Returns whether nothing more will be added.
        """
        end = time.monotonic() + RUN
        while True:
            complete = ready()
            new = {number: item for number, item in self.items().items() if number not in before}
            states = {number: state_of(item) for number, item in new.items()}
            for number, state in states.items():
                if state in ("error", "failed", "failed_metadata", "discarded", "paused"):
                    raise Problem(f"{number}: {new[number]['name']} is in state {state}: {self._error_of_job()}")
            if complete and new and set(states.values()) == {"ok"}:
                break
            if time.monotonic() > end:
                raise Problem(f"not green after {RUN:.0f} s: {states}")
            self.page.wait_for_timeout(1000)
        return {item["name"]: number for number, item in new.items()}

    def check_green(self, number: int) -> None:
        """Wait until the panel draws an item green, and check that all others are green."""
        self.page.locator(f'#current-history-panel [data-hid="{number}"][data-state="ok"]').wait_for()
        shown = self.page.locator("#current-history-panel .content-item")
        colours = shown.evaluate_all("items => items.map(item => item.dataset.state)")
        if set(colours) != {"ok"}:
            raise Problem(f"the history shows {colours}")

    def _error_of_job(self) -> str:
        """Return what the first job that failed wrote, jobs of collections included."""
        for item in self.ask(f"histories/{self.visit.history}/contents?v=dev&q=deleted&qv=false"):
            if item.get("state") == "error":
                identifier = self.ask(f"datasets/{item['id']}")["creating_job"]
                job = self.ask(f"jobs/{identifier}?full=true")
                messages = [message["desc"] for message in job["job_messages"] or ()]
                return first_lines("\n".join([job["stderr"] or "", *messages]), 5)
        return "no job says why"

    def look_at(self, number: int, sample: str) -> Locator:
        """Click on the eye icon of a sample of a collection, and return the pane in the middle."""
        self.page.goto(self.visit.url)
        self.page.locator(f'#current-history-panel [data-hid="{number}"] .content-title').click()
        element = self.page.locator("#current-history-panel .content-item", has_text=sample)
        element.locator(".display-btn").click()
        return self.page.locator("#center")


def state_of(item: dict[str, Any]) -> str:
    """Return the state of an item of a history; the state of a collection is that of its jobs."""
    if item["history_content_type"] == "dataset":
        return str(item["state"])
    jobs = {state: count for state, count in item["job_state_summary"].items() if count and state != "all_jobs"}
    worst = next((state for state in jobs if state != "ok"), "ok")
    return worst if item["populated_state"] == "ok" else str(item["populated_state"])


def first_lines(text: str, count: int = 2) -> str:
    """Return the first lines of a text that are not empty, as one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[:count])[:500]

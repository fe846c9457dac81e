"""Use this suite in a real browser, as a person does: open every form, run a tool and a workflow by clicking.

``run_galaxy.py test`` calls it in an environment that holds Playwright, with the Chromium of this computer, beside
the tests of tools and workflows. What to visit comes as JSON on standard input (:class:`Visit`). Every check says
one line; those that fail also leave a picture of what was to be seen. It ends with status 1 if any failed.

A form is held against Galaxy's own description of the tool: every input that is visible at first must be there, in
order and with its label, and nothing else; no message of an error, neither on the page nor in the console.
"""

from __future__ import annotations

import json
import re
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Response

#: seconds that a page may take to show something, and a job or workflow to end, on a busy computer
PAGE, RUN = 120.0, 1200.0
WIDTH, HEIGHT = 1400, 900

#: what Galaxy says about data that must be chosen first
UNFILLED = "Please provide a value for this option."
#: Galaxy's client asks for tools that users made themselves, which this Galaxy does not allow
EXPECTED_REFUSALS = ("/api/unprivileged_tools",)
#: what the script says where a page is left before all that it had asked for came
LEFT = "signal is aborted"
#: what Galaxy adds to every form
ADDITIONAL = ["use_cached_job", "send_email_notification"]

#: Takes ``[name, label]`` of the inputs that must be there, names of those that may, and the message about data
#: that must be chosen first; returns what is wrong.
COMPARE_FORM = """([expected, additional, unfilled]) => {
    const visible = (element) => element.getClientRects().length > 0;
    const plain = (text) => (text || '').replace(/\\s+/g, ' ').trim();
    const wrong = [];
    let previous = null;
    for (const [name, label] of expected) {
        const element = document.getElementById('form-element-' + name);
        if (!element || !visible(element)) {
            wrong.push(`no input '${label}' (${name})`);
            continue;
        }
        // the input that decides over others has its label in the head of the box around them
        const box = element.closest('.portlet-content');
        const title = plain(element.querySelector('.ui-form-title').innerText)
            || plain(box && box.parentElement.querySelector('.portlet-header').innerText);
        if (!title.startsWith(plain(label))) {
            wrong.push(`the label of ${name} is '${title}' instead of '${label}'`);
        }
        if (previous && !(previous.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING)) {
            wrong.push(`'${label}' (${name}) stands before '${previous.id}'`);
        }
        previous = element;
    }
    const names = new Set([...additional, ...expected.map(([name]) => name)]);
    for (const element of document.querySelectorAll('#tool-card-body [id^="form-element-"]')) {
        if (visible(element) && !names.has(element.id.replace('form-element-', ''))) {
            wrong.push(`${element.id} should not be there`);
        }
    }
    for (const message of document.querySelectorAll('#center .ui-form-error-text')) {
        const text = plain(message.innerText);
        // what must be typed or chosen first is no error of a form
        const around = message.closest('.ui-form-element');
        const typed = around.querySelector('input:not(.multiselect__input), textarea');
        if (visible(message) && text !== unfilled && !(typed && typed.value === '')) {
            wrong.push(text);
        }
    }
    for (const image of document.querySelectorAll('#center img')) {
        if (visible(image) && image.complete && !image.naturalWidth) {
            wrong.push(`a broken image: ${image.src}`);
        }
    }
    return wrong;
}"""


class Problem(Exception):
    """Something that a person would call broken."""


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
        Folder for pictures and for ``browser.xml`` (JUnit).
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
    """What became of one check."""

    name: str
    seconds: float = 0.0
    problem: str = ""


def visible_inputs(inputs: list[dict[str, Any]], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name of the element and the label of every input that a form shows, its sections being open.

    Parameters
    ----------
    inputs : list of dict
        Inputs of a tool as Galaxy's API lists them (``tools/ID/build``).
    prefix : str
        Names of what they are in.
    """
    for entry in inputs:
        name = f"{prefix}{entry['name']}"
        if entry["type"] == "conditional":
            test = entry["test_param"]
            yield from visible_inputs([test], f"{name}|")
            chosen = [case for case in entry["cases"] if str(case["value"]) == str(test["value"]).lower()]
            chosen = chosen or [case for case in entry["cases"] if str(case["value"]) == str(test["value"])]
            for case in chosen:
                yield from visible_inputs(case["inputs"], f"{name}|")
        elif entry["type"] == "section":
            yield from visible_inputs(entry["inputs"], f"{name}|")
        elif entry["type"] == "repeat":
            for number, block in enumerate(entry["cache"]):
                yield from visible_inputs(block, f"{name}_{number}|")
        elif not entry["type"].startswith("hidden") and not entry.get("hidden"):
            yield name, entry["label"]


def titles(inputs: list[dict[str, Any]]) -> list[str]:
    """Return the titles of sections and repeats at the top level of a tool."""
    return [entry["title"] for entry in inputs if entry["type"] in ("section", "repeat")]


def junit(checks: list[Check]) -> ET.ElementTree[ET.Element]:
    """Return a report in the form of JUnit."""
    failures = sum(1 for check in checks if check.problem)
    suite = ET.Element("testsuite", name="browser", tests=str(len(checks)), failures=str(failures), errors="0")
    for check in checks:
        case = ET.SubElement(suite, "testcase", classname="browser", name=check.name, time=f"{check.seconds:.3f}")
        if check.problem:
            ET.SubElement(case, "failure", message=check.problem).text = check.problem
    return ET.ElementTree(suite)


@dataclass
class Person:
    """Somebody in front of a page of Galaxy.

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
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PAGE * 1000)
        # the same with and without a network: nothing that other computers serve
        self.page.route(lambda url: not url.startswith(self.visit.url), lambda route: route.abort())
        self.page.on("pageerror", self._hear)
        self.page.on("response", self._listen)

    def _hear(self, error: Exception) -> None:
        if LEFT not in str(error):
            self.complaints.append(f"the page's script fails: {error}")

    def _listen(self, response: Response) -> None:
        if response.status >= 400 and not any(place in response.url for place in EXPECTED_REFUSALS):
            self.complaints.append(f"{response.status} for {response.url}")

    @contextmanager
    def checking(self, name: str) -> Iterator[None]:
        """Do one check: note how long it took and what was wrong, say it, and leave a picture of what fails."""
        from playwright.sync_api import Error

        check = Check(name)
        self.checks.append(check)
        self.complaints.clear()
        begin = time.monotonic()
        try:
            yield
            if self.complaints:
                raise Problem("; ".join(dict.fromkeys(self.complaints)))
        except (Problem, Error) as error:
            picture = f"FAILED {name}.png"
            check.problem = _first_lines(str(error)) or type(error).__name__
            try:
                self.page.screenshot(path=Path(self.visit.reports) / picture)
                check.problem += f" (the page says: {_first_lines(self.page.inner_text('#center'), 3)})"
            except Error:
                pass
        check.seconds = time.monotonic() - begin
        print(
            f"{name}: {f'FAILED: {check.problem}' if check.problem else 'good'}, {check.seconds:.0f} s", flush=True
        )

    # ---- what a person does ---------------------------------------------------------------------------------

    def take(self, name: str, part: Locator | None = None) -> None:
        """Take a picture of the page, or of a part of it."""
        (part or self.page).screenshot(path=Path(self.visit.reports) / f"{name}.png")

    def arrive(self) -> None:
        """Open the page that shows the history with the sample data."""
        self.page.goto(self.visit.page)
        self.page.wait_for_selector("#current-history-panel .content-item")

    def wait_for_form(self, button: str) -> None:
        """Wait until a form shows its button; complain at once where a message stands in its place."""
        message = self.page.locator("#center .alert-danger:visible, #center .alert-warning:visible").first
        # a form may well warn, of data that there are not, but beside its button
        self.page.locator(button).first.or_(message).first.wait_for()
        if not self.page.locator(button).first.is_visible():
            raise Problem(message.inner_text())

    def choose(self, label: str, value: str) -> None:
        """Choose what an input with a list takes."""
        box = self.page.locator(f'#center [data-label="{label}"] .multiselect').first
        box.click()
        box.get_by_role("option").filter(has_text=value).first.click()
        box.locator(".multiselect__single").filter(has_text=value).wait_for()

    def ask(self, place: str) -> Any:
        """Return what Galaxy's API answers to this person."""
        return self.page.request.get(f"{self.visit.url}/api/{place}").json()

    def items(self) -> dict[int, dict[str, Any]]:
        """Return what is to be seen in the history, by number."""
        # the list as the panel asks for it; the other one does not count the jobs behind collections
        contents = self.ask(f"histories/{self.visit.history}/contents?v=dev&q=deleted&qv=false")
        return {item["hid"]: item for item in contents if item["visible"] and not item["deleted"]}

    def wait_until_green(self, before: set[int], ready: Callable[[], bool] = lambda: True) -> dict[str, int]:
        """Wait until all that is new in the history is green, and return the numbers of it by name.

        Parameters
        ----------
        before : set of int
            Numbers of what was there before.
        ready : callable
            Returns whether nothing more will be added.
        """
        end = time.monotonic() + RUN
        while True:
            complete = ready()
            new = {number: item for number, item in self.items().items() if number not in before}
            states = {number: _state(item) for number, item in new.items()}
            for number, state in states.items():
                if state in ("error", "failed", "failed_metadata", "discarded", "paused"):
                    raise Problem(
                        f"{number}: {new[number]['name']} is in state {state}: {self._complaint_of_job()}"
                    )
            if complete and new and set(states.values()) == {"ok"}:
                break
            if time.monotonic() > end:
                raise Problem(f"not green after {RUN:.0f} s: {states}")
            self.page.wait_for_timeout(1000)
        return {item["name"]: number for number, item in new.items()}

    def see_green(self, number: int) -> None:
        """Wait until the panel draws an item green, and all else that it shows."""
        self.page.locator(f'#current-history-panel [data-hid="{number}"][data-state="ok"]').wait_for()
        shown = self.page.locator("#current-history-panel .content-item")
        colours = shown.evaluate_all("items => items.map(item => item.dataset.state)")
        if set(colours) != {"ok"}:
            raise Problem(f"the history shows {colours}")

    def _complaint_of_job(self) -> str:
        """Return what the first job that failed wrote, those behind collections included."""
        for item in self.ask(f"histories/{self.visit.history}/contents?v=dev&q=deleted&qv=false"):
            if item.get("state") == "error":
                identifier = self.ask(f"datasets/{item['id']}")["creating_job"]
                job = self.ask(f"jobs/{identifier}?full=true")
                messages = [message["desc"] for message in job["job_messages"] or ()]
                return _first_lines("\n".join([job["stderr"] or "", *messages]), 5)
        return "no job says why"

    def look_at(self, number: int, sample: str) -> Locator:
        """Click on the eye of a sample of a collection, and return the pane in the middle."""
        self.page.goto(self.visit.url)
        self.page.locator(f'#current-history-panel [data-hid="{number}"] .content-title').click()
        element = self.page.locator("#current-history-panel .content-item", has_text=sample)
        element.locator(".display-btn").click()
        return self.page.locator("#center")

    # ---- checks ---------------------------------------------------------------------------------------------

    def check_form(self, tool: str) -> None:
        """Open the form of a tool, hold it against the tool's description, and picture it from top to bottom."""
        page = self.page
        with page.expect_response(re.compile(rf"/api/tools/{re.escape(tool)}/build")) as caught:
            page.goto(f"{self.visit.url}/?tool_id={tool}&version=latest")
        self.wait_for_form("#execute")
        described = caught.value.json()
        head = page.locator(".tool-header").inner_text()
        for text in (described["name"], described["description"], f"Galaxy Version {described['version']}"):
            if text not in head:
                raise Problem(f"the head of the form lacks '{text}': {head}")
        sections = page.locator("#tool-card-body .ui-portlet-section:has(> .portlet-header.cursor-pointer)")
        for section in sections.all():
            content = section.locator("> .portlet-content")
            if not content.is_visible():
                section.locator("> .portlet-header").click()
                content.wait_for()
        wrong = page.evaluate(COMPARE_FORM, [list(visible_inputs(described["inputs"])), ADDITIONAL, UNFILLED])
        body = page.locator("#tool-card-body").inner_text()
        wrong += [f"no part '{title}'" for title in titles(described["inputs"]) if title not in body]
        wrong += page.locator("#center .alert-danger:visible").all_inner_texts()
        help_text = page.locator(".form-help")
        if not help_text.is_visible() or len(help_text.inner_text()) < 300:
            wrong.append("no help")
        wrong += help_text.locator(".system-message").all_inner_texts()
        if wrong:
            raise Problem("; ".join(wrong))
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT + self._hidden_height()})
        self.take(f"form of {tool}", page.locator("#center"))
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def _hidden_height(self) -> int:
        pane = self.page.locator("#center > div").first
        return int(pane.evaluate("pane => pane.scrollHeight - pane.clientHeight"))

    def check_workflow_form(self, name: str, identifier: str) -> None:
        """Open the form of a workflow, and look for all its inputs."""
        self.page.goto(f"{self.visit.url}/workflows/run?id={identifier}")
        self.wait_for_form("#run-workflow")
        for entry in self.ask(f"workflows/{identifier}")["inputs"].values():
            self.page.locator(f'#center [data-label="{entry["label"]}"]').first.wait_for()
        self.take(f"form of {name}")

    def check_tool(self) -> None:
        """Find a tool in the panel, choose its data, run it, and wait until its result is green."""
        page, before = self.page, set(self.items())
        page.goto(self.visit.url)
        page.get_by_placeholder("search tools").fill("predict miRNA targets")
        page.locator('a[href*="tool_id=mirtools_dmiso_predict"]').first.click()
        self.wait_for_form("#execute")
        self.choose("Interaction table", "labelled_pairs.tsv")
        self.take("tool")
        page.locator("#execute").first.click()
        self.see_green(max(self.wait_until_green(before).values()))
        page.locator("#current-history-panel .content-item .display-btn").first.click()
        page.locator("#center").get_by_text("prediction", exact=True).first.wait_for()
        self.take("table")

    def check_workflow(self, identifier: str) -> dict[str, int]:
        """Run a workflow from the list of workflows, and wait until all its results are green."""
        page, before = self.page, set(self.items())
        page.goto(self.visit.url)
        page.click("#activity-workflows")
        page.click(f"#g-card-action-workflow-run-{identifier}")
        self.wait_for_form("#run-workflow")
        self.choose("Chimeric reads", "Samples")
        self.choose("Mature miRNAs", "mirnas.fa")
        self.choose("Transcripts", "transcripts.fa.gz")
        self.take("workflow")
        with page.expect_response(re.compile(rf"/api/workflows/{identifier}/invocations")) as caught:
            page.click("#run-workflow")
        if not caught.value.ok:
            raise Problem(f"Galaxy does not run it: {caught.value.text()}")
        answer = caught.value.json()
        invocation = (answer[0] if isinstance(answer, list) else answer)["id"]

        def ready() -> bool:
            state = str(self.ask(f"invocations/{invocation}")["state"])
            if state in ("failed", "cancelled", "cancelling"):
                raise Problem(f"the run is {state}")
            return state in ("scheduled", "completed")

        results = self.wait_until_green(before, ready)
        # the panel of 26.1 does not notice when the jobs behind a collection end; opened anew, it does
        page.goto(f"{self.visit.url}/workflows/invocations/{invocation}")
        self.see_green(max(results.values()))
        page.locator("#center").get_by_text("jobs successful").last.wait_for()
        self.take("history")
        return results

    def check_figure(self, number: int, sample: str) -> None:
        """Look at a figure."""
        image = self.look_at(number, sample).locator("img:visible").first
        image.wait_for()
        self.page.wait_for_function("image => image.complete", arg=image.element_handle())
        if image.evaluate("image => image.naturalWidth") < 600:
            raise Problem("the figure does not show")
        self.take("figure")

    def check_summary(self, number: int, sample: str) -> None:
        """Look at a summary."""
        page = self.look_at(number, sample).frame_locator("iframe:visible")
        page.get_by_text("miRNA-target pairs").first.wait_for()
        self.take("summary")


def _state(item: dict[str, Any]) -> str:
    """Return the state of an item of a history; that of a collection is that of what is in it."""
    if item["history_content_type"] == "dataset":
        return str(item["state"])
    jobs = {state: count for state, count in item["job_state_summary"].items() if count and state != "all_jobs"}
    worst = next((state for state in jobs if state != "ok"), "ok")
    return worst if item["populated_state"] == "ok" else str(item["populated_state"])


def _first_lines(text: str, count: int = 2) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[:count])[:500]


def main() -> int:
    """Visit what standard input says."""
    from playwright.sync_api import sync_playwright

    visit = Visit(**json.load(sys.stdin))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=visit.browser, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        person = Person(context.new_page(), visit)
        browse(person)
        browser.close()
    junit(person.checks).write(Path(visit.reports) / "browser.xml", encoding="utf-8", xml_declaration=True)
    return int(any(check.problem for check in person.checks))


def browse(person: Person) -> None:
    """Do all checks; those that need the result of one that failed are left out."""
    visit = person.visit
    with person.checking("the page with the sample data"):
        person.arrive()
    for tool in visit.tools:
        with person.checking(f"form of {tool}"):
            person.check_form(tool)
    for name, identifier in visit.workflows.items():
        with person.checking(f"form of {name}"):
            person.check_workflow_form(name, identifier)
    with person.checking("a tool, by clicking"):
        person.check_tool()
    results: dict[str, int] = {}
    with person.checking("a workflow, by clicking"):
        results = person.check_workflow(visit.workflows["mirna-targets-from-chimeric-reads"])
    if results:
        with person.checking("a figure"):
            person.check_figure(results["Figure"], "6000_reads")
        with person.checking("a summary"):
            person.check_summary(results["Summary"], "6000_reads")


if __name__ == "__main__":
    sys.exit(main())

"""Use this suite in a real browser, as a user does: open every form, run a tool and a workflow by clicking.

``run_galaxy.py test`` calls it in an environment that holds Playwright, with the Chromium of this computer, at
the same time as the tests of tools and workflows. The task is JSON on standard input (:class:`Visit`).
Every check prints one line; those that fail also save a screenshot. It ends with status 1 if any failed.

A form is compared with Galaxy's own description of the tool: every input that is visible at first must be there,
in order and with its label, and nothing else; no error message, neither on the page nor in the console.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from galaxy_forms import titles, visible_inputs
from galaxy_page import GalaxyPage, Problem, Visit, junit

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTH, HEIGHT = 1400, 900

#: Galaxy's message about data that must be chosen first
UNFILLED = "Please provide a value for this option."
#: inputs that Galaxy adds to every form
ADDITIONAL = ["use_cached_job", "send_email_notification"]
#: returns what is wrong with a form
COMPARE_FORM = Path(__file__).with_name("compare_form.js").read_text()


def check_form(browser: GalaxyPage, tool: str) -> None:
    """Open the form of a tool, compare it with the tool's description, and save a screenshot of all of it."""
    page = browser.page
    with page.expect_response(re.compile(rf"/api/tools/{re.escape(tool)}/build")) as caught:
        page.goto(f"{browser.visit.url}/?tool_id={tool}&version=latest")
    browser.wait_for_form("#execute")
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
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT + _hidden_height(page)})
    browser.screenshot(f"form of {tool}", page.locator("#center"))
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def _hidden_height(page: Page) -> int:
    pane = page.locator("#center > div").first
    return int(pane.evaluate("pane => pane.scrollHeight - pane.clientHeight"))


def check_workflow_form(browser: GalaxyPage, name: str, identifier: str) -> None:
    """Open the form of a workflow, and look for all its inputs."""
    browser.page.goto(f"{browser.visit.url}/workflows/run?id={identifier}")
    browser.wait_for_form("#run-workflow")
    for entry in browser.ask(f"workflows/{identifier}")["inputs"].values():
        browser.page.locator(f'#center [data-label="{entry["label"]}"]').first.wait_for()
    browser.screenshot(f"form of {name}")


def check_tool(browser: GalaxyPage) -> None:
    """Find a tool in the panel, choose its data, run it, and wait until its result is green."""
    page, before = browser.page, set(browser.items())
    page.goto(browser.visit.url)
    page.get_by_placeholder("search tools").fill("predict miRNA targets")
    page.locator('a[href*="tool_id=mirtools_dmiso_predict"]').first.click()
    browser.wait_for_form("#execute")
    browser.choose("Interaction table", "labelled_pairs.tsv")
    browser.screenshot("tool")
    page.locator("#execute").first.click()
    browser.check_green(max(browser.wait_until_green(before).values()))
    page.locator("#current-history-panel .content-item .display-btn").first.click()
    page.locator("#center").get_by_text("prediction", exact=True).first.wait_for()
    browser.screenshot("table")


def check_workflow(browser: GalaxyPage, identifier: str) -> dict[str, int]:
    """Run a workflow from the list of workflows, and wait until all its results are green."""
    page, before = browser.page, set(browser.items())
    page.goto(browser.visit.url)
    page.click("#activity-workflows")
    page.click(f"#g-card-action-workflow-run-{identifier}")
    browser.wait_for_form("#run-workflow")
    browser.choose("Chimeric reads", "Samples")
    browser.choose("Mature miRNAs", "mirnas.fa")
    browser.choose("Transcripts", "transcripts.fa.gz")
    browser.screenshot("workflow")
    with page.expect_response(re.compile(rf"/api/workflows/{identifier}/invocations")) as caught:
        page.click("#run-workflow")
    if not caught.value.ok:
        raise Problem(f"Galaxy does not run it: {caught.value.text()}")
    answer = caught.value.json()
    invocation = (answer[0] if isinstance(answer, list) else answer)["id"]

    def ready() -> bool:
        state = str(browser.ask(f"invocations/{invocation}")["state"])
        if state in ("failed", "cancelled", "cancelling"):
            raise Problem(f"the run is {state}")
        return state in ("scheduled", "completed")

    results = browser.wait_until_green(before, ready)
    # the panel of 26.1 does not notice when the jobs of a collection end, until the page is loaded again
    page.goto(f"{browser.visit.url}/workflows/invocations/{invocation}")
    browser.check_green(max(results.values()))
    page.locator("#center").get_by_text("jobs successful").last.wait_for()
    browser.screenshot("history")
    return results


def check_figure(browser: GalaxyPage, number: int, sample: str) -> None:
    """Look at the figure of a sample."""
    image = browser.look_at(number, sample).locator("img:visible").first
    image.wait_for()
    browser.page.wait_for_function("image => image.complete", arg=image.element_handle())
    if image.evaluate("image => image.naturalWidth") < 600:
        raise Problem("the figure does not show")
    browser.screenshot("figure")


def check_summary(browser: GalaxyPage, number: int, sample: str) -> None:
    """Look at the summary of a sample."""
    page = browser.look_at(number, sample).frame_locator("iframe:visible")
    page.get_by_text("miRNA-target pairs").first.wait_for()
    browser.screenshot("summary")


def main() -> int:
    """Run the task on standard input."""
    from playwright.sync_api import sync_playwright

    visit = Visit(**json.load(sys.stdin))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=visit.browser, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        galaxy = GalaxyPage(context.new_page(), visit)
        run_checks(galaxy)
        browser.close()
    junit(galaxy.checks).write(Path(visit.reports) / "browser.xml", encoding="utf-8", xml_declaration=True)
    return int(any(check.problem for check in galaxy.checks))


def run_checks(browser: GalaxyPage) -> None:
    """Run all checks, except those that need the result of a failed one."""
    visit = browser.visit
    with browser.checking("the page with the sample data"):
        browser.open_history()
    for tool in visit.tools:
        with browser.checking(f"form of {tool}"):
            check_form(browser, tool)
    for name, identifier in visit.workflows.items():
        with browser.checking(f"form of {name}"):
            check_workflow_form(browser, name, identifier)
    with browser.checking("a tool, by clicking"):
        check_tool(browser)
    results: dict[str, int] = {}
    with browser.checking("a workflow, by clicking"):
        results = check_workflow(browser, visit.workflows["mirna-targets-from-chimeric-reads"])
    if results:
        with browser.checking("a figure"):
            check_figure(browser, results["Figure"], "6000_reads")
        with browser.checking("a summary"):
            check_summary(browser, results["Summary"], "6000_reads")


if __name__ == "__main__":
    sys.exit(main())

"""Hostile text against the suite in a running Galaxy: in every text field, in names of datasets and of elements.

``run_galaxy.py test`` calls :func:`check` at the same time as the tests of tools and workflows. Text that users
type and names of their files must never be executed, must reach a command line only within single quotes, and must
not mix up samples:

1. Every text parameter of every wrapper, as Galaxy itself lists them, gets every hostile text. All are refused,
   with the message of the parameter's validator. So are hostile values of selects and of numbers, and models of a
   format that this suite does not read.
2. Every wrapper runs once, on datasets with hostile names, with the strangest text that its fields accept.
   It must succeed, and a click on the eye icon of its outputs must show something.
3. Samples whose names differ only in forbidden characters keep separate columns with the right counts.
4. A collection whose elements have hostile identifiers is mapped over a tool, and keeps its identifiers.

Execution is detected: a command ``pwned`` is on the path of every job and of the server, and writes a line to a
file.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from galaxy_progress import say, say_problem
from galaxy_server import Server
from hostile_requests import HOSTILE, MARKS, NAMES, REQUESTS, SAMPLES, SAMPLES_REQUEST


def unquoted(command: str) -> str:
    """Return a command line without what is within single quotes."""
    return re.sub(r"'[^']*'", "''", command)


def parameters(
    inputs: list[dict[str, Any]], path: str = "", chosen: dict[str, str] | None = None
) -> Iterator[Any]:
    """Yield path, description of each parameter of a tool, and the choices that show it in the form.

    Paths are those of requests, with the first of a repeat.
    """
    chosen = chosen or {}
    for entry in inputs:
        place = f"{path}{entry['name']}"
        if entry["type"] == "conditional":
            test = f"{place}|{entry['test_param']['name']}"
            yield test, entry["test_param"], chosen
            for case in entry["cases"]:
                yield from parameters(case["inputs"], f"{place}|", chosen | {test: case["value"]})
        elif entry["type"] == "repeat":
            yield from parameters(entry["inputs"], f"{place}_0|", chosen)
        elif entry["type"] == "section":
            yield from parameters(entry["inputs"], f"{place}|", chosen)
        else:
            yield place, entry, chosen


class SecurityChecks:
    """One pass over a running Galaxy; problems are collected, so that one does not hide the others."""

    def __init__(self, galaxy: Server) -> None:
        self.galaxy = galaxy
        self.problems: list[str] = []
        #: messages of validators
        self.messages = tuple(
            message
            for path in galaxy.suite.glob("*.xml")
            for validator in ET.parse(path).getroot().iter("validator")
            if (message := validator.get("message"))
        )
        self.history = self._ask("POST", "histories", {"name": "'; pwned; '"})["id"]
        self.forms = {
            name: self._ask("GET", f"tools/mirtools_{name}?io_details=true")["inputs"] for name in REQUESTS
        }

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API as a user, and return the JSON of its answer; a refusal is an answer, too."""
        request = urllib.request.Request(
            f"{self.galaxy.url}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"x-api-key": self.galaxy.user_key, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            try:
                return {"refused": error.code} | json.loads(text)
            except ValueError:
                return {"refused": error.code, "err_msg": text[:200]}

    def _content(self, dataset: str, view: str) -> str:
        """Return a view of a dataset."""
        request = urllib.request.Request(
            f"{self.galaxy.url}/api/datasets/{dataset}/{view}",
            headers={"x-api-key": self.galaxy.user_key},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return str(answer.read().decode(errors="replace"))

    def _submit(self, tool: str, inputs: dict[str, Any]) -> Any:
        return self._ask(
            "POST", "tools", {"history_id": self.history, "tool_id": f"mirtools_{tool}", "inputs": inputs}
        )

    # ---- refusals

    def refusals(self) -> None:
        """Submit hostile values for every parameter but data, without any data: nothing starts, all are named."""
        asked = sum(self._refused_values(tool) + self._refused_models(tool) for tool in self.forms)
        say(f"security: {asked} hostile values submitted")

    def _refused_values(self, tool: str) -> int:
        """Submit every hostile text for every parameter of a tool, and return the number of values."""
        form = self.forms[tool]
        for path in sorted({path for path, entry, _ in parameters(form) if entry["type"] == "text"}):
            if path not in REQUESTS[tool] | SAMPLES_REQUEST:
                self.problems.append(f"{tool}: no request has text in {path}")
        # the fields of one choice of the conditionals are submitted together
        together: dict[str, tuple[dict[str, str], list[Any]]] = {}
        for path, entry, chosen in parameters(form):
            if entry["type"] in ("text", "select", "integer", "float"):
                together.setdefault(json.dumps(chosen), (chosen, []))[1].append((path, entry))
        asked = 0
        for chosen, fields in together.values():
            texts = any(entry["type"] == "text" for _, entry in fields)
            for hostile in HOSTILE if texts else HOSTILE[:1]:
                values = {path: [hostile] if entry.get("multiple") else hostile for path, entry in fields}
                asked += len(values)
                answer = self._submit(tool, chosen | values)
                refused = answer.get("err_data") or {} if answer.get("refused") == 400 else {}
                for path, entry in fields:
                    message = refused.get(path, "")
                    if not message or (entry["type"] == "text" and not message.endswith(self.messages)):
                        self.problems.append(f"{tool}: {path} took {hostile!r}: {message or str(answer)[:200]}")
        return asked

    def _refused_models(self, tool: str) -> int:
        """Submit a model of a later format wherever installed models are offered; return the number of values."""
        asked = 0
        for path, entry, chosen in parameters(self.forms[tool]):
            offered = {option[1] for option in entry.get("options") or []}
            if "test-seeds" in offered:
                asked += 1
                refused = self._submit(tool, chosen | {path: "test-future"}).get("err_data") or {}
                if "test-future" in offered or path not in refused:
                    self.problems.append(f"{tool}: {path} offers a model that the suite cannot read")
        return asked

    # ---- jobs

    def upload(self) -> dict[str, str]:
        """Load the data of all requests under hostile names, and return their identifiers."""
        wanted = sorted({value for request in REQUESTS.values() for value in request.values() if _is_data(value)})
        own = self.galaxy.run / "security"
        own.mkdir(exist_ok=True)
        (own / "strange_columns.tsv").write_text(_strange_columns(self.galaxy.suite / "test-data"))
        mirnas = (f">{name}\nUGAGGUAGUAGGUUGUAUAGUU\n" for name in ("pwned", "rf.", "777__--help_"))
        (own / "strange_mirnas.fa").write_text("".join(mirnas))
        (own / "strange_samples.tsv").write_text("sample\tcondition\npwned --help .. -rf\ta\n")
        strange = ("a1\tpwned --help .. -rf", "b1\tb --json .. pwned")
        (own / "strange_conditions.tsv").write_text("".join(f"{row}\n" for row in ("sample\tcondition", *strange)))
        elements = []
        for number, value in enumerate(wanted):
            file, datatype = value[1:].split()
            path = own / file if (own / file).exists() else self.galaxy.suite / "test-data" / file
            name = NAMES[number % len(NAMES)]
            elements.append({"src": "path", "path": str(path), "name": name, "ext": datatype})
        for number, (name, _) in enumerate(SAMPLES, 1):
            path = own / f"sample_{number}.fa"
            path.write_text(_reads(self.galaxy.suite / "test-data", number))
            elements.append({"src": "path", "path": str(path), "name": name, "ext": "fasta"})
        target = {"destination": {"type": "hdas"}, "elements": elements}
        answer = self._ask("POST", "tools/fetch", {"history_id": self.history, "targets": [target]})
        self._wait([job["id"] for job in answer["jobs"]])
        contents = self._ask("GET", f"histories/{self.history}/contents?v=dev&order=hid-asc")
        loaded = {entry["hid"]: entry for entry in contents}
        if [entry["state"] for entry in loaded.values()] != ["ok"] * len(elements):
            raise RuntimeError(f"the data did not load: {[entry['state'] for entry in loaded.values()]}")
        keys = [*wanted, *(f"sample {number}" for number in range(1, len(SAMPLES) + 1))]
        return {key: entry["id"] for key, entry in zip(keys, loaded.values(), strict=True)}

    def jobs(self, data: dict[str, str]) -> None:
        """Run every wrapper, and look at its command line, its exit status and its outputs."""
        started = {tool: (tool, self._submit(tool, _filled(request, data))) for tool, request in REQUESTS.items()}
        samples = [{"src": "hda", "id": data[f"sample {number}"]} for number in range(1, len(SAMPLES) + 1)]
        request = _filled(SAMPLES_REQUEST, data)
        several = {"reads|kind": "several", "reads|reads": samples}
        started["samples"] = ("chimera_parse", self._submit("chimera_parse", request | several))
        names = ["'; pwned; '", "$(pwned) ../../ `pwned`"]
        batch = {"values": [{"src": "hdca", "id": self._collection(samples[:2], names)}], "batch": True}
        started["mapped"] = ("chimera_parse", self._submit("chimera_parse", request | {"reads|reads": batch}))
        jobs = {}
        for name, (_, answer) in started.items():
            if "refused" in answer:
                self.problems.append(f"{name}: did not start: {str(answer)[:300]}")
            else:
                jobs[name] = [job["id"] for job in answer["jobs"]]
        self._wait([job for each in jobs.values() for job in each])
        for name in jobs:
            tool, answer = started[name]
            for job in jobs[name]:
                self._check_job(name, tool, job)
            self._check_views(name, answer["outputs"])
        if "samples" in jobs:
            self._check_samples(started["samples"][1]["outputs"][0]["id"])
        if "mapped" in jobs:
            self._check_elements(started["mapped"][1]["implicit_collections"][0]["id"], names)
        say(f"security: {sum(map(len, jobs.values()))} jobs with hostile names and strange texts")

    def _check_views(self, name: str, outputs: list[dict[str, Any]]) -> None:
        """Check that a click on the eye icon of each output shows something."""
        for output in outputs:
            dataset = self._ask("GET", f"datasets/{output['id']}")
            if dataset["state"] != "ok":
                continue
            # where Galaxy's page gets what it shows
            view = "report" if dataset["extension"] == "tool_markdown" else "display?preview=True"
            try:
                shown = self._content(output["id"], view)
            except urllib.error.HTTPError as error:
                shown = ""
                say_problem(str(error))
            if not shown.strip():
                self.problems.append(f"{name}: {output['output_name']} cannot be looked at")

    def _check_elements(self, collection: str, expected: list[str]) -> None:
        """Check that the elements of a collection have the identifiers of the collection that was mapped."""
        place = f"histories/{self.history}/contents/dataset_collections/{collection}"
        found = [element["element_identifier"] for element in self._ask("GET", place)["elements"]]
        if found != expected:
            self.problems.append(f"mapped: the elements are called {found}")

    def _collection(self, datasets: list[dict[str, str]], identifiers: list[str]) -> str:
        elements = [{**data, "name": name} for data, name in zip(datasets, identifiers, strict=True)]
        body = {
            "history_id": self.history,
            "collection_type": "list",
            "name": "`pwned`",
            "element_identifiers": elements,
        }
        return str(self._ask("POST", "dataset_collections", body)["id"])

    def _wait(self, jobs: list[str], patience: float = 600) -> None:
        end = time.monotonic() + patience
        for job in jobs:
            while self._ask("GET", f"jobs/{job}")["state"] not in ("ok", "error", "deleted", "paused"):
                if time.monotonic() > end:
                    raise RuntimeError(f"the jobs took more than {patience:.0f} s")
                time.sleep(0.5)

    def _check_job(self, name: str, tool: str, job: str) -> None:
        end = self._ask("GET", f"jobs/{job}?full=true")
        if end["state"] != "ok" or end.get("exit_code") != 0:
            self.problems.append(
                f"{name}: ended as {end['state']}: {(end.get('tool_stderr') or end.get('stderr') or '')[-300:]}"
            )
        command = end.get("command_line") or ""
        if not re.search(rf"(^|\s){tool.replace('_', '-')}\s", command):
            self.problems.append(f"{name}: Galaxy shows no command line: {command[:200]!r}")
        bare = unquoted(command)
        found = [mark for mark in MARKS if mark in bare]
        if found or "'" in bare.replace("''", ""):
            self.problems.append(f"{name}: outside of quotes there is {found}: {bare}")

    def _check_samples(self, table: str) -> None:
        """Check that the column of each sample counts its reads: the i-th sample has i."""
        rows = list(csv.reader(io.StringIO(self._content(table, "display")), delimiter="\t"))
        counts = {
            column.removeprefix("n_reads:"): sum(int(row[place]) for row in rows[1:])
            for place, column in enumerate(rows[0] if rows else [])
            if column.startswith("n_reads:")
        }
        expected = {column: number for number, (_, column) in enumerate(SAMPLES, 1)}
        if counts != expected:
            self.problems.append(f"samples are mixed up: {counts} instead of {expected}")


def _is_data(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("@")


def _filled(request: dict[str, Any], data: dict[str, str]) -> dict[str, Any]:
    """Return a request with datasets in place of their names."""
    return {
        path: {"src": "hda", "id": data[value]} if _is_data(value) else value for path, value in request.items()
    }


def _strange_columns(folder: Path) -> str:
    """Return a table of scores with columns whose names read like options."""
    lines = (folder / "scored_pairs.tsv").read_text().splitlines()
    strange = ["\tenergy -o ..pwned\tkind --help: +pwned"]
    strange += [f"\t-{number}\tv -rf .. pwned" for number in range(1, len(lines))]
    return "".join(f"{line}{more}\n" for line, more in zip(lines, strange, strict=True))


def _reads(folder: Path, number: int) -> str:
    """Return a number of chimeric reads of let-7a and a transcript, each with another part of it, as FASTA."""
    transcript = "".join((folder / "three_transcripts.fa").read_text().split(">")[1].split("\n")[1:])
    reads = []
    for start in range(number):
        site = transcript[100 + 5 * start : 140 + 5 * start]
        reads.append(f">sample{number}_read{start}\nTGAGGTAGTAGGTTGTATAGTT{site}\n")
    return "".join(reads)


def check(galaxy: Server) -> bool:
    """Attack the suite in a running Galaxy, print all problems, and return whether there were none."""
    begin = time.monotonic()
    mark = galaxy.run / "security_marks"
    trap = galaxy.run / "bin" / "pwned"
    trap.write_text(f'#!/bin/sh\necho "$PWD: $0 $*" >> "{mark}"\n')
    trap.chmod(0o755)
    checks = SecurityChecks(galaxy)
    checks.refusals()
    checks.jobs(checks.upload())
    leftovers = [
        str(Path(folder, name))
        for folder, folders, files in os.walk(galaxy.run)
        for name in (*folders, *files)
        if "pwned" in name and Path(folder, name) != trap
    ]
    if mark.exists():
        checks.problems.append(f"was executed: {mark.read_text()}")
    if leftovers:
        checks.problems.append(f"files that should not be: {leftovers}")
    trap.unlink()
    for problem in checks.problems:
        say_problem(problem)
    verdict = f"FAILED, {len(checks.problems)} problems" if checks.problems else "passed"
    say(f"security: {verdict}, {time.monotonic() - begin:.0f} s")
    return not checks.problems

"""Hostile text against the suite in a running Galaxy: in every text field, in names of datasets and of elements.

``run_galaxy.py test`` calls :func:`check` beside the tests of tools and workflows. What people type, or how they
name their files, must never be executed, must reach a command line only within single quotes, and must not mix up
samples:

1. Every text parameter of every wrapper, as Galaxy itself lists them, gets every hostile text. All are refused,
   with the message of the parameter's validator. So are hostile values of selects and of numbers, and models of a
   format that this suite does not read.
2. Every wrapper runs once, on datasets with hostile names, with the strangest text that its fields let through.
   It must end well, and a click on the eye of its outputs must show something.
3. Samples whose names differ in forbidden characters alone keep columns of their own, with their own counts.
4. A collection whose elements have hostile identifiers is mapped over a tool, and keeps its identifiers.

Whatever is executed leaves a mark: a command ``pwned`` stands on the path of every job and of the server.
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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

#: what must be refused wherever it is typed
HOSTILE = (
    "'; pwned; '",
    '"; pwned; "',
    "' || pwned || '",
    "a\\'; pwned; #",
    "$(pwned)",
    "`pwned`",
    "a; pwned",
    "a | pwned",
    "a && pwned",
    "a & pwned",
    "a > pwned",
    "a < /etc/passwd",
    "a\npwned\n",
    "a\r\npwned",
    "\tpwned",
    "${IFS}pwned",
    "a;${IFS}pwned",
    "$pwned",
    "--help=$(pwned)",
    "--output=pwned/",
    "-rf *",
    "../../pwned",
    "/etc/passwd",
    "~/pwned",
    "#set $x = __import__('os').system('pwned')",
    "#import os\n#silent os.system('pwned')",
    "${__import__('os').system('pwned')}",
    "$__import__('os').system('pwned')",
    "%(pwned)s",
    "{pwned}",
    '{"__class__": "pwned"}',
    "<script>pwned()</script>",
    "µ-ünï©ödé ‘pwned’ \u202e 名前",
    "!pwned",
    "*",
    "\\",
)

#: names of datasets and of elements of collections, which Galaxy takes as they are
NAMES = tuple(text for text in HOSTILE if "pwned" in text)

#: in every text that the fields let through there is one of these words
MARKS = ("pwned", "GATTACA", "0.125", "777")


class Server(Protocol):
    """What is asked of a Galaxy: see ``local_galaxy.Galaxy``."""

    url: str
    run: Path
    suite: Path
    user_key: str


#: a request for each wrapper: ``@file datatype`` is a dataset of test-data/. Text fields hold the strangest text
#: that they let through: options, dots, and a line end behind it, for which the $ of a regular expression has room
REQUESTS: dict[str, dict[str, Any]] = {
    "attrib_align": {
        "pairs": "@attributed_pairs.tsv tabular",
        "attributions|source": "matrix",
        "attributions|matrix": "@attributed_pairs.npz npz",
    },
    "attrib_compare": {
        "sets_0|label": "pwned --help .. -rf\n",
        "sets_0|aligned": "@explained_once.tsv tabular",
        "sets_1|label": "b -o ..pwned",
        "sets_1|aligned": "@explained_twice.tsv tabular",
    },
    "binding_classes": {"aligned": "@importances.tsv tabular", "number|how": "given", "number|k": 4},
    "chimera_index": {"transcripts": "@three_transcripts.fa fasta"},
    "chimera_parse": {
        "reads|kind": "hyb",
        "reads|reads": "@chimeras.hyb tabular",
        "mirnas|fasta": "@mirnas.fa fasta",
        "transcripts": "@transcripts.fa.gz fasta.gz",
        "min_reads": 1,
    },
    "chimera_simulate": {
        "mirnas|fasta": "@mirnas.fa fasta",
        "transcripts": "@transcripts.fa.gz fasta.gz",
        "amount|reads": 50,
        "read|adapter": "gattacaGATTACAGATTACA\n",
    },
    "dmiso_evaluate": {
        "table": "@strange_columns.tsv tabular",
        "predictor_name": "a --help .. -rf pwned",
        "others_0|table": "@strange_columns.tsv tabular",
        "others_0|name": "b --json .. pwned",
        "scores|columns_0|column": "energy -o ..pwned",
        "scores|columns_0|better": "lower",
        "scores|thresholds_0|predictor": "b --json .. pwned",
        "scores|thresholds_0|value": 0.5,
        "parts|only_0|column": "kind --help: +pwned",
        "parts|only_0|value": "v -rf .. pwned",
        "parts|by_0|column": "kind --help: +pwned",
        "intervals|resamples": 10,
    },
    "dmiso_interpret": {"pairs": "@two_pairs.tsv tabular", "format": "dmiso", "outputs": []},
    "dmiso_predict": {"what|pairs": "@two_pairs.tsv tabular", "what|format": "dmiso"},
    "dmiso_train": {
        "labelled": "@labelled_pairs.tsv tabular",
        "model_name": "pwned --help .. -rf\n",
        "what|architecture": "mirbind",
        "what|matrix|filters": 2,
        "what|matrix|blocks": 1,
        "recipe|epochs": 1,
        "recipe|patience": 0,
        "recipe|dropout": "0.125\n",
        "outputs": [],
    },
    "interactions_report": {"pairs": "@tiny_interactions.tsv.gz tabular.gz"},
    "isomir_classify": {"tables|pairs": "@chimera_pairs.tsv tabular", "mirnas|fasta": "@mirnas.fa fasta"},
    "negatives_generate": {"task|pairs": "@chimera_typed.tsv.gz tabular.gz", "task|strategy|how": "shuffled"},
    "peak_evaluate": {"peaks": "@narrowed.tsv tabular", "truth": "@planted.bed bed"},
    "peak_narrow": {
        "mirnas|fasta": "@let-7a.fa fasta",
        "targets": "@planted.fa fasta",
        "model|source": "history",
        "model|model": "@seeds.safetensors safetensors",
        "explaining|explainer|background": 2,
        "outputs": [],
    },
    "peak_simulate": {
        "kind|mirnas|fasta": "@let-7a.fa fasta",
        "kind|distances": "0,, 777\n",
        "kind|length": 1000,
    },
}

#: samples of one run of Find miRNA-target pairs: name of the dataset, column of the table. The suite keeps
#: letters, digits and _ + - . alone; before that, Galaxy makes an X of most signs that it does not trust
SAMPLES = (
    ("liver", "liver"),
    ("liver", "liver_2"),
    ("liver ", "liver_3"),
    ("li'ver", "li_ver"),
    ('li"ver', "li_ver_5"),
    ("li;ver", "liXver"),
    ("li_ver.fastq.gz", "li_ver_7"),
    ("'; pwned; '", "X_pwnedX"),
    ("$(pwned)", "X_pwned"),
    ("`pwned`.fa", "XpwnedX"),
    ("--help", "--help"),
    ("../../pwned", ".._.._pwned"),
    ("$x #set ${IFS}", "Xx__set_X_IFS"),
    ("名前", "XX"),
    ("';'", "X"),
)
SAMPLES_REQUEST: dict[str, Any] = {
    "reads|adapters_0|adapter": "GATTACAGATTACAGATTACA\n",
    "mirnas|fasta": "@mirnas.fa fasta",
    "transcripts": "@transcripts.fa.gz fasta.gz",
    "min_reads": 1,
    "outputs": [],
}


def unquoted(command: str) -> str:
    """Return a command line without what stands within single quotes."""
    return re.sub(r"'[^']*'", "''", command)


def leaves(inputs: list[dict[str, Any]], path: str = "", chosen: dict[str, str] | None = None) -> Iterator[Any]:
    """Go through a tool's parameters, and yield path, description, and the choices that make it part of the form.

    Paths are those of requests, with the first of a repeat.
    """
    chosen = chosen or {}
    for entry in inputs:
        place = f"{path}{entry['name']}"
        if entry["type"] == "conditional":
            test = f"{place}|{entry['test_param']['name']}"
            yield test, entry["test_param"], chosen
            for case in entry["cases"]:
                yield from leaves(case["inputs"], f"{place}|", chosen | {test: case["value"]})
        elif entry["type"] == "repeat":
            yield from leaves(entry["inputs"], f"{place}_0|", chosen)
        elif entry["type"] == "section":
            yield from leaves(entry["inputs"], f"{place}|", chosen)
        else:
            yield place, entry, chosen


class _Checks:
    """One pass over a running Galaxy; problems are gathered, so that one does not hide the others."""

    def __init__(self, galaxy: Server, say: Callable[[str], None]) -> None:
        self.galaxy, self.say = galaxy, say
        self.problems: list[str] = []
        #: what validators say
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

    def _ask(self, method: str, place: str, body: Any = None) -> Any:
        """Call the API as a user; of a refusal the answer, too."""
        request = urllib.request.Request(
            f"{self.galaxy.url}/api/{place}",
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
        """Return what a view of a dataset gives."""
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
        asked = 0
        for tool, form in self.forms.items():
            for path in sorted({path for path, entry, _ in leaves(form) if entry["type"] == "text"}):
                if path not in REQUESTS[tool] | SAMPLES_REQUEST:
                    self.problems.append(f"{tool}: no request has text in {path}")
            # the fields of one choice of the conditionals are asked for together
            together: dict[str, tuple[dict[str, str], list[Any]]] = {}
            for path, entry, chosen in leaves(form):
                if entry["type"] in ("text", "select", "integer", "float"):
                    together.setdefault(json.dumps(chosen), (chosen, []))[1].append((path, entry))
            for chosen, fields in together.values():
                texts = any(entry["type"] == "text" for _, entry in fields)
                for hostile in HOSTILE if texts else HOSTILE[:1]:
                    values = {path: [hostile] if entry.get("multiple") else hostile for path, entry in fields}
                    asked += len(values)
                    answer = self._submit(tool, chosen | values)
                    refused = answer.get("err_data") or {} if answer.get("refused") == 400 else {}
                    for path, entry in fields:
                        said = refused.get(path, "")
                        if not said or (entry["type"] == "text" and not said.endswith(self.messages)):
                            self.problems.append(f"{tool}: {path} took {hostile!r}: {said or str(answer)[:200]}")
        for tool, form in self.forms.items():
            for path, entry, chosen in leaves(form):
                offered = {option[1] for option in entry.get("options") or []}
                if "test-seeds" in offered:
                    asked += 1
                    refused = self._submit(tool, chosen | {path: "test-future"}).get("err_data") or {}
                    if "test-future" in offered or path not in refused:
                        self.problems.append(f"{tool}: {path} offers a model that the suite cannot read")
        self.say(f"security: {asked} hostile values submitted")

    # ---- jobs

    def upload(self) -> dict[str, str]:
        """Load the data of all requests under hostile names, and return their identifiers."""
        wanted = sorted({value for request in REQUESTS.values() for value in request.values() if _is_data(value)})
        own = self.galaxy.run / "security"
        own.mkdir(exist_ok=True)
        (own / "strange_columns.tsv").write_text(_strange_columns(self.galaxy.suite / "test-data"))
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
        """Run every wrapper, and look at its command line and at its end."""
        started: dict[str, tuple[str, Any]] = {}
        for tool, request in REQUESTS.items():
            started[tool] = (tool, self._submit(tool, _filled(request, data)))
        samples = [{"src": "hda", "id": data[f"sample {number}"]} for number in range(1, len(SAMPLES) + 1)]
        request = _filled(SAMPLES_REQUEST, data)
        several = {"reads|kind": "several", "reads|reads": samples}
        started["samples"] = ("chimera_parse", self._submit("chimera_parse", request | several))
        identifiers = ["'; pwned; '", "$(pwned) ../../ `pwned`"]
        collection = self._collection(samples[:2], identifiers)
        batch = {"values": [{"src": "hdca", "id": collection}], "batch": True}
        started["mapped"] = ("chimera_parse", self._submit("chimera_parse", request | {"reads|reads": batch}))
        ends = {}
        for name, (_, answer) in started.items():
            if "refused" in answer:
                self.problems.append(f"{name}: did not start: {str(answer)[:300]}")
            else:
                ends[name] = [job["id"] for job in answer["jobs"]]
        self._wait([job for jobs in ends.values() for job in jobs])
        for name, jobs in ends.items():
            for job in jobs:
                self._judge(name, started[name][0], job)
            for output in started[name][1]["outputs"]:
                dataset = self._ask("GET", f"datasets/{output['id']}")
                if dataset["state"] == "ok":
                    # where Galaxy's page takes from what a click on the eye shows
                    view = "report" if dataset["extension"] == "tool_markdown" else "display?preview=True"
                    try:
                        seen = self._content(output["id"], view)
                    except urllib.error.HTTPError as error:
                        seen = ""
                        print(f"         {error}", flush=True)
                    if not seen.strip():
                        self.problems.append(f"{name}: {output['output_name']} cannot be looked at")
        if "samples" in ends:
            self._samples(started["samples"][1]["outputs"][0]["id"])
        if "mapped" in ends:
            made = started["mapped"][1]["implicit_collections"][0]["id"]
            elements = self._ask("GET", f"histories/{self.history}/contents/dataset_collections/{made}")[
                "elements"
            ]
            called = [element["element_identifier"] for element in elements]
            if called != identifiers:
                self.problems.append(f"mapped: the elements are called {called}")
        self.say(f"security: {sum(len(jobs) for jobs in ends.values())} jobs with hostile names and strange texts")

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

    def _judge(self, name: str, tool: str, job: str) -> None:
        end = self._ask("GET", f"jobs/{job}?full=true")
        if end["state"] != "ok" or end.get("exit_code") != 0:
            self.problems.append(
                f"{name}: ended as {end['state']}: {(end.get('tool_stderr') or end.get('stderr') or '')[-300:]}"
            )
        command = end.get("command_line") or ""
        if not re.search(rf"(^|\s){tool.replace('_', '-')}\s", command):
            self.problems.append(f"{name}: Galaxy tells no command line: {command[:200]!r}")
        bare = unquoted(command)
        found = [mark for mark in MARKS if mark in bare]
        if found or "'" in bare.replace("''", ""):
            self.problems.append(f"{name}: outside of quotes there is {found}: {bare}")

    def _samples(self, table: str) -> None:
        """Hold the columns of the samples against their reads: the i-th has i."""
        rows = list(csv.reader(io.StringIO(self._content(table, "display")), delimiter="\t"))
        counts = {
            column.removeprefix("n_reads:"): sum(int(row[place]) for row in rows[1:])
            for place, column in enumerate(rows[0] if rows else [])
            if column.startswith("n_reads:")
        }
        expected = {column: number for number, (_, column) in enumerate(SAMPLES, 1)}
        if counts != expected:
            self.problems.append(f"samples are mixed up: {counts} where {expected} is expected")


def _is_data(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("@")


def _filled(request: dict[str, Any], data: dict[str, str]) -> dict[str, Any]:
    """Return a request with datasets in the places of their names."""
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
    """Return so many chimeric reads of let-7a and a transcript, each with another piece of it."""
    transcript = "".join((folder / "three_transcripts.fa").read_text().split(">")[1].split("\n")[1:])
    reads = []
    for start in range(number):
        site = transcript[100 + 5 * start : 140 + 5 * start]
        reads.append(f">sample{number}_read{start}\nTGAGGTAGTAGGTTGTATAGTT{site}\n")
    return "".join(reads)


def check(galaxy: Server, say: Callable[[str], None]) -> bool:
    """Attack the suite in a running Galaxy, print what went wrong, and return whether nothing did."""
    begin = time.monotonic()
    mark = galaxy.run / "security_marks"
    trap = galaxy.run / "bin" / "pwned"
    trap.write_text(f'#!/bin/sh\necho "$PWD: $0 $*" >> "{mark}"\n')
    trap.chmod(0o755)
    checks = _Checks(galaxy, say)
    checks.refusals()
    checks.jobs(checks.upload())
    left = [
        str(Path(folder, name))
        for folder, folders, files in os.walk(galaxy.run)
        for name in (*folders, *files)
        if "pwned" in name and Path(folder, name) != trap
    ]
    if mark.exists():
        checks.problems.append(f"was executed: {mark.read_text()}")
    if left:
        checks.problems.append(f"files that should not be: {left}")
    trap.unlink()
    for problem in checks.problems:
        print(f"         {problem}", flush=True)
    verdict = f"FAILED, {len(checks.problems)} problems" if checks.problems else "passed"
    say(f"security: {verdict}, {time.monotonic() - begin:.0f} s")
    return not checks.problems

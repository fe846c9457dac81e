"""The sample data of the Galaxy that ``make galaxy-serve`` serves."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import Any

from galaxy_progress import say
from galaxy_server import LocalGalaxy
from galaxy_suite import PROJECT, name_of, workflows

#: contents of the first history: file in test-data/, Galaxy datatype
SAMPLE_DATA = {
    "mirnas.fa": "fasta",
    "transcripts.fa.gz": "fasta.gz",
    "reads.fastq.gz": "fastqsanger.gz",
    "transcripts.gtf": "gtf",
    "samples.tsv": "tabular",
    "labelled_pairs.tsv": "tabular",
}
#: and a list of two samples, as workflows take them: name of the sample, file
SAMPLES = {"6000_reads": "reads.fastq.gz", "200_reads": "tiny_reads.fastq.gz"}


@dataclass(frozen=True)
class Samples:
    """Identifiers of the history with the sample data, and of the imported workflows by name."""

    history: str
    workflows: dict[str, str]


def load_samples(galaxy: LocalGalaxy) -> Samples:
    """Make a history with sample data, import the workflows, and write to ``served.json`` how to reach them."""
    history = galaxy.ask("POST", "histories", {"name": "Sample data"}, galaxy.user_key)["id"]

    def element(name: str, file: str, datatype: str) -> dict[str, str]:
        return {"src": "path", "path": str(PROJECT / "test-data" / file), "name": name, "ext": datatype}

    targets: list[dict[str, Any]] = [
        {
            "destination": {"type": "hdas"},
            "elements": [element(name, name, datatype) for name, datatype in SAMPLE_DATA.items()],
        },
        {
            "destination": {"type": "hdca"},
            "collection_type": "list",
            "name": "Samples",
            "elements": [element(name, file, "fastqsanger.gz") for name, file in SAMPLES.items()],
        },
    ]
    galaxy.ask("POST", "tools/fetch", {"history_id": history, "targets": targets}, galaxy.user_key)
    imported = {}
    for path in workflows(galaxy.suite):
        workflow = {"class": "GalaxyWorkflow", "yaml_content": path.read_text()}
        imported[name_of(path)] = galaxy.ask("POST", "workflows", {"workflow": workflow}, galaxy.user_key)["id"]
    end = time.monotonic() + 600
    while time.monotonic() < end:
        contents = galaxy.ask("GET", f"histories/{history}/contents", key=galaxy.user_key)
        data = [item["state"] for item in contents if item["history_content_type"] == "dataset"]
        if data == ["ok"] * (len(SAMPLE_DATA) + len(SAMPLES)):
            break
        time.sleep(1)
    else:
        say("the sample data did not load; the rest works")
    samples = Samples(str(history), imported)
    known = galaxy.run / "served.json"
    known.touch(0o600)
    known.write_text(
        json.dumps({"url": galaxy.url, "key": galaxy.key, "user_key": galaxy.user_key} | asdict(samples))
    )
    return samples

"""Hostile texts, and requests with strange texts and names for every wrapper."""

from __future__ import annotations

from typing import Any

#: texts that every field must refuse
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

#: names of datasets and of elements of collections, which Galaxy accepts unchanged
NAMES = tuple(text for text in HOSTILE if "pwned" in text)

#: every text that the fields accept contains one of these words
MARKS = ("pwned", "GATTACA", "0.125", "777")


#: a request for each wrapper: ``@file datatype`` is a dataset of test-data/. Text fields hold the strangest text
#: that they accept: options, dots, and a line end after the text, which the $ of a regular expression allows
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
    "chimera_check": {
        "reads": "@tiny_reads.fastq.gz fastqsanger.gz",
        "mirnas|fasta": "@mirnas.fa fasta",
        "transcripts": "@transcripts.fa.gz fasta.gz",
        "adapters_0|adapter": "gattacaGATTACAGATTACA\n",
    },
    "chimera_index": {"transcripts": "@three_transcripts.fa fasta"},
    "chimera_parse": {
        "reads|kind": "hyb",
        "reads|reads": "@chimeras.hyb tabular",
        "mirnas|fasta": "@mirnas.fa fasta",
        "guides_0|guide_class": "pwned --help .. -rf",
        "guides_0|fasta": "@fragments.fa fasta",
        "transcripts": "@transcripts.fa.gz fasta.gz",
        "min_reads": 1,
    },
    "chimera_simulate": {
        "mirnas|fasta": "@mirnas.fa fasta",
        "transcripts": "@transcripts.fa.gz fasta.gz",
        "amount|by": "sites",
        "amount|reads": 50,
        "amount|sites": 5,
        "amount|experiment|of": "sheet",
        "amount|experiment|samples": "@strange_samples.tsv tabular",
        "amount|experiment|sample": "pwned --help .. -rf",
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
    "dmiso_predict": {
        "what|mode": "scan",
        "what|mirnas|source": "typed",
        "what|mirnas|words": "pwned rf. 777__--help\n",
        "what|mirnas|database": "@strange_mirnas.fa fasta",
        "what|targets": "@three_targets.fa fasta",
    },
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
    "genes_predict": {
        "guides|kind": "typed",
        "guides|words": "pwned rf. 777__--help\n",
        "guides|database": "@strange_mirnas.fa fasta",
        "targets": "@three_targets.fa fasta",
        "outputs": [],
    },
    "interactions_report": {"pairs": "@tiny_interactions.tsv.gz tabular.gz"},
    "isomir_classify": {"tables|pairs": "@chimera_pairs.tsv tabular", "mirnas|fasta": "@mirnas.fa fasta"},
    "negatives_generate": {"task|pairs": "@chimera_typed.tsv.gz tabular.gz", "task|strategy|how": "shuffled"},
    "peak_evaluate": {"peaks": "@narrowed.tsv tabular", "truth": "@planted.bed bed"},
    "peak_narrow": {
        "mirnas|source": "typed",
        "mirnas|words": "pwned rf. 777__--help\n",
        "mirnas|database": "@strange_mirnas.fa fasta",
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
    "sites_compare": {
        "sites": "@condition_sites.tsv tabular",
        "samples": "@strange_conditions.tsv tabular",
        "condition_a": "pwned --help .. -rf",
        "condition_b": "b --json .. pwned",
        "outputs": [],
    },
    "sites_merge": {
        "tables": "@tiny_interactions.tsv.gz tabular.gz",
        "sample": "pwned --help .. -rf\n",
        "outputs": ["bed"],
    },
}

#: samples of one run of Find miRNA-target pairs: name of the dataset, column of the table. The suite keeps
#: only letters, digits and _ + - . in names; before that, Galaxy replaces most signs that it does not trust by X
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

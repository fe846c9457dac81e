# Binding sites, what changes between conditions, which genes respond, and the page


rule sites:
    input:
        table=rules.interactions.output,
        samples=config["samples"],
        gtf=[config["gtf"]] if config["gtf"] else [],
    output:
        table="sites.tsv",
        pairs="sites.pairs.tsv",
        bed="sites.bed",
        report="reports/sites.json",
    log: "logs/sites.log"
    params:
        annotation=files_of("gtf"),
        min_replicates=config["min_replicates"],
    threads: config["threads"]
    resources:
        mem_mb=lambda wildcards, attempt: config["mem_mb"] * attempt,
        runtime=config["runtime"],
    shell:
        "sites-merge --samples {input.samples:q} {params.annotation:q} --min-replicates {params.min_replicates} "
        "--threads {threads} --pairs {output.pairs:q} --bed {output.bed:q} --json {output.report:q} "
        "-o {output.table:q} {input.table:q} 2> {log:q}"


rule changes:
    input:
        table=rules.sites.output.table,
        samples=config["samples"],
    output:
        table="changes.{contrast}.tsv",
        figure="changes.{contrast}.png",
        report="reports/changes.{contrast}.json",
    log: "logs/changes.{contrast}.log"
    params:
        contrast=lambda wildcards: CONTRASTS[wildcards.contrast],
        relative=["--relative", config["relative"]] if config["relative"] else [],
    threads: config["threads"]
    resources:
        mem_mb=lambda wildcards, attempt: config["mem_mb"] * attempt,
        runtime=config["runtime"],
    shell:
        "sites-compare --samples {input.samples:q} --contrast {params.contrast:q} {params.relative:q} "
        "--threads {threads} --plot {output.figure:q} --json {output.report:q} -o {output.table:q} "
        "{input.table:q} 2> {log:q}"


rule top_mirnas:
    """The names of the miRNAs with most reads; without sites, the first of the database."""
    input:
        table=rules.sites.output.table,
        mirnas=config["mirnas"],
    output: "references/top_mirnas.txt"
    log: "logs/top_mirnas.log"
    params:
        most=config["top_mirnas"],
    resources:
        mem_mb=1000,
        runtime=config["runtime"],
    shell:
        "python3 -m mirtools.experiments.top_mirnas {params.most} {input.mirnas:q} {input.table:q} "
        "> {output:q} 2> {log:q}"


rule genes:
    """Predicted repression by these miRNAs, with the reads of their sites in the experiment."""
    input:
        mirnas=rules.top_mirnas.output,
        database=config["mirnas"],
        transcripts=config["transcripts"],
        sites=rules.sites.output.table,
        annotation=[config[name] for name in ("gtf", "regions", "genes") if config[name]],
    output:
        table="genes.tsv",
        sites="genes.sites.tsv",
        report="reports/genes.json",
    log: "logs/genes.log"
    params:
        annotation=files_of("gtf", "regions", "genes"),
    threads: config["threads"]
    resources:
        mem_mb=lambda wildcards, attempt: config["mem_mb"] * attempt,
        runtime=config["runtime"],
    shell:
        "xargs -d '\\n' genes-predict --targets {input.transcripts:q} --database {input.database:q} "
        "{params.annotation:q} --per-gene --observed {input.sites:q} --threads {threads} --sites {output.sites:q} "
        "--json {output.report:q} -o {output.table:q} --mirnas < {input.mirnas:q} 2> {log:q}"


rule page:
    input:
        table=rules.sites.output.table,
        samples=config["samples"],
        changes=expand(rules.changes.output.table, contrast=CONTRASTS),
        reports=[
            rules.pairs.output.parse_report,
            rules.classify.output.report,
            *expand(rules.score.output.report, number=range(1, ROW_SHARDS + 1), shards=ROW_SHARDS),
        ],
    output:
        page="sites.html",
        figure="sites.png",
        summary="summary.md",
    log: "logs/page.log"
    params:
        compared=lambda wildcards, input: [word for path in input.changes for word in ("--compared", path)],
        reports=lambda wildcards, input: [word for path in input.reports for word in ("--run-report", path)],
    threads: config["threads"]
    resources:
        mem_mb=lambda wildcards, attempt: config["mem_mb"] * attempt,
        runtime=config["runtime"],
    shell:
        "interactions-report --html {output.page:q} --figure {output.figure:q} --samples {input.samples:q} "
        "{params.compared:q} {params.reports:q} --threads {threads} -o {output.summary:q} {input.table:q} 2> {log:q}"

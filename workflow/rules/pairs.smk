# Pairs of all samples: joined, classified, scored in shards of rows, joined again

ROW_SHARDS = config["row_shards"]
# names of the files for MultiQC: table-join names samples if there are several
MULTIQC = [f"multiqc/reads.{sample}" for sample in SAMPLES] if len(SAMPLES) > 1 else ["multiqc/reads"]
OF_SHARDS = {"sample": SAMPLES, "number": range(1, READ_SHARDS + 1), "shards": READ_SHARDS}


rule pairs:
    """The pairs of all reads of all samples, as one chimera-parse writes them."""
    input:
        tables=expand(rules.parse.output.table, **OF_SHARDS),
        reports=expand(rules.parse.output.report, **OF_SHARDS),
        samples=config["samples"],
    output:
        table="pairs.tsv",
        parse_report="reports/parse.json",
        report="reports/pairs.json",
        multiqc=expand("{prefix}_{name}_mqc.json", prefix=MULTIQC, name=["fate", "general", "gaps"]),
    log: "logs/pairs.log"
    params:
        min_reads=config["min_reads"],
        max_gap=config["max_gap"],
        reports=lambda wildcards, input: [word for path in input.reports for word in ("--run-report", path)],
    resources:
        mem_mb=lambda wildcards, attempt: config["mem_mb"] * attempt,
        runtime=config["runtime"],
    shell:
        "table-join --samples {input.samples:q} --min-reads {params.min_reads} --max-gap {params.max_gap} "
        "{params.reports:q} --report {output.parse_report:q} --multiqc multiqc/reads "
        "--json {output.report:q} -o {output.table:q} {input.tables:q} 2> {log:q}"


rule classify:
    input:
        pairs=rules.pairs.output.table,
        mirnas=config["mirnas"],
    output:
        table="typed.tsv",
        summary="isomirs.tsv",
        gff3="isomirs.gff3",
        report="reports/classify.json",
    log: "logs/classify.log"
    params:
        min_reads=config["min_reads"],
    resources:
        mem_mb=lambda wildcards, attempt: config["mem_mb"] * attempt,
        runtime=config["runtime"],
    shell:
        "isomir-classify --mirnas {input.mirnas:q} --min-reads {params.min_reads} --summary {output.summary:q} "
        "--gff3 {output.gff3:q} --json {output.report:q} -o {output.table:q} {input.pairs:q} 2> {log:q}"


rule score:
    """Scores of one share of the rows."""
    input: rules.classify.output.table
    output:
        table=temp("parts/scored.{number}-of-{shards}.tsv.gz"),
        report="reports/score/{number}-of-{shards}.json",
    log: "logs/score/{number}-of-{shards}.log"
    params:
        model=["--model", config["model"]] if config["model"] else [],
    threads: config["threads"]
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=config["runtime"],
    shell:
        "dmiso-predict {params.model:q} --shard {wildcards.number}/{wildcards.shards} --threads {threads} "
        "--json {output.report:q} -o {output.table:q} {input:q} 2> {log:q}"


rule interactions:
    input:
        expand(rules.score.output.table, number=range(1, ROW_SHARDS + 1), shards=ROW_SHARDS),
    output: "interactions.tsv"
    log: "logs/interactions.log"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=config["runtime"],
    shell: "table-join -o {output:q} {input:q} 2> {log:q}"

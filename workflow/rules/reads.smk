# Reads: pairs of each sample, in shards of the reads

READ_SHARDS = config["read_shards"]


rule index:
    """The transcripts, indexed once for all jobs."""
    input: config["transcripts"]
    output: "references/transcripts.index"
    log: "logs/index.log"
    resources:
        mem_mb=lambda wildcards, attempt: config["mem_mb"] * attempt,
        runtime=config["runtime"],
    shell: "chimera-index -o {output:q} {input:q} 2> {log:q}"


rule merge_mates:
    """Paired reads, merged over their overlap."""
    input:
        first=lambda wildcards: LIBRARIES[wildcards.sample].fastq,
        second=lambda wildcards: LIBRARIES[wildcards.sample].fastq2,
    output: temp("parts/{sample}/merged.fastq.gz")
    log: "logs/merge_mates/{sample}.log"
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=config["runtime"],
    shell:
        "fastp --in1 {input.first:q} --in2 {input.second:q} --merge --merged_out {output:q} --thread 1 "
        "--disable_quality_filtering --disable_length_filtering --json /dev/null --html /dev/null 2> {log:q}"


def reads_of(wildcards):
    library = LIBRARIES[wildcards.sample]
    return f"parts/{wildcards.sample}/merged.fastq.gz" if library.fastq2 else library.fastq


def files_of(*names):
    """Return the options of files that the configuration names, such as --gtf."""
    return [word for name in names if config[name] for word in (f"--{name}", config[name])]


rule parse:
    """Pairs of one share of the reads. A part that is rare in a share may recur in others: --min-reads 1."""
    input:
        reads=reads_of,
        index=rules.index.output,
        mirnas=config["mirnas"],
        guides=lambda wildcards: [guide.partition("=")[2] for guide in LIBRARIES[wildcards.sample].guides],
        annotation=[config[name] for name in ("gtf", "regions", "genes") if config[name]],
    output:
        table=temp("parts/{sample}/pairs.{number}-of-{shards}.tsv.gz"),
        report="reports/parse/{sample}.{number}-of-{shards}.json",
    log: "logs/parse/{sample}.{number}-of-{shards}.log"
    params:
        library=lambda wildcards: LIBRARIES[wildcards.sample].options(),
        annotation=files_of("gtf", "regions", "genes"),
        max_gap=config["max_gap"],
    threads: config["threads"]
    resources:
        mem_mb=lambda wildcards, attempt: config["mem_mb"] * attempt,
        runtime=config["runtime"],
    shell:
        "chimera-parse --mirnas {input.mirnas:q} --transcripts {input.index:q} {params.annotation:q} "
        "--ties --min-reads 1 --max-gap {params.max_gap} --sample {wildcards.sample:q} {params.library:q} "
        "--shard {wildcards.number}/{wildcards.shards} --threads {threads} --json {output.report:q} "
        "-o {output.table:q} {input.reads:q} 2> {log:q}"

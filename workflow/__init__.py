"""The workflow of an experiment (Snakemake): Snakefile, rules, schemas and profiles. No code of the library."""

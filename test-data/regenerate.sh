#!/bin/sh
# Make everything in this folder anew from mirnas.fa; needs an installed mirtools. The same bytes come out every
# time (of compressed files: the same content).
set -eu
cd "$(dirname "$0")"
python make_transcripts.py mirnas.fa transcripts.fa.gz transcripts.regions.tsv 1
chimera-simulate --mirnas mirnas.fa --transcripts transcripts.fa.gz --reads 6000 --seed 42 --quiet \
    --truth reads.truth.tsv.gz -o reads.fastq.gz
chimera-simulate --mirnas mirnas.fa --transcripts transcripts.fa.gz --reads 200 --decoys 0.2 --duplicates 0.1 \
    --seed 42 --quiet --truth tiny_reads.truth.tsv -o tiny_reads.fastq.gz
chimera-parse --adapter TGGAATTCTCGGGTGCCAAGG --mirnas mirnas.fa --transcripts transcripts.fa.gz --quiet reads.fastq.gz |
    isomir-classify --mirnas mirnas.fa --quiet - |
    negatives-generate --transcripts transcripts.fa.gz --quiet -o labelled_all.tsv -
python make_labelled.py labelled_all.tsv > labelled_pairs.tsv
rm labelled_all.tsv
python make_explained.py
peak-simulate --plant-seeds let-7a.fa --distances 0 15 --length 90 --quiet --bed planted.bed -o planted.fa
peak-narrow --model seeds.safetensors --mirnas let-7a.fa --targets planted.fa --background 5 --quiet -o narrowed.tsv
binding-classes --k 4 --quiet importances.tsv --summary classes.tsv -o /dev/null
chimera-parse --min-reads 5 --adapter TGGAATTCTCGGGTGCCAAGG --mirnas mirnas.fa --transcripts transcripts.fa.gz --quiet \
    --json chimera_parse.json tiny_reads.fastq.gz |
    isomir-classify --min-reads 5 --mirnas mirnas.fa --quiet --json isomir_classify.json - |
    dmiso-predict --quiet -o tiny_interactions.tsv.gz -

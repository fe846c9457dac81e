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
python make_explained.py
peak-simulate --plant-seeds let-7a.fa --distances 0 15 --length 90 --quiet --bed planted.bed -o planted.fa
peak-narrow --model seeds.safetensors --mirnas let-7a.fa --targets planted.fa --background 5 --quiet -o narrowed.tsv
binding-classes --k 4 --quiet importances.tsv --summary classes.tsv -o /dev/null

#!/bin/sh
# Make everything in this folder from mirnas.fa again; needs an installed mirtools. The same bytes come out every
# time (of compressed files: the same content).
set -eu
cd "$(dirname "$0")"
python make_transcripts.py mirnas.fa transcripts.fa.gz transcripts.regions.tsv 1
chimera-simulate --mirnas mirnas.fa --transcripts transcripts.fa.gz --reads 6000 --seed 42 --quiet \
    -o reads.fastq.gz
chimera-simulate --mirnas mirnas.fa --transcripts transcripts.fa.gz --reads 200 --decoys 0.2 --duplicates 0.1 \
    --seed 42 --quiet --truth tiny_reads.truth.tsv -o tiny_reads.fastq.gz
python make_explained.py
python make_conditions.py
python make_sites.py
peak-simulate --plant-seeds let-7a.fa --distances 0 15 --length 90 --quiet --bed planted.bed -o planted.fa
peak-narrow --model seeds.safetensors --mirnas let-7a.fa --targets planted.fa --background 5 --quiet -o narrowed.tsv
binding-classes --k 4 --quiet importances.tsv --summary classes.tsv -o /dev/null
chimera-parse --min-reads 5 --adapter TGGAATTCTCGGGTGCCAAGG --mirnas mirnas.fa --transcripts transcripts.fa.gz --quiet \
    --json chimera_parse.json tiny_reads.fastq.gz |
    isomir-classify --min-reads 5 --mirnas mirnas.fa --quiet --json isomir_classify.json - |
    dmiso-predict --quiet -o tiny_interactions.tsv.gz -
awk -F '\t' -v OFS='\t' 'NR > 1 {
    split($1, name, "|"); length_ = name[7]; start = 10000 * (NR - 1); plus = NR % 2 == 0
    ids = "gene_id \"" name[2] "\"; transcript_id \"" name[1] "\"; gene_name \"" name[6] "\";"
    print "chrSYN", "synthetic", "exon", start + 1, start + length_, ".", plus ? "+" : "-", ".", ids
    print "chrSYN", "synthetic", "CDS", start + (plus ? $2 : length_ - $3) + 1, start + (plus ? $3 : length_ - $2), \
        ".", plus ? "+" : "-", "0", ids
}' transcripts.regions.tsv > transcripts.gtf
zcat transcripts.fa.gz | awk '/^>/ {wanted = /^>SYNT0000000000[49]\./ || /^>SYNT00000000021\./} wanted' > three_transcripts.fa
chimera-index --quiet -o transcripts.index three_transcripts.fa
chimera-parse --adapter TGGAATTCTCGGGTGCCAAGG --mirnas mirnas.fa --transcripts transcripts.fa.gz --quiet --hyb all.hyb \
    -o chimera_pairs.tsv tiny_reads.fastq.gz
head -n 20 all.hyb > chimeras.hyb
rm all.hyb
isomir-classify --mirnas mirnas.fa --quiet -o chimera_typed.tsv.gz chimera_pairs.tsv
negatives-generate --transcripts transcripts.fa.gz --quiet -o chimera_labelled.tsv.gz chimera_typed.tsv.gz
awk '/^>/ && $1 != ">hsa-let-7a-5p" {print substr($1, 2) "\tall"}' mirnas.fa > one_family.tsv

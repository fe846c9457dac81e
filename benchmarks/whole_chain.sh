#!/usr/bin/env bash
# The whole chain on real data, from the commands alone: reads -> pairs -> isomiR types -> negatives -> audit ->
# training -> evaluation -> interpretation. docs/whole_chain.md shows what comes out.
#
#   bash benchmarks/whole_chain.sh DATA FOLDER
#
# DATA holds the public data sets: 13,787 qCLASH reads (Gay et al. 2018), miRNAs and mRNAs to search in,
# and pairs of another experiment (Hejret et al. 2023 as in miRBench). FOLDER takes all results.
set -euo pipefail

data=$(realpath "$1")
mkdir -p "$2"
cd "$2"

mirnas=$data/references/hOH7_microRNA_1223.fasta.gz
transcripts=$data/references/human_refseq_hg19_mrna_4000.fa.gz
reads=$data/chimeric_reads/hyb_qclash_refseq_reads.fasta.gz
others=$data/miRBench/AGO2_CLASH_Hejret2023_train_minus_holdout.tsv.gz

show() { # a title, a table, its columns
    echo
    echo "$1"
    cut -f "$3" "$2" | column -t -s $'\t'
}

chimera-parse --mirnas "$mirnas" --transcripts "$transcripts" --min-reads 2 "$reads" -o pairs.tsv
isomir-classify --mirnas "$mirnas" --min-reads 2 pairs.tsv -o typed.tsv
negatives-generate --strategy frequency-matched --audit audit.tsv --audit-figure audit.png typed.tsv -o labelled.tsv
show "What predicts the label by itself" audit.tsv 1,2,6,10

dmiso-train -m own.safetensors --l1 1e-5 --dropout 0.1,0.2,0.3 --batch-size 200 --epochs 40 --patience 5 \
    --scores scores.tsv --curves curves.png labelled.tsv -o training.tsv
# the pairs whose targets the model never saw, every predictor on the same
awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "part") part = i } NR == 1 || $part == "held_out"' \
    scores.tsv > held_out.tsv
dmiso-evaluate --baselines 6mer,duplex_energy --figure evaluation.png own=held_out.tsv -o evaluation.tsv
show "Targets never trained on" <(grep -E '^(part|all|exact|isomir)\b' evaluation.tsv) 1,2,5,11-17

# another experiment, in another laboratory's negatives
dmiso-predict --model own.safetensors "$others" -o others.tsv
dmiso-evaluate --baselines 6mer,duplex_energy --figure others.png own=others.tsv -o others_evaluation.tsv
show "Another experiment" <(grep -E '^(part|all)\b' others_evaluation.tsv) 1,2,5,11-17

dmiso-interpret --model own.safetensors --plot maps.png --motifs kernels.meme --kernels kernels.tsv \
    --logos logos.png --clusters clusters.tsv --shared-targets shared.tsv --common-targets common.tsv \
    --clusters-plot clusters.png labelled.tsv -o maps.tsv
show "Kernels" kernels.tsv 1,4,5,7-9,15-17
show "Clusters of miRNAs" shared.tsv 1-8

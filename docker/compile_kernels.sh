#!/bin/bash
# Run the commands on test data, which compiles all kernels and stores them next to their sources, for a level of
# x86-64 or for the processor of this machine:
#   docker/compile_kernels.sh x86-64-v3 test-data
#   docker/compile_kernels.sh native test-data
set -euo pipefail
if [ "$1" != native ]; then
    export NUMBA_CPU_NAME=$1 NUMBA_CPU_FEATURES=
    python - "$1" <<'PYTHON' || { echo "this processor cannot run $1; its kernels are not compiled" >&2; exit 0; }
import sys
from llvmlite import binding
from mirtools.computing.compiled import best_level
sys.exit(best_level(sys.argv[1], binding.get_host_cpu_features()) is None)
PYTHON
fi
data=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
references=(--mirnas "$data/mirnas.fa" --transcripts "$data/transcripts.fa.gz")

# The two groups have no kernels in common, so that they can run in parallel.
reads() {
    chimera-parse --quiet --adapter TGGAATTCTCGGGTGCCAAGG --umi-length 4 --top 5 --ties "${references[@]}" \
        -o with_umi.tsv "$data/tiny_reads.fastq.gz"
    chimera-parse --quiet --adapter TGGAATTCTCGGGTGCCAAGG --threads 2 "${references[@]}" -o reads.tsv "$data/reads.fastq.gz"
    chimera-parse --quiet --adapter TGGAATTCTCGGGTGCCAAGG --mirnas "$data/mirnas.fa" \
        --transcripts "$data/transcripts.index" "$data/tiny_reads.fastq.gz" >indexed.tsv
    chimera-parse --quiet --min-reads 1 "${references[@]}" -o hyb.tsv "$data/chimeras.hyb"
    zcat "$data/transcripts.fa.gz" | chimera-index --quiet -o all.index -
    isomir-classify --quiet --mirnas "$data/mirnas.fa" -o typed.tsv reads.tsv
    negatives-generate --quiet --transcripts "$data/transcripts.fa.gz" --audit audit.tsv -o labelled.tsv \
        "$data/chimera_typed.tsv.gz"
}
scores() {
    for model in mirbind dmiso; do
        dmiso-predict --quiet --model "$model" -o "$model.tsv" "$data/chimera_typed.tsv.gz"
        dmiso-predict --quiet --model "$model" --mirnas "$data/two_mirnas.fa" --targets "$data/three_transcripts.fa" \
            --stride 1 -o "$model.scan.tsv"
    done
    head -n 6 "$data/labelled_pairs.tsv" >pairs.tsv
    for options in "--explainer deep --background 5" "--explainer deep --background 5 --mode published" \
        "--explainer ism" "--explainer masking --model dmiso"; do
        # shellcheck disable=SC2086
        attrib-align --quiet $options -o explained.tsv pairs.tsv
    done
    attrib-align --quiet --model "$data/seeds.safetensors" --background 5 -o seeds.tsv "$data/labelled_pairs.tsv"
    attrib-align --quiet --matrix "$data/attributed_pairs.npz" -o matrix.tsv "$data/attributed_pairs.tsv"
    for model in mirbind "$data/seeds.safetensors"; do
        peak-narrow --quiet --model "$model" --mirnas "$data/let-7a.fa" --targets "$data/planted.fa" --background 5 \
            --threshold 0.5 --threads 2 -o peaks.tsv
    done
    dmiso-interpret --quiet --sample 20 -o maps.tsv "$data/labelled_pairs.tsv"
}
reads &
scores
wait $!

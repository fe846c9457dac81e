#!/usr/bin/env bash
# The experiments of the paper on attribution sequence alignment (Gresova et al. 2023), sections 3.2 to 3.5, on public
# data, with the commands alone. docs/experiments.md shows what comes out; benchmarks/narrowing.py does the rest of
# section 3.4 (peaks).
#
#   bash benchmarks/paper_experiments.sh DATA_FOLDER WORK_FOLDER
#
# DATA_FOLDER holds the positive pairs of Helwak et al. 2013 (extended as the authors of the paper did), the training
# pairs of miRBind, pairs of Hejret et al. 2023, and the attributions of 128 pairs that the authors published. What
# stands in WORK_FOLDER is not made again. THREADS (1) is for the long steps; processor times are always of one thread.
set -euo pipefail

data=$(realpath "$1")
mkdir -p "$2"
cd "$2"
threads=${THREADS:-1}
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1

helwak=$data/clash_pairs/helwak2013_positive_set_extended_minus_eval.csv.gz
training=$data/clash_pairs/mirbind_train_set_1_1.tsv.gz
hejret=$data/clash_pairs/hejret2023_miRNA_train_set.tsv.gz
published=$data/attribution/mirbind_shap_positive_rows18000-18127

show() { # a title, a table, its columns
    echo
    echo "$1"
    cut -f "$3" "$2" | column -t -s $'\t'
}

# overall FILE: correlations over all bases, without those base by base
overall() {
    awk -F '\t' '$3 != "position"' "$1" > overall.tsv
    show "Correlations" overall.tsv 1-3,5-
}

# profiles FILE: correlations of the mean importance by base, between all two sets
profiles() {
    awk -F '\t' -v OFS='\t' '
        NR == 1 { next }
        !($1 in number) { number[$1] = ++sets; name[sets] = $1 }
        { value[number[$1], $3] = $5; if ($3 > bases) bases = $3 }
        function correlation(a, b,    i, x, y, xx, yy, xy) {
            for (i = 1; i <= bases; i++) {
                x += value[a, i]; y += value[b, i]; xy += value[a, i] * value[b, i]
                xx += value[a, i] ^ 2; yy += value[b, i] ^ 2
            }
            return (bases * xy - x * y) / sqrt((bases * xx - x ^ 2) * (bases * yy - y ^ 2))
        }
        END {
            print "first", "second", "pearson"
            for (a = 1; a < sets; a++)
                for (b = a + 1; b <= sets; b++) print name[a], name[b], sprintf("%.3f", correlation(a, b))
        }' "$1" > profiles.tsv
    show "Correlation of the profiles" profiles.tsv 1-
}

# aligned OUTPUT PAIRS OPTIONS...: explain pairs, unless that was done
aligned() {
    local output=$1 pairs=$2
    shift 2
    [ -e "$output" ] || attrib-align --quiet "$@" --json "${output%.tsv*}.json" -o "$output" "$pairs"
}

# seconds COMMAND...: processor time of a command that says nothing
seconds() {
    local TIMEFORMAT='%U %S'
    { time "$@" > seconds.out; } 2>&1 | awk '{ print $1 + $2 }'
}

[ -e helwak.tsv ] || gzip -dc "$helwak" | awk -F , -v OFS='\t' '
    NR == 1 { print "pair_id", "mirna_id", "mirna_seq", "target_id", "site_seq"; next }
    { print $1, $3, $2, $5, $4 }' > helwak.tsv
[ -e published.tsv ] || gzip -dc "$published.pairs.tsv.gz" | awk -v OFS='\t' '
    NR == 1 { print "pair_id", "mirna_seq", "site_seq"; next } { print $1, $2, $3 }' > published.tsv
[ -e twenty.tsv ] || awk 'NR <= 21' published.tsv > twenty.tsv

# Figure 1: one pair, hsa-miR-18a-5p in a 3'UTR that the model never saw
gzip -dc "$hejret" | awk -F '\t' -v OFS='\t' '
    NR == 1 { print "pair_id", "mirna_seq", "site_seq" }
    $1 ~ /^TAAGGTGCATCTAGTGCAG/ && $2 ~ /^CAGTAATAATAGCAATAG/ && $3 == 1 { print "hsa-miR-18a-5p", $1, $2 }' > one.tsv
[ -e explained.png ] || attrib-align --quiet --plot explained.png --text explained.txt -o one.aligned.tsv one.tsv
cat explained.txt

# Section 3.3, Figure 3: all positive pairs, the profile of all, and five classes
aligned helwak.aligned.tsv.gz helwak.tsv --threads "$threads"
attrib-compare --quiet all=helwak.aligned.tsv.gz --json profile.json -o profile.tsv
show "Profile of all pairs" profile.tsv 1-7
[ -e classes.tsv ] || binding-classes --quiet --plot classes.png --summary classes.tsv --json classes.json \
    -o helwak.classes.tsv.gz helwak.aligned.tsv.gz
show "Classes" classes.tsv 1-8
gzip -dc helwak.classes.tsv.gz | awk -F '\t' -v OFS='\t' '
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    { name = $column["class_name"]; rows[name]++; sum[name] += $column["score"] }
    END { for (name in rows) print name, rows[name], sprintf("%.3f", sum[name] / rows[name]) }' | sort > scores.tsv
show "Mean score of the model by class" scores.tsv 1-
[ -e folded.tsv ] || binding-classes --quiet --threads "$threads" --cofold --cross folded.cross.tsv \
    --plot folded.png --summary folded.tsv --json folded.json -o helwak.folded.tsv.gz helwak.aligned.tsv.gz
show "The same compared with classes from folding" folded.tsv 1-8
show "Rows in each two classes" folded.cross.tsv 1-
[ -e choice.silhouettes.tsv ] || binding-classes --quiet --threads "$threads" --choose-k 2-8 \
    --silhouettes choice.silhouettes.tsv -o choice.tsv.gz helwak.aligned.tsv.gz
show "Silhouette by number of classes" choice.silhouettes.tsv 1-

# Figure S1: spread over ten draws of the background, and time, by the number of background pairs
runs=()
for number in 1 5 10 20 50 100 200; do
    for seed in 1 2 3 4 5 6 7 8 9 10; do
        aligned "spread.$number.$seed.tsv" twenty.tsv --background "$number" --seed "$seed"
        runs+=("$number=spread.$number.$seed.tsv")
    done
done
attrib-compare --quiet --spread spread.tsv --plot spread.png -o spread.profiles.tsv "${runs[@]}"
show "Spread" spread.tsv 1-
if [ ! -e times.tsv ]; then
    awk 'NR <= 21' helwak.tsv > few.tsv
    awk 'NR <= 521' helwak.tsv > many.tsv
    for number in 1 5 10 20 50 100 200; do
        few=$(seconds attrib-align --quiet --background "$number" few.tsv)
        many=$(seconds attrib-align --quiet --background "$number" many.tsv)
        awk -v n="$number" -v few="$few" -v many="$many" 'BEGIN { printf "%s\t%.2f\n", n, (many - few) * 1000 / 500 }'
    done > times.part
    { printf 'background\tcpu_ms_per_pair\n' && cat times.part; } > times.tsv
fi
show "Time" times.tsv 1-

# Section 3.5, Figure 7: the same pairs by other explainers and other models. Two of these are trained here, on the
# pairs that the paper's models were trained on, with negatives that differ in nothing but pairing.
trained() { # NAME ARCHITECTURE
    [ -e "$1.safetensors" ] || dmiso-train --quiet --threads "$threads" -m "$1.safetensors" --architecture "$2" \
        --wobble --mirna-length 22 --epochs 6 --checkpoint "$1.checkpoint" labelled.tsv -o "$1.figures.tsv"
    show "The model $1 ($2) on targets that it never saw" "$1.figures.tsv" 1-7
}

[ -e training.tsv ] || gzip -dc "$training" | awk -v OFS='\t' '
    NR == 1 { print "mirna_seq", "site_seq" } NR > 1 && $3 == 1 { print $1, $2 }' > training.tsv
[ -e labelled.tsv ] || negatives-generate --quiet --strategy frequency-matched training.tsv -o labelled.tsv
trained cnn cnn
trained residual mirbind
aligned mirbind.deep.tsv published.tsv
aligned mirbind.gradient.tsv published.tsv --explainer gradient
aligned mirbind.ism.tsv published.tsv --explainer ism
aligned mirbind.ism_full.tsv published.tsv --explainer ism --importance bases
aligned cnn.deep.tsv published.tsv --model cnn.safetensors
aligned cnn.gradient.tsv published.tsv --model cnn.safetensors --explainer gradient
aligned dmiso.masking.tsv published.tsv --model dmiso --explainer masking
attrib-compare --quiet --correlations robustness.correlations.tsv --agreement robustness.agreement.tsv \
    --plot robustness.png -o robustness.tsv "mirbind deep=mirbind.deep.tsv" "mirbind gradient=mirbind.gradient.tsv" \
    "mirbind ISM=mirbind.ism.tsv" "mirbind ISM Full=mirbind.ism_full.tsv" "cnn deep=cnn.deep.tsv" \
    "cnn gradient=cnn.gradient.tsv" "dmiso masking=dmiso.masking.tsv"
overall robustness.correlations.tsv
profiles robustness.tsv
show "Alignments in common" robustness.agreement.tsv 1-

# The published attributions of the same 128 pairs, compared with ours: the bundled model, which learned from more
# experiments, and two models that learned from what the published one did
aligned residual.deep.tsv published.tsv --model residual.safetensors
aligned published.aligned.tsv published.tsv --matrix "$published.npz"
attrib-compare --quiet --correlations published.correlations.tsv --agreement published.agreement.tsv \
    --plot published.png -o published.profiles.tsv published=published.aligned.tsv mirbind=mirbind.deep.tsv \
    "residual, Helwak only"=residual.deep.tsv "cnn, Helwak only"=cnn.deep.tsv
overall published.correlations.tsv
profiles published.profiles.tsv
show "Alignments in common" published.agreement.tsv 1-

#!/bin/sh
# The bundled model, plain baselines and published outputs of other programs on public pair sets:
# evaluate.sh DATA_FOLDER WORK_FOLDER [OPTIONS OF dmiso-predict] (minutes a set on one core; most of it is energies).
# Writes for every set the table of figures, the leads over the model and the figure into WORK_FOLDER.
#
# What the figures are worth: the bundled model was trained on Helwak's, Hejret's and miRBench's pairs (its card), so
# those sets show how well it fits, not how well it generalises; the card has the held-out figures. miRAW's and
# DeepMirTar's pairs are independent, but chosen with seeds (miRAW) or other programs (DeepMirTar) in mind.
set -eu
data=$1
work=$2
shift 2
model="$*"
mkdir -p "$work"

# judge SET OPTIONS...: scores the pairs of WORK_FOLDER/SET.tsv and judges them
judge() {
    set=$1
    shift
    # shellcheck disable=SC2086
    dmiso-predict --quiet $model -o "$work/$set.scored.tsv" "$work/$set.tsv"
    dmiso-evaluate --quiet "$@" -o "$work/$set.figures.tsv" --differences "$work/$set.leads.tsv" \
        --figure "$work/$set.png" --json "$work/$set.json" "$work/$set.scored.tsv"
    echo "$set"
    cut -f 1,2,5,6,11-16,17,26,29,32,35 "$work/$set.figures.tsv"
}

pairs=$data/clash_pairs
for ratio in 1_1 1_10; do
    gzip -dc "$pairs/mirbind_test_set_$ratio.tsv.gz" > "$work/mirbind_$ratio.tsv"
done
judge mirbind_1_1 --parts all,seen --training "$pairs/mirbind_train_set_1_1.tsv.gz" --baselines all \
    --rnahybrid "$pairs/peer_outputs/test_set_1_1_RNAhybrid_raw.txt.gz" \
    --rna22 "$pairs/peer_outputs/test_set_1_1_rna22.tsv.gz"
judge mirbind_1_10 --parts all --training "$pairs/mirbind_train_set_1_1.tsv.gz" \
    --baselines site_type,6mer,duplex_energy,mirna_identity,site_identity

gzip -dc "$data/miRBench/AGO2_CLASH_Hejret2023_train_minus_holdout.tsv.gz" > "$work/mirbench.tsv"
judge mirbench --parts all --by feature --baselines site_type,6mer,duplex_energy,cofold_energy

gzip -dc "$pairs/hejret2023_miRNA_real_seq_train_set.tsv.gz" > "$work/hejret_isomirs.tsv"
judge hejret_isomirs --parts all --baselines site_type,6mer,duplex_energy

{
    printf 'mirna_id\ttarget_id\tmirna_seq\tsite_seq\tlabel\n'
    gzip -dc "$data/mirna_target_pairs/miraw_test_dmiso_format.tsv.gz"
} > "$work/miraw.tsv"
judge miraw --parts all --baselines site_type,6mer,duplex_energy,cofold_energy

# its miRNAs are written 3'->5'
gzip -dc "$data/mirna_target_pairs/deepmirtar_variable_length_sites.tsv.gz" | awk -F '\t' -v OFS='\t' '
    NR == 1 { print "mirna_id", "mirna_seq", "target_id", "site_seq", "label"; next }
    { turned = ""; for (at = length($2); at > 0; at--) turned = turned substr($2, at, 1); $2 = turned; print }
' > "$work/deepmirtar.tsv"
judge deepmirtar --parts all --baselines site_type,6mer,duplex_energy,cofold_energy

# positives alone: recall
gzip -dc "$data/miRBench/hybridetector_output_example_4k.tsv.gz" | awk -F '\t' -v OFS='\t' '
    NR == 1 { for (at = 1; at <= NF; at++) place[$at] = at; print "mirna_id", "mirna_seq", "site_seq", "kind"; next }
    $place["noncodingRNA_type"] == "miRNA" {
        read = $place["noncodingRNA_real_seq"]
        print $place["noncodingRNA"], read, $place["seq.g"], read == $place["noncodingRNA_seq"] ? "exact" : "isomir"
    }
' > "$work/hybridetector.tsv"
judge hybridetector --positives-only --by kind --baselines site_type,6mer,duplex_energy \
    --threshold duplex_energy=-15

#!/bin/sh
# Makes the bundled model and the figures of its card: train.sh DATA_FOLDER WORK_FOLDER (about an hour on two cores).
# Needs mirtools with its extra `train` and the public data sets as make_pairs.py names them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=$1
work=$2
mkdir -p "$work"
python "$here/make_pairs.py" "$data" "$work/pairs.tsv"

# train NAME GROUP HOLD_OUT TABLE OPTIONS...: model, figures, history and learning curves
train() {
    name=$1 group=$2 share=$3 table=$4
    shift 4
    dmiso-train -m "$work/$name.safetensors" --name dmiso --group "$group" --hold-out "$share" --batch-size 200 "$@" \
        --history "$work/$name.history.tsv" --curves "$work/$name.png" --checkpoint "$work/checkpoint_$name" \
        "$work/$table" > "$work/$name.tsv"
}

# The recipes that were compared, by the validation AUROC in their histories: on Helwak's pairs, then on all.
awk -F '\t' 'NR == 1 || $5 == "helwak"' "$work/pairs.tsv" > "$work/helwak.tsv"
train helwak_paper target 0.2 helwak.tsv --epochs 10 --patience 10 --l1 0.01
train helwak_l1 target 0.2 helwak.tsv --epochs 10 --patience 10 --l1 1e-5
train helwak_dropout target 0.2 helwak.tsv --epochs 10 --patience 10 --l1 1e-5 --dropout 0.1,0.2,0.3
train all_paper target 0.2 pairs.tsv --epochs 20 --patience 20 --l1 0.01
train all_l1 target 0.2 pairs.tsv --epochs 20 --patience 20 --l1 1e-5

# The chosen one: the bundled model, judged by new targets; the same without some miRNAs; and without some of both.
recipe="--epochs 60 --patience 8 --l1 1e-5 --dropout 0.1,0.2,0.3"
python "$here/hold_out_both.py" "$work/pairs.tsv" "$work/both_train.tsv" "$work/both_test.tsv"
train target target 0.2 pairs.tsv $recipe
train mirna mirna 0.2 pairs.tsv $recipe
train both mirna 0 both_train.tsv $recipe
for group in target mirna; do
    python "$here/evaluate.py" "$work/pairs.tsv" "$work/$group.safetensors" > "$work/$group.figures.tsv"
done
python "$here/evaluate.py" "$work/both_train.tsv" "$work/both.safetensors" "$work/both_test.tsv" \
    > "$work/both.figures.tsv"
echo "the bundled model is $work/target.safetensors"

#!/bin/sh
# Makes the bundled model and the figures of its card: train.sh DATA_FOLDER WORK_FOLDER (about an hour on two cores).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=$1
work=$2
mkdir -p "$work"
python "$here/make_pairs.py" "$data" "$work/pairs.tsv"

# The recipe was chosen by the AUROC of the validation pairs (grouped by target, held-out pairs not looked at).
recipe="--l1 1e-5 --dropout 0.1,0.2,0.3 --batch-size 200 --epochs 60 --patience 8"
for group in target mirna; do
    dmiso-train -m "$work/$group.safetensors" --name dmiso $recipe --group $group \
        --history "$work/$group.history.tsv" --curves "$work/$group.png" --checkpoint "$work/checkpoint_$group" \
        "$work/pairs.tsv" > "$work/$group.tsv"
    python "$here/evaluate.py" "$work/pairs.tsv" "$work/$group.safetensors" > "$work/$group.figures.tsv"
done
echo "the bundled model is $work/target.safetensors"

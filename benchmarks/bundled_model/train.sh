#!/bin/sh
# Makes a bundled model and the figures of its card: train.sh DATA_FOLDER WORK_FOLDER dmiso|mirbind (about two hours on
# two idle cores, most of it pre-training). Needs mirtools with its extra `train` and the public data sets as
# make_pairs.py and pretrain.py name them. Goes on where it was stopped.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=$1
work=$2/$3
architecture=$3
mkdir -p "$work"
[ -e "$work/pairs.tsv" ] || python "$here/make_pairs.py" "$data" "$work/pairs.tsv"
python "$here/hold_out_both.py" "$work/pairs.tsv" "$work/both.train.tsv" "$work/both.test.tsv"

# Pre-training on soft labels, away from all that the tests below hold out: pretrain OPTIONS...
pretrained=$work/pretrained
pretrain() {
    python "$here/pretrain.py" "$data/teacher/mirbind2_soft_labels.tsv.gz" "$work/pairs.tsv" "$data" "$pretrained" \
        --architecture "$architecture" "$@"
}

if [ "$architecture" = dmiso ]; then
    pretrain --epochs 16 --batch-size 512 --learning-rate 0.003 --dropout 0,0,0.05
    pretrain --cool-down 16 --batch-size 512 --learning-rate 0.003 --dropout 0,0,0.05
    shared="--batch-size 200 --background-pairs 0"
    plain="--epochs 60 --patience 8 --l1 1e-5 --dropout 0.1,0.2,0.3"
    tuned="--learning-rate 5e-4 --decay-after 1 --epochs 12 --patience 4 --l1 1e-6 --dropout 0.1,0.1,0.3"
else
    pretrain --cool-down 8 --batch-size 256 --learning-rate 0.002 --weight-decay 1e-4 --l1 0 --dropout 0,0,0.1
    shared="--background-pairs 0"
    plain="--architecture mirbind --wobble --mirna-length 22 --epochs 12"
    tuned="--learning-rate 5e-4 --epochs 4 --patience 4"
fi
tuned="--start $pretrained/cooled.safetensors $tuned --fresh-negatives 2 --positive-weight balanced"

# train NAME GROUP HOLD_OUT TABLE OPTIONS...: model, scores of all pairs, history and learning curves
train() {
    name=$1 group=$2 share=$3 table=$4
    shift 4
    dmiso-train -m "$work/$name.safetensors" --name "$architecture" --group "$group" --hold-out "$share" $shared "$@" \
        --history "$work/$name.history.tsv" --curves "$work/$name.png" --checkpoint "$work/checkpoint_$name" \
        --scores "$work/$name.scores.tsv" "$work/$table" > "$work/$name.tsv"
}

# apart NAME: the scored pairs that were held out, and those that were not
apart() {
    for side in test train; do
        awk -F '\t' -v side=$side 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "part") p = i }
            NR == 1 || ($p == "held_out") == (side == "test")' "$work/$1.scores.tsv" > "$work/$1.$side.tsv"
    done
}

# judge TEST NAME=SCORES...: several models and plain predictors on the same held-out pairs
judge() {
    test=$1
    shift
    dmiso-evaluate --training "$work/$test.train.tsv" --baselines all --parts all,class,seen --by source \
        --differences "$work/$test.differences.tsv" "$@" > "$work/$test.figures.tsv"
}

# From random weights and from the pre-trained ones; on all pairs but the held-out targets, families, or both.
for group in target family; do
    train "plain_$group" $group 0.2 pairs.tsv $plain
    train "$group" $group 0.2 pairs.tsv $tuned
    apart "plain_$group"
    apart $group
    judge $group "plain=$work/plain_$group.test.tsv" "$architecture=$work/$group.test.tsv"
done
train plain_both family 0 both.train.tsv $plain
train both family 0 both.train.tsv $tuned
for name in plain_both both; do
    dmiso-predict --model "$work/$name.safetensors" "$work/both.test.tsv" > "$work/$name.test_scores.tsv"
done
judge both "plain=$work/plain_both.test_scores.tsv" "$architecture=$work/both.test_scores.tsv"
echo "the bundled model is $work/target.safetensors"

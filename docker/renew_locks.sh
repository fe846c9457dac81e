#!/bin/bash
# Write the hash-locked lists of packages anew: docker/renew_locks.sh [UV]
# Needs uv; run it after setup.cfg changed, or to take newer versions (then delete the *.lock first).
set -euo pipefail
cd "$(dirname "$0")"
uv=${1:-uv}
overrides=$(mktemp)
trap 'rm -f "$overrides"' EXIT
# the same TensorFlow without the GPU's part, which is a package of another name
echo 'tensorflow ; sys_platform == "never"' >"$overrides"
lock() {
    "$uv" pip compile --quiet --python-version 3.13 --python-platform x86_64-manylinux_2_36 --generate-hashes \
        --no-annotate --custom-compile-command docker/renew_locks.sh "$@"
}
lock build.in -o build.lock
lock ../setup.cfg --extra report -o slim.lock
lock ../setup.cfg full.in --extra all --overrides "$overrides" --constraints slim.lock -o full.lock

#!/bin/bash
# Renew the hash-locked lists of packages: docker/renew_locks.sh [UV]
# Needs uv; run it after a change of setup.cfg, or for newer versions (delete the *.lock files first).
set -euo pipefail
cd "$(dirname "$0")"
uv=${1:-uv}
overrides=$(mktemp)
trap 'rm -f "$overrides"' EXIT
# TensorFlow without GPU support is a package with another name
echo 'tensorflow ; sys_platform == "never"' >"$overrides"
lock() {
    "$uv" pip compile --quiet --python-version 3.13 --python-platform x86_64-manylinux_2_36 --generate-hashes \
        --no-annotate --custom-compile-command docker/renew_locks.sh "$@"
}
lock build.in -o build.lock
lock ../setup.cfg --extra report --extra tracks -o slim.lock
# the image runs jobs of the workflow; what submits them (extra workflow) is outside of it
lock ../setup.cfg full.in --extra compare --extra explain --extra tracks --extra train --overrides "$overrides" --constraints slim.lock -o full.lock

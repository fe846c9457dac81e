#!/bin/bash
# A shell whose commands run in a container: in_container.sh -c COMMAND
set -euo pipefail
options=(run --rm --network none --workdir "$PWD" --volume "$PWD:$PWD")
if [ "$MIRTOOLS_ENGINE" = podman ] && [ "$(id -u)" != 0 ]; then
    options+=(--userns=keep-id)
else
    options+=(--user "$(id -u):$(id -g)")
fi
while IFS= read -r folder; do
    options+=(--volume "$folder:$folder:ro")
done <<<"$MIRTOOLS_FOLDERS"
exec "$MIRTOOLS_ENGINE" "${options[@]}" "$MIRTOOLS_IMAGE" bash "$@"

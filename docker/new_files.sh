#!/bin/bash
# Called while the image is built, to make a layer of only the files that some steps add:
#   new_files mark DIR         list the files in DIR
#   new_files take DIR TARGET  copy the files added since then to TARGET, with their full paths
#   new_files take-programs DIR TARGET PROGRAM...  copy only these programs and the libraries that they load
set -euo pipefail
export LC_ALL=C
added() {
    find "$1" ! -type d | sort | comm -13 /before -
}
case $1 in
    mark)
        find "$2" ! -type d | sort >/before
        ;;
    take)
        mkdir -p "$3"
        added "$2" | xargs -d '\n' cp -a --parents -t "$3"
        ;;
    take-programs)
        dir=$2 target=$3
        shift 3
        mkdir -p "$target"
        { printf '%s\n' "$@"
          ldd "$@" | awk '$2 == "=>" {print $3}' | sed 's#^/lib/#/usr/lib/#' | sort -u | while read -r library; do
              echo "$library"
              readlink -f "$library"
          done
        } | sort -u | comm -12 - <(added "$dir") | xargs -d '\n' cp -a --parents -t "$target"
        ;;
esac

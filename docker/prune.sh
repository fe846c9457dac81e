#!/bin/bash
# Remove from the environment what no command runs; called while the image is built.
set -euo pipefail
cd /opt/mirtools/lib/python3*/site-packages
rm -rf tensorflow/include clang matplotlib/mpl-data/sample_data
find . -type d -name tests -prune -exec rm -rf {} +
find . -name '*.a' -delete
find . -name '*.so*' -type f -exec strip --strip-unneeded {} +

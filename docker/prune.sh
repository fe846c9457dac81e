#!/bin/bash
# Remove files that no command uses from the environment, and compile the rest; called while the image is built.
set -euo pipefail
cd /opt/mirtools/lib/python3*/site-packages
rm -rf tensorflow/include clang matplotlib/mpl-data/sample_data
find . -type d -name tests -prune -exec rm -rf {} +
find . -name '*.a' -delete
find . -name '*.so*' -type f -print0 | xargs -0 -n 16 -P "$(nproc)" strip --strip-unneeded
# not by pip, which would also compile the tests; files for other versions of Python fail to compile and are not used
/opt/mirtools/bin/python -m compileall -qq -j 0 . || true

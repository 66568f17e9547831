#!/usr/bin/env bash
# What the tests have built is not built again for each job.
set -euo pipefail
if [ "$1" = build ]; then
  mkdir -p target/release && exec ln -sf "$BUILT/boardctl" target/release/
fi
# Its own place on the PATH comes first.
PATH="${PATH#*:}" exec cargo "$@"

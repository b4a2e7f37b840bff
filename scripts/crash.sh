#!/usr/bin/env bash
# Kills a working errand at random moments and looks whether anything it acknowledged is missing, whether the store is
# sound and the session goes on; then the same with a disk that fills up.
#
#   scripts/crash.sh [TIMES] [SEED]      default: 1000 times
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
build_preset dev
cmake --build --preset dev --target test_e2e -- --quiet
export ERRAND_CRASHES=${1:-1000}
if [ $# -gt 1 ]; then export ERRAND_SEED=$2; fi
exec build/dev/tests/e2e/test_e2e "[crash]"

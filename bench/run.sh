#!/usr/bin/env bash
# Prints the figures that start-up, memory and cost per step are judged by, in one run and beside curl making the same
# requests to the same local server. Builds the release preset first.
#
#   bench/run.sh [--runs N]      N runs of each (default 15); medians are printed
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh
install_packages python3 curl
build_preset release errand errand_bench
exec python3 bench/measure.py build/release/errand build/release/bench/errand_bench "$@"

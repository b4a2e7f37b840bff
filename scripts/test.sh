#!/usr/bin/env bash
# Installs what is missing, builds, runs all tests and prints the runner's summary.
#
#   scripts/test.sh               the tests, in a debug build
#   scripts/test.sh --sanitize    the same under the address and undefined-behaviour sanitizers, then under the thread
#                                 sanitizer
#   scripts/test.sh --fuzz [S]    each fuzz target for S seconds (default 20); needs clang
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

run_preset() {
  build_preset "$1"
  echo "test: preset $1"
  ctest --preset "$1" -j "$(nproc)"
}

run_fuzz() {
  local seconds=$1 target name
  build_preset fuzz
  for target in build/fuzz/tests/fuzz/fuzz_*; do
    [ -x "$target" ] || continue
    name=$(basename "$target")
    echo "fuzz: $name for $seconds s"
    mkdir -p "build/fuzz/corpus/$name"
    "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 -verbosity=0 \
      "build/fuzz/corpus/$name" tests/fuzz/corpus/"${name#fuzz_}" 2>&1 | tail -n 3
  done
}

case "${1:-}" in
  "")
    install_packages
    run_preset dev
    ;;
  --sanitize)
    install_packages
    run_preset asan
    run_preset tsan
    ;;
  --fuzz)
    install_packages clang-14 libclang-rt-14-dev
    run_fuzz "${2:-20}"
    ;;
  *)
    sed -n '2,8p' "$0" >&2
    exit 2
    ;;
esac

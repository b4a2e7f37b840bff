#!/usr/bin/env bash
# Installs what is missing, builds, and runs the main job once, on a scripted model: no key, no network.
#
#   scripts/tour.sh                 everything
#   scripts/tour.sh --binary FILE   the run alone, with a binary that is built (used by the tests)
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

case "${1:-}" in
  "")
    install_packages
    build_preset release errand
    errand=$PWD/build/release/errand
    ;;
  --binary)
    errand=$(realpath "$2")
    ;;
  *)
    sed -n '2,5p' "$0" >&2
    exit 2
    ;;
esac

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
export ERRAND_DATA_DIR=$data

say() { printf '\n== %s\n' "$*"; }
show() {
  printf '$ errand %s\n' "$*"
  "$errand" "$@" </dev/null
}

say "The model in this tour is scripted: its words come from scripts/tour.yaml, the tools it calls really run."

say "An agent reads this repository, runs a command in the sandbox, is stopped there, and asks a subagent."
show run -a coder -m scripted/scripts/tour.yaml --permission-mode auto "What is in this repository?"

say "The session was kept: it is listed, shown and continued."
show sessions list
show sessions show latest
show run -c "Which file holds the turn loop?"

say "Agents, subagents and skills are YAML and Markdown you can edit."
show agents list
show skills list

cat <<EOF

== The end of the tour. To use a real model:
   export ANTHROPIC_API_KEY=…            then  errand chat
   export OPENAI_API_KEY=…               then  errand chat -m openai/gpt-5.1
   ollama serve                          then  errand chat -m ollama/qwen3:8b
   The binary is $errand
EOF

#!/usr/bin/env bash
# Builds the release twice, in directories with other names, at other times and with other settings around it, and compares
# the program, the Debian package and the tarball byte for byte.
#
#   scripts/reproducible.sh              what is committed; takes as long as two release builds
#   scripts/reproducible.sh TARGET…      these targets' files alone: errand, errand_base (a room's library)
#
# SOURCE_DATE_EPOCH counts where it is set, else the time of the last commit. The directories stay when something differs.
set -euo pipefail
cd "$(dirname "$0")/.."

: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct)}"
export SOURCE_DATE_EPOCH CCACHE_DISABLE=1
revision=$(git rev-parse HEAD) # of both builds, whatever is committed meanwhile
place=$(mktemp -d "${TMPDIR:-/tmp}/errand-reproducible-XXXXXX")
targets=("$@")

# build DIRECTORY UMASK TZ LC_ALL: the committed sources, built there with those.
build() {
  mkdir -p "$1"
  (
    umask "$2"
    export TZ=$3 LC_ALL=$4
    git archive "$revision" | tar -x -C "$1"
    cd "$1"
    cmake --preset release -DERRAND_TESTS=OFF -DCMAKE_SKIP_INSTALL_ALL_DEPENDENCY=ON >configure.log 2>&1 || {
      cat configure.log >&2
      exit 1
    }
    if [ ${#targets[@]} -gt 0 ]; then
      cmake --build --preset release --target "${targets[@]}" -- --quiet
      exit
    fi
    cmake --build --preset release --target errand installed_files -- --quiet
    cd build/release
    umask 022 # cpack writes it into the package's outermost archive
    cpack >cpack.log 2>&1 || {
      cat cpack.log >&2
      exit 1
    }
  )
}

# The files of a build that are compared, by their names below it.
results() {
  cd "$1/build/release"
  if [ ${#targets[@]} -gt 0 ]; then
    for target in "${targets[@]}"; do find . -type f \( -name "$target" -o -name "lib$target.a" \); done
  else
    find . -maxdepth 1 -type f \( -name errand -o -name '*.deb' -o -name '*.tar.gz' \)
  fi | sort
}

# What of two files differs, as far as can be said in a few lines.
explain() {
  case $1 in
    *.deb | *.a)
      diff <(ar tv "$1") <(ar tv "$2") || true
      ;;&
    *.deb)
      diff <(dpkg-deb -c "$1") <(dpkg-deb -c "$2") || true
      ;;
    *.tar.gz)
      diff <(tar -tvzf "$1") <(tar -tvzf "$2") || true
      ;;
    *)
      diff <(readelf --wide --sections "$1") <(readelf --wide --sections "$2") || true
      diff <(strings -a "$1") <(strings -a "$2") | head -n 20 || true
      ;;
  esac
}

first=$place/a
second=$place/another-directory/with-a-longer-name
build "$first" 022 UTC C
build "$second" 077 Pacific/Kiritimati C.UTF-8

differs=0
while read -r name; do
  if cmp -s "$first/build/release/$name" "$second/build/release/$name"; then
    echo "same     $name $(sha256sum <"$first/build/release/$name" | cut -c1-16)"
  else
    differs=1
    echo "DIFFERS  $name"
    explain "$first/build/release/$name" "$second/build/release/$name"
  fi
done < <(results "$first")
if [ "$(results "$first")" = "" ] || [ "$(results "$first")" != "$(results "$second")" ]; then
  echo "the two builds made different files" >&2
  differs=1
fi
if [ $differs -eq 0 ]; then
  rm -rf "$place"
else
  echo "they are in $place" >&2
fi
exit $differs

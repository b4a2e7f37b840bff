# Sourced by the other scripts: installs the Debian packages the build and the tests need, where they are missing.
# Works as root and as a user with sudo; asks nothing.

errand_packages=(
  # to build
  cmake ninja-build g++ pkg-config
  libcli11-dev nlohmann-json3-dev libsqlitecpp-dev libsqlite3-dev libyaml-cpp-dev libspdlog-dev libfmt-dev
  libcurl4-openssl-dev libexpected-dev libre2-dev libutf8proc-dev libidn2-dev libxml2-dev libseccomp-dev
  libmd4c-dev libsimdjson-dev
  # to run: the sandbox of the shell tool, and the text of PDFs
  bubblewrap ca-certificates poppler-utils
  # to test
  catch2 git libvterm-dev make mandoc
)

install_packages() {
  local missing=() package
  for package in "${errand_packages[@]}" "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    echo "packages: all there"
    return
  fi
  echo "packages: installing ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "packages: run this as root, or install sudo; missing: ${missing[*]}" >&2
      return 1
    }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq </dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

# Configures and builds a preset.
# build_preset PRESET [TARGET…]: all of it, or these.
build_preset() {
  echo "build: preset $1"
  cmake --preset "$1" >"/tmp/errand-configure-$$.log" 2>&1 || {
    cat "/tmp/errand-configure-$$.log" >&2
    rm -f "/tmp/errand-configure-$$.log"
    return 1
  }
  rm -f "/tmp/errand-configure-$$.log"
  local preset=$1
  shift
  cmake --build --preset "$preset" ${1:+--target "$@"} -- --quiet
}

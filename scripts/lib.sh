# shellcheck shell=bash
# What the scripts share: words to the user, checks of toolchains, Debian packages, npm and Python packages, and where
# builds go. Sourced, never run. It changes nothing by itself: every function does one thing that its name says.
#
# Variables a caller may set: CARGO_TARGET_DIR (build directory), POSTERN_CACHE (keeps builds, Python and npm packages
# outside the checkout), NO_COLOR.

set -euo pipefail

readonly CARGO_LEAST=1.95
readonly NODE_LEAST=20.19

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# A container may start us without HOME; cargo, npm and pip all want one.
if [ -z "${HOME:-}" ]; then
  HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
  export HOME
fi
[ -d "$HOME" ] || mkdir -p "$HOME"

say() {
  if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
    printf '\033[1m==> %s\033[0m\n' "$*" >&2
  else
    printf '==> %s\n' "$*" >&2
  fi
}

fail() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

# at_least LEAST VERSION
at_least() {
  [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

# The words before a command that needs the administrator's rights.
as_root() {
  [ "$(id -u)" = 0 ] || printf 'sudo '
}

# --- toolchains: checked, never installed -------------------------------------------------------------------------

need_cargo() {
  local version rustup_home
  # A shell opened before rustup was installed does not know its directory, or finds Debian's old cargo first.
  version=$(cargo --version 2>/dev/null | cut -d' ' -f2) || version=0
  if ! at_least "$CARGO_LEAST" "$version" && [ -x "$HOME/.cargo/bin/cargo" ]; then
    export PATH="$HOME/.cargo/bin:$PATH"
  fi
  if ! command -v cargo >/dev/null; then
    fail "Rust is missing: Postern needs cargo $CARGO_LEAST or newer. Install it with

  $(with_curl)curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile default

and run this again."
  fi
  # rustup's cargo of another home (sudo, a service, an empty home) finds its toolchains only if told where they are.
  # Asking it for its version makes an empty ~/.rustup, so what counts is whether there is a toolchain.
  rustup_home=$(dirname "$(dirname "$(dirname "$(command -v cargo)")")")/.rustup
  if [ -z "${RUSTUP_HOME:-}" ] && [ -d "$rustup_home/toolchains" ] && ! cargo --version >/dev/null 2>&1; then
    export RUSTUP_HOME="$rustup_home"
  fi
  version=$(cargo --version 2>/dev/null | cut -d' ' -f2) || version=
  if [ -z "$version" ]; then
    fail "$(command -v cargo) does not work: it has no toolchain. Install one with

  rustup default stable

and run this again."
  fi
  if ! at_least "$CARGO_LEAST" "$version"; then
    if command -v rustup >/dev/null; then
      fail "cargo is $version, but Postern needs $CARGO_LEAST or newer. Update it with

  rustup update stable && rustup default stable

and run this again."
    fi
    fail "cargo is $version, but Postern needs $CARGO_LEAST or newer. Install a newer one beside it with

  $(with_curl)curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile default && . \"\$HOME/.cargo/env\"

and run this again."
  fi
}

need_node() {
  local version have
  version=$(node --version 2>/dev/null | tr -d v) || version=
  if [ -n "$version" ] && at_least "$NODE_LEAST" "$version" && command -v npm >/dev/null; then
    return
  fi
  if [ -z "$version" ]; then
    have="Node.js is missing: Postern's console needs $NODE_LEAST or newer to build."
  elif at_least "$NODE_LEAST" "$version"; then
    have="Node.js $version is here, but npm is not."
  else
    have="Node.js is $version, but Postern's console needs $NODE_LEAST or newer to build."
  fi
  local preserve=''
  [ "$(id -u)" = 0 ] || preserve='-E '
  fail "$have Install it with

  $(with_curl)curl -fsSL https://deb.nodesource.com/setup_22.x | $(as_root)${preserve}bash - && $(as_root)apt-get install -y nodejs

and run this again."
}

# A fresh Debian has no curl; commands that we print must work as printed.
with_curl() {
  command -v curl >/dev/null || printf '%sapt-get update && %sapt-get install -y curl && ' "$(as_root)" "$(as_root)"
}

# --- Debian packages ----------------------------------------------------------------------------------------------

# shellcheck disable=SC2034 # the scripts that source this use them
readonly PACKAGES_BUILD=(build-essential pkg-config ca-certificates)
# shellcheck disable=SC2034
readonly PACKAGES_DESKTOP=(libwebkit2gtk-4.1-dev libayatana-appindicator3-dev librsvg2-dev libdbus-1-dev)
# shellcheck disable=SC2034
readonly PACKAGES_TEST=(
  xvfb xauth xdotool x11-utils imagemagick openbox xfce4-panel dunst libnotify-bin dbus dbus-x11 gnome-keyring
  libsecret-tools webkit2gtk-driver chromium fonts-dejavu-core procps
  curl openssl python3 python3-venv python3-dbus python3-dbusmock python3-gi
)

# need_packages NAME...: installs those that are missing, and does nothing (no network, no rights) if none is.
need_packages() {
  local name missing=() apt
  if ! command -v dpkg-query >/dev/null; then
    say "This is no Debian: please see to it that the equivalents of these are installed: $*"
    return
  fi
  for name in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  if [ "$(id -u)" = 0 ]; then
    apt=(env)
  elif command -v sudo >/dev/null; then
    apt=(sudo env)
  else
    fail "These Debian packages are missing, and installing them needs root (there is no sudo here). As root, run

  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}

and run this again."
  fi
  apt+=(DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  # Lists of packages are fetched only where there are none, or where they turn out to be too old.
  if compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null &&
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2; then
    return
  fi
  say "Fetching the lists of packages"
  if ! "${apt[@]}" update >&2; then
    say "apt-get update reported errors; trying with what it could fetch"
  fi
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2 ||
    fail "apt-get could not install: ${missing[*]}.
Its own message is above. Without network, connect and run this again; if a package is unknown, this needs Debian 12
or newer (or an Ubuntu of 2024 or newer) with its main repository enabled."
}

# --- where builds go ----------------------------------------------------------------------------------------------

# Sets `target` to the directory of cargo's output, and makes cargo use it.
use_target_dir() {
  if [ -z "${CARGO_TARGET_DIR:-}" ] && [ -n "${POSTERN_CACHE:-}" ]; then
    export CARGO_TARGET_DIR="$POSTERN_CACHE/target"
  fi
  target=${CARGO_TARGET_DIR:-$root/target}
  # Relative paths are relative to the checkout here, whatever a later command's directory is.
  case $target in /*) ;; *) target=$root/$target ;; esac
  [ -z "${CARGO_TARGET_DIR:-}" ] || export CARGO_TARGET_DIR="$target"
}

# --- the console --------------------------------------------------------------------------------------------------

# need_npm_packages DIRECTORY: installs a directory's npm packages if its lock file is not the one they were installed
# from.
need_npm_packages() {
  local directory=$1 stamp now options log
  need_node
  stamp=$directory/node_modules/.installed-from
  now="$(sha256sum <"$directory/package-lock.json") $(node --version)"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then
    return
  fi
  say "Installing the npm packages of $directory"
  [ -z "${POSTERN_CACHE:-}" ] || export npm_config_cache="${npm_config_cache:-$POSTERN_CACHE/npm}"
  options=(--prefix "$directory" --prefer-offline --no-audit --no-fund)
  log=$(mktemp)
  # npm leaves packages of other systems out of a lock file whose registry did not have them all, and then refuses that
  # file for `ci`. What the file does name is installed in that very version either way, and the file stays as it is.
  npm "${options[@]}" ci >"$log" 2>&1 || npm "${options[@]}" install --no-save >&2 || {
    cat "$log" >&2
    rm -f "$log"
    fail "npm could not install the packages of $directory; its own messages are above. If they are about the network,
connect and run this again; if about the disk or rights, see to those first."
  }
  rm -f "$log"
  printf '%s\n' "$now" >"$stamp"
}

# Builds the console into src-ui/dist unless nothing changed since.
build_console() {
  local newest=src-ui/dist/index.html
  need_npm_packages src-ui
  if [ -f "$newest" ] && [ -z "$(find src-ui -name node_modules -prune -o -path src-ui/dist -prune \
    -o -path src-ui/e2e -prune -o -path src-ui/test-results -prune -o -path src-ui/playwright-report -prune \
    -o -type f -newer "$newest" -print -quit)" ]; then
    return
  fi
  say "Building the console"
  npm --prefix src-ui run --silent build >&2
}

# --- Python packages for tests ------------------------------------------------------------------------------------

# need_environment NAME REQUIREMENTS DIRECTORY [OPTION...]: sets `environment` to the directory of a Python environment
# with the packages of a requirements file: NAME in POSTERN_CACHE, or else DIRECTORY. Options are venv's.
need_environment() {
  local name=$1 requirements=$2 wanted
  wanted=$(sha256sum <"$requirements" | cut -c1-16)
  environment=${POSTERN_CACHE:+$POSTERN_CACHE/$name-$wanted}
  environment=${environment:-$3}
  shift 3
  if [ -x "$environment/bin/python" ] && [ "$(cat "$environment/.installed-from" 2>/dev/null)" = "$wanted" ]; then
    return
  fi
  say "Installing the Python packages of $requirements"
  rm -rf "$environment"
  # Debian's interpreter, because Debian's python3-dbus and python3-gi are for that one.
  /usr/bin/python3 -m venv "$@" "$environment"
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2 ||
    fail "pip could not install $requirements; its own message is above. Connect to the network and run this again."
  printf '%s\n' "$wanted" >"$environment/.installed-from"
}

# Sets `python` to the interpreter of an environment with scripts/requirements.txt.
need_python_packages() {
  need_environment python scripts/requirements.txt "$root/.venv" --system-site-packages
  # shellcheck disable=SC2034 # the scripts that source this use it
  python=$environment/bin/python
}

has_display() {
  [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]
}

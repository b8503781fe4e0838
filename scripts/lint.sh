#!/usr/bin/env bash
# Everything that can be judged without running it: formatting, clippy, types, Biome, the shell scripts.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_cargo
need_node
for component in fmt clippy; do
  cargo "$component" --version >/dev/null 2>&1 || fail "cargo $component is missing. Install it with

  rustup component add rustfmt clippy

and run this again."
done
need_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_DESKTOP[@]}"
use_target_dir

failed=()
check() {
  say "$1"
  shift
  "$@" || failed+=("$*")
}

check "Rust formatting" cargo fmt --all --check
# The desktop package embeds the built console, so that nothing compiles without one.
build_console
check "clippy" cargo clippy --workspace --all-targets --quiet -- -D warnings
check "Biome" npm --prefix src-ui run --silent lint
check "TypeScript" npm --prefix src-ui run --silent typecheck
if command -v shellcheck >/dev/null; then
  scripts=(.ci/run scripts/*.sh)
  while IFS= read -r script; do scripts+=("$script"); done < <(grep -rlE --exclude-dir=node_modules --exclude-dir=.venv '^#!.*\b(ba)?sh$' tests bench)
  check "Shell scripts" shellcheck -x "${scripts[@]}"
else
  say "Shell scripts: not checked, shellcheck is not installed ($(as_root)apt-get install -y shellcheck)"
fi

[ ${#failed[@]} -eq 0 ] || fail "Not clean:
$(printf '  %s\n' "${failed[@]}")"
say "Clean"

#!/usr/bin/env bash
# Installs what the tests need and runs all of them; the exit code tells. `make test ARGS="rust sdk"` runs only those
# sections: ui rust api fuzz sdk agents browser desktop. Nothing here is skipped because of a cache or a missing tool.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

sections=(ui rust api fuzz sdk agents browser desktop)
wanted=("$@")
[ $# -gt 0 ] || wanted=("${sections[@]}")
for name in "${wanted[@]}"; do
  [[ " ${sections[*]} " == *" $name "* ]] || fail "There is no section '$name'; there are: ${sections[*]}"
done

need_cargo
need_node
need_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_DESKTOP[@]}" "${PACKAGES_TEST[@]}"
use_target_dir
build_console
need_python_packages

# One set of features for everything below: the whole workspace, always, so that no crate is compiled twice.
say "Building the workspace"
cargo build --workspace --all-targets
export POSTERN_BIN=$target/debug/postern
export POSTERN_DESKTOP_BIN=$target/debug/postern-desktop
export FAKE_UPSTREAM_BIN=$target/debug/fake-upstream
export POSTERN_PYTHON=$python
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}

section_ui() {
  npm --prefix src-ui run --silent test
}

section_rust() {
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --no-fail-fast
    cargo test --workspace --doc --quiet
  else
    cargo test --workspace --no-fail-fast
  fi
}

section_api() {
  scripts/openapi.sh --check
}

section_fuzz() {
  # Providers have addresses of their own: nothing outside of this machine is to be asked.
  unset http_proxy https_proxy all_proxy no_proxy ALL_PROXY
  export HTTP_PROXY=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost
  export POSTERN_CONFIG=tests/api/gateway.yaml
  scripts/with-gateway.sh "$python" tests/api/fuzz.py
}

section_sdk() {
  local node
  export POSTERN_CONFIG=tests/sdk/gateway.yaml
  scripts/with-gateway.sh "$python" -m unittest discover --start-directory tests/sdk --top-level-directory tests/sdk
  need_npm_packages tests/sdk/node
  # The newest SDKs want a newer Node.js than the console. Their lock file brings it, where npm has one for the machine.
  node=$(find tests/sdk/node/node_modules -maxdepth 3 -path '*/node-linux-*/bin/node' -print -quit)
  scripts/with-gateway.sh "${node:-node}" --test tests/sdk/node/*.test.mjs
}

section_agents() {
  scripts/test-agents.sh
}

section_browser() {
  npm --prefix src-ui run --silent e2e
  scripts/with-gateway.sh npm --prefix src-ui run --silent e2e:real
}

section_desktop() {
  tests/desktop/run
}

title() {
  case $1 in
    ui) echo "Console: unit tests" ;;
    rust) echo "Rust: every crate" ;;
    api) echo "API description and TypeScript client: drift" ;;
    fuzz) echo "API fuzzed from its own description" ;;
    sdk) echo "Official Python and Node.js SDKs against the gateway" ;;
    agents) echo "Coding agents through the gateway" ;;
    browser) echo "Console in Chromium, with and without a real gateway" ;;
    desktop) echo "Desktop app: window, tray, keychain, notifications" ;;
  esac
}

summary=()
failures=0
for name in "${wanted[@]}"; do
  say "$(title "$name")"
  began=$SECONDS
  # In a shell of its own, outside of any condition: only so does `set -e` stop a section at its first failure.
  set +e
  (
    set -e
    "section_$name"
  )
  status=$?
  set -e
  if [ "$status" -eq 0 ]; then
    result=passed
  else
    result=FAILED
    failures=$((failures + 1))
  fi
  summary+=("$(printf '%-8s %-58s %4d s' "$result" "$(title "$name")" $((SECONDS - began)))")
done

say "Summary"
printf '%s\n' "${summary[@]}"
if [ "$failures" -gt 0 ]; then
  fail "$failures of ${#wanted[@]} sections failed. To run one of them again: make test ARGS=\"NAME\" (${sections[*]})"
fi

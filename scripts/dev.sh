#!/usr/bin/env bash
# Development with reload. With a display: the desktop app through Tauri's own watcher. Without: the gateway, built again
# and restarted whenever a Rust file changes, and Vite's server for the console at http://127.0.0.1:5173.
# Arguments go to `postern serve` (or to the desktop app).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_cargo
use_target_dir
build_console

if has_display && [ -z "${HEADLESS:-}" ]; then
  need_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_DESKTOP[@]}"
  exec npx --yes @tauri-apps/cli@2.12.5 dev --config tauri.dev.conf.json -- -- "$@"
fi
need_packages "${PACKAGES_BUILD[@]}"

listen=127.0.0.1:4000
arguments=("$@")
for ((i = 0; i < $#; i++)); do
  case ${arguments[i]} in
    --listen) listen=${arguments[i + 1]:-$listen} ;;
    --listen=*) listen=${arguments[i]#--listen=} ;;
  esac
done

children=()
# shellcheck disable=SC2317 # the traps call it
stop() {
  trap - EXIT INT TERM
  [ ${#children[@]} -eq 0 ] || kill "${children[@]}" 2>/dev/null || true
  wait
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

POSTERN_URL="http://$listen" node src-ui/node_modules/vite/bin/vite.js src-ui --clearScreen false &
vite=$!
stamp=$(mktemp)
while :; do
  touch "$stamp"
  gateway=
  children=("$vite")
  if cargo build --package postern; then
    "$target/debug/postern" serve "$@" &
    gateway=$!
    children=("$vite" "$gateway")
  else
    say "Waiting for a change"
  fi
  while [ -z "$(find Cargo.toml crates -newer "$stamp" \( -name '*.rs' -o -name '*.toml' -o -name '*.sql' \
    -o -name '*.json' \) -print -quit)" ]; do
    kill -0 "$vite" 2>/dev/null || fail "Vite has ended; its message is above."
    sleep 0.5
  done
  say "Something changed; building again"
  if [ -n "$gateway" ]; then
    kill "$gateway" 2>/dev/null || true
    wait "$gateway" || true
  fi
done

#!/usr/bin/env bash
# Builds Postern and starts it: the desktop app where there is a display, else the headless gateway.
# Arguments go to the program (make run ARGS="--listen 127.0.0.1:4010"). HEADLESS=1 starts the gateway in any case.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_cargo
need_node
if has_display && [ -z "${HEADLESS:-}" ]; then
  need_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_DESKTOP[@]}"
  # The command line comes with the app: it issues keys, and talks to the gateway that the app runs.
  packages=(postern-desktop postern)
  program=(postern-desktop)
else
  need_packages "${PACKAGES_BUILD[@]}"
  packages=(postern)
  program=(postern serve)
fi
use_target_dir
build_console
say "Building ${packages[*]} (the first time takes some minutes)"
cargo build --release "${packages[@]/#/--package=}"
# The program takes this process over, so that Ctrl-C and signals reach it.
exec "$target/release/${program[0]}" "${program[@]:1}" "$@"

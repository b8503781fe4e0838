#!/usr/bin/env bash
# Measures the release build against a bare pass-through on loopback. Arguments go to the program:
# make bench ARGS="--quick", make bench ARGS="--compare bench/out/EARLIER.json".
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_cargo
need_packages "${PACKAGES_BUILD[@]}"
use_target_dir
build_console
say "Building the release binaries"
# Each by itself: built together, cargo would give the gateway the features that only the benchmark asks for.
cargo build --release --package postern
cargo build --release --package postern-bench
exec "$target/release/bench" --postern "$target/release/postern" "$@"

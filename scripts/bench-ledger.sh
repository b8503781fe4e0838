#!/usr/bin/env bash
# Measures the ledger in a release build: rows written per second and bytes per row (ROWS of them, ten million unless it says
# otherwise), then how long the API takes to answer about them.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_cargo
need_packages "${PACKAGES_BUILD[@]}"
use_target_dir
rows=${ROWS:-10000000}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
say "Building the benchmark"
cargo build --release --package postern
cargo build --release --package postern-bench --bin questions
cargo bench --quiet --package postern-store --bench ledger -- --rows "$rows" --database "$directory/postern.db"
"$target/release/questions" --postern "$target/release/postern" --data "$directory"

#!/usr/bin/env bash
# Feeds one part of the wire crate with whatever libFuzzer makes up, as long as one likes:
# make fuzz ARGS="stream 600" (target and seconds; without seconds until it is interrupted). What is worth going on with
# is kept between runs, in the cache. A finding is written to fuzz-TARGET-... and can be tried again with
# make fuzz ARGS="TARGET FILE".
#
# No tool has to be installed: libFuzzer comes with the crate `libfuzzer-sys`, which a C++ compiler builds, and the
# compiler's part of it is in every stable rustc.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

target_name=${1:-}
duration=${2:-0}
need_cargo
need_packages "${PACKAGES_BUILD[@]}"
use_target_dir
if [ ! -f "crates/fuzz/src/targets/$target_name.rs" ]; then
  names=(crates/fuzz/src/targets/*.rs)
  names=("${names[@]##*/}")
  fail "Which target? There are: ${names[*]%.rs}. For example: make fuzz ARGS=\"stream 600\""
fi

kept=${POSTERN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/postern}/fuzz
say "Building the seeds of $target_name"
cargo run --quiet --release --package postern-fuzz --bin seeds -- "$target_name" "$kept/$target_name-seeds"

say "Building with counters of what was reached"
host=$(rustc -vV | sed -n 's/^host: //p')
# With a target triple, flags are for what is fuzzed and not for build scripts; with a directory of its own, no other
# build starts from nothing because of them.
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Coverflow-checks -Ccodegen-units=1 --cfg fuzzing"
CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_STRIP=none cargo build --release --target "$host" \
  --target-dir "$target/fuzz" --package postern-fuzz --features libfuzzer --bin libfuzzer
program=$target/fuzz/$host/release/libfuzzer

if [ -f "$duration" ]; then
  exec "$program" "$duration" -ignore_remaining_args=1 "$target_name"
fi
mkdir -p "$kept/$target_name"
say "Fuzzing $target_name; everything of interest goes to $kept/$target_name"
exec nice "$program" -max_total_time="$duration" -timeout=10 -rss_limit_mb=2048 -max_len=16384 -use_value_profile=0 \
  -dict="$kept/$target_name-seeds.dict" -artifact_prefix="fuzz-$target_name-" -print_final_stats=1 \
  "$kept/$target_name" "$kept/$target_name-seeds" -ignore_remaining_args=1 "$target_name"

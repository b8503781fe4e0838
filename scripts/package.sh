#!/usr/bin/env bash
# Builds what users install, into dist/: the desktop app with the command line as a .deb, and a tarball with the headless
# binary.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_cargo
need_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_DESKTOP[@]}"
use_target_dir
build_console
mkdir -p dist

say "Building the headless binary"
cargo build --release --package postern
version=$("$target/release/postern" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+[^ ]*' | head -n 1)
name=postern-$version-linux-$(uname -m)
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
mkdir "$staging/$name"
install -m 755 "$target/release/postern" "$staging/$name/postern"
for file in README.md LICENSE*; do
  [ ! -f "$file" ] || install -m 644 "$file" "$staging/$name/"
done
tar -C "$staging" --owner=0 --group=0 --sort=name -czf "dist/$name.tar.gz" "$name"

say "Building the desktop package"
# The command line comes with the app.
npx --yes @tauri-apps/cli@2.12.5 build --bundles deb \
  --config "{\"bundle\":{\"linux\":{\"deb\":{\"files\":{\"/usr/bin/postern\":\"$target/release/postern\"}}}}}"
cp "$target/release/bundle/deb/"*"_${version}_"*.deb dist/

say "Built:"
ls -l dist/"$name".tar.gz dist/*"_${version}_"*.deb

#!/usr/bin/env bash
# Builds the engine for this page: kinetaxis_live.wasm beside index.html. Needs `rustup target add wasm32-unknown-unknown`.
set -euo pipefail
cd "$(dirname "$0")/engine"
cargo build --release "$@"
target=${CARGO_TARGET_DIR:-target}
cp "$target/wasm32-unknown-unknown/release/kinetaxis_live.wasm" ..

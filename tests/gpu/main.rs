//! Cells on a graphics processor: `cargo test --release --features gpu --test gpu`, on the first adapter that is found.
//!
//! The laws are those of `tests/suite/battery`, by its own verdicts; where a signal bends, cells on the processor are the
//! reference. Errors are planted in the text of the program, and must be seen.

// What is shared with the other tests is more than is asked for here.
#[allow(dead_code)]
mod battery;
mod bits;
#[allow(dead_code)]
mod common;
// Those of the feature, too.
#[path = "../suite/dependencies.rs"]
mod dependencies;
mod draws;
#[allow(dead_code)]
#[path = "../suite/laboratory/mod.rs"]
mod laboratory;
mod laws;
mod program;

use kinetaxis::device::{Adapter, Device};
use std::sync::{Arc, LazyLock};

/// What arithmetic of f32 leaves of a mean, relative to it, at most.
pub const ROUND_OFF: f64 = 1e-6;

/// The first adapter.
static GPU: LazyLock<Device> = LazyLock::new(|| made(|adapter| adapter));

/// The same changed.
fn made(change: impl FnOnce(Adapter) -> Adapter) -> Device {
    let adapter = Adapter::open(None).expect("these tests need an adapter");
    Device::Gpu(Arc::new(change(adapter)))
}

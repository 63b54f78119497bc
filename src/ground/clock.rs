//! How long something takes.

use std::time::Duration;
#[cfg(not(target_family = "wasm"))]
use std::time::Instant;

/// Runs from when it was started. Where there is no clock, as in WebAssembly, it stands.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    #[cfg(not(target_family = "wasm"))]
    start: Instant,
}

impl Clock {
    /// Starts now.
    pub fn start() -> Self {
        Self {
            #[cfg(not(target_family = "wasm"))]
            start: Instant::now(),
        }
    }

    /// The time since then.
    pub fn elapsed(&self) -> Duration {
        #[cfg(not(target_family = "wasm"))]
        return self.start.elapsed();
        #[cfg(target_family = "wasm")]
        Duration::ZERO
    }

    /// The same in seconds.
    pub fn seconds(&self) -> f64 {
        self.elapsed().as_secs_f64()
    }
}

//! How a study tells how far it is, and learns that it should stop.

use std::sync::atomic::{AtomicBool, Ordering};

/// The ear and mouth of a study. Both may be used from any thread.
pub struct Monitor<'a> {
    /// Raised when the user wants to stop; heeded between blocks of cells.
    pub stop: &'a AtomicBool,
    /// Called with the work done since the last call, as a fraction of the whole study; with a negative one
    /// where the whole has turned out to be more.
    pub progress: &'a (dyn Fn(f64) + Sync),
}

impl Monitor<'_> {
    /// Whether the user wants to stop.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// A callback for one replicate whose whole work is `share` of the study.
    pub fn replicate(&self, share: f64) -> impl Fn(f64) + Sync + '_ {
        move |done| (self.progress)(share * done)
    }
}

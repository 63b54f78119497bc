//! How a study tells how far it is, and learns that it should stop.

use std::sync::atomic::{AtomicBool, Ordering};

/// The ear and mouth of a study. Both may be used from any thread.
pub struct Monitor<'a> {
    /// Raised when the user wants to stop; heeded between field steps.
    pub stop: &'a AtomicBool,
    /// Called with the work done since the last call, as a fraction of the whole study.
    pub progress: &'a (dyn Fn(f64) + Sync),
}

impl Monitor<'_> {
    /// Whether the user wants to stop.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// A callback for one replicate whose whole work is `share` of the study: takes the fraction
    /// of the replicate that is done and reports what is new.
    pub fn replicate(&self, share: f64) -> impl FnMut(f64) + '_ {
        let mut before = 0.0;
        move |done| {
            (self.progress)(share * (done - before));
            before = done;
        }
    }
}

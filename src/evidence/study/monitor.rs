//! How a study tells how far it is, and learns that it should stop.

use super::checkpoint::Checkpoints;
use super::ledger::Ledger;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The ear and mouth of a study. Both may be used from any thread.
pub struct Monitor<'a> {
    /// Raised when the user wants to stop; heeded between blocks of cells.
    pub stop: &'a AtomicBool,
    /// Called with the work done since the last call, as a fraction of the whole study; with a negative one
    /// where the whole has turned out to be more.
    pub progress: &'a (dyn Fn(f64) + Sync),
    /// Called with what is being done whenever that is something else.
    pub doing: &'a (dyn Fn(&str) + Sync),
    /// Where records of what is done are kept, if they are.
    pub ledger: Option<Arc<dyn Ledger>>,
    /// Where a single run is set down, if it is; the wish to stop is then heard there.
    pub checkpoints: Option<&'a dyn Checkpoints>,
}

impl<'a> Monitor<'a> {
    /// One that tells nobody.
    pub fn silent(stop: &'a AtomicBool) -> Self {
        Self { stop, progress: &|_| {}, doing: &|_| {}, ledger: None, checkpoints: None }
    }

    /// Whether the user wants to stop.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Does a part of the study, which is `share` of the whole and known as `what` (nothing new if that is
    /// empty). Whatever `work` tells of its progress, the part takes no more than its share, and no less.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn part<T, E>(
        &self,
        share: f64,
        what: &str,
        work: impl FnOnce(&Monitor<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        if !what.is_empty() {
            (self.doing)(what);
        }
        let told = Mutex::new(0.0);
        let advance = |fraction: f64| {
            let mut told = told.lock().unwrap_or_else(|e| e.into_inner());
            let now = (*told + fraction).min(1.0);
            (self.progress)(share * (now - *told));
            *told = now;
        };
        let part = Monitor { progress: &advance, ledger: self.ledger.clone(), ..*self };
        let result = work(&part)?;
        advance(1.0);
        Ok(result)
    }

    /// A callback for one replicate whose whole work is `share` of the study.
    pub fn replicate(&self, share: f64) -> impl Fn(f64) + Sync + '_ {
        move |done| (self.progress)(share * done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parts that tell nothing, too much or too little, one within another and from many threads.
    #[test]
    fn parts_take_their_shares() {
        let (done, names) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        let progress = |part: f64| done.lock().unwrap().push(part);
        let doing = |what: &str| names.lock().unwrap().push(what.to_string());
        let stop = AtomicBool::new(false);
        let monitor = Monitor { progress: &progress, doing: &doing, ..Monitor::silent(&stop) };
        let sum = || done.lock().unwrap().iter().sum::<f64>();
        monitor.part(0.25, "silent", |_| Ok::<_, ()>(())).unwrap();
        assert_eq!(sum(), 0.25);
        let much = |m: &Monitor<'_>| {
            (0..5).for_each(|_| (m.progress)(0.3));
            Ok::<_, ()>(())
        };
        monitor.part(0.5, "much", |m| m.part(0.5, "", much)).unwrap();
        assert!((sum() - 0.75).abs() < 1e-12);
        let failed = monitor.part(0.25, "little", |m| {
            std::thread::scope(|s| (0..4).for_each(|_| drop(s.spawn(|| (m.progress)(0.1)))));
            Err::<(), _>("failed")
        });
        assert!(failed.is_err() && (sum() - 0.85).abs() < 1e-12);
        assert_eq!(*names.lock().unwrap(), ["silent", "much", "little"]);
        assert!(done.lock().unwrap().iter().all(|part| *part >= 0.0));
    }
}

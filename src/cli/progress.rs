//! Progress: a bar on a terminal, plain lines otherwise, nothing when quiet.

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::fmt;
use std::io::{IsTerminal, Write, stderr};
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Shows the fraction of the work that is done; may be advanced from any thread.
pub struct Progress {
    sink: Sink,
    done: Mutex<(f64, u32)>,
    start: Instant,
    command: &'static str,
    doing: Mutex<String>,
}

enum Sink {
    Quiet,
    Bar(ProgressBar),
    Lines,
}

/// Resolution of the bar.
const TICKS: f64 = 1000.0;

impl Progress {
    /// Progress of `command`.
    pub fn new(command: &'static str, quiet: bool) -> Self {
        let sink = match (quiet, stderr().is_terminal()) {
            (true, _) => Sink::Quiet,
            (_, false) => Sink::Lines,
            _ => {
                let style = "{prefix} {wide_bar} {percent:>3}%  {elapsed} elapsed, {pace}, {eta} left  {msg}";
                let style = ProgressStyle::with_template(style).expect("the template is constant");
                let style =
                    style.with_key("pace", |state: &ProgressState, to: &mut dyn fmt::Write| {
                        let _ = to.write_str(&pace(state.per_sec() / TICKS));
                    });
                Sink::Bar(ProgressBar::new(TICKS as u64).with_style(style).with_prefix(command))
            }
        };
        let (done, doing) = (Mutex::new((0.0, 0)), Mutex::default());
        Self { sink, done, start: Instant::now(), command, doing }
    }

    /// Adds `fraction` of the whole work; a negative one where the work has turned out to be more.
    pub fn advance(&self, fraction: f64) {
        let mut done = self.done.lock().unwrap_or_else(|e| e.into_inner());
        done.0 += fraction;
        if fraction < 0.0 {
            done.1 = (10.0 * done.0) as u32;
        }
        self.show(&mut done);
    }

    /// Says what is being done, once.
    pub fn doing(&self, what: &str) {
        let mut doing = self.doing.lock().unwrap_or_else(|e| e.into_inner());
        if *doing != what {
            *doing = what.into();
            match &self.sink {
                Sink::Quiet => {}
                Sink::Bar(bar) => bar.set_message(doing.clone()),
                Sink::Lines => drop(writeln!(stderr().lock(), "{}: {doing}", self.command)),
            }
        }
    }

    /// All is done, whatever was foretold.
    pub fn complete(&self) {
        let mut done = self.done.lock().unwrap_or_else(|e| e.into_inner());
        done.0 = 1.0;
        self.show(&mut done);
    }

    fn show(&self, done: &mut (f64, u32)) {
        match &self.sink {
            Sink::Quiet => {}
            Sink::Bar(bar) => bar.set_position((TICKS * done.0) as u64),
            Sink::Lines => {
                // Cells that divide make the work grow.
                let tenths = ((10.0 * done.0 + 1e-9) as u32).min(10);
                if tenths > done.1 {
                    done.1 = tenths;
                    let seconds = self.start.elapsed().as_secs_f64();
                    let left = seconds * (1.0 / done.0 - 1.0).max(0.0);
                    let _ = writeln!(
                        stderr().lock(),
                        "{}: {:3}% done, {seconds:.0} s elapsed, {}, about {left:.0} s left",
                        self.command,
                        10 * tenths,
                        pace(done.0 / seconds),
                    );
                }
            }
        }
    }

    /// Clears the bar.
    pub fn finish(&self) {
        if let Sink::Bar(bar) = &self.sink {
            bar.finish_and_clear();
        }
    }
}

/// What part of the work is done in a second, in the unit of time that makes it 1% or more.
fn pace(a_second: f64) -> String {
    let (times, unit) = match 100.0 * a_second {
        percent if percent >= 1.0 => (1.0, "a second"),
        percent if 60.0 * percent >= 1.0 => (60.0, "a minute"),
        _ => (3600.0, "an hour"),
    };
    format!("{:.1}% {unit}", 100.0 * times * a_second)
}

/// Time that passes unremarked.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does `work`; what takes longer than a second is said on stderr.
pub fn told_if_long<T>(command: &str, what: &str, work: impl FnOnce() -> T) -> T {
    told_after(PATIENCE, || drop(writeln!(stderr().lock(), "{command}: {what}")), work)
}

/// Does `work`, and calls `tell` if that has not ended `after` some time.
fn told_after<T>(after: Duration, tell: impl FnOnce() + Send, work: impl FnOnce() -> T) -> T {
    let (end, waiting) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if waiting.recv_timeout(after) == Err(RecvTimeoutError::Timeout) {
                tell();
            }
        });
        // Dropped, it wakes the other thread, even if the work panics.
        let _end = end;
        work()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_pace_is_told_in_percent() {
        let told = [0.5, 0.001, 1e-5].map(pace);
        assert_eq!(told, ["50.0% a second", "6.0% a minute", "3.6% an hour"]);
    }

    #[test]
    fn only_what_takes_long_is_told() {
        let told = AtomicBool::new(false);
        let tell = || told.store(true, Ordering::Relaxed);
        let start = Instant::now();
        assert_eq!(told_after(Duration::from_secs(60), tell, || 7), 7);
        assert!(!told.load(Ordering::Relaxed) && start.elapsed() < Duration::from_secs(30));
        told_after(Duration::from_millis(1), tell, || {
            while !told.load(Ordering::Relaxed) && start.elapsed() < Duration::from_secs(30) {
                std::thread::yield_now();
            }
        });
        assert!(told.load(Ordering::Relaxed));
    }
}

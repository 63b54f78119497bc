//! Progress: a bar on a terminal, plain lines otherwise, nothing when quiet.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write, stderr};
use std::sync::Mutex;
use std::time::Instant;

/// Shows the fraction of the work that is done; may be advanced from any thread.
pub struct Progress {
    sink: Sink,
    done: Mutex<(f64, u32)>,
    start: Instant,
    command: &'static str,
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
                let style = "{prefix} {wide_bar} {percent:>3}%  {elapsed} elapsed, {eta} left";
                let style = ProgressStyle::with_template(style).expect("the template is constant");
                Sink::Bar(ProgressBar::new(TICKS as u64).with_style(style).with_prefix(command))
            }
        };
        Self { sink, done: Mutex::new((0.0, 0)), start: Instant::now(), command }
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
                        "{}: {:3}% done, {seconds:.0} s elapsed, about {left:.0} s left",
                        self.command,
                        10 * tenths,
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

//! One file given to the program, and what it made of it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What takes longer is taken for a hang. A clean answer takes milliseconds; the rest is for a
/// machine under load.
const PATIENCE: Duration = Duration::from_secs(20);

/// A file, changed in one place.
pub struct Trial {
    key: String,
    change: String,
    text: String,
    set: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// Refused, with the key named, and nothing written.
    Refused,
    /// Run, with finite results.
    Ran,
    /// Neither.
    Fault(String),
}

/// What a command did.
pub enum Answer {
    /// Ended, with 0 or with 1 or 2 and a message, in this folder.
    Done(Output, TempDir),
    /// Hung, panicked, or wrote something and failed.
    Fault(String),
}

/// The key of the table that one in a file is: `populations.NAME.cells.count` is `cells.count`.
pub fn of_table(path: &str) -> String {
    let (group, rest) = path.split_once('.').unwrap_or((path, ""));
    let (_, own) = rest.split_once('.').unwrap_or((rest, ""));
    match group {
        "populations" if own.starts_with("terms.") => of_table(own),
        "populations" => own.into(),
        "terms" => format!("kernel.{own}"),
        "signals" => format!("signal.{own}"),
        "reactions" => format!("reactions.{own}"),
        _ => path.into(),
    }
}

/// Gives a file `trial.toml` with `text` to the program.
pub fn answer(command: &[&str], text: &str, set: Option<&str>) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trial.toml");
    fs::write(&file, text).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_kinetaxis"));
    program.current_dir(folder.path()).arg(command[0]).arg(&file).args(&command[1..]);
    program.args(set.iter().flat_map(|set| ["--set", set]));
    let Some(output) = patiently(&mut program) else { return Answer::Fault("hangs".into()) };
    let told = String::from_utf8_lossy(&output.stderr);
    let written = fs::read_dir(folder.path()).unwrap().count() != 1;
    let fault = |why: String| Answer::Fault(format!("{why}: {}", told.trim()));
    match output.status.code() {
        Some(0) => Answer::Done(output, folder),
        Some(1 | 2) if told.contains("panicked") => fault("panics".into()),
        Some(1 | 2) if written => fault("fails and writes".into()),
        Some(1 | 2) if told.trim().is_empty() => fault("fails and says nothing".into()),
        Some(1 | 2) => Answer::Done(output, folder),
        code => fault(format!("ends with {code:?}")),
    }
}

fn patiently(program: &mut Command) -> Option<Output> {
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (mut child, start) = (program.spawn().unwrap(), Instant::now());
    while start.elapsed() < PATIENCE {
        if child.try_wait().unwrap().is_some() {
            return child.wait_with_output().ok();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

impl Trial {
    /// `text`, in which `key` has been changed, or is changed by `--set`; a refusal has to name the key.
    pub fn new(key: &str, change: &str, text: String, set: Option<String>) -> Self {
        Self { key: key.into(), change: change.into(), text, set }
    }

    pub fn name(&self) -> String {
        let how = if self.set.is_some() { "--set " } else { "" };
        format!("{how}{} {}", self.key, self.change)
    }

    /// Checks the file and, if it is valid, runs it.
    pub fn outcome(&self) -> Outcome {
        match self.outcome_of(&["check"]) {
            Outcome::Ran => {
                self.outcome_of(&["run", "--out", "results", "--quiet", "--threads", "1"])
            }
            other => other,
        }
    }

    fn outcome_of(&self, command: &[&str]) -> Outcome {
        let fault = |why: &str| Outcome::Fault(format!("{} {why}", command[0]));
        match answer(command, &self.text, self.set.as_deref()) {
            Answer::Fault(why) => fault(&why),
            Answer::Done(output, folder) => {
                let told = String::from_utf8_lossy(&output.stderr);
                match output.status.code() {
                    Some(0) if command[0] == "check" => Outcome::Ran,
                    Some(0) => finite(folder.path()),
                    Some(1) if command[0] == "check" => fault(&format!("ends with 1: {told}")),
                    _ if !told.contains(&self.key) => fault(&format!("does not name it: {told}")),
                    _ => Outcome::Refused,
                }
            }
        }
    }
}

/// Whether every number written is one.
fn finite(folder: &Path) -> Outcome {
    for name in ["observables.csv", "density.csv", "signal.csv"] {
        let table = fs::read_to_string(folder.join("results").join(name)).unwrap_or_default();
        let none = |field: &str| ["nan", "inf", "-inf"].contains(&field.to_lowercase().as_str());
        if let Some(line) = table.lines().find(|line| line.split(',').any(none)) {
            return Outcome::Fault(format!("valid, and run writes {line} to {name}"));
        }
        if table.lines().count() < 2 {
            return Outcome::Fault(format!("valid, and run leaves {name} empty"));
        }
    }
    Outcome::Ran
}

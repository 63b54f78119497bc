//! Each request of the file system fails in turn, through `strace`: nothing is lost, and all is told.
//!
//! `cargo test --release faults -- --ignored` tries every fifth, `FAULTS=whole` all of them, in some minutes.
//! What the layer of ours asks of the file system is made to fail in the tests of `src/present/output/folder.rs`,
//! without `strace`.

use crate::common::program::{json, names_in, program, stderr, stdout};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const SMALL: &str = r#"
dimension = 1
epsilon = 0.2
domain = { lower = 0, upper = 1, grid = 16 }
kernel = { model = "local" }
cells = { count = 100 }
time = { end = 0.1, step = 0.05 }
ensemble = { replicates = 2 }
"#;

/// What may fail, with the errors that it may have.
const REQUESTS: [(&str, &[&str]); 6] = [
    ("openat", &["EACCES", "ENOSPC", "EIO", "EROFS"]),
    ("mkdir", &["EACCES", "ENOSPC", "EROFS"]),
    ("write", &["ENOSPC", "EIO"]),
    ("fsync", &["ENOSPC", "EIO"]),
    ("rename", &["EACCES", "EIO"]),
    ("renameat2", &["EACCES", "EIO", "EROFS", "ENOSPC"]),
];

/// Runs that replace results, or not, with one fault: of a command that writes once, and of one that keeps records.
struct Trial {
    home: TempDir,
    command: &'static str,
    old: bool,
}

impl Trial {
    fn new(command: &'static str, old: bool) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("small.toml"), SMALL).unwrap();
        let trial = Self { home, command, old };
        if old {
            assert!(trial.run(&mut program(), 1).status.success());
        }
        trial
    }

    fn run(&self, command: &mut Command, seed: u32) -> Output {
        let seed = seed.to_string();
        let line = ["small.toml", "--out", "out", "--force", "--threads", "1", "--seed", &seed];
        command
            .arg(self.command)
            .args(line)
            .current_dir(self.home.path())
            .output()
            .expect("it starts")
    }

    /// The run with its n-th request failing; `None` if there are not so many. The line that failed.
    fn fail(&self, requests: &str, error: &str, n: usize) -> Option<(Output, String)> {
        let log = self.home.path().join("small.log");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-o"]).arg(&log).args(["-e", &format!("trace={requests}")]);
        strace.args(["-e", &format!("inject={requests}:error={error}:when={n}")]);
        let output = self.run(strace.arg(env!("CARGO_BIN_EXE_kinetaxis")), 2);
        let log = fs::read_to_string(&log).unwrap();
        // Each thread has a count of its own: one that writes progress may fail as well.
        let mut lines = log.lines().filter(|line| line.contains("(INJECTED)"));
        let first = lines.next()?;
        let line = lines.find(|line| !line.contains("write(2<")).unwrap_or(first);
        Some((output, line.to_string()))
    }

    fn seed(&self, folder: &str) -> u64 {
        let folder = self.home.path().join(folder);
        assert!(folder.join("report.html").is_file() && folder.join("observables.csv").is_file());
        json(folder.join("manifest.json"))["seed"].as_u64().unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names = names_in(self.home.path());
        names.retain(|name| !name.starts_with("small.") && name != "out.ledger");
        names
    }

    fn judge(&self, output: &Output, line: &str) {
        let (told, names) = (stderr(output), self.names());
        let what = format!("{line}\n{told}{names:?}");
        assert!(!told.contains("panicked"), "{what}");
        assert!(!names.iter().any(|name| name.starts_with('.')), "{what}");
        if output.status.success() {
            // The loader and the runtime ask for much that they can do without, and so does a look around.
            let own = line.contains(&*self.home.path().to_string_lossy());
            assert!(!own || line.contains("O_RDONLY"), "{what}");
            assert_eq!((names, self.seed("out")), (vec!["out".into()], 2), "{what}");
            return;
        }
        let of_stderr = line.contains("write(2<");
        assert!(!told.trim().is_empty() || of_stderr, "{what}");
        if line.contains("/out") {
            assert!(told.contains("out"), "{what}");
        }
        let printed = stdout(output).contains("at t = 0.1");
        if told.contains("out.ledger") {
            // Once there is room the same command goes on, with what was kept.
            let again = self.run(&mut program(), 2);
            assert!(again.status.success(), "{what}{}", stderr(&again));
            assert_eq!(self.seed("out"), 2, "{what}");
            return;
        }
        if told.contains("cannot write out/") || told.contains("are whole, and kept in") {
            assert!(printed, "{what}");
        }
        if line.contains("write(1<") {
            // The results are there all the same.
            assert_eq!(self.seed("out"), 2, "{what}");
        } else if self.old {
            assert_eq!(self.seed("out"), 1, "{what}");
        } else {
            assert!(!names.contains(&"out".into()), "{what}");
        }
        if told.contains("are whole") {
            assert_eq!(self.seed("out-kept"), 2, "{what}");
        }
    }
}

#[test]
#[ignore = "needs strace, and a minute"]
fn no_fault_loses_results() {
    let whole = std::env::var("FAULTS").is_ok_and(|word| word == "whole");
    let stride = if whole { 1 } else { 5 };
    let (mut trials, mut first) = (0, 0);
    for (command, old) in [("run", false), ("run", true), ("ensemble", false), ("ensemble", true)] {
        for (requests, errors) in REQUESTS {
            for error in errors {
                first = first % stride + 1;
                for n in (first..).step_by(stride) {
                    let trial = Trial::new(command, old);
                    let Some((output, line)) = trial.fail(requests, error, n) else { break };
                    // Not ours: without its libraries there is no program.
                    if !line.contains(".so") {
                        trial.judge(&output, &line);
                        trials += 1;
                    }
                }
            }
        }
    }
    println!("{trials} faults");
    assert!(trials * stride > 100);
    assert!(Path::new("/proc").exists(), "strace is for Linux");
}

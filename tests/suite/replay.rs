//! The history of a cell that stops a run is told again, tumble by tumble.

use crate::common::program::{expect, kinetaxis, stderr, stdout};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// T/F = 1 + 0.3 v·∇S is at most 1.3 in signals of slope 1, and the bound that the user gives is too low.
const LOW: &str = r#"
dimension = 2
epsilon = 0.1
domain = { lower = 0, upper = 1, grid = 16 }
time = { end = 0.4, step = 0.2 }
seed = 5
[populations.slow]
cells = { count = 3000, mass = 1 }
kernel = { model = "local" }
[populations.keen]
cells = { count = 3000, mass = 1 }
kernel = { model = "expression", turning = "F*(1 + 3*eps*A)", bound = BOUND, senses = "s" }
[signals.s]
equation = "parabolic"
producers = ["keen"]
initial = "sin(2*PI*x)/(2*PI)"
production = 0.1
diffusion = 0.001
"#;

fn desk(bound: f64, motion: &str) -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("low.toml");
    let text = format!("motion = \"{motion}\"\n") + &LOW.replace("BOUND", &bound.to_string());
    fs::write(&file, text).unwrap();
    (home, file)
}

fn run(command: &str, file: &Path, more: &[&str]) -> std::process::Output {
    let out = file.with_file_name("out");
    let line = [command, file.to_str().unwrap(), "--quiet", "--out", out.to_str().unwrap()];
    kinetaxis(&[&line[..], more].concat())
}

/// The message names the file and the command; the history ends with the same message. So it does for any number of
/// threads, and for a replicate among others.
#[test]
fn a_rate_above_its_bound_is_met_again() {
    for (motion, command, more) in [
        ("exact", "run", &["--threads", "1"][..]),
        ("exact", "run", &["--threads", "3", "--replicate", "2"]),
        ("skip-ahead", "run", &[]),
        ("exact", "ensemble", &["--set", "ensemble.replicates=2"]),
    ] {
        let (home, file) = desk(1.25, motion);
        let output = run(command, &file, more);
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        let case = home.path().join("out.replay");
        let end = format!(". Its history: kinetaxis replay {}\n", case.display());
        let message = told.strip_prefix("kinetaxis: ").unwrap().strip_suffix(&end);
        let message = message.unwrap_or_else(|| panic!("{told}"));
        assert!(
            message.contains("in the population keen: cell ")
                && message.contains("exceeds its bound")
        );
        let history = stdout(&expect(0, &["replay", case.to_str().unwrap()]));
        let lines: Vec<&str> = history.lines().collect();
        assert_eq!(lines.last(), Some(&message), "{history}");
        let last = lines[lines.len() - 2];
        assert!(last.ends_with("not a rate"), "{history}");
        let fields: Vec<f64> = last.split_whitespace().filter_map(|f| f.parse().ok()).collect();
        // t, place, velocity before and proposed, T/F, bound, level, two draws.
        let [rate, bound, level, _, u] = fields[7..] else { panic!("{last}") };
        assert!(rate > bound && (level / bound - u).abs() < 1e-12, "{last}");
        assert!(message.contains(&format!("T/F = {rate:e} exceeds its bound {bound:e}")));
        assert!(!home.path().join("out").exists());
    }
}

/// Each candidate comes with the velocity that the one before left the cell with, and flies on from there.
#[test]
fn a_history_hangs_together() {
    // No rate is far above this, so that a cell lives long before it meets one.
    let (home, file) = desk(1.297, "exact");
    let output = run("run", &file, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let case = home.path().join("out.replay");
    let history = stdout(&expect(0, &["replay", case.to_str().unwrap()]));
    let rows: Vec<Vec<f64>> = (history.lines().skip(3))
        .map(|line| line.split_whitespace().filter_map(|f| f.parse().ok()).collect::<Vec<f64>>())
        .filter(|row| row.len() == 12)
        .collect();
    assert!(rows.len() >= 2, "{history}");
    for pair in rows.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        assert_eq!(before[5..7], after[3..5], "{history}");
        for a in 0..2 {
            let way = (after[0] - before[0]) * after[3 + a] / 0.1;
            let off = (after[1 + a] - before[1 + a] - way).rem_euclid(1.0);
            assert!(off.min(1.0 - off) < 1e-9, "{history}");
        }
    }
}

/// What is no such file, or a damaged one, is told.
#[test]
fn only_whole_files_are_replayed() {
    let (home, file) = desk(1.25, "exact");
    run("run", &file, &[]);
    let case = home.path().join("out.replay");
    let told = stderr(&expect(2, &["replay", file.to_str().unwrap()]));
    assert!(told.contains("is no record of kinetaxis"), "{told}");
    let mut bytes = fs::read(&case).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&case, bytes).unwrap();
    let told = stderr(&expect(2, &["replay", case.to_str().unwrap()]));
    assert!(told.contains("is damaged"), "{told}");
}

//! The same bytes for every number of threads; replicates that are the same on their own.

use crate::common::program::{Table, assert_same_csv, csv_bytes, expect};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const EXPERIMENT: &str = r#"
dimension = 2
epsilon = 0.2
[domain]
lower = -2
upper = 2
grid = 24
boundary = ["no-flux", "periodic"]
[velocity]
set = "ball"
[kernel]
model = "nonlocal"
c1 = 0.25
c2 = 0.35
[signal]
equation = "parabolic"
decay = 1
initial = 0.5
[cells]
count = 3000
mass = 8
density = { shape = "gaussian", center = [-0.4, 0.3], width = 0.5 }
[time]
end = 0.1
step = 0.02
outputs = [0, 0.05, 0.1]
[converge]
epsilons = [0.4, 0.3]
test_functions = ["x*x"]
budget_replicates = 4
"#;

/// An experiment file in a folder of its own.
struct Bench {
    home: TempDir,
    file: String,
}

impl Bench {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("bench.toml");
        fs::write(&file, EXPERIMENT).unwrap();
        Self { file: file.to_str().unwrap().into(), home }
    }

    /// Runs a command; its results folder.
    fn command(&self, command: &str, name: &str, more: &[&str]) -> PathBuf {
        let out = self.home.path().join(name);
        let line = [command, &self.file, "--quiet", "--out", out.to_str().unwrap()];
        expect(0, &[&line[..], more].concat());
        out
    }

    fn same_for_all_threads(&self, command: &str, files: usize, more: &[&str]) {
        let one = self.command(command, "1", &[&["--threads", "1"], more].concat());
        assert_eq!(csv_bytes(&one).len(), files);
        for threads in ["2", "3", "8"] {
            let out = self.command(command, threads, &[&["--threads", threads], more].concat());
            assert_same_csv(&one, &out);
        }
    }
}

/// 200 000 cells: four private grids of the deposit, and many blocks of cells.
#[test]
fn a_run_does_not_depend_on_the_threads() {
    let more = ["--set", "cells.count=200000", "--set", "output.cells_at=[0.1]"];
    Bench::new().same_for_all_threads("run", 4, &more);
    let narrow = [&more[..], &["--set", "motion_precision=f32"]].concat();
    Bench::new().same_for_all_threads("run", 4, &narrow);
}

#[test]
fn free_walks_at_once_do_not_depend_on_the_threads() {
    let more = ["--set", "motion=skip-ahead", "--set", "output.cells_at=[0.1]"];
    Bench::new().same_for_all_threads("run", 4, &more);
    let hybrid =
        ["--set", "motion=hybrid", "--set", "epsilon=0.03", "--set", "time.motion_step=0.01"];
    Bench::new().same_for_all_threads("run", 3, &hybrid);
    let circle = ["--set", "velocity.set=sphere", "--set", "motion=auto"];
    Bench::new().same_for_all_threads("run", 3, &circle);
}

/// The widest vector instructions of this processor against none but those that all of them have.
#[test]
fn a_run_does_not_depend_on_the_vector_instructions() {
    for motion in ["motion=exact", "motion=skip-ahead", "motion=hybrid", "motion_precision=f32"] {
        for set in ["velocity.set=sphere", "velocity.set=ball"] {
            let bench = Bench::new();
            let more = ["--set", motion, "--set", set, "--set", "output.cells_at=[0.1]"];
            let widest = bench.command("run", "widest", &more);
            for width in ["portable", "avx2"] {
                let out = bench.home.path().join(width);
                let mut line = crate::common::program::program();
                line.env("KINETAXIS_SIMD", width).args(["run", &bench.file, "--quiet", "--out"]);
                assert!(line.arg(&out).args(more).status().unwrap().success());
                assert_same_csv(&widest, &out);
            }
        }
    }
}

#[test]
fn an_ensemble_does_not_depend_on_the_threads() {
    let more = ["--set", "ensemble.replicates=5", "--set", "output.cells_at=[0.05]"];
    Bench::new().same_for_all_threads("ensemble", 4, &more);
}

#[test]
fn a_sweep_does_not_depend_on_the_threads() {
    Bench::new().same_for_all_threads("converge", 5, &["--set", "converge.replicates=5"]);
}

/// Cells of one replicate, without the column that names it.
fn cells_of(out: &Path, replicate: &str) -> Vec<Vec<String>> {
    let table = Table::read(out.join("cells.csv"));
    let mut rows = table.rows_with("replicate", replicate);
    assert_eq!(rows.len(), 2 * 3000, "two times, 3000 cells");
    rows.iter_mut().for_each(|row| drop(row.remove(1)));
    rows
}

#[test]
fn a_replicate_is_the_same_alone_and_in_an_ensemble() {
    let bench = Bench::new();
    let at = ["--set", "output.cells_at=[0, 0.1]"];
    let all =
        bench.command("ensemble", "all", &[&at[..], &["--set", "ensemble.replicates=4"]].concat());
    let alone: Vec<_> = ["0", "1", "2", "3"]
        .map(|k| {
            let out = bench.command("run", k, &[&at[..], &["--replicate", k]].concat());
            let cells = cells_of(&out, k);
            assert!(cells == cells_of(&all, k), "replicate {k} differs");
            cells
        })
        .into();
    for k in 1..4 {
        assert!(alone[0] != alone[k], "replicates 0 and {k} are the same");
    }
}

#[test]
fn another_seed_is_another_result_and_the_same_one_is_not() {
    let bench = Bench::new();
    let seeded = |seed, name| bench.command("run", name, &["--seed", seed]);
    let (one, again, two) = (seeded("1", "a"), seeded("1", "b"), seeded("2", "c"));
    assert_same_csv(&one, &again);
    let (one, two) = (csv_bytes(&one), csv_bytes(&two));
    assert_eq!(one.len(), two.len());
    for i in 0..one.len() {
        assert!(one[i].1 != two[i].1, "{} does not depend on the seed", one[i].0);
    }
}

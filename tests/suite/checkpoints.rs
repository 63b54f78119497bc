//! A run that is killed, stopped or out of time goes on where it was, and ends with the same bytes.

use crate::common::program::{Desk, expect, kinetaxis, may_nowak, names_in, program, stderr};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Cells whose signal answers to them.
const CELLS: &str = r#"
dimension = 2
epsilon = 0.2
domain = { lower = -2, upper = 2, grid = 16 }
kernel = { model = "nonlocal", c1 = 0.25, c2 = 0.35 }
signal = { equation = "parabolic", decay = 1, initial = 0.5 }
cells = { count = 6000, mass = 8, density = { shape = "gaussian", center = [-0.4, 0.3], width = 0.5 } }
time = { end = 0.6, step = 0.01, outputs = [0, 0.3, 0.6] }
output = { cells_at = [0.3] }
seed = 1
"#;

/// A virus, its target cells, and those that are infected.
const VIRUS: &str = concat!(
    r#"
dimension = 1
epsilon = 0.2
domain = { lower = 0, upper = 2.5, grid = 24, boundary = "no-flux" }
deposit = { bandwidth = 0.2 }
time = { end = 0.6, step = 0.01, outputs = [0.2, 0.6] }
seed = 2
[populations.healthy]
kernel = { model = "local", b = 0.5, senses = "s" }
cells = { count = 5000, mass = 1.6, least = 4000, most = 9000 }
[populations.infected]
kernel = { model = "local", senses = "s" }
cells = { count = 8000, mass = 2.9 }
[populations.virus]
kernel = { model = "local", senses = "s" }
cells = { count = 5000, mass = 4.3 }
"#,
    may_nowak!()
);

impl Desk {
    /// A run that is never interrupted.
    fn whole(&self, more: &[&str]) {
        expect(0, &self.line("run", "whole", more));
    }

    fn start(&self, more: &[&str]) -> Child {
        let mut command: Command = program();
        command.args(self.line("run", "out", more)).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    fn resume(&self) {
        expect(0, &["resume", self.path("out").to_str().unwrap(), "--quiet"]);
    }

    fn states(&self) -> Vec<PathBuf> {
        let folder = self.path("out.ledger");
        let names = if folder.exists() { names_in(&folder) } else { Vec::new() };
        names.iter().filter(|n| n.starts_with("state-")).map(|name| folder.join(name)).collect()
    }

    /// All files but the manifest are the same to the last byte, and nothing else is left.
    #[track_caller]
    fn same(&self) {
        let whole = self.path("whole");
        // Results that were ready when the run was killed are kept beside those of the next one.
        let kept = self.path("out-kept").exists().then_some("out-kept");
        for out in std::iter::once("out").chain(kept).map(|name| self.path(name)) {
            assert_eq!(names_in(&whole), names_in(&out));
            for name in names_in(&whole).iter().filter(|name| *name != "manifest.json") {
                assert_eq!(text(&whole.join(name)), text(&out.join(name)), "{name}");
            }
        }
        let mut names = names_in(self.home.path());
        names.retain(|name| kept != Some(name));
        assert_eq!(names, ["it.toml", "out", "whole"]);
    }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// Evenly spread in (0, 1): the golden section.
fn fraction(i: u32) -> f64 {
    (0.618_033_988_749_895 * f64::from(i + 1)).fract()
}

/// Killed at any instant, again and again, in every motion: `kills` times in all.
fn killed(kills: u32) {
    let trials = [
        ("motion=exact", CELLS),
        ("motion=skip-ahead", CELLS),
        ("motion=hybrid", CELLS),
        ("motion_precision=f32", VIRUS),
    ];
    let (mut done, mut found) = (0, 0);
    for (i, (motion, experiment)) in trials.into_iter().cycle().enumerate() {
        if done >= kills {
            break;
        }
        let desk = Desk::new(experiment);
        let start = Instant::now();
        desk.whole(&["--set", motion, "--threads", "2"]);
        let takes = start.elapsed();
        let threads = ["1", "2", "3"];
        let mut ended = false;
        for k in 0..3 {
            let threads = threads[(i + k) % 3];
            let more = ["--set", motion, "--checkpoint-every", "0", "--threads", threads];
            let mut child = desk.start(&more);
            // Every other one after its first state.
            while done % 2 == 0 && desk.states().is_empty() && child.try_wait().unwrap().is_none() {
                sleep(Duration::from_millis(1));
            }
            sleep(takes.mul_f64(fraction(done)));
            child.kill().unwrap();
            let finished = child.wait().unwrap().success();
            if finished || desk.path("out").exists() {
                // Killed when nothing was left to do but to remove the states, and what had reserved the place.
                for left in ["out.ledger", ".kinetaxis-out"] {
                    let _ = fs::remove_dir_all(desk.path(left));
                }
                ended = true;
                break;
            }
            done += 1;
            found += u32::from(!desk.states().is_empty());
            assert!(desk.states().len() <= 3, "{:?}", desk.states());
        }
        if !ended {
            match i % 2 == 0 && !desk.states().is_empty() {
                true => desk.resume(),
                false => drop(expect(0, &desk.line("run", "out", &["--set", motion]))),
            }
        }
        desk.same();
    }
    assert!(
        3 * found >= kills,
        "{found} of {kills} kills left a state: too early to tell anything"
    );
}

#[test]
fn kills_leave_no_trace() {
    killed(10);
}

/// `cargo test --release kills_of_all_kinds -- --ignored`, in some minutes.
#[test]
#[ignore = "minutes"]
fn kills_of_all_kinds_leave_no_trace() {
    killed(200);
}

/// Makes a run of minutes, and waits for its first state.
fn under_way(desk: &Desk, more: &[&str]) -> Child {
    let child = desk.start(&[&["--checkpoint-every", "0"], more].concat());
    let start = Instant::now();
    while desk.states().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(60), "there is no state");
        sleep(Duration::from_millis(2));
    }
    child
}

/// A signal ends the run after its field step; another experiment does not go on from there, and the same one does, where
/// the newer state is damaged from the older one.
#[test]
fn a_signal_leaves_a_state_for_the_same_run() {
    let desk = Desk::new(CELLS);
    desk.whole(&[]);
    let child = under_way(&desk, &[]);
    let start = Instant::now();
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(128 + 15), "{told}");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    let ledger = desk.path("out.ledger");
    let due = format!("kinetaxis: interrupted; {} holds its state at t = 0.", ledger.display());
    assert!(
        told.starts_with(&due) && told.ends_with("or kinetaxis resume, goes on from there\n"),
        "{told}"
    );
    let states = desk.states();
    assert!(!states.is_empty() && states.len() <= 2, "{states:?}");

    let output = kinetaxis(&desk.line("run", "out", &["--set", "cells.count=6001", "--seed", "7"]));
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    for differs in ["cells.count was 6000 and is 6001", "seed was 1 and is 7"] {
        assert!(told.contains(differs), "{told}");
    }
    let output = kinetaxis(&desk.line("run", "out", &["--replicate", "1"]));
    assert!(stderr(&output).contains("--replicate was 0 and is 1"), "{}", stderr(&output));

    let newest = states.last().unwrap();
    let mut bytes = fs::read(newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(newest, bytes).unwrap();
    let output =
        expect(0, &desk.line("run", "out", &["--set", "title=\"no other run\"", "--threads", "1"]));
    let told = stderr(&output);
    assert!(told.contains(&format!("warning: {} is damaged", newest.display())), "{told}");
    let next = if states.len() == 2 { "the one before it is used" } else { "the run begins again" };
    assert!(told.contains(next), "{told}");
    // But for the title.
    for name in ["density.csv", "signal.csv", "observables.csv", "cells.csv", "summary.json"] {
        assert_eq!(
            text(&desk.path("whole").join(name)),
            text(&desk.path("out").join(name)),
            "{name}"
        );
    }
}

/// As long as it takes, in pieces.
#[test]
fn a_run_out_of_time_goes_on() {
    let desk = Desk::new(CELLS);
    desk.whole(&[]);
    let output = expect(3, &desk.line("run", "out", &["--wall-time", "0"]));
    let told = stderr(&output);
    assert!(told.starts_with("kinetaxis: --wall-time is over; "), "{told}");
    assert_eq!(desk.states().len(), 1);
    let mut pieces = 1;
    while kinetaxis(&desk.line("run", "out", &["--wall-time", "0.1"])).status.code() == Some(3) {
        pieces += 1;
        assert!(pieces < 1000);
    }
    desk.same();
    fs::remove_dir_all(desk.path("out")).unwrap();
    expect(3, &desk.line("run", "out", &["--wall-time", "0"]));
    desk.resume();
    desk.same();
}

//! A number that is none never goes on: every expression, at t = 0 and during the run.

use crate::common::program::{kinetaxis, stderr, stdout};
use std::time::{Duration, Instant};

const BASE: &str = r#"
    dimension = 1
    epsilon = 0.1
    domain = { lower = 0, upper = 1, grid = 16 }
    kernel = { model = "local" }
    cells = { count = 200 }
    time = { end = 0.1, step = 0.05 }
"#;

/// The exit code, and what was said; it must be said soon, and nothing may be written.
pub fn told(command: &str, set: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("b.toml"), folder.path().join("out"));
    std::fs::write(&file, BASE).unwrap();
    let mut words = vec![command.to_string(), file.to_str().unwrap().into()];
    if command != "check" {
        words.extend(["--out".into(), out.to_str().unwrap().into(), "--quiet".into()]);
    }
    words.extend(set.iter().flat_map(|s| ["--set".to_string(), s.to_string()]));
    let start = Instant::now();
    let output = kinetaxis(&words);
    assert!(start.elapsed() < Duration::from_secs(10), "{set:?}: {:?}", start.elapsed());
    let code = output.status.code().expect("an exit code");
    assert!(code == 0 || !out.exists(), "{set:?}");
    (code, stdout(&output) + &stderr(&output))
}

fn expect(command: &str, set: &[&str], code: i32, parts: &[&str]) {
    let (got, said) = told(command, set);
    assert_eq!(got, code, "{set:?}: {said}");
    for part in parts {
        assert!(said.contains(part), "{set:?}: no {part:?} in {said}");
    }
}

const WAVE: [&str; 2] =
    ["signal.equation=\"prescribed\"", "signal.expression=\"cos(2*PI*x)*(1 + t)\""];
const PARABOLIC: &str = "signal.equation=\"parabolic\"";
const NONLOCAL: &str = "kernel.model=\"nonlocal\"";

/// At t = 0: exit 2 by `check` and by `run`, with key, arguments and value.
#[test]
fn a_value_out_of_range_at_the_start_is_refused() {
    let wave = |set: &[&'static str]| -> Vec<&'static str> { [&WAVE, set].concat() };
    let cases: Vec<(Vec<&str>, &[&str])> = vec![
        (vec!["kernel.lambda=\"1/S\""], &["kernel.lambda", "inf at S = 0, G = 0", "t = 0"]),
        (vec!["kernel.lambda=\"ln(S - 1)\""], &["kernel.lambda", "NaN", "positive"]),
        (vec!["kernel.lambda=\"S - 1\""], &["kernel.lambda", "is -1 at", "positive"]),
        (wave(&["kernel.a=\"S\""]), &["kernel.a", "not be negative"]),
        (wave(&["kernel.b=\"1/(S - S)\""]), &["kernel.b"]),
        (vec!["cells.growth=\"1/S\""], &["cells.growth", "inf at rho = 1, S = 0"]),
        (vec![PARABOLIC, "signal.decay=\"S - 1\""], &["signal.decay", "-1 at rho = 1"]),
        (vec![PARABOLIC, "signal.production=\"1/S\""], &["signal.production", "inf"]),
        (vec![PARABOLIC, "signal.production=1e308"], &["signal.production", "too large"]),
        (
            vec![
                NONLOCAL,
                "kernel.psi=\"separable\"",
                "kernel.diffusivity=\"S\"",
                "kernel.sensitivity=1",
            ],
            &["kernel.diffusivity", "positive"],
        ),
        (
            vec![
                NONLOCAL,
                "kernel.psi=\"separable\"",
                "kernel.diffusivity=1",
                "kernel.sensitivity=\"1/S\"",
            ],
            &["kernel.sensitivity", "inf"],
        ),
        (
            vec![NONLOCAL, "kernel.psi=\"expression\"", "kernel.expression=\"R - S\""],
            &["kernel.expression"],
        ),
        (
            wave(&[NONLOCAL, "kernel.psi=\"expression\"", "kernel.expression=\"ln(S)\""]),
            &["kernel.expression"],
        ),
        (vec!["kernel.model=\"expression\"", "kernel.turning=\"F/S\""], &["kernel"]),
        (vec!["kernel.bound=1e300"], &["kernel.bound", "too large"]),
        (vec!["kernel.bound=1e29"], &["kernel.bound", "candidate"]),
    ];
    for (set, parts) in cases {
        for command in ["check", "run"] {
            expect(command, &set, 2, parts);
        }
    }
}

/// Too many candidate events are told by the key that makes them.
#[test]
fn too_many_events_are_told_by_what_makes_them() {
    const ELLIPTIC: [&str; 4] = [
        "signal.equation=\"elliptic\"",
        "cells.density.shape=\"gaussian\"",
        "cells.density.center=0.5",
        "cells.density.width=0.1",
    ];
    let own = |set: &[&'static str]| -> Vec<&'static str> { [&ELLIPTIC, set].concat() };
    let nonlocal = [NONLOCAL, "kernel.psi=\"linear\"", "kernel.c1=1", "kernel.c2=1"];
    let other = |set: &[&'static str]| -> Vec<&'static str> {
        [&ELLIPTIC[..], &nonlocal[..4 - set.len()], set].concat()
    };
    for (set, due) in [
        (vec!["kernel.lambda=1e20"], ["kernel.lambda = 1e20", "Lower"]),
        (vec!["epsilon=1e-12"], ["epsilon = 1e-12", "Raise"]),
        (own(&["kernel.a=1e30"]), ["kernel.a = 1e30", "Lower"]),
        (own(&["kernel.b=1", "signal.production=1e30"]), ["signal.production = 1e30", "Lower"]),
        (own(&["kernel.b=1", "signal.diffusion=1e-28"]), ["signal.diffusion = 1e-28", "Raise"]),
        (other(&["kernel.c2=1e30"]), ["kernel.c2 = 1e30", "Lower"]),
        (
            vec![WAVE[0], "signal.expression=\"1e30*cos(2*PI*x)\"", "kernel.a=1"],
            ["signal.expression = \"1e30*cos(2*PI*x)\"", "flatter"],
        ),
        (
            vec!["kernel.model=\"expression\"", "kernel.turning=\"1e30*F\""],
            ["kernel.turning = \"1e30*F\"", "Lower"],
        ),
    ] {
        expect("check", &set, 2, &[due[0], due[1], "candidate events"]);
    }
}

/// A mean of S that takes all digits of its slopes.
#[test]
fn a_mean_that_drowns_the_slopes_of_s_is_refused() {
    let elliptic = "signal.equation=\"elliptic\"";
    for (set, parts) in [
        ([elliptic, "signal.decay=1e-20"], ["signal.decay", "round-off", "at least", "or 0"]),
        ([elliptic, "signal.decay=1e-11"], ["signal.decay", "round-off", "at least 3.95e-11", ""]),
        ([PARABOLIC, "signal.delta=1e-20"], ["signal.delta", "round-off", "at least", "decay"]),
    ] {
        expect("check", &set, 2, &parts);
        expect("run", &set, 2, &parts);
    }
    // Just enough, none, a short time, a fast decay.
    for set in [
        &[elliptic, "signal.decay=4e-11"][..],
        &[elliptic, "signal.decay=0"],
        &[PARABOLIC, "signal.decay=1e-20"],
        &[PARABOLIC, "signal.delta=1e-20", "signal.decay=1"],
    ] {
        expect("check", set, 0, &["valid"]);
    }
}

/// During the run: exit 1, with key, arguments and time.
#[test]
fn a_value_out_of_range_in_the_run_ends_it() {
    let wave = |set: &[&'static str]| -> Vec<&'static str> { [&WAVE, set].concat() };
    let cases: Vec<(Vec<&str>, &[&str])> = vec![
        (vec![PARABOLIC, "signal.decay=\"ln(rho)\""], &["signal.decay", "rho = 0.9", "t = "]),
        (vec![PARABOLIC, "signal.production=\"exp(900*S)\""], &["signal.production", "t = "]),
        (vec!["cells.growth=\"20*sqrt(1.5 - rho)\""], &["cells.growth", "NaN at rho = ", "t = "]),
        (
            wave(&["kernel.lambda=\"sqrt(1.02 - S)\""]),
            &["kernel.lambda", "NaN at S = 1.0", "t = 0.0", "cell "],
        ),
        (
            wave(&["kernel.lambda=\"sqrt(1.02 - S)\"", "motion=\"hybrid\"", "epsilon=0.02"]),
            &["kernel.lambda", "NaN at S = 1.0", "t = 0.0"],
        ),
        (wave(&["kernel.a=\"1.02 - S\""]), &["kernel.a", "is -0.0", "t = 0.0"]),
        (
            wave(&[NONLOCAL, "kernel.psi=\"expression\"", "kernel.expression=\"sqrt(1.02 - S)\""]),
            &["kernel.expression", "NaN at S = 1.0", "R = ", "t = 0.0"],
        ),
        (
            wave(&["kernel.model=\"expression\"", "kernel.turning=\"F*sqrt(1.02 - S)\""]),
            &["kernel.turning", "NaN at S = 1.0", "t = 0.0"],
        ),
        (
            vec![
                "signal.equation=\"prescribed\"",
                "signal.expression=\"sqrt(0.06 - t)\"",
                "kernel.a=0.1",
            ],
            &["signal.expression", "NaN at x = 0, t = 0.0"],
        ),
    ];
    for (set, parts) in cases {
        expect("check", &set, 0, &["valid"]);
        expect("run", &set, 1, parts);
    }
}

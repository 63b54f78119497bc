//! `--device` on the command line.

use std::path::Path;
use std::process::{Command, Output};

const TEXT: &str = r#"
    dimension = 2
    epsilon = 0.3
    domain = { lower = -2, upper = 2, grid = 16, boundary = "periodic" }
    kernel = { model = "local", a = 0.1, b = 0.05 }
    signal = { equation = "elliptic", decay = 1 }
    cells = { count = 2000, density = { shape = "gaussian", width = 0.4 } }
    time = { end = 0.2, step = 0.1 }
    ensemble = { replicates = 2 }
"#;

/// The program in a folder of its own, with one experiment in it.
fn told(folder: &Path, words: &str) -> Output {
    std::fs::write(folder.join("own.toml"), TEXT).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_kinetaxis"));
    program.current_dir(folder).args(words.split_whitespace()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The summary of a results folder.
fn summary(folder: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(folder.join("summary.json")).unwrap()).unwrap()
}

#[test]
fn results_say_what_they_were_computed_on() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for (command, out) in [("run", "one"), ("ensemble", "many")] {
        let done = told(at, &format!("{command} own.toml --device gpu --out {out}"));
        assert!(done.status.success(), "{}", text(&done.stderr));
        let device = summary(&at.join(out))["device"].as_str().unwrap().to_string();
        assert!(text(&done.stdout).contains(&format!("on {device}")), "{}", text(&done.stdout));
        assert_ne!(device, "cpu");
        let again = std::fs::read_to_string(at.join(out).join("experiment.toml"));
        let manifest = std::fs::read_to_string(at.join(out).join("manifest.json")).unwrap();
        let again = again.unwrap_or(manifest);
        assert!(again.contains("--device gpu"), "{again}");
        let cpu = told(at, &format!("{command} own.toml --out {out}-cpu"));
        assert!(cpu.status.success(), "{}", text(&cpu.stderr));
        assert_eq!(summary(&at.join(format!("{out}-cpu")))["device"], "cpu");
    }
}

/// A run that ran out of time goes on on the device that it was on.
#[test]
fn what_was_begun_on_a_device_goes_on_there() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let stopped = told(at, "run own.toml --device gpu --wall-time 0 --out own");
    assert_eq!(stopped.status.code(), Some(3), "{}", text(&stopped.stderr));
    let other = told(at, "run own.toml --out own");
    let said = text(&other.stderr);
    assert_eq!(other.status.code(), Some(2), "{said}");
    assert!(said.contains("the device was ") && said.contains(" and is cpu"), "{said}");
    let resumed = told(at, "resume own");
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    let whole = told(at, "run own.toml --device gpu --out whole");
    assert!(whole.status.success(), "{}", text(&whole.stderr));
    let [own, whole] =
        ["own", "whole"].map(|name| std::fs::read(at.join(name).join("density.csv")).unwrap());
    assert_eq!(own, whole);
    assert_ne!(summary(&at.join("own"))["device"], "cpu");
}

#[test]
fn what_is_not_there_is_refused_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    for (set, key) in [
        ("motion=skip-ahead", "motion = \"skip-ahead\""),
        ("cells.antithetic=true", "cells.antithetic = true"),
        ("kernel.lambda=1+S", "kernel.model = \"local\""),
        ("cells.growth=0.1", "cells.growth"),
    ] {
        let told = told(folder.path(), &format!("run own.toml --device gpu --set {set}"));
        let said = text(&told.stderr);
        assert_eq!(told.status.code(), Some(2), "{set}: {said}");
        assert!(said.contains(key) && said.contains("or give --device cpu"), "{set}: {said}");
        assert!(!folder.path().join("results").join("own-run").exists(), "{set}");
    }
    let other = told(folder.path(), "run own.toml --device gpu:nothing-of-this-name");
    let said = text(&other.stderr);
    assert_eq!(other.status.code(), Some(2), "{said}");
    assert!(said.contains("there are ") && said.contains("--device cpu"), "{said}");
}

/// Without a driver.
#[test]
fn a_machine_without_an_adapter_is_told_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.toml"), TEXT).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_kinetaxis"));
    program.current_dir(folder.path()).args(["run", "own.toml", "--device", "gpu"]);
    for name in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] {
        program.env(name, "/nowhere.json");
    }
    let told = program.output().unwrap();
    let said = text(&told.stderr);
    assert_eq!(told.status.code(), Some(2), "{said}");
    assert!(
        said.contains("no graphics adapter is found") && said.contains("--device cpu"),
        "{said}"
    );
}

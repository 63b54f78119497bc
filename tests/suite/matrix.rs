//! Every key with every bad value, under `check` and, where that is content, under `run`: refused with
//! the key named and nothing written, or really run. The keys are those of the table, so that a new
//! one is tried without a test written for it.
//!
//! A sample by default; all of it, some minutes, with
//! `MATRIX=whole cargo test --release --test suite matrix -- --nocapture`.

use super::common::trial::{Outcome, Trial, of_table};
use kinetaxis::experiment::keys::TABLE;
use kinetaxis::experiment::read;
use kinetaxis::schema::{Fallback, Key, Kind};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Path and value in TOML.
type File = BTreeMap<String, String>;

/// The small experiment that every other is made of.
fn base() -> File {
    let lines = [
        ("dimension", "1"),
        ("epsilon", "0.1"),
        ("domain.lower", "0"),
        ("domain.upper", "1"),
        ("domain.grid", "16"),
        ("kernel.model", "\"local\""),
        ("cells.count", "200"),
        ("time.end", "0.1"),
        ("time.step", "0.05"),
    ];
    lines.into_iter().map(|(path, value)| (path.to_string(), value.to_string())).collect()
}

/// Where a key stands in the file.
fn place(path: &str) -> String {
    match path.strip_prefix("reactions.") {
        Some(own) => format!("reactions.some.{own}"),
        None => path.into(),
    }
}

fn text(file: &File) -> String {
    file.iter().map(|(path, value)| format!("{path} = {value}\n")).collect()
}

/// The small experiment with what `key` needs to have an effect, and `key` itself.
fn with(key: &Key) -> File {
    let mut file = base();
    let mut only = key.only;
    while let Some(other) = only {
        file.insert(place(other.key), format!("\"{}\"", other.among[0]));
        only = TABLE.find(other.key).expect("a key of the table").only;
    }
    // Where the samples do not suit the small experiment.
    let suited: &[(&str, &str)] = match key.path {
        "domain.leak" => &[
            ("cells.density.shape", "\"gaussian\""),
            ("cells.density.width", "0.05"),
            ("domain.lower", "-2"),
            ("domain.upper", "3"),
            ("domain.grid", "80"),
        ],
        "cells.density.expression" | "signal.expression" => &[(key.path, "\"2 + cos(2*PI*x)\"")],
        "converge.values" => &[("converge.in", "\"cells\""), (key.path, "[100, 200]")],
        "converge.cells" => &[(key.path, "200")],
        "converge.test_functions" => &[(key.path, "[\"cos(2*PI*x)\"]")],
        "kernel.senses" => &[("signals.food.equation", "\"density\""), (key.path, "\"2*food\"")],
        "signal.producers" => &[(key.path, "[\"cells\"]")],
        path if path.starts_with("reactions.") => &[
            ("populations.healthy.cells.mass", "1"),
            ("populations.infected.cells.mass", "1"),
            ("populations.virus.cells.mass", "1"),
        ],
        "time.outputs" | "output.cells_at" => &[(key.path, "[0, 0.05]")],
        _ => &[],
    };
    file.extend(suited.iter().map(|(path, value)| (path.to_string(), value.to_string())));
    file.entry(place(key.path)).or_insert_with(|| match (key.default, key.sample) {
        (Fallback::Value(value), _) => value.into(),
        (_, sample) => sample.into(),
    });
    // What is missing is added as the messages say.
    for _ in 0..4 {
        let Err(problems) = read(&text(&file), "base", &[]) else { break };
        for problem in problems.0.iter().filter(|p| p.message == "is missing") {
            let sample = TABLE.find(&of_table(&problem.key)).expect("a key of the table").sample;
            file.insert(problem.key.clone(), sample.into());
        }
    }
    file
}

/// Bad values, in TOML; each is one of the thirteen ways.
const VALUES: &[&str] =
    &["\"NaN\"", "nan", "inf", "-inf", "-1", "0", "1e308", "1e-308", "\"\"", "[]", "{}", "[nan]"];

/// All trials of a key.
fn trials(key: &Key) -> Vec<Trial> {
    let (file, path) = (with(key), &*place(key.path));
    let without = || {
        let mut file = file.clone();
        file.remove(path);
        text(&file)
    };
    let wrong = if matches!(key.kind, Kind::Flag) { "\"maybe\"" } else { "true" };
    let mut trials = Vec::new();
    for value in VALUES.iter().copied().chain([wrong]) {
        let mut changed = file.clone();
        changed.insert(path.into(), value.into());
        trials.push(Trial::new(path, value, text(&changed), None));
        // The same from the command line; a value that is no TOML would be a text there.
        trials.push(Trial::new(path, value, text(&file), Some(format!("{path}={value}"))));
    }
    let misspelt = format!("{path}x");
    let line = format!("{misspelt} = {}\n", file[path]);
    trials.push(Trial::new(&misspelt, "misspelt", without() + &line, None));
    let set = format!("{misspelt}={}", file[path]);
    trials.push(Trial::new(&misspelt, "misspelt", text(&file), Some(set)));
    let line = format!("{path} = {}\n", file[path]);
    trials.push(Trial::new(key.split().1, "twice", text(&file) + &line, None));
    trials.push(Trial::new(path, "missing", without(), None));
    trials
}

#[test]
fn every_key_has_a_file_in_which_it_has_an_effect() {
    for key in TABLE.keys.iter() {
        let file = text(&with(key));
        if let Err(problems) = read(&file, "base", &[]) {
            panic!("{}:\n{file}\n{problems}", key.path);
        }
    }
}

#[test]
fn every_bad_value_is_refused_by_its_key_or_really_runs() {
    let whole = std::env::var("MATRIX").is_ok_and(|word| word == "whole");
    let all: Vec<Trial> = TABLE.keys.iter().flat_map(trials).collect();
    let stride = if whole { 1 } else { 29 };
    let chosen: Vec<&Trial> = all.iter().skip(stride / 2).step_by(stride).collect();
    // Threads of its own: those that wait for a program would keep other tests from theirs.
    let pool = rayon::ThreadPoolBuilder::new().build().unwrap();
    let told: Vec<(String, Outcome)> =
        pool.install(|| chosen.par_iter().map(|t| (t.name(), t.outcome())).collect());
    let count = |what: fn(&Outcome) -> bool| told.iter().filter(|(_, o)| what(o)).count();
    println!(
        "{} trials of {}: {} refused, {} ran",
        told.len(),
        all.len(),
        count(|o| matches!(o, Outcome::Refused)),
        count(|o| matches!(o, Outcome::Ran)),
    );
    let bad: Vec<String> = (told.iter())
        .filter_map(|(name, outcome)| match outcome {
            Outcome::Fault(why) => Some(format!("{name}: {why}")),
            _ => None,
        })
        .collect();
    assert!(bad.is_empty(), "{} of {} trials:\n{}", bad.len(), told.len(), bad.join("\n"));
    assert!(told.len() >= 60 && count(|o| matches!(o, Outcome::Refused)) * 2 > told.len());
}

//! The planted bugs of `tests/plant/bugs.toml`: each has its place, and each is caught by the tests that it names.
//!
//! All are planted at once into a copy of the sources, each behind a switch that the environment turns, so that one build
//! serves for all: `cargo test --release plant -- --ignored --nocapture`, some minutes. `PLANT=growth,verify` takes those of these rooms.

use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a planted bug needs longer than this is a hang, which is seen as well.
const PATIENCE: Duration = Duration::from_secs(600);

/// The switch.
const SWITCH: &str = "KINETAXIS_PLANTED";

#[derive(Debug, Deserialize)]
struct Bug {
    room: String,
    what: String,
    file: String,
    from: String,
    to: String,
    test: String,
}

#[derive(Deserialize)]
struct List {
    bug: Vec<Bug>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn bugs() -> Vec<Bug> {
    let text = fs::read_to_string(root().join("tests/plant/bugs.toml")).unwrap();
    toml::from_str::<List>(&text).unwrap_or_else(|e| panic!("{e}")).bug
}

impl Bug {
    /// Kind and filter of its tests.
    fn tests(&self) -> (&str, &str) {
        self.test.split_once(' ').expect("lib or suite, and a filter")
    }

    /// What is in the place of the bug, in three parts: before the expression, it, and after it.
    fn parts(&self) -> [&str; 3] {
        let Some((before, rest)) = self.from.split_once('⟦') else { return ["", &self.from, ""] };
        let (expression, after) = rest.split_once('⟧').expect("⟦ has its ⟧");
        [before, expression, after]
    }

    /// The sources of its file with the bug in them, behind a switch with this number.
    fn planted_into(&self, text: &str, number: usize) -> String {
        let [before, right, after] = self.parts();
        let switched = format!(
            "{before}(if crate::planted({number}) {{ {} }} else {{ {right} }}){after}",
            self.to
        );
        text.replacen(&self.parts().concat(), &switched, 1)
    }
}

#[test]
fn every_planted_bug_has_its_place() {
    let all = bugs();
    for bug in &all {
        let text = fs::read_to_string(root().join(&bug.file)).unwrap();
        let count = text.matches(&bug.parts().concat()).count();
        assert!(count == 1, "{}: {:?} stands {count} times in {}", bug.what, bug.from, bug.file);
        assert!(["lib", "suite"].contains(&bug.tests().0), "{}", bug.test);
    }
    for room in ["whole space", "growth", "verify", "hybrid", "limit"] {
        assert!(all.iter().any(|bug| bug.room == room), "nothing is planted in {room}");
    }
    assert!(all.len() >= 40, "{}", all.len());
}

/// The switch, as it stands at the end of lib.rs.
const SWITCHES: &str = r#"
/// Whether the planted bug of this number acts.
#[doc(hidden)]
pub fn planted(number: usize) -> bool {
    static ACTS: std::sync::OnceLock<Option<usize>> = std::sync::OnceLock::new();
    let given = || std::env::var("KINETAXIS_PLANTED").ok()?.parse().ok();
    *ACTS.get_or_init(given) == Some(number)
}
"#;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|e| e.unwrap().path()) {
        let target = to.join(entry.file_name().unwrap());
        match entry.is_dir() {
            true => copy(&entry, &target),
            false => drop(fs::copy(&entry, &target).unwrap()),
        }
    }
}

/// The sources with all bugs, each behind its switch.
fn plant(bugs: &[Bug]) -> PathBuf {
    let tree = root().join("target/planted/tree");
    let _ = fs::remove_dir_all(&tree);
    for folder in ["src", "tests", "benches", "experiments", "docs", ".ci"] {
        copy(&root().join(folder), &tree.join(folder));
    }
    for entry in fs::read_dir(root()).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()) {
        fs::copy(&entry, tree.join(entry.file_name().unwrap())).unwrap();
    }
    for (number, bug) in bugs.iter().enumerate() {
        let file = tree.join(&bug.file);
        fs::write(&file, bug.planted_into(&fs::read_to_string(&file).unwrap(), number)).unwrap();
    }
    let library = tree.join("src/lib.rs");
    fs::write(&library, fs::read_to_string(&library).unwrap() + SWITCHES).unwrap();
    tree
}

/// Builds the tests there: the programs of src/ and of tests/suite.
fn build(tree: &Path) -> [PathBuf; 2] {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--release", "--no-run", "--lib", "--test", "suite"]);
    // What is built for one run is not made as fast as it can be.
    cargo.args(["--config", "profile.release.package.kinetaxis.opt-level=1"]);
    cargo.arg("--message-format=json").current_dir(tree);
    let output =
        cargo.env("CARGO_TARGET_DIR", root().join("target/planted/build")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let programs: Vec<(String, PathBuf)> = (lines.lines())
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|line| line["profile"]["test"] == true)
        .filter_map(|line| {
            let name = line["target"]["name"].as_str()?.to_string();
            Some((name, line["executable"].as_str()?.into()))
        })
        .collect();
    ["kinetaxis", "suite"].map(|name| {
        programs.iter().find(|(own, _)| own == name).expect("the tests are built").1.clone()
    })
}

/// Whether the tests pass; `None` if there are none of that name.
fn pass(programs: &[PathBuf; 2], bug: &Bug, tree: &Path, number: Option<usize>) -> Option<bool> {
    let (kind, filter) = bug.tests();
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut program = Command::new(&programs[usize::from(kind == "suite")]);
    program.arg(filter).current_dir(tree).env("CARGO_MANIFEST_DIR", tree);
    program.stdin(Stdio::null()).stderr(Stdio::null()).stdout(log.reopen().unwrap());
    if let Some(number) = number {
        program.env(SWITCH, number.to_string());
    }
    let (mut child, start) = (program.spawn().unwrap(), Instant::now());
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status.success(),
            None if start.elapsed() > PATIENCE => {
                child.kill().unwrap();
                child.wait().unwrap();
                return Some(false);
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let told = fs::read_to_string(log.path()).unwrap();
    (!told.contains("running 0 tests")).then_some(status)
}

#[test]
#[ignore = "minutes: a build of its own, and a run of tests for each bug"]
fn every_planted_bug_is_caught() {
    let (all, room) = (bugs(), std::env::var("PLANT").unwrap_or_default());
    let tree = plant(&all);
    let programs = build(&tree);
    let mut sound: std::collections::BTreeMap<&str, Option<bool>> = Default::default();
    let mut lost = Vec::new();
    for (number, bug) in all
        .iter()
        .enumerate()
        .filter(|(_, bug)| room.split(',').any(|room| bug.room.contains(room)))
    {
        let start = Instant::now();
        // Nothing is caught by tests that fail without it.
        let before = *sound.entry(&bug.test).or_insert_with(|| pass(&programs, bug, &tree, None));
        let caught =
            before == Some(true) && pass(&programs, bug, &tree, Some(number)) == Some(false);
        let verdict = match (before, caught) {
            (Some(true), true) => "caught",
            (Some(true), false) => "LOST",
            _ => "NO TEST",
        };
        let seconds = start.elapsed().as_secs();
        println!("{verdict}: {}, {} ({}; {seconds} s)", bug.room, bug.what, bug.test);
        if !caught {
            lost.push(&bug.what);
        }
    }
    assert!(lost.is_empty(), "{} planted bugs are not caught: {lost:?}", lost.len());
}

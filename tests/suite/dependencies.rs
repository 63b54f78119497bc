//! Licences, sources and duplicates of what is built on, against `deny.toml`; `unsafe` where it is justified alone.
//!
//! `cargo deny check` does the same and more, where it is installed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn output(program: &mut Command) -> String {
    let output = program.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A package that is built here: its name, its version, where it is from if that is not crates.io, and its licence.
struct Package {
    name: String,
    version: String,
    source: Option<String>,
    licence: String,
}

/// Every one, for the program, its build and its tests.
fn packages() -> Vec<Package> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--prefix=none", "--edges=normal,build,dev"]);
    if cfg!(feature = "gpu") {
        cargo.arg("--features=gpu");
    }
    let all = output(cargo.args(["--format", "{p}|{l}|"]));
    let mut lines: Vec<&str> = all.lines().collect();
    lines.sort_unstable();
    lines.dedup_by_key(|line| line.trim_end_matches(" (*)"));
    let package = |line: &str| {
        let mut fields = line.split('|');
        let (what, licence) = (fields.next().unwrap(), fields.next().unwrap().into());
        let mut words = what.splitn(3, ' ').map(String::from);
        let (name, version) = (words.next().unwrap(), words.next().unwrap());
        let own = format!("({})", root().display());
        let source = words.next().filter(|rest| *rest != "(proc-macro)" && *rest != own);
        Package { name, version, source, licence }
    };
    lines.into_iter().map(package).collect()
}

/// Texts of a list in deny.toml.
fn listed(section: &str, key: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("deny.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let text = |value: &toml::Value| match value.get("crate") {
        Some(name) => name.as_str().unwrap().to_string(),
        None => value.as_str().unwrap().to_string(),
    };
    table[section][key].as_array().unwrap().iter().map(text).collect()
}

/// Whether an SPDX expression can be met with these licences. AND binds closer than OR; old packages write / for OR.
fn allowed(expression: &str, licences: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (holds, rest) = any(&words, licences);
    assert!(rest.is_empty(), "{expression:?} is no SPDX expression");
    holds
}

fn any<'w>(words: &'w [&'w str], licences: &[String]) -> (bool, &'w [&'w str]) {
    let (mut holds, mut rest) = every(words, licences);
    while let ["OR", others @ ..] = rest {
        let (other, left) = every(others, licences);
        (holds, rest) = (holds || other, left);
    }
    (holds, rest)
}

fn every<'w>(words: &'w [&'w str], licences: &[String]) -> (bool, &'w [&'w str]) {
    let (mut holds, mut rest) = one(words, licences);
    while let ["AND", others @ ..] = rest {
        let (other, left) = one(others, licences);
        (holds, rest) = (holds && other, left);
    }
    (holds, rest)
}

fn one<'w>(words: &'w [&'w str], licences: &[String]) -> (bool, &'w [&'w str]) {
    match words {
        ["(", rest @ ..] => {
            let (holds, rest) = any(rest, licences);
            assert_eq!(rest.first(), Some(&")"), "{words:?}");
            (holds, &rest[1..])
        }
        [name, "WITH", exception, rest @ ..] => {
            (licences.contains(&format!("{name} WITH {exception}")), rest)
        }
        [name, rest @ ..] => (licences.iter().any(|own| own == name), rest),
        [] => (false, words),
    }
}

#[test]
fn expressions_of_licences_are_understood() {
    let own = ["MIT", "Unicode-3.0"].map(String::from);
    for (expression, holds) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("Apache-2.0/MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("(GPL-3.0-only OR Apache-2.0) AND Unicode-3.0", false),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("MIT AND GPL-3.0-only OR Unicode-3.0", true),
    ] {
        assert_eq!(allowed(expression, &own), holds, "{expression}");
    }
}

#[test]
fn dependencies_are_what_deny_toml_allows() {
    let licences = listed("licenses", "allow");
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut bad = Vec::new();
    for Package { name, version, source, licence } in packages() {
        if !allowed(&licence, &licences) {
            bad.push(format!("{name}: the licence {licence:?} is not allowed"));
        }
        bad.extend(source.map(|source| format!("{name} comes from {source}")));
        versions.entry(name).or_default().push(version);
    }
    assert!(versions.len() > 50, "{versions:?}");
    let skipped = listed("bans", "skip");
    let twice = versions.iter().filter(|(name, all)| all.len() > 1 && !skipped.contains(name));
    bad.extend(twice.map(|(name, all)| format!("{name} is there as {}", all.join(" and as "))));
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// Lines of code with the word, by file of src/.
fn lines_with(word: &str) -> Vec<(String, String, String)> {
    fn visit(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
        for path in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() { visit(&path, files) } else { files.push(path) }
        }
    }
    let mut files = Vec::new();
    visit(&root().join("src"), &mut files);
    let mut found = Vec::new();
    for path in files {
        let (name, text) = (path.display().to_string(), fs::read_to_string(&path).unwrap());
        let lines: Vec<&str> = text.lines().collect();
        for (i, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(word)) {
            found.push((name.clone(), lines[i.saturating_sub(1)].to_string(), line.to_string()));
        }
    }
    found
}

/// The compiler denies `unsafe` (Cargo.toml); one file may allow it, for one statement at a time, and says why.
#[test]
fn what_is_unsafe_stands_in_one_place_and_is_justified() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"deny\""));
    let allowed = lines_with("unsafe_code");
    assert_eq!(allowed.len(), 2, "{allowed:?}");
    for (file, before, line) in allowed {
        assert!(file.ends_with("src/ground/simd.rs"), "{file}: {line}");
        assert_eq!(line.trim(), "#[allow(unsafe_code)]");
        assert!(before.trim().starts_with("// SAFETY: "), "{file}: {before}");
    }
}

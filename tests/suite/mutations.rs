//! Shipped files with a bit, a character, a line or a number changed, with lines of another file, with keys of the table
//! where they may not belong, or with several of these: an answer every time, and no key taken that the table does not have.
//!
//! Expressions alone are tried by `src/ground/formula/tests.rs`: long with `PROPTEST_CASES=1000000 cargo test --release --lib formula`.
//!
//! Some by default; 5000 with `MUTATIONS=5000 cargo test --release --test suite mutations`.

use super::common::trial::{Answer, answer, of_table};
use kinetaxis::experiment::keys::TABLE;
use kinetaxis::experiment::read;
use kinetaxis::schema::Fallback;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

/// SplitMix64: the same mutations everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n.max(1) as u64) as usize
    }

    fn one<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "1e308",
    "-1e308",
    "1e-308",
    "5e-324",
    "nan",
    "inf",
    "-inf",
    "9223372036854775807",
    "1e9",
    "0.1",
    "\"\"",
    "[]",
    "{}",
    "[[1]]",
    "\"1/0\"",
    "\"x\"",
    "\"PI\"",
    "true",
    "1979-05-27",
    "=",
];
const CHARACTERS: &[char] = &[
    '"', '\'', '=', '[', ']', '{', '}', '.', ',', '#', '\\', '\n', '\r', ' ', '0', '9', '-', 'e',
    'é', '∂', '\u{0}', '\u{feff}',
];

/// What a part of a group may be called.
const PARTS: &[&str] = &[
    "",
    "populations.one.",
    "populations.cells.",
    "populations.one.terms.two.",
    "terms.two.",
    "signals.S.",
    "signals.rho.",
    "reactions.three.",
    "populations.",
    "populations.one.two.",
    "x.",
];

/// A key of the table somewhere, with its sample, its default or something odd.
fn key_line(dice: &mut Dice) -> String {
    let key = dice.one(&TABLE.keys);
    let value = match (dice.below(3), key.default) {
        (0, Fallback::Value(value)) => value,
        (1, _) if !key.sample.is_empty() => key.sample,
        _ => dice.one(NUMBERS),
    };
    let part = dice.one(PARTS);
    // In a section that has its keys the name alone may do.
    let path = if dice.below(2) == 0 { key.path } else { key.split().1 };
    format!("{part}{path} = {value}")
}

/// One change at random, with lines of `other` in some.
fn mutated(text: &str, other: &str, dice: &mut Dice) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let characters: Vec<char> = text.chars().collect();
    let (line, at) = (dice.below(lines.len()), dice.below(characters.len()));
    let with_lines = |lines: Vec<&str>| lines.join("\n") + "\n";
    let collected = |characters: Vec<char>| characters.into_iter().collect();
    let others: Vec<&str> = other.lines().collect();
    match dice.below(12) {
        0 => {
            let mut bytes = text.as_bytes().to_vec();
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
            String::from_utf8_lossy(&bytes).into_owned()
        }
        1 => collected([&characters[..at], &characters[at + 1..]].concat()),
        2 => collected([&characters[..at], &[*dice.one(CHARACTERS)], &characters[at..]].concat()),
        3 => {
            collected([&characters[..at], &[*dice.one(CHARACTERS)], &characters[at + 1..]].concat())
        }
        4 => with_lines([&lines[..line], &lines[line + 1..]].concat()),
        5 => with_lines([&lines[..line], &[lines[line]], &lines[line..]].concat()),
        6 => {
            let mut lines = lines.clone();
            let other = dice.below(lines.len());
            lines.swap(line, other);
            with_lines(lines)
        }
        7 => with_lines([&lines[..line], &others[dice.below(others.len())..]].concat()),
        8 => with_lines([&lines[..line], &[*dice.one(&others)], &lines[line..]].concat()),
        9 => {
            let added = key_line(dice);
            with_lines([&lines[..line], &[&added], &lines[line..]].concat())
        }
        10 => {
            let once = mutated(text, other, dice);
            if once.trim().is_empty() { once } else { mutated(&once, other, dice) }
        }
        _ => with_number(text, dice),
    }
}

/// A run of digits, points and exponents replaced by something odd.
fn with_number(text: &str, dice: &mut Dice) -> String {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let starts: Vec<usize> = text
        .match_indices(is_number)
        .map(|(i, _)| i)
        .filter(|&i| i == 0 || !text[..i].ends_with(is_number))
        .collect();
    if starts.is_empty() {
        return text.into();
    }
    let start = *dice.one(&starts);
    let length = text[start..].find(|c| !is_number(c)).unwrap_or(text.len() - start);
    format!("{}{}{}", &text[..start], dice.one(NUMBERS), &text[start + length..])
}

/// Keys of a TOML file by another reader.
fn keys(prefix: &str, table: &toml::Table, found: &mut Vec<String>) {
    for (name, value) in table {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) if !inner.is_empty() => keys(&path, inner, found),
            toml::Value::Table(_) if TABLE.has_section(&path) || is_named(&path) => {}
            _ => found.push(path),
        }
    }
}

/// Whether a section may stand there with nothing in it: `[signals.NAME]`, `[populations.NAME.cells]`.
fn is_named(path: &str) -> bool {
    let own = of_table(path);
    own.is_empty() || own.ends_with('.') || TABLE.has_section(&own)
}

/// What is wrong with how `text` is read; nothing is also said of what is refused with reasons.
fn fault(text: &str) -> Option<String> {
    match catch_unwind(|| read(text, "mutated.toml", &[])) {
        Err(_) => Some("panics".into()),
        Ok(Err(problems)) => {
            let silent = |p: &&kinetaxis::experiment::Problem| p.message.is_empty();
            problems.0.is_empty().then(|| "is refused without a reason".to_string()).or(problems
                .0
                .iter()
                .find(silent)
                .map(|p| format!("is refused for {} without a message", p.key)))
        }
        Ok(Ok(_)) => {
            let mut found = Vec::new();
            keys("", &text.parse().ok()?, &mut found);
            let unknown = found.into_iter().find(|path| TABLE.find(&of_table(path)).is_none())?;
            Some(format!("is taken with the unknown key {unknown}"))
        }
    }
}

fn shipped() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let mut files: Vec<_> = (fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()))
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_changed_file_gets_an_answer() {
    let wanted = std::env::var("MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let (files, mut dice) = (shipped(), Dice(10));
    let mut accepted = 0;
    for i in 0..wanted {
        let (name, text) = &files[i % files.len()];
        let other = &files[dice.below(files.len())].1;
        let changed = mutated(text, other, &mut dice);
        // A hang would else be told by nobody.
        let (sender, receiver) = channel();
        let copy = changed.clone();
        std::thread::spawn(move || sender.send(fault(&copy)));
        let told = receiver.recv_timeout(Duration::from_secs(30));
        let told = told.unwrap_or(Some("hangs".into()));
        if let Some(told) = told {
            panic!("number {i} of {name} {told}:\n{changed}");
        }
        accepted += usize::from(read(&changed, "mutated.toml", &[]).is_ok());
        // Building a model in space takes its time, and is no question of reading.
        if i % 60 == 7 && !text.contains("dimension = 3") {
            match answer(&["check"], &changed, None) {
                Answer::Done(..) => {}
                Answer::Fault(why) => panic!("number {i} of {name}: check {why}:\n{changed}"),
            }
        }
    }
    println!("{accepted} of {wanted} mutated files are still valid");
    // Comments and blank lines are about half of a file; if none or all were valid, nothing was tried.
    assert!(accepted * 10 > wanted && accepted * 10 < 9 * wanted, "{accepted} of {wanted}");
}

//! The program as a user meets it: its command line, its exit code, its files.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// May & Nowak's reactions of the populations `healthy`, `infected` and `virus`, and the density of the infected as the signal `s`: the
/// end of an experiment.
macro_rules! may_nowak {
    () => {
        r#"
[signals.s]
equation = "density"
producers = ["infected"]
[reactions.virus]
kind = "may-nowak"
healthy = "healthy"
infected = "infected"
virus = "virus"
d1 = 0.5
d2 = 1
d3 = 2
beta = 1
k = 3
r = 1.5
"#
    };
}
pub(crate) use may_nowak;

/// A folder with an experiment, it.toml.
pub struct Desk {
    pub home: TempDir,
}

impl Desk {
    pub fn new(text: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("it.toml"), text).unwrap();
        Self { home }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A command on the experiment whose results go to `out`.
    pub fn line(&self, command: &str, out: &str, more: &[&str]) -> Vec<String> {
        let (file, out) = (self.path("it.toml"), self.path(out));
        let line = [command, file.to_str().unwrap(), "--quiet", "--out", out.to_str().unwrap()];
        line.iter().chain(more).map(|word| word.to_string()).collect()
    }
}

/// The program, ready for arguments.
pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kinetaxis"))
}

/// Runs the program.
pub fn kinetaxis<S: AsRef<OsStr>>(arguments: &[S]) -> Output {
    program().args(arguments).output().expect("the program starts")
}

/// Standard output.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Runs the program and demands an exit code.
#[track_caller]
pub fn expect<S: AsRef<OsStr>>(code: i32, arguments: &[S]) -> Output {
    let output = kinetaxis(arguments);
    let line: Vec<_> = arguments.iter().map(|a| a.as_ref().to_string_lossy()).collect();
    assert_eq!(output.status.code(), Some(code), "{}: {}", line.join(" "), stderr(&output));
    output
}

/// The names in a folder, sorted.
pub fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The content of every CSV file of a results folder, by name.
pub fn csv_bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files: Vec<_> = names_in(folder)
        .into_iter()
        .filter(|name| name.ends_with(".csv"))
        .map(|name| (name.clone(), fs::read(folder.join(name)).unwrap()))
        .collect();
    assert!(!files.is_empty(), "no CSV file in {}", folder.display());
    files
}

/// Demands the same CSV files with the same bytes.
#[track_caller]
pub fn assert_same_csv(a: &Path, b: &Path) {
    let (left, right) = (csv_bytes(a), csv_bytes(b));
    assert_eq!(left.len(), right.len());
    for ((name, one), (other_name, other)) in left.iter().zip(&right) {
        assert_eq!(name, other_name);
        assert!(one == other, "{name} of {} and {} differ", a.display(), b.display());
    }
}

/// A JSON file.
pub fn json(path: PathBuf) -> serde_json::Value {
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A CSV file with its header.
pub struct Table {
    pub path: PathBuf,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn read(path: PathBuf) -> Self {
        let mut reader =
            csv::Reader::from_path(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let header = reader.headers().unwrap().iter().map(String::from).collect();
        let rows =
            reader.records().map(|row| row.unwrap().iter().map(String::from).collect()).collect();
        Self { path, header, rows }
    }

    fn column(&self, name: &str) -> usize {
        self.header
            .iter()
            .position(|h| h == name)
            .unwrap_or_else(|| panic!("no {name} in {}", self.path.display()))
    }

    /// A column of texts.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let column = self.column(name);
        self.rows.iter().map(|row| row[column].as_str()).collect()
    }

    /// A column of finite numbers.
    #[track_caller]
    pub fn numbers(&self, name: &str) -> Vec<f64> {
        let number = |text: &str| text.parse().ok().filter(|x: &f64| x.is_finite());
        self.texts(name)
            .into_iter()
            .map(|text| {
                number(text).unwrap_or_else(|| panic!("{name} = {text:?} in {:?}", self.path))
            })
            .collect()
    }

    /// The rows where a column has this value.
    pub fn rows_with(&self, name: &str, value: &str) -> Vec<Vec<String>> {
        let column = self.column(name);
        self.rows.iter().filter(|row| row[column] == value).cloned().collect()
    }
}

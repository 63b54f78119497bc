//! From TOML text and `--set` overrides to a flat map from path to value, with line numbers.

use super::key::Fallback;
use super::problem::{Problem, SET};
use super::table::Table;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use toml_edit::{Document, Item, TableLike, Value};

/// A value as given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub value: Json,
    /// As written, for messages.
    pub text: String,
    /// Line in the file; `None` if given by `--set`.
    pub line: Option<usize>,
    /// Whether it is given for one part of several.
    pub own: bool,
}

/// Every value given, by path.
#[derive(Debug)]
pub(crate) struct Source {
    table: &'static Table,
    pub file: String,
    pub given: BTreeMap<String, Given>,
    pub problems: Vec<Problem>,
}

impl Source {
    /// Reads the text of a file with the keys of `table`, then the overrides, later ones over earlier ones.
    pub fn read(table: &'static Table, text: &str, file: &str, overrides: &[String]) -> Self {
        let (file, given) = (file.to_string(), BTreeMap::new());
        let mut source = Self { table, file: file.clone(), given, problems: vec![] };
        match Document::parse(text) {
            Ok(document) => source.entries("", document.as_table(), Some(text)),
            Err(error) => source.problems.push(Problem {
                source: file,
                line: error.span().map(|span| line_of(text, span.start)),
                key: String::new(),
                value: String::new(),
                message: syntax(text, &error),
                remedy: "Correct the TOML.".into(),
            }),
        }
        overrides.iter().for_each(|assignment| source.set(assignment));
        source
    }

    /// The same file with other values, of which nothing is wrong so far.
    pub fn with(&self, given: BTreeMap<String, Given>) -> Self {
        Self { table: self.table, file: self.file.clone(), given, problems: Vec::new() }
    }

    fn set(&mut self, assignment: &str) {
        let Some((path, text)) = assignment.split_once('=') else {
            let remedy = "Write --set key=value, for example --set epsilon=0.1.";
            return self.refuse(assignment, "", None, "there is no =", remedy);
        };
        let text = text.trim();
        let path = path.trim();
        let before = self.value(path);
        let value = text.parse().unwrap_or_else(|_| Value::from(text));
        self.item(path, &Item::Value(value), None);
        if self.value(path) != before {
            // What the file says for the old value says nothing about another one.
            for key in self.table.keys.iter().filter(|key| key.with == Some(path)) {
                if self.given.get(key.path).is_some_and(|given| given.line.is_some()) {
                    self.given.remove(key.path);
                }
            }
        }
    }

    /// What holds of a key so far, if it is known before others are.
    pub fn value(&self, path: &str) -> Option<Json> {
        let default = || match self.table.find(path)?.default {
            Fallback::Value(text) => Some(toml_value(text)),
            _ => None,
        };
        self.given.get(path).map(|given| given.value.clone()).or_else(default)
    }

    fn entries(&mut self, prefix: &str, table: &dyn TableLike, text: Option<&str>) {
        for (key, item) in table.iter() {
            let path = if prefix.is_empty() { key.into() } else { format!("{prefix}.{key}") };
            self.item(&path, item, text);
        }
    }

    fn item(&mut self, path: &str, item: &Item, text: Option<&str>) {
        let span = text.zip(item.span());
        let line = span.clone().map(|(text, span)| line_of(text, span.start));
        if let Some(table) = item.as_table_like() {
            // An empty section of another name would else go unseen.
            if table.is_empty() && !self.table.has_section(path) {
                let given = Given { value: Json::Null, text: String::new(), line, own: false };
                self.given.insert(path.into(), given);
            }
            return self.entries(path, table, text);
        }
        let Some(value) = item.as_value() else {
            let remedy = "Write one section in single brackets.";
            return self.refuse(path, "", line, "is a list of sections", remedy);
        };
        let written = match span {
            Some((text, span)) => shorten(&text[span]),
            None => shorten(value.to_string().trim()),
        };
        match to_json(value) {
            Ok(value) => {
                self.given.insert(path.into(), Given { value, text: written, line, own: false });
            }
            Err((message, remedy)) => {
                // Known to be given, so that it is not also reported as missing.
                let value = Json::Null;
                self.refuse(path, &written, line, message, remedy);
                self.given.insert(path.into(), Given { value, text: written, line, own: false });
            }
        }
    }

    fn refuse(
        &mut self,
        path: &str,
        value: &str,
        line: Option<usize>,
        message: &str,
        remedy: &str,
    ) {
        self.problems.push(Problem {
            source: if line.is_some() { self.file.clone() } else { SET.into() },
            line,
            key: path.into(),
            value: value.into(),
            message: message.into(),
            remedy: remedy.into(),
        });
    }
}

/// What the TOML reader says, and the line that it says it of: most often that names the key.
fn syntax(text: &str, error: &toml_edit::TomlError) -> String {
    let message = error.message().trim().trim_end_matches('.').replace('\n', "; ");
    let line = error.span().and_then(|span| text.lines().nth(line_of(text, span.start) - 1));
    match line.map(shorten).filter(|line| !line.is_empty()) {
        Some(line) => format!("{message}, in `{line}`"),
        None => message,
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text[..offset].matches('\n').count()
}

/// On one line, and not longer than a message can bear.
fn shorten(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// A value of the table, which is well-formed TOML.
pub(crate) fn toml_value(text: &str) -> Json {
    let value = text.parse().unwrap_or_else(|e| panic!("the table has the value {text}: {e}"));
    to_json(&value)
        .unwrap_or_else(|(fault, _)| panic!("the table has the value {text}, which {fault}"))
}

type Refusal = (&'static str, &'static str);

fn to_json(value: &Value) -> Result<Json, Refusal> {
    Ok(match value {
        Value::String(s) => Json::from(s.value().as_str()),
        Value::Integer(i) => Json::from(*i.value()),
        Value::Boolean(b) => Json::from(*b.value()),
        Value::Array(a) => Json::Array(a.iter().map(to_json).collect::<Result<_, _>>()?),
        Value::Float(x) if x.value().is_finite() => Json::from(*x.value()),
        Value::Float(_) => return Err(("must be finite", "Give a finite number.")),
        Value::Datetime(_) => return Err(("is a date", "Give a number or a text.")),
        Value::InlineTable(_) => {
            return Err(("holds a table", "Give a list of numbers or texts."));
        }
    })
}

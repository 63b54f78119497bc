//! A file while it is being checked: the values that hold so far, and what is wrong.

use super::check::{Checked, check};
use super::fault::Fault;
use super::key::{Fallback, Key, Kind, quoted};
use super::problem::{Problem, SET};
use super::scales::Scales;
use super::scope::Scope;
use super::source::{Given, Source, toml_value};
use super::table::Table;
use crate::formula::{Formula, Quantity};
use crate::spelling::nearest;
use crate::units::Root;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The values of a file, or of a part of it.
pub(crate) struct Draft {
    file: String,
    scope: Scope,
    scales: Scales,
    given: BTreeMap<String, Given>,
    checked: BTreeMap<&'static str, Checked>,
    memory: f64,
    pub problems: Vec<Problem>,
}

impl Draft {
    /// Checks every key by itself. `memory` is what there is, in bytes.
    pub fn new(source: Source, memory: f64, scope: Scope, scales: Scales) -> Self {
        let Source { file, given, problems, .. } = source;
        let checked = BTreeMap::new();
        let mut draft = Self { file, scope, scales, given, checked, memory, problems };
        draft.unknown_keys();
        for key in draft.scope.table.keys.iter() {
            if draft.scope.has(key) {
                draft.key(key);
            }
        }
        draft
    }

    fn unknown_keys(&mut self) {
        let unknown: Vec<_> = self
            .given
            .keys()
            .filter(|path| self.scope.table.find(path).is_none())
            .cloned()
            .collect();
        for path in unknown {
            let inside: Vec<_> =
                self.scope.table.of_section(&path).map(|key| key.split().1).collect();
            match inside[..] {
                [] => {
                    let suggestion = suggestion(self.scope.table, &path);
                    // What stands in a section that all share was meant for one.
                    let remedy = match self.is_shared(&path) {
                        true => suggestion,
                        false => self.told(suggestion),
                    };
                    self.record(&path, "unknown key".into(), remedy);
                }
                _ => self.complain(
                    &path,
                    "is a section",
                    format!("Its keys are {}.", inside.join(", ")),
                ),
            }
        }
    }

    fn key(&mut self, key: &'static Key) {
        match (self.given.get(key.path), self.obstacle(key)) {
            (Some(_), Obstacle::Other(other, word)) => {
                let remedy = match key_only(self.scope.table, key, other).unwrap_or_default() {
                    [one] => format!("Remove it, or set {other} = \"{one}\"."),
                    many => format!("Remove it, or set {other} to one of {}.", quoted(many)),
                };
                self.complain(key.path, format!("has no effect with {other} = \"{word}\""), remedy);
            }
            (Some(given), _) if given.value.is_null() => {
                // Anything else that is no value was told as it was read.
                if given.text.is_empty() {
                    let remedy = format!("Give it a value, for example {}.", key.sample);
                    self.complain(key.path, "is a section", remedy);
                }
            }
            (Some(given), _) => {
                let value = given.value.clone();
                match self.plain(key, &value) {
                    Ok(value) => self.accept(key, &value),
                    Err(Some(fault)) => self.complain(key.path, fault.message, fault.remedy),
                    Err(None) => {}
                }
            }
            (None, Obstacle::None) => self.absent(key),
            (None, _) => {}
        }
    }

    /// Complains that a key is not given, though nothing else tells what it does.
    pub fn missing(&mut self, path: &str) {
        let key = self.table_key(path);
        if self.scope.has(key) && matches!(self.obstacle(key), Obstacle::None) {
            self.absent_as(key, Fallback::Required);
        }
    }

    fn absent(&mut self, key: &'static Key) {
        self.absent_as(key, key.default);
    }

    fn absent_as(&mut self, key: &'static Key, default: Fallback) {
        match default {
            Fallback::Required => {
                let (section, name) = key.split();
                let place = match section {
                    "" => "at the top".to_string(),
                    _ => format!("to [{}]", self.scope.path(section)),
                };
                let doc = self.told(key.doc.into());
                let remedy = format!("Add it {place}, for example {name} = {}. {doc}", key.sample);
                self.record(key.path, "is missing".into(), remedy);
            }
            Fallback::Value(text) => self.accept(key, &toml_value(text)),
            Fallback::Derived(_) => {}
        }
    }

    /// A value with its numbers as the file counts them.
    fn plain(&self, key: &Key, value: &Json) -> Result<Json, Option<Fault>> {
        let measures = key.measures().map(|measures| measures.at(|other| self.word(other)));
        let kind = self.scope.kind(key.kind);
        self.scales.plain((&kind, &self.path(key.path)), value, measures, self.dimension())
    }

    fn accept(&mut self, key: &'static Key, value: &Json) {
        match check(&self.scope.kind(key.kind), value, self.dimension()) {
            Ok(checked) => {
                let checked = checked.read_from(&self.path(key.path));
                self.checked.insert(key.path, checked);
            }
            Err(fault) => self.complain(key.path, fault.message, fault.remedy),
        }
    }

    /// What keeps `key` from having an effect.
    fn obstacle(&self, key: &Key) -> Obstacle {
        let Some(only) = key.only else { return Obstacle::None };
        match self.obstacle(self.table_key(only.key)) {
            Obstacle::None => match self.word(only.key) {
                None => Obstacle::Unknown,
                Some(word) if only.among.contains(&word) => Obstacle::None,
                Some(word) => Obstacle::Other(only.key, word.to_string()),
            },
            obstacle => obstacle,
        }
    }

    /// Records a problem of the key at `path`, with the line and text of its value if it has any.
    pub fn complain(&mut self, path: &str, message: impl Into<String>, remedy: impl Into<String>) {
        let (message, remedy) = (self.told(message.into()), self.told(remedy.into()));
        self.record(path, message, remedy);
    }

    /// The same, as it is to be told.
    fn record(&mut self, path: &str, message: String, remedy: String) {
        let given = self.given.get(path);
        let set = given.is_some_and(|given| given.line.is_none());
        let standing = || self.checked.get(path).map(|c| c.to_json().to_string());
        self.problems.push(Problem {
            source: if set { SET.into() } else { self.file.clone() },
            line: given.and_then(|given| given.line),
            key: self.path(path),
            value: given.map(|given| given.text.clone()).or_else(standing).unwrap_or_default(),
            message,
            remedy,
        });
    }

    /// Whether the value stands in a section that several parts share.
    fn is_shared(&self, path: &str) -> bool {
        self.given.get(path).is_some_and(|given| !given.own)
    }

    /// The path of a key in the file: what stands in a section that all share has that one.
    pub fn path(&self, path: &str) -> String {
        if self.is_shared(path) { path.into() } else { self.scope.path(path) }
    }

    /// A text with the paths of keys as they are in the file.
    fn told(&self, text: String) -> String {
        self.scope.text(text, |path| self.path(path))
    }

    /// The key of the table.
    fn table_key(&self, path: &str) -> &'static Key {
        self.scope.table.key(path)
    }

    /// Whether the file or the command line gives the key.
    pub fn gives(&self, path: &str) -> bool {
        self.given.contains_key(self.table_key(path).path)
    }

    /// The keys that the file or the command line gives.
    pub fn given(&self) -> impl Iterator<Item = String> + '_ {
        self.given.keys().cloned()
    }

    /// The formula of a key that holds one, or a quantity that is one.
    pub fn expression(&self, path: &str) -> Option<Formula> {
        self.table_key(path);
        match self.checked.get(path)? {
            Checked::Formula(f) | Checked::Quantity(Quantity::Formula(f)) => Some(f.clone()),
            _ => None,
        }
    }

    /// Fills in a value that follows from others, unless the key is given or has no effect.
    pub fn derive(&mut self, path: &'static str, value: Option<Checked>) {
        let free = !self.given.contains_key(path)
            && matches!(self.obstacle(self.table_key(path)), Obstacle::None);
        if let (true, Some(value)) = (free, value) {
            self.checked.insert(path, value);
        }
    }

    /// Puts a value in the place of another that says the same.
    pub fn replace(&mut self, path: &'static str, value: Checked) {
        self.checked.insert(path, value);
    }

    /// What ε is, as it is given or follows from what is given with units.
    pub fn scale_of_epsilon(&self) -> Option<f64> {
        self.scales.epsilon.as_ref().map(Root::value)
    }

    /// Bytes of memory that there are.
    pub fn memory(&self) -> f64 {
        self.memory
    }

    pub fn dimension(&self) -> Option<usize> {
        self.integer("dimension").map(|d| d as usize)
    }

    /// Everything that holds, as nested JSON.
    pub fn resolved(&self) -> Json {
        let mut root = Json::Object(serde_json::Map::new());
        for (path, checked) in &self.checked {
            let pointer = path.split('.').fold(&mut root, |node, name| &mut node[name]);
            *pointer = checked.to_json();
        }
        root
    }
}

/// Why a key has no effect.
enum Obstacle {
    None,
    /// Another key has this value.
    Other(&'static str, String),
    /// A key that it depends on is itself not known.
    Unknown,
}

/// The values of `other` with which `key` has an effect, directly or through keys between them.
fn key_only(table: &Table, key: &Key, other: &str) -> Option<&'static [&'static str]> {
    let only = key.only?;
    if only.key == other { Some(only.among) } else { key_only(table, table.key(only.key), other) }
}

fn suggestion(table: &Table, path: &str) -> String {
    let name = path.rsplit('.').next().unwrap_or(path);
    let elsewhere = || table.keys.iter().find(|key| key.split().1 == name).map(|key| key.path);
    let known = table
        .keys
        .iter()
        .map(|key| key.path)
        .chain(table.sections.iter().map(|(section, _)| *section));
    match nearest(path, known).or_else(elsewhere) {
        Some(near) => format!("Did you mean {near}?"),
        None => "Remove it; `kinetaxis new` writes a file with every key.".into(),
    }
}

macro_rules! getters {
    ($($name:ident: $($kind:ident)|* => $variant:ident -> $type:ty;)*) => {
        /// The value of a key, if it holds one so far.
        ///
        /// # Panics
        /// If the table has no such key, or its kind holds another sort of value: a rule that asks
        /// for it would be left out unseen.
        impl Draft {
            $(pub fn $name(&self, path: &str) -> Option<$type> {
                let kind = &self.table_key(path).kind;
                assert!(
                    matches!(kind, $(Kind::$kind { .. })|*),
                    "{path} holds {}, which is no {}", kind.describe(), stringify!($name)
                );
                match self.checked.get(path)? {
                    Checked::$variant(value) => Some(value.clone()),
                    _ => None,
                }
            })*
        }
    };
}

getters! {
    texts: Choices | Words | Texts => Texts -> Vec<String>;
    flag: Flag => Flag -> bool;
    integer: Integer | Among => Integer -> i64;
    integers: Sizes | Integers => Integers -> Vec<i64>;
    float: Float => Float -> f64;
    floats: Vector | Floats => Floats -> Vec<f64>;
    quantity: Quantity => Quantity -> Quantity;
    formula: Formula | WordOrFormula => Formula -> Formula;
    formulas: Formulas => Formulas -> Vec<Formula>;
}

impl Draft {
    /// Integers that count something.
    pub fn sizes(&self, path: &str) -> Option<Vec<usize>> {
        Some(self.integers(path)?.into_iter().map(|n| n as usize).collect())
    }

    /// The value of a quantity, if it is the same everywhere.
    pub fn constant(&self, path: &str) -> Option<f64> {
        match self.quantity(path)? {
            Quantity::Constant(c) => Some(c),
            Quantity::Formula(_) => None,
        }
    }

    /// The word of a key, or of its first axis.
    fn word(&self, path: &str) -> Option<&str> {
        match self.checked.get(path)? {
            Checked::Texts(words) => words.first().map(String::as_str),
            _ => self.text(path),
        }
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.table_key(path);
        match self.checked.get(path)? {
            Checked::Text(text) => Some(text),
            _ => None,
        }
    }
}

//! A part of a file that has the keys of a whole: one of several things of a kind.

use super::key::{Key, Kind, Variables};
use super::table::Table;

/// What of a file a draft is: all of it, or a part that has the keys of a whole.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub table: &'static Table,
    /// What sections are called in the file, where that is not their own name.
    pub sections: Vec<(String, String)>,
    /// Variables of the table, and those that stand in this part in their place.
    pub renamed: Option<[Variables; 2]>,
    /// Sections that it has not.
    pub without: Vec<&'static str>,
}

impl Scope {
    /// The whole of a file, but for the parts of groups.
    pub fn whole(table: &'static Table) -> Self {
        let without = table.groups.iter().map(|group| group.name).collect();
        Self { table, sections: Vec::new(), renamed: None, without }
    }

    /// Whether the part has this key.
    pub fn has(&self, key: &Key) -> bool {
        !self.without.contains(&key.split().0)
    }

    /// The path of a key in the file.
    pub fn path(&self, path: &str) -> String {
        let named = |(section, name): &(String, String)| {
            let rest = path.strip_prefix(&section[..])?;
            (rest.is_empty() || rest.starts_with('.')).then(|| format!("{name}{rest}"))
        };
        self.sections.iter().find_map(named).unwrap_or_else(|| path.into())
    }

    /// A text with the paths of keys as `in_file` has them.
    pub fn text(&self, text: String, in_file: impl Fn(&str) -> String) -> String {
        if self.sections.is_empty() {
            return text;
        }
        let is_path = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
        let mut told = String::new();
        let mut word = String::new();
        for c in text.chars().chain(['\0']) {
            if is_path(c) {
                word.push(c);
                continue;
            }
            let bare = word.trim_end_matches('.');
            match self.table.find(bare) {
                Some(_) => told += &(in_file(bare) + &word[bare.len()..]),
                None => told += &word,
            }
            word.clear();
            told.push(c);
        }
        told.trim_end_matches('\0').into()
    }

    /// The kind of a key, with the variables of this part.
    pub fn kind(&self, kind: Kind) -> Kind {
        match (kind, self.renamed) {
            (Kind::Quantity(range, names), Some([from, to])) if names == from => {
                Kind::Quantity(range, to)
            }
            _ => kind,
        }
    }
}

//! All keys of a file.

use super::dimension::Measures;
use super::key::Key;

/// The keys of a file and its sections.
#[derive(Debug)]
pub struct Table {
    /// Sections in the order of the file, with what they are about.
    pub sections: &'static [(&'static str, &'static str)],
    /// What there may be several of.
    pub groups: &'static [Group],
    /// By section, those at the top first. A key stands after the one that it depends on.
    pub keys: Vec<Key>,
}

/// Several things of a kind, each under a name: `[reactions.NAME]`.
#[derive(Debug)]
pub struct Group {
    /// What stands before the name. A section that is called the same stands nowhere else.
    pub name: &'static str,
    /// What it is about.
    pub doc: &'static str,
    /// The section whose keys one of them has.
    pub keys_of: Option<&'static str>,
    /// Those of these keys that it has not.
    pub without: &'static [&'static str],
    /// The sections that one of them has. What the section of that name says at the top holds for all.
    pub sections: &'static [&'static str],
    /// What one of them may have several of.
    pub groups: &'static [Group],
}

impl Table {
    /// All `keys`.
    ///
    /// # Panics
    /// If a key is there twice, or its section or the key that it depends on is not there, or it is not said what its
    /// numbers measure.
    pub fn new(
        sections: &'static [(&'static str, &'static str)],
        groups: &'static [Group],
        keys: &[&[Key]],
    ) -> Self {
        let mut table = Self { sections, groups, keys: keys.concat() };
        let place = |key: &Key| match key.split().0 {
            "" => 0,
            own => 1 + sections.iter().position(|(section, _)| *section == own).expect(key.path),
        };
        table.keys.sort_by_key(place);
        for key in &table.keys {
            let others = key.only.iter().map(|only| only.key).chain(key.with);
            others.for_each(|other| assert!(table.find(other).is_some(), "{}: {other}", key.path));
            let same = table.keys.iter().filter(|other| other.path == key.path);
            assert!(same.count() == 1, "the table has the key {} twice", key.path);
            let is_told = key.measures().is_some() == key.kind.is_numeric();
            assert!(
                is_told,
                "{}: what its numbers measure is to be said, of numbers alone",
                key.path
            );
            if let Some(Measures::By(other, among, _)) = key.measures {
                let word = |(word, _): &(&str, _)| table.key(other).kind.has_word(word);
                assert!(among.iter().all(word), "{}: not all are words of {other}", key.path);
            }
        }
        table
    }

    /// The key with this path.
    pub fn find(&self, path: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.path == path)
    }

    /// The same of a key that is known to be there.
    ///
    /// # Panics
    /// If it is not.
    pub fn key(&self, path: &str) -> &Key {
        self.find(path).unwrap_or_else(|| panic!("the table has no key {path}"))
    }

    /// The keys of a section, of the top if it is "".
    pub fn of_section<'t>(&'t self, section: &'t str) -> impl Iterator<Item = &'t Key> {
        self.keys.iter().filter(move |key| key.split().0 == section)
    }

    /// Whether a section stands in parts of a group alone.
    pub fn is_apart(&self, section: &str) -> bool {
        self.groups.iter().any(|group| group.name == section)
    }

    /// Whether there is a section of this name.
    pub fn has_section(&self, name: &str) -> bool {
        self.sections.iter().any(|(section, _)| *section == name)
    }
}

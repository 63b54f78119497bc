//! The last two states of a run that is not finished, in a folder beside its results.

use super::disk;
use super::record::{RECORD, Record, RecordError, remove_parts};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// How many states are kept: the newer may be damaged.
const KEPT: usize = 2;
const PREFIX: &str = "state-";

/// The folder with the states.
#[derive(Debug)]
pub struct Slots {
    folder: PathBuf,
}

impl Slots {
    /// In a folder that is made with the first state.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The states, the newest first.
    fn all(&self) -> io::Result<Vec<(u64, PathBuf)>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let number = |path: &Path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            name.strip_prefix(PREFIX)?.strip_suffix(RECORD)?.strip_suffix('.')?.parse::<u64>().ok()
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry?.path();
            all.extend(number(&path).map(|number| (number, path)));
        }
        all.sort();
        all.reverse();
        Ok(all)
    }

    /// The newest state that is as it was written, if there is one, and why newer ones are not.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn newest(&self) -> io::Result<(Option<Record>, Vec<RecordError>)> {
        let mut damaged = Vec::new();
        for (_, path) in self.all()? {
            match Record::whole(&path) {
                Ok(record) => return Ok((Some(record), damaged)),
                Err(e) => damaged.push(e),
            }
        }
        Ok((None, damaged))
    }

    /// The newest state that can be opened; its sections may be damaged.
    pub fn opened(&self) -> Option<Record> {
        self.all().ok()?.iter().find_map(|(_, path)| Record::open(path).ok())
    }

    /// Keeps a state after `steps` steps, and of the older ones the last.
    ///
    /// # Errors
    /// It cannot be kept; then the older ones stand.
    pub fn save(&self, steps: u64, name: &str, sections: &[&[u8]]) -> io::Result<()> {
        disk::make_to_stay(&self.folder)?;
        let path = self.folder.join(format!("{PREFIX}{steps:012}.{RECORD}"));
        Record::write(&path, name, sections)?;
        for (_, old) in self.all()?.into_iter().skip(KEPT) {
            fs::remove_file(old)?;
        }
        // No other run writes here: it would have to reserve the results.
        remove_parts(&self.folder)
    }

    /// Removes all states, and the folder if nothing else is in it.
    ///
    /// # Errors
    /// They cannot be removed.
    pub fn clear(&self) -> io::Result<()> {
        remove_parts(&self.folder)?;
        for (_, path) in self.all()? {
            fs::remove_file(path)?;
        }
        match fs::remove_dir(&self.folder) {
            Err(e) if !matches!(e.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => {
                Err(e)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::fault;
    use super::*;

    fn newest(slots: &Slots) -> (Option<Vec<u8>>, usize) {
        let (record, damaged) = slots.newest().unwrap();
        (record.map(|mut record| record.section(0).unwrap()), damaged.len())
    }

    fn names(slots: &Slots) -> Vec<u64> {
        slots.all().unwrap().into_iter().map(|(number, _)| number).collect()
    }

    #[test]
    fn the_last_two_are_kept_and_the_older_stands_in_for_a_damaged_one() {
        let home = tempfile::tempdir().unwrap();
        let slots = Slots::new(home.path().join("it.ledger"));
        assert_eq!(newest(&slots), (None, 0));
        for step in [3, 9, 10, 100] {
            slots.save(step, "state", &[&step.to_le_bytes()]).unwrap();
        }
        assert_eq!(
            (names(&slots), newest(&slots)),
            (vec![100, 10], (Some(vec![100, 0, 0, 0, 0, 0, 0, 0]), 0))
        );
        let path = slots.folder().join("state-000000000100.record");
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(newest(&slots), (Some(vec![10, 0, 0, 0, 0, 0, 0, 0]), 1));
        fs::write(slots.folder().join("state-000000000010.record"), "").unwrap();
        assert_eq!(newest(&slots), (None, 2));
        fs::write(slots.folder().join(".state-000000000111.record.7"), "half").unwrap();
        slots.clear().unwrap();
        slots.clear().unwrap();
        assert!(!slots.folder().exists());
    }

    /// Whichever request of the file system fails, a state that was there is there, or the new one is.
    #[test]
    fn a_fault_leaves_a_state() {
        let home = tempfile::tempdir().unwrap();
        let slots = Slots::new(home.path().join("it.ledger"));
        slots.save(1, "state", &[&[1]]).unwrap();
        for requests in 0.. {
            fault::after(requests);
            let done = slots.save(2, "state", &[&[2]]).is_ok();
            let end = !fault::happened();
            let (state, damaged) = newest(&slots);
            assert!(damaged == 0 && (state == Some(vec![2]) || (!done && state == Some(vec![1]))));
            if end {
                break;
            }
        }
    }
}

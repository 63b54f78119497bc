//! A durable record: sections of bytes under a name, in a file that appears whole or not at all and in which any change of any
//! byte is noticed.
//!
//! A line of text with the number of the format, the length of the head, the head (the name, and length and checksum of every section), a
//! checksum of all that so far, and the sections. Checksums are XXH3 of 64 bits: one change of several bytes in 2⁶⁴ goes unseen.

use super::disk;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

/// What every record of any format begins with.
const MAGIC: &str = "kinetaxis record ";
/// The format that this program writes and reads.
const FORMAT: &str = "1\n";

/// Why a record cannot be read.
#[derive(Debug, Error)]
pub enum RecordError {
    /// There is none.
    #[error("{} is not there", .0.display())]
    Missing(PathBuf),
    /// It is something else.
    #[error("{} is no record of kinetaxis", .0.display())]
    Foreign(PathBuf),
    /// It is of another program.
    #[error("{} is of format {format}, and this kinetaxis reads {}", path.display(), FORMAT.trim())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: String,
    },
    /// It is not what was written.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: &'static str,
    },
    /// The file system refuses.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    name: String,
    /// Length and checksum.
    sections: Vec<(u64, u64)>,
}

/// A record that can be read: its head is whole.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
    file: File,
    head: Head,
    /// Where the sections begin.
    start: u64,
}

impl Record {
    /// Writes a record beside `path`, syncs it and renames it to that.
    ///
    /// # Errors
    /// Those of the file system; then there is what was there before.
    pub fn write(path: &Path, name: &str, sections: &[&[u8]]) -> io::Result<()> {
        let of = |bytes: &&[u8]| (bytes.len() as u64, xxh3_64(bytes));
        let head = Head { name: name.into(), sections: sections.iter().map(of).collect() };
        let head = postcard::to_stdvec(&head).map_err(io::Error::other)?;
        let mut bytes = [MAGIC.as_bytes(), FORMAT.as_bytes()].concat();
        bytes.extend((head.len() as u64).to_le_bytes());
        bytes.extend(head);
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        let part = beside(path);
        let write = || {
            let mut file = File::create(&part)?;
            for bytes in [&bytes[..]].iter().chain(sections) {
                whole(&mut file, bytes)?;
            }
            disk::sync(&file)?;
            // If the new name is lost with the power, there is what was there before.
            disk::replace(&part, path)
        };
        write().inspect_err(|_| {
            let _ = fs::remove_file(&part);
        })
    }

    /// Opens a record and reads its head.
    ///
    /// # Errors
    /// Any [`RecordError`].
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let io = |source: io::Error| match source.kind() {
            ErrorKind::NotFound => RecordError::Missing(path.into()),
            _ => RecordError::Io { path: path.into(), source },
        };
        let damaged = |what| RecordError::Damaged { path: path.into(), what };
        let mut file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let mut bytes = vec![0; MAGIC.len() + FORMAT.len() + 8];
        let whole = file.read_exact(&mut bytes).is_ok();
        let (line, size) = bytes.split_at(MAGIC.len() + FORMAT.len());
        let format = line.strip_prefix(MAGIC.as_bytes());
        let format = format.ok_or_else(|| RecordError::Foreign(path.into()))?;
        if format != FORMAT.as_bytes() {
            let format = String::from_utf8_lossy(format).trim().into();
            return Err(RecordError::Format { path: path.into(), format });
        }
        if !whole {
            return Err(damaged("it ends too early"));
        }
        let size = u64::from_le_bytes(size.try_into().expect("eight bytes"));
        if size.saturating_add(bytes.len() as u64 + 8) > length {
            return Err(damaged("it ends too early"));
        }
        let mut head = vec![0; size as usize];
        let mut check = [0; 8];
        file.read_exact(&mut head).and_then(|()| file.read_exact(&mut check)).map_err(io)?;
        bytes.extend(&head);
        if xxh3_64(&bytes) != u64::from_le_bytes(check) {
            return Err(damaged("its head has changed"));
        }
        let head: Head = postcard::from_bytes(&head).map_err(|_| damaged("its head is none"))?;
        let start = (bytes.len() + 8) as u64;
        let ends =
            head.sections.iter().try_fold(start, |sum, (length, _)| sum.checked_add(*length));
        if ends != Some(length) {
            return Err(damaged("it has another length than it says"));
        }
        Ok(Self { path: path.into(), file, head, start })
    }

    /// Opens a record and reads all of it.
    ///
    /// # Errors
    /// Any [`RecordError`].
    pub fn whole(path: &Path) -> Result<Self, RecordError> {
        let mut record = Self::open(path)?;
        record.sections().try_for_each(|section| section.map(drop))?;
        Ok(record)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.head.name
    }

    /// All sections, one after the other.
    pub fn sections(&mut self) -> impl Iterator<Item = Result<Vec<u8>, RecordError>> {
        (0..self.head.sections.len()).map(|number| self.section(number))
    }

    /// One section, as it was written.
    ///
    /// # Errors
    /// If it is not, or there is none of that number.
    pub fn section(&mut self, number: usize) -> Result<Vec<u8>, RecordError> {
        let damaged = |what| RecordError::Damaged { path: self.path.clone(), what };
        let Some((length, check)) = self.head.sections.get(number).copied() else {
            return Err(damaged("it has fewer sections"));
        };
        let before: u64 = self.head.sections[..number].iter().map(|(length, _)| length).sum();
        let mut bytes = vec![0; length as usize];
        let read = self.file.seek(SeekFrom::Start(self.start + before));
        read.and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|source| RecordError::Io { path: self.path.clone(), source })?;
        match xxh3_64(&bytes) == check {
            true => Ok(bytes),
            false => Err(damaged("a section has changed")),
        }
    }
}

/// What the name of a record's file ends with.
pub(super) const RECORD: &str = "record";

/// A name beside `path` that nobody else writes to.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

/// Whether a file is a record in the making.
pub(super) fn is_part(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') && name.contains(&format!(".{RECORD}."))
}

/// Removes what processes that were killed were writing in a folder.
pub(super) fn remove_parts(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if is_part(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn whole(file: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match disk::write(file, bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(n) => bytes = &bytes[n..],
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::super::disk::fault;
    use super::*;

    const SECTIONS: [&[u8]; 3] = [b"one", b"", b"three and more"];

    fn written(folder: &Path) -> (PathBuf, Vec<u8>) {
        let path = folder.join("a.record");
        Record::write(&path, "a name", &SECTIONS).unwrap();
        let bytes = fs::read(&path).unwrap();
        (path, bytes)
    }

    fn read(path: &Path) -> Result<(String, Vec<Vec<u8>>), RecordError> {
        let mut record = Record::whole(path)?;
        let sections = record.sections().collect::<Result<_, _>>()?;
        Ok((record.name().into(), sections))
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = written(folder.path());
        let (name, sections) = read(&path).unwrap();
        assert_eq!((name.as_str(), sections), ("a name", SECTIONS.map(Vec::from).to_vec()));
        assert!(Record::open(&path).unwrap().section(3).is_err());
    }

    /// Every bit that is turned, every length that it is cut to, and whatever is added.
    #[test]
    fn every_change_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, bytes) = written(folder.path());
        for bit in 0..8 * bytes.len() {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, changed).unwrap();
            assert!(read(&path).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            fs::write(&path, &bytes[..length]).unwrap();
            assert!(read(&path).is_err(), "length {length}");
        }
        fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
        assert!(read(&path).is_err());
        fs::write(&path, bytes).unwrap();
        assert!(read(&path).is_ok());
    }

    #[test]
    fn another_format_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (path, bytes) = written(folder.path());
        let newer = String::from_utf8_lossy(&bytes[..MAGIC.len()]).into_owned() + "2\n";
        fs::write(&path, [newer.as_bytes(), &bytes[MAGIC.len() + FORMAT.len()..]].concat())
            .unwrap();
        assert!(
            matches!(Record::open(&path), Err(RecordError::Format { format, .. }) if format == "2")
        );
        fs::write(&path, "time,x\n0,1\n and so on, for a while").unwrap();
        assert!(matches!(Record::open(&path), Err(RecordError::Foreign(_))));
    }

    /// Whichever request of the file system fails, there is the old record or the new one, and nothing else.
    #[test]
    fn a_fault_leaves_the_old_or_the_new() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = written(folder.path());
        for requests in 0.. {
            fault::after(requests);
            let done = Record::write(&path, "new", &SECTIONS);
            let name = Record::open(&path).unwrap().name().to_string();
            if !fault::happened() {
                assert_eq!((done.is_ok(), name.as_str()), (true, "new"));
                break;
            }
            assert!(done.is_err() && ["a name", "new"].contains(&name.as_str()));
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }
}

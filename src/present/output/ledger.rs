//! A ledger on the disk: a folder with a record for each task, and a head that says what they are of.
//!
//! Names of tasks are digests of all that decides them, the program included, so that no record is ever taken for another one: the head
//! is there to tell the user what does not fit, and for `kinetaxis resume`.

use super::record::{RECORD, Record, RecordError, is_part, remove_parts};
use super::{FolderError, disk};
use crate::study::{Ledger, Task};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the name of a ledger ends with.
const LEDGER: &str = "ledger";
const HEAD: &str = "head.record";

/// What a ledger is of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Version of the program, and digest of its sources.
    pub program: String,
    /// The command.
    pub command: String,
    /// Its flags, but for where results go and what does not change them.
    pub flags: Vec<String>,
    /// The experiments, by name.
    pub experiments: Vec<Described>,
}

/// An experiment of a ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// A file that says the same.
    pub text: String,
    /// Every key, as JSON.
    pub resolved: String,
}

/// Which of the tasks of a study are done here. All processes number them alike.
pub trait Turns: Send + Sync {
    /// Whether task `number` is; asked for 0, 1, ….
    fn has(&self, number: usize) -> bool;
}

/// Those whose number is `index` modulo `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: usize,
    /// How many there are.
    pub count: usize,
}

impl Turns for Shard {
    fn has(&self, number: usize) -> bool {
        number % self.count == self.index
    }
}

/// A ledger on the disk. Nothing appears there before the first record does.
pub struct FileLedger {
    folder: PathBuf,
    head: Head,
    /// None if all are.
    turns: Option<Box<dyn Turns>>,
    /// Tasks asked for so far, of those that are shared out.
    asked: AtomicUsize,
    /// Records found, and made.
    found: AtomicUsize,
    made: AtomicUsize,
    /// Whether the folder and the head are there.
    begun: Mutex<bool>,
    fits: bool,
    used: Mutex<HashSet<String>>,
    /// Told of what is damaged.
    warn: fn(&str),
}

/// The folder of the ledger of a results folder.
pub fn ledger_of(results: &Path) -> PathBuf {
    let full = disk::named(results).unwrap_or_else(|_| results.into());
    match full.extension().is_some_and(|end| end == LEDGER) {
        true => full,
        false => {
            let mut name = full.file_name().unwrap_or_default().to_os_string();
            name.push(format!(".{LEDGER}"));
            full.with_file_name(name)
        }
    }
}

impl FileLedger {
    /// The ledger of `head` in `folder`, which need not be there.
    ///
    /// # Errors
    /// It is there and of something else, as `free` says which keys may differ, unless `anew`; or it is no ledger.
    pub fn open(
        folder: PathBuf,
        head: Head,
        (turns, anew): (Option<Box<dyn Turns>>, bool),
        free: impl Fn(&str) -> bool,
        warn: fn(&str),
    ) -> Result<Self, FolderError> {
        let (mut begun, mut fits) = (false, false);
        match Self::head(&folder) {
            Ok(Some(old)) => {
                let differ = old.differences(&head, free);
                if !differ.is_empty() && !anew {
                    return Err(FolderError::Misfit {
                        ledger: folder,
                        differ: differ.join("\n  "),
                    });
                }
                (begun, fits) = (old == head, differ.is_empty());
            }
            Ok(None) => {}
            Err(RecordError::Damaged { path, what }) => {
                warn(&format!("{} is damaged ({what}) and is written again", path.display()));
            }
            Err(e) => return Err(FolderError::Ledger(e.to_string())),
        }
        Ok(Self {
            folder,
            head,
            turns,
            asked: AtomicUsize::new(0),
            found: AtomicUsize::new(0),
            made: AtomicUsize::new(0),
            begun: Mutex::new(begun),
            fits,
            used: Mutex::default(),
            warn,
        })
    }

    /// What the ledger in `folder` is of; `None` if there is none, or nothing in it.
    ///
    /// # Errors
    /// It cannot be read, or is no ledger.
    pub fn head(folder: &Path) -> Result<Option<Head>, RecordError> {
        let path = folder.join(HEAD);
        let mut record = match Record::open(&path) {
            Err(RecordError::Missing(_)) => {
                // What was being written when a process was killed is ours.
                let own = |entry: fs::DirEntry| is_part(&entry.path());
                let foreign =
                    fs::read_dir(folder).is_ok_and(|all| all.flatten().any(|entry| !own(entry)));
                return match foreign || folder.is_file() {
                    true => Err(RecordError::Foreign(folder.into())),
                    false => Ok(None),
                };
            }
            opened => opened?,
        };
        let bytes = record.section(0)?;
        let head = postcard::from_bytes(&bytes);
        head.map(Some).map_err(|_| RecordError::Damaged { path, what: "it is none" })
    }

    /// Whether it was there when it was opened, and is of this study.
    pub fn fits(&self) -> bool {
        self.fits
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Records found, and made.
    pub fn counts(&self) -> [usize; 2] {
        [&self.found, &self.made].map(|count| count.load(Ordering::Relaxed))
    }

    /// Removes the records that this study has not asked for.
    pub fn forget_others(&self) {
        let used = self.used.lock().unwrap_or_else(|e| e.into_inner());
        for path in records(&self.folder) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if !used.contains(&name) {
                let _ = fs::remove_file(path);
            }
        }
    }

    /// Removes what processes that were killed were writing.
    pub fn tidy(&self) {
        // What stays is no harm.
        let _ = remove_parts(&self.folder);
    }

    /// Takes in all records of another ledger that are whole, and tells of the others. How many were new.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn take_in(&self, other: &Path) -> Result<usize, String> {
        let mut new = 0;
        for from in records(other) {
            let to = self.folder.join(from.file_name().unwrap_or_default());
            if self.whole(&to)?.is_some() {
                continue;
            }
            if let Some(mut record) = self.whole(&from)? {
                self.begin()?;
                let sections = record.sections().collect::<Result<Vec<_>, _>>();
                let sections = sections.map_err(|e| e.to_string())?;
                let sections: Vec<&[u8]> = sections.iter().map(|bytes| &bytes[..]).collect();
                Record::write(&to, record.name(), &sections).map_err(|e| told(&to, &e))?;
                new += 1;
            }
        }
        Ok(new)
    }

    /// A record, if it is there and whole.
    fn whole(&self, path: &Path) -> Result<Option<Record>, String> {
        let own = |record: &Record| {
            path.file_stem().is_some_and(|stem| stem.to_string_lossy() == record.name())
        };
        let record = Record::whole(path).and_then(|record| match own(&record) {
            true => Ok(record),
            false => Err(RecordError::Damaged { path: path.into(), what: "it is of another task" }),
        });
        match record {
            Ok(record) => Ok(Some(record)),
            Err(RecordError::Missing(_)) => Ok(None),
            Err(e @ RecordError::Io { .. }) => Err(e.to_string()),
            Err(e) => {
                (self.warn)(&format!("{e}; that task is done again"));
                Ok(None)
            }
        }
    }

    fn path(&self, task: &Task) -> PathBuf {
        self.folder.join(format!("{}.{RECORD}", task.name()))
    }

    fn count(&self, among: &AtomicUsize, task: &Task) {
        among.fetch_add(1, Ordering::Relaxed);
        self.used.lock().unwrap_or_else(|e| e.into_inner()).insert(task.name());
    }

    /// Makes the folder and writes the head, once.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn begin(&self) -> Result<(), String> {
        let mut begun = self.begun.lock().unwrap_or_else(|e| e.into_inner());
        if *begun {
            return Ok(());
        }
        fs::create_dir_all(disk::home(&self.folder))
            .and_then(|()| disk::make_to_stay(&self.folder))
            .map_err(|e| told(&self.folder, &e))?;
        let bytes = postcard::to_stdvec(&self.head).map_err(|e| e.to_string())?;
        let path = self.folder.join(HEAD);
        Record::write(&path, "head", &[&bytes]).map_err(|e| {
            let _ = fs::remove_dir(&self.folder);
            told(&path, &e)
        })?;
        *begun = true;
        Ok(())
    }
}

impl Ledger for FileLedger {
    fn find(&self, task: &Task) -> Result<bool, String> {
        let found = self.whole(&self.path(task))?.is_some();
        if found {
            self.count(&self.found, task);
        }
        Ok(found)
    }

    fn keep(&self, task: &Task, sections: &[&[u8]]) -> Result<(), String> {
        self.begin()?;
        let path = self.path(task);
        Record::write(&path, &task.name(), sections).map_err(|e| told(&path, &e))?;
        self.count(&self.made, task);
        Ok(())
    }

    fn section(&self, task: &Task, number: usize) -> Result<Vec<u8>, String> {
        let path = self.path(task);
        Record::open(&path).and_then(|mut record| record.section(number)).map_err(|e| e.to_string())
    }

    fn turn(&self) -> bool {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        self.turns.as_ref().is_none_or(|turns| turns.has(number))
    }

    fn is_shared(&self) -> bool {
        self.turns.is_some()
    }
}

fn told(path: &Path, error: &std::io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

/// The files of all records but the head.
fn records(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_record = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == RECORD)
            && path
                .file_name()
                .is_some_and(|name| name != HEAD && !name.to_string_lossy().starts_with('.'))
    };
    let mut all: Vec<PathBuf> = entries.filter(is_record).collect();
    all.sort();
    all
}

impl Head {
    /// What of it is another in `new`, but for keys that are free.
    pub fn differences(&self, new: &Self, free: impl Fn(&str) -> bool) -> Vec<String> {
        let mut all = Vec::new();
        let mut note = |what: &str, a: &str, b: &str| {
            if a != b {
                all.push(format!("{what} was {a} and is {b}"));
            }
        };
        note("the program", &self.program, &new.program);
        note("the command", &self.command, &new.command);
        for theirs in &self.experiments {
            let Some(ours) = new.experiments.iter().find(|own| own.name == theirs.name) else {
                continue;
            };
            let keys = |described: &Described| {
                let mut keys = Vec::new();
                let json = serde_json::from_str(&described.resolved).unwrap_or(Json::Null);
                flatten("", &json, &mut keys);
                keys
            };
            let (before, after) = (keys(theirs), keys(ours));
            let value = |keys: &[(String, String)], name: &str| {
                let found = keys.iter().find(|(key, _)| key == name);
                found.map_or("not given".to_string(), |(_, value)| value.clone())
            };
            let names: std::collections::BTreeSet<&String> =
                before.iter().chain(&after).map(|(key, _)| key).filter(|key| !free(key)).collect();
            for name in names {
                note(name, &value(&before, name), &value(&after, name));
            }
        }
        all
    }
}

/// All values of nested tables by their dotted keys.
fn flatten(key: &str, json: &Json, all: &mut Vec<(String, String)>) {
    match json {
        Json::Object(table) => {
            for (name, value) in table {
                let dotted = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                flatten(&dotted, value, all);
            }
        }
        value => all.push((key.into(), value.to_string())),
    }
}

//! One run at a time for each results folder: a folder beside it, `.kinetaxis-NAME`, that holds the files in the
//! making and a locked file, which the system unlocks when its owner dies.

use super::FolderError;
use super::disk::{self, identity};
use super::target::{Target, is_ours};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::thread::sleep;
use std::time::Duration;

/// What every name begins with.
const PREFIX: &str = ".kinetaxis-";
/// The locked file.
const LOCK: &str = "lock";
/// The folder that will be renamed.
const RESULTS: &str = "results";
/// What is replaced, where two folders cannot be exchanged in one step.
const ASIDE: &str = "aside";
/// Longest name in bytes.
const LONGEST: usize = 255;
/// Times that a lock is tried for: somebody may just be looking whether its owner is alive.
const TRIES: usize = 10;
const PAUSE: Duration = Duration::from_millis(10);

/// The right to write a results folder, and the place where it is made.
#[derive(Debug)]
pub struct Reservation {
    pub(super) target: Target,
    staging: PathBuf,
    /// `None` once it is given back. Held while files appear or the folder is put in place, so that a signal
    /// finds it before or after, and never between.
    lock: Mutex<Option<File>>,
}

/// What was kept of runs that were killed when they had finished.
pub type Rescued = Vec<PathBuf>;

impl Reservation {
    /// Reserves a target, and clears away what runs that were killed have left beside it.
    pub(super) fn new(target: Target) -> Result<(Self, Rescued), FolderError> {
        let staging = target.home.join(staging_name(&target.name));
        let lock = take(&staging, &target)?;
        let reservation = Self { staging, lock: Mutex::new(Some(lock)), target };
        let mut rescued = reservation.reset()?;
        rescued.extend(reservation.sweep());
        Ok((reservation, rescued))
    }

    /// Where the files in the making are.
    pub(super) fn results(&self) -> PathBuf {
        self.staging.join(RESULTS)
    }

    /// Where what is replaced goes for a moment.
    pub(super) fn aside(&self) -> PathBuf {
        self.staging.join(ASIDE)
    }

    /// An empty folder for the files.
    fn reset(&self) -> Result<Rescued, FolderError> {
        let at = FolderError::at(&self.target.shown);
        let rescued = rescue(&self.staging, &self.target.home, &self.target.name).map_err(&at)?;
        disk::remove(&self.results()).map_err(&at)?;
        disk::make(&self.results()).map_err(&at)?;
        Ok(rescued)
    }

    /// Clears away the folders beside this one whose owners are dead. What cannot be is left for the next time.
    fn sweep(&self) -> Rescued {
        let home = &self.target.home;
        let Ok(entries) = fs::read_dir(home) else { return Rescued::new() };
        let mut rescued = Rescued::new();
        for staging in entries.flatten().map(|entry| entry.path()) {
            let name = staging.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(target) = name.strip_prefix(PREFIX) else { continue };
            if staging == self.staging || !staging.join(LOCK).is_file() {
                continue;
            }
            if let Ok(Some(_lock)) = lock(&staging, false) {
                let Ok(kept) = rescue(&staging, home, OsStr::new(target)) else { continue };
                rescued.extend(kept);
                clear(&staging);
            }
        }
        rescued
    }

    /// While this is held nobody gives the reservation back. An error once it is.
    pub(super) fn hold(&self) -> io::Result<MutexGuard<'_, Option<File>>> {
        let held = self.guard();
        match *held {
            Some(_) => Ok(held),
            None => Err(io::Error::other("the run was stopped")),
        }
    }

    fn guard(&self) -> MutexGuard<'_, Option<File>> {
        self.lock.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Gives the reservation back, with all that was written, and calls `then` before anybody can go on.
    pub fn end<T>(&self, then: impl FnOnce() -> T) -> T {
        let mut held = self.guard();
        if held.is_some() {
            clear(&self.staging);
            self.target.unmake();
            *held = None;
        }
        then()
    }

    /// Moves finished results to a name of their own beside the target; leaves them where they are if that
    /// fails as well.
    pub(super) fn keep(&self, mut held: MutexGuard<'_, Option<File>>) -> PathBuf {
        let results = self.results();
        match put_beside(&results, &self.target.home, &self.target.name) {
            Ok(kept) => kept,
            Err(_) => {
                // Unlocked, but not removed.
                *held = None;
                results
            }
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.end(|| {});
    }
}

/// The name of the folder beside a target.
fn staging_name(target: &OsStr) -> OsString {
    let mut name = OsString::from(PREFIX);
    if PREFIX.len() + target.len() <= LONGEST {
        name.push(target);
    } else {
        let mut hash = DefaultHasher::new();
        target.hash(&mut hash);
        name.push(format!("{:016x}", hash.finish()));
    }
    name
}

/// Makes the folder, or takes over one whose owner is dead.
fn take(staging: &Path, target: &Target) -> Result<File, FolderError> {
    let at = FolderError::at(&target.shown);
    for attempt in 0..TRIES {
        let fresh = match disk::make(staging) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => false,
            made => made.map(|()| true).map_err(&at)?,
        };
        match lock(staging, fresh) {
            Ok(Some(lock)) => return Ok(lock),
            Ok(None) => {}
            Err(e) => {
                if fresh {
                    clear(staging);
                }
                return Err(at(e));
            }
        }
        if attempt + 1 < TRIES {
            sleep(PAUSE);
        }
    }
    Err(FolderError::Busy(target.shown.clone()))
}

/// Locks the folder's file; `None` if somebody else has it, or has just removed the folder.
fn lock(staging: &Path, fresh: bool) -> io::Result<Option<File>> {
    if !fs::symlink_metadata(staging).is_ok_and(|found| found.is_dir()) {
        return Ok(None);
    }
    let path = staging.join(LOCK);
    let file = match OpenOptions::new().write(true).create(true).truncate(false).open(&path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        // A file system without locks has folders that appear once.
        Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported && fresh => {}
        Err(TryLockError::Error(e)) => return Err(e),
    }
    // The file may have been removed between opening and locking it.
    let same = fs::metadata(&path)
        .is_ok_and(|m| file.metadata().is_ok_and(|own| identity(&own) == identity(&m)));
    Ok(same.then_some(file))
}

/// Moves finished results out of a folder in the making.
fn rescue(staging: &Path, home: &Path, name: &OsStr) -> io::Result<Rescued> {
    let finished =
        [RESULTS, ASIDE].map(|part| staging.join(part)).into_iter().filter(|p| is_ours(p));
    finished.map(|results| put_beside(&results, home, name)).collect()
}

/// Renames finished results to the first free of NAME-kept, NAME-kept-2 and so on.
fn put_beside(results: &Path, home: &Path, name: &OsStr) -> io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let mut own = name.to_os_string();
        own.push(if number == 1 { "-kept".into() } else { format!("-kept-{number}") });
        let path = home.join(own);
        match disk::put(results, &path) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => number += 1,
            done => return done.map(|()| path),
        }
    }
}

/// Removes a folder in the making: what belongs there, and nothing else.
fn clear(staging: &Path) {
    let _ = disk::remove(&staging.join(RESULTS));
    let _ = disk::remove(&staging.join(ASIDE));
    let _ = fs::remove_file(staging.join(LOCK));
    let _ = fs::remove_dir(staging);
}

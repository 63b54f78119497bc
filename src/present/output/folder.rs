//! A results folder appears whole or not at all, and never in place of something else.

use super::FolderError;
use super::disk::{self, Identity, identity};
use super::file::Entry;
use super::reservation::{Rescued, Reservation};
use super::target::{Target, is_replaceable};
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder in the making: its files are written beside the target, until [`Folder::publish`] puts them in
/// place. Dropped before that, it leaves no trace.
pub struct Folder {
    reservation: Arc<Reservation>,
    /// What is to be replaced.
    old: Option<Identity>,
    rescued: Rescued,
}

impl Folder {
    /// Reserves `target` and opens a folder that will be put there.
    ///
    /// # Errors
    /// All that can be known before there are results: if `target` exists and `force` is not given, or is no
    /// results folder, or cannot be one; or if another run has reserved it.
    pub fn create(target: &Path, force: bool) -> Result<Self, FolderError> {
        let (reservation, rescued) = Reservation::new(Target::new(target)?)?;
        // Asked now that no other run can put results there.
        let old = reservation.target.standing()?;
        if old.is_some() && !force {
            return Err(FolderError::Exists(target.into()));
        }
        Ok(Self { reservation: Arc::new(reservation), old, rescued })
    }

    /// Finished results of runs that were killed, which lay beside the target and now have names of their own.
    pub fn rescued(&self) -> &[PathBuf] {
        &self.rescued
    }

    /// A path beside the target, whose name has more at its end.
    pub fn beside(&self, more: &str) -> PathBuf {
        let target = &self.reservation.target;
        let mut name = target.name.clone();
        name.push(more);
        match target.shown.file_name() {
            Some(_) => target.shown.with_file_name(name),
            None => target.home.join(name),
        }
    }

    /// What holds the target for this run.
    pub fn reservation(&self) -> Arc<Reservation> {
        self.reservation.clone()
    }

    /// A file of this folder, yet to be written.
    pub fn file(&self, name: &str) -> Entry {
        Entry { reservation: self.reservation.clone(), name: name.into() }
    }

    /// Writes a whole file.
    pub fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let mut file = self.file(name).create()?;
        file.write_all(text.as_bytes())?;
        file.finish()
    }

    /// Puts the folder in its place. Only what stood there when the folder was opened is replaced, and it is
    /// removed only after the new one is there for good.
    ///
    /// # Errors
    /// [`FolderError::Kept`] if something else has appeared there, or the file system refuses: no results are
    /// lost.
    pub fn publish(&self) -> Result<PathBuf, FolderError> {
        let target = &self.reservation.target;
        let held = self.reservation.hold().map_err(FolderError::at(&target.shown))?;
        let replaced = match self.put_in_place() {
            Ok(replaced) => replaced,
            Err(why) => {
                let why = match why.kind() {
                    ErrorKind::AlreadyExists => "something has appeared there meanwhile".into(),
                    _ => why.to_string(),
                };
                let kept = self.reservation.keep(held);
                return Err(FolderError::Kept { target: target.shown.clone(), why, kept });
            }
        };
        if replaced {
            let left = self.reservation.results();
            // First, so that what is left is never taken for finished results.
            let _ = fs::remove_file(left.join("manifest.json"));
            if let Err(source) = disk::remove(&left) {
                return Err(FolderError::Leftover { target: target.shown.clone(), left, source });
            }
        }
        drop(held);
        self.reservation.end(|| {});
        Ok(target.shown.clone())
    }

    /// Puts the folder in its place for good, or leaves all as it was. Whether an old one was replaced, which is
    /// then where the new one was.
    fn put_in_place(&self) -> io::Result<bool> {
        let (results, target) = (self.reservation.results(), self.reservation.target.path());
        let home = &self.reservation.target.home;
        disk::sync_folder(&results)?;
        let Some(old) = self.old else {
            disk::put(&results, &target)?;
            disk::sync_folder(home).inspect_err(|_| {
                let _ = disk::put(&target, &results);
            })?;
            return Ok(false);
        };
        let swap = || disk::exchange(&results, &target, &self.reservation.aside());
        match swap() {
            // Somebody has moved the old one away.
            Err(e) if e.kind() == ErrorKind::NotFound => {
                disk::put(&results, &target)?;
                return Ok(false);
            }
            done => done?,
        }
        self.is_what_stood_there(&results, old)
            .and_then(|()| disk::sync_folder(home))
            .inspect_err(|_| {
                let _ = swap();
            })?;
        Ok(true)
    }

    /// Whether what was swapped out is what was to be replaced.
    fn is_what_stood_there(&self, found: &Path, old: Identity) -> io::Result<()> {
        let same = identity(&fs::symlink_metadata(found)?) == old;
        match same && is_replaceable(found) {
            true => Ok(()),
            false => Err(ErrorKind::AlreadyExists.into()),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.reservation.end(|| {});
    }
}

#[cfg(test)]
mod tests;

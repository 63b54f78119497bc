//! Where results are to appear, and what may be replaced there.

use super::FolderError;
use super::disk::{Identity, home, identity, is_fixed, named};
use rustix::fs::{Access, access};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A name in a folder that exists.
#[derive(Debug)]
pub(super) struct Target {
    /// As the user wrote it.
    pub shown: PathBuf,
    /// The folder.
    pub home: PathBuf,
    /// The name in it.
    pub name: OsString,
    /// The folders above it that were made for it.
    made: Vec<PathBuf>,
}

impl Target {
    /// Looks at the place and makes the folders above it.
    pub fn new(shown: &Path) -> Result<Self, FolderError> {
        let at = FolderError::at(shown);
        let unfit = |why| FolderError::Unfit { path: shown.into(), why };
        if shown.as_os_str().is_empty() {
            return Err(unfit("names no folder"));
        }
        let full = named(shown).map_err(&at)?;
        let Some(name) = full.file_name().map(OsString::from) else {
            return Err(unfit("is the root of all folders"));
        };
        let parent = home(&full);
        // Without a slash at its end, which would follow a link.
        standing(&parent.join(&name), shown)?;
        let missing = parent.ancestors().take_while(|p| !p.as_os_str().is_empty() && !p.exists());
        let made = missing.map(PathBuf::from).collect();
        let mut target = Self { shown: shown.into(), home: parent.into(), name, made };
        fs::create_dir_all(parent).map_err(&at)?;
        target.home = parent.canonicalize().map_err(&at)?;
        Ok(target)
    }

    /// The path of the target.
    pub fn path(&self) -> PathBuf {
        self.home.join(&self.name)
    }

    /// What stands there now and may be replaced.
    pub fn standing(&self) -> Result<Option<Identity>, FolderError> {
        standing(&self.path(), &self.shown)
    }

    /// Folders that were made for results that did not come are empty.
    pub fn unmake(&self) {
        self.made.iter().for_each(|folder| {
            let _ = fs::remove_dir(folder);
        });
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.unmake();
    }
}

/// What stands at a path: nothing, or a folder of results or without content.
fn standing(path: &Path, shown: &Path) -> Result<Option<Identity>, FolderError> {
    let found = match fs::symlink_metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        found => found.map_err(FolderError::at(shown))?,
    };
    let unfit = |why| Err(FolderError::Unfit { path: shown.into(), why });
    if found.is_symlink() {
        return unfit("is a symbolic link");
    }
    if !found.is_dir() || !(is_ours(path) || is_empty(path)) {
        return Err(FolderError::Foreign(shown.into()));
    }
    if holds_folders(path) {
        return unfit("holds folders, which kinetaxis has not written");
    }
    let full = path.canonicalize().map_err(FolderError::at(shown))?;
    if is_fixed(&full, &found) {
        return unfit("is a mount point or immutable");
    }
    if access(&full, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        return unfit("is not writable");
    }
    if std::env::current_dir().is_ok_and(|current| current.starts_with(&full)) {
        return unfit("holds the current folder");
    }
    Ok(Some(identity(&found)))
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

fn holds_folders(folder: &Path) -> bool {
    let is_folder = |entry: fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(is_folder))
}

/// Whether a folder is what `--force` replaces.
pub(super) fn is_replaceable(folder: &Path) -> bool {
    is_empty(folder) || (is_ours(folder) && !holds_folders(folder))
}

/// Whether a folder holds finished results: their manifest is written last.
pub(super) fn is_ours(folder: &Path) -> bool {
    let path = folder.join("manifest.json");
    let mut text = String::new();
    let read = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file())
        && File::open(&path).and_then(|mut file| file.read_to_string(&mut text)).is_ok();
    let manifest = serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default();
    read && manifest["program"] == super::manifest::PROGRAM
}

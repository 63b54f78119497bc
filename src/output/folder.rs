//! A results folder appears whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use thiserror::Error;

/// Why a folder could not be opened or put in place.
#[derive(Debug, Error)]
pub enum FolderError {
    /// It is there already.
    #[error(
        "{} exists; results are never overwritten. Give another --out, or --force to replace it",
        .0.display()
    )]
    Exists(PathBuf),
    /// It is not a results folder, so not even `--force` replaces it.
    #[error(
        "{} exists and holds no manifest.json, so it is no results folder and --force will not \
         replace it. Give another --out",
        .0.display()
    )]
    Foreign(PathBuf),
    /// The file system refused.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// A folder in the making: files go to a temporary sibling that [`Folder::publish`] renames.
/// Dropped before that, it leaves no trace.
pub struct Folder {
    staging: TempDir,
    target: PathBuf,
}

impl Folder {
    /// Opens a folder that will become `target`.
    ///
    /// # Errors
    /// If `target` exists and `force` is not given, or it is not a results folder.
    pub fn create(target: &Path, force: bool) -> Result<Self, FolderError> {
        if target.exists() {
            if !force {
                return Err(FolderError::Exists(target.into()));
            }
            let empty = target.is_dir()
                && fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_none());
            if !empty && !target.join("manifest.json").is_file() {
                return Err(FolderError::Foreign(target.into()));
            }
        }
        let parent = match target.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        let fail = |source| FolderError::Io { path: parent.into(), source };
        fs::create_dir_all(parent).map_err(fail)?;
        let staging =
            tempfile::Builder::new().prefix(".kinetaxis-").tempdir_in(parent).map_err(fail)?;
        Ok(Self { staging, target: target.into() })
    }

    /// Where a file of this folder is written.
    pub fn file(&self, name: &str) -> PathBuf {
        self.staging.path().join(name)
    }

    /// Writes a whole file.
    pub fn write(&self, name: &str, text: &str) -> std::io::Result<()> {
        fs::write(self.file(name), text)
    }

    /// Puts the folder in its place; an old one is removed only after the new one is there.
    pub fn publish(self) -> Result<PathBuf, FolderError> {
        let fail = |source| FolderError::Io { path: self.target.clone(), source };
        let staging = self.staging.path().to_path_buf();
        open_permissions(&staging).map_err(fail)?;
        let mut old = None;
        if self.target.exists() {
            let aside = staging.with_extension("old");
            fs::rename(&self.target, &aside).map_err(fail)?;
            old = Some(aside);
        }
        fs::rename(&staging, &self.target).map_err(fail)?;
        // The name is taken over: the guard must not remove it.
        let _ = self.staging.keep();
        if let Some(old) = old {
            fs::remove_dir_all(old).map_err(fail)?;
        }
        Ok(self.target)
    }
}

/// Temporary folders are private; results are as open as any other folder.
#[cfg(unix)]
fn open_permissions(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn open_permissions(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_folder_leaves_no_trace_and_a_published_one_is_whole() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("a/results");
        drop(Folder::create(&target, false).unwrap());
        assert_eq!(fs::read_dir(home.path().join("a")).unwrap().count(), 0);
        let folder = Folder::create(&target, false).unwrap();
        folder.write("manifest.json", "{}").unwrap();
        folder.publish().unwrap();
        assert!(target.join("manifest.json").is_file());
        assert!(matches!(Folder::create(&target, false), Err(FolderError::Exists(_))));
        Folder::create(&target, true).unwrap().publish().unwrap();
        assert!(!target.join("manifest.json").exists());
        assert_eq!(fs::read_dir(home.path().join("a")).unwrap().count(), 1);
    }

    #[test]
    fn force_spares_what_is_no_results_folder() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("thesis.tex"), "years of work").unwrap();
        assert!(matches!(Folder::create(home.path(), true), Err(FolderError::Foreign(_))));
    }
}

//! Why results could not be put where they were wanted.

use std::io;
use std::path::{Path, PathBuf};
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
        "{} exists and holds no manifest.json of kinetaxis, so it is no results folder and --force \
         will not replace it. Give another --out",
        .0.display()
    )]
    Foreign(PathBuf),
    /// No folder can be put there.
    #[error("{} {why}, so no results can be put there. Give another --out", path.display())]
    Unfit {
        /// Where.
        path: PathBuf,
        /// What it is.
        why: &'static str,
    },
    /// Another run has reserved it.
    #[error(
        "another run is writing {}. Wait until it has ended, or give another --out",
        .0.display()
    )]
    Busy(PathBuf),
    /// Records of another study are there.
    #[error(
        "{} holds the records of another study:\n  {differ}\nGive another --out, or --force to replace it",
        ledger.display()
    )]
    Misfit {
        /// The ledger.
        ledger: PathBuf,
        /// What differs, a line each.
        differ: String,
    },
    /// A ledger cannot be read.
    #[error("{0}. Move it away, or give another --out")]
    Ledger(String),
    /// The file system refused.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The results are whole, but not where they were wanted.
    #[error(
        "cannot put the results in place at {}: {why}. They are whole, and kept in {}",
        target.display(), kept.display()
    )]
    Kept {
        /// Where they were wanted.
        target: PathBuf,
        /// Why they are not there.
        why: String,
        /// Where they are.
        kept: PathBuf,
    },
    /// The results are in place, and some of the replaced ones are left.
    #[error(
        "the results are in {}, but the old ones could not be removed from {}: {source}",
        target.display(), left.display()
    )]
    Leftover {
        /// Where the results are.
        target: PathBuf,
        /// Where the old ones are.
        left: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl FolderError {
    /// The error of the file system at a path.
    pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { path: path.into(), source }
    }

    /// Whether another --out is the remedy: the place itself will not do.
    pub fn is_of_the_place(&self) -> bool {
        use io::ErrorKind::*;
        match self {
            Self::Exists(_) | Self::Foreign(_) | Self::Unfit { .. } | Self::Busy(_) => true,
            Self::Misfit { .. } | Self::Ledger(_) => true,
            Self::Io { source, .. } => matches!(
                source.kind(),
                InvalidFilename
                    | NotADirectory
                    | NotFound
                    | PermissionDenied
                    | ReadOnlyFilesystem
                    | InvalidInput
            ),
            Self::Kept { .. } | Self::Leftover { .. } => false,
        }
    }
}

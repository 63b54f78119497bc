//! What is asked of the file system, one function for each kind of request, so that every one of them can
//! be made to fail in tests.

use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A folder or file, however it is called: device and inode.
pub(super) type Identity = (u64, u64);

/// Who it is.
pub(super) fn identity(of: &Metadata) -> Identity {
    (of.dev(), of.ino())
}

/// Makes a folder that is not there.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    fault::here()?;
    fs::create_dir(folder)
}

/// Makes a file that is not there.
pub(super) fn create(file: &Path) -> io::Result<File> {
    fault::here()?;
    OpenOptions::new().write(true).create_new(true).open(file)
}

/// Writes some of the bytes.
pub(super) fn write(mut file: &File, bytes: &[u8]) -> io::Result<usize> {
    fault::here()?;
    io::Write::write(&mut file, bytes)
}

/// Waits until a file is on the disk.
pub(super) fn sync(file: &File) -> io::Result<()> {
    fault::here()?;
    file.sync_all()
}

/// Waits until the names in a folder are on the disk, where the file system can tell.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    fault::here()?;
    match File::open(folder)?.sync_all() {
        Err(e) if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        done => done,
    }
}

/// A path that ends with a name, which `.` and `..` have elsewhere.
pub(super) fn named(path: &Path) -> io::Result<PathBuf> {
    path.file_name().map_or_else(|| path.canonicalize(), |_| Ok(path.into()))
}

/// The folder that something is in.
pub(super) fn home(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a folder, unless it is there, so that a power cut leaves it.
pub(super) fn make_to_stay(folder: &Path) -> io::Result<()> {
    match make(folder) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.and_then(|()| sync_folder(home(folder))),
    }
}

/// Renames a file, also to a name that another file has.
pub(super) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    fault::here()?;
    fs::rename(from, to)
}

/// Renames a folder to a name that nothing has.
pub(super) fn put(from: &Path, to: &Path) -> io::Result<()> {
    fault::here()?;
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE).map_err(io::Error::from) {
        Err(e) if unknown(&e) => put_over_own(from, to),
        done => done,
    }
}

/// The same on file systems that lack it: a rename over a folder replaces an empty one only, and this one
/// was made here.
fn put_over_own(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    fs::rename(from, to).inspect_err(|_| {
        let _ = fs::remove_dir(to);
    })
}

/// Exchanges two folders in one step, or by `aside` on file systems that cannot.
pub(super) fn exchange(one: &Path, other: &Path, aside: &Path) -> io::Result<()> {
    fault::here()?;
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(io::Error::from) {
        Err(e) if unknown(&e) => exchange_by(one, other, aside),
        done => done,
    }
}

fn exchange_by(one: &Path, other: &Path, aside: &Path) -> io::Result<()> {
    fs::rename(other, aside)?;
    put_over_own(one, other).inspect_err(|_| {
        let _ = fs::rename(aside, other);
    })?;
    fs::rename(aside, one).inspect_err(|_| {
        let _ = fs::rename(other, one).and_then(|()| fs::rename(aside, other));
    })
}

/// Whether the file system knows no such request.
fn unknown(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported)
}

/// Removes a folder with all that is in it, and is no harder to please than it must.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    let mut done = Ok(());
    for _ in 0..3 {
        done = match fs::remove_dir_all(folder) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            done => done,
        };
        if done.is_ok() {
            break;
        }
    }
    done
}

/// Whether a folder cannot be renamed: the root of a file system, or immutable.
pub(super) fn is_fixed(folder: &Path, own: &Metadata) -> bool {
    let parent = fs::metadata(home(folder)).ok();
    parent.is_none_or(|parent| parent.dev() != own.dev()) || has_fixed_attribute(folder)
}

#[cfg(target_os = "linux")]
fn has_fixed_attribute(folder: &Path) -> bool {
    use rustix::fs::{AtFlags, StatxAttributes, StatxFlags, statx};
    let fixed = StatxAttributes::MOUNT_ROOT | StatxAttributes::IMMUTABLE | StatxAttributes::APPEND;
    statx(CWD, folder, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty())
        .is_ok_and(|found| found.stx_attributes.intersects(fixed))
}

#[cfg(not(target_os = "linux"))]
fn has_fixed_attribute(_: &Path) -> bool {
    false
}

/// The n-th request from now fails, in tests.
#[cfg(test)]
pub(super) mod fault {
    use std::cell::Cell;
    use std::io;

    thread_local!(static LEFT: Cell<Option<u32>> = const { Cell::new(None) });

    pub fn after(requests: u32) {
        LEFT.set(Some(requests));
    }

    /// Whether the fault has happened; there is none from now on.
    pub fn happened() -> bool {
        LEFT.take().is_none()
    }

    pub fn here() -> io::Result<()> {
        match LEFT.get() {
            Some(0) => {
                LEFT.set(None);
                Err(io::Error::other("injected"))
            }
            left => {
                LEFT.set(left.map(|n| n - 1));
                Ok(())
            }
        }
    }
}

#[cfg(not(test))]
mod fault {
    pub fn here() -> std::io::Result<()> {
        Ok(())
    }
}

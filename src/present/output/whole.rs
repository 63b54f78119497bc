//! A file of its own, written whole or not at all.

use super::disk;
use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Writes a file beside its place and renames it when all of it is on the disk; over one that is there only if
/// `replace` says so.
///
/// # Errors
/// Of the kind `AlreadyExists` if it is there, or what the file system says.
pub fn write_whole(file: &Path, bytes: impl AsRef<[u8]>, replace: bool) -> io::Result<()> {
    let mut own = tempfile::Builder::new()
        .prefix(".kinetaxis-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(disk::home(file))?;
    own.write_all(bytes.as_ref())?;
    own.as_file().sync_all()?;
    match replace {
        true => own.persist(file)?,
        false => own.persist_noclobber(file)?,
    };
    Ok(())
}

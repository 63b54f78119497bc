//! `kinetaxis new FILE`

use super::error::CliError;
use super::signals;
use crate::experiment::template::template;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Writes a commented experiment, whole or not at all.
pub fn new(file: &Path, force: bool) -> Result<(), CliError> {
    let shown = file.display();
    if force && fs::symlink_metadata(file).is_ok_and(|found| !found.is_file()) {
        return Err(CliError::BadInput(format!(
            "{shown} is no plain file, so --force will not replace it. Give another name"
        )));
    }
    signals::after(|| write(file, force)).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => CliError::BadInput(format!(
            "{shown} exists; give another name, or --force to replace it"
        )),
        _ => CliError::Failure(format!("cannot write {shown}: {e}")),
    })?;
    super::tables::print(&format!("wrote {shown}; try: kinetaxis inspect {shown}\n"));
    Ok(())
}

/// Writes beside the file, and renames when all of it is on the disk.
fn write(file: &Path, force: bool) -> io::Result<()> {
    let home = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut own = tempfile::Builder::new()
        .prefix(".kinetaxis-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(home)?;
    own.write_all(template().as_bytes())?;
    own.as_file().sync_all()?;
    match force {
        true => own.persist(file)?,
        false => own.persist_noclobber(file)?,
    };
    Ok(())
}

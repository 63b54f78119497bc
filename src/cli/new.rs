//! `kinetaxis new FILE`

use super::error::CliError;
use super::signals;
use crate::experiment::template;
use crate::output::write_whole;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Writes a commented experiment, whole or not at all.
pub fn new(file: &Path, force: bool) -> Result<(), CliError> {
    let shown = file.display();
    if force && fs::symlink_metadata(file).is_ok_and(|found| !found.is_file()) {
        return Err(CliError::BadInput(format!(
            "{shown} is no plain file, so --force will not replace it. Give another name"
        )));
    }
    signals::after(|| write_whole(file, &template(), force)).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => CliError::BadInput(format!(
            "{shown} exists; give another name, or --force to replace it"
        )),
        _ => CliError::Failure(format!("cannot write {shown}: {e}")),
    })?;
    super::tables::print(&format!("wrote {shown}; try: kinetaxis inspect {shown}\n"));
    Ok(())
}

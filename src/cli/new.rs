//! `kinetaxis new FILE`

use super::error::CliError;
use crate::experiment::template::template;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Writes a commented experiment.
pub fn new(file: &Path, force: bool) -> Result<(), CliError> {
    let mut options = OpenOptions::new();
    options.write(true).truncate(true);
    let opened = if force { options.create(true) } else { options.create_new(true) }.open(file);
    let mut opened = opened.map_err(|e| {
        let path = file.display();
        match e.kind() {
            std::io::ErrorKind::AlreadyExists => CliError::BadInput(format!(
                "{path} exists; give another name, or --force to replace it"
            )),
            _ => CliError::Failure(format!("cannot write {path}: {e}")),
        }
    })?;
    opened.write_all(template().as_bytes())?;
    super::tables::print(&format!("wrote {0}; try: kinetaxis inspect {0}\n", file.display()));
    Ok(())
}

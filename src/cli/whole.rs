//! A file that a command was asked for by its name.

use super::error::CliError;
use super::signals;
use crate::output::write_whole;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Refuses what is there, but a plain file with --force; `other` is what to give instead, such as "another name".
pub fn refuse(file: &Path, force: bool, other: &str) -> Result<(), CliError> {
    match fs::symlink_metadata(file) {
        Ok(found) if force && !found.is_file() => Err(CliError::BadInput(format!(
            "{} is no plain file, so --force will not replace it. Give {other}",
            file.display()
        ))),
        Ok(_) if !force => Err(exists(file, other)),
        _ => Ok(()),
    }
}

/// Writes it, whole or not at all.
pub fn write(
    file: &Path,
    bytes: impl AsRef<[u8]>,
    force: bool,
    other: &str,
) -> Result<(), CliError> {
    refuse(file, force, other)?;
    signals::after(|| write_whole(file, bytes, force)).map_err(|e| match e.kind() {
        // Somebody else has made it meanwhile.
        ErrorKind::AlreadyExists => exists(file, other),
        _ => CliError::Failure(format!("cannot write {}: {e}", file.display())),
    })
}

fn exists(file: &Path, other: &str) -> CliError {
    CliError::BadInput(format!("{} exists; give {other}, or --force to replace it", file.display()))
}

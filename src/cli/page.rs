//! A page that holds a table of `kinetaxis verify` between two marks.

use super::context::read_text;
use super::error::CliError;
use super::signals;
use crate::output::write_whole;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- begin kinetaxis verify -->\n";
const END: &str = "<!-- end kinetaxis verify -->\n";

/// The page, without what is between the marks.
pub struct Page {
    file: PathBuf,
    before: String,
    after: String,
}

impl Page {
    /// Reads it.
    ///
    /// # Errors
    /// If it has no marks.
    pub fn read(file: &Path) -> Result<Self, CliError> {
        let text = read_text(file)?;
        let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
            rest.split_once(END).map(|(_, after)| (before.to_string(), after.to_string()))
        });
        let Some((before, after)) = parts else {
            return Err(CliError::BadInput(format!(
                "{} has no two lines\n{BEGIN}{END}for the table to stand between. Write them",
                file.display()
            )));
        };
        Ok(Self { file: file.into(), before, after })
    }

    /// Puts the table there, with what it was made from.
    pub fn write(&self, stamp: &str, table: &str) -> Result<(), CliError> {
        let Self { file, before, after } = self;
        let text = format!("{before}{BEGIN}<!-- of {stamp} -->\n\n{table}\n{END}{after}");
        signals::after(|| write_whole(file, text, true))
            .map_err(|e| CliError::Failure(format!("cannot write {}: {e}", file.display())))
    }
}

//! The formats of tables: CSV, and those of numpy, VTK and Parquet. Nothing here knows physics.

mod csv;
mod npz;
#[cfg(feature = "parquet")]
mod parquet;
mod vtk;

pub use csv::number;

use crate::experiment::Format;
use crate::output::Folder;
use crate::sheet::Sheet;
use std::io;

/// Writes a table to a folder in each of the formats. VTK has fields and cells only.
///
/// # Errors
/// Those of the file system, with the path.
pub fn write(folder: &Folder, sheet: &Sheet<'_>, formats: &[Format]) -> io::Result<()> {
    for format in formats {
        match format {
            Format::Csv => csv::write(folder, sheet)?,
            Format::Npz => npz::write(folder, sheet)?,
            Format::Vtk => vtk::write(folder, sheet)?,
            #[cfg(feature = "parquet")]
            Format::Parquet => parquet::write(folder, sheet)?,
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => unreachable!("refused when the experiment is read"),
        }
    }
    Ok(())
}

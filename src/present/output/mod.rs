//! What is written: folders, CSV tables and the manifest. Nothing here knows physics.

mod disk;
mod error;
mod file;
mod folder;
mod ledger;
mod manifest;
mod record;
mod reservation;
mod slots;
mod table;
mod target;
mod whole;

pub use error::FolderError;
pub use file::{Entry, Output};
pub use folder::Folder;
pub use ledger::{Described, FileLedger, Head, Shard, Turns, ledger_of};
pub use manifest::{Manifest, PROGRAM};
pub use record::{Record, RecordError};
pub use reservation::Reservation;
pub use slots::Slots;
pub use table::{Table, number};
pub use whole::write_whole;

use crate::grid::Grid;
use crate::study::statistics::Estimate;

/// Column names of coordinates, velocities and so on in dimension `D`.
pub fn axes<const D: usize>(prefix: &str) -> Vec<String> {
    ["x", "y", "z"].iter().take(D).map(|a| format!("{prefix}{a}")).collect()
}

/// The four columns of an estimate: value, std_error, ci_low, ci_high.
pub fn estimate(e: &Estimate) -> [String; 4] {
    [e.value, e.std_error, e.low, e.high].map(number)
}

/// Calls `row` with the position in the array and the coordinates of every node of the window.
pub fn for_each_node<const D: usize>(
    grid: &Grid<D>,
    mut row: impl FnMut(usize, Vec<String>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    for (i, x) in grid.window_nodes() {
        row(i, x.iter().map(|x| number(*x)).collect())?;
    }
    Ok(())
}

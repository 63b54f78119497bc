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
pub use whole::write_whole;

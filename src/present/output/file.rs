//! A file of a results folder. Whatever goes wrong is told with its path.

use super::disk;
use super::reservation::Reservation;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// A file that is yet to be written.
pub struct Entry {
    pub(super) reservation: Arc<Reservation>,
    pub(super) name: String,
}

impl Entry {
    /// Opens it.
    ///
    /// # Errors
    /// If it is there already, or the file system refuses.
    pub fn create(&self) -> io::Result<Output> {
        let shown = self.reservation.target.shown.join(&self.name);
        let file = self.reservation.hold().and_then(|_held| {
            let path = self.reservation.results().join(&self.name);
            disk::create(&path)
        });
        let file = file.map_err(|e| with_path(&shown, &e))?;
        Ok(Output { buffer: BufWriter::with_capacity(BUFFER, Raw { file, shown }) })
    }
}

const BUFFER: usize = 1 << 16;

/// A file being written.
pub struct Output {
    buffer: BufWriter<Raw>,
}

impl Output {
    /// Closes the file once it is on the disk; without it an error at the very end would go unnoticed.
    pub fn finish(mut self) -> io::Result<()> {
        self.buffer.flush()?;
        let Raw { file, shown } = self.buffer.get_ref();
        disk::sync(file).map_err(|e| with_path(shown, &e))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.buffer.flush()
    }
}

struct Raw {
    file: File,
    shown: PathBuf,
}

impl Write for Raw {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The kind tells the caller to try again.
        disk::write(&self.file, bytes).map_err(|e| match e.kind() {
            io::ErrorKind::Interrupted => e,
            _ => with_path(&self.shown, &e),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn with_path(shown: &std::path::Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write {}: {error}", shown.display()))
}

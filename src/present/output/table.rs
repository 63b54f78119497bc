//! Tidy CSV tables whose floats round-trip.

use super::{Entry, Output};
use std::io;

/// A CSV file being written.
pub struct Table {
    writer: csv::Writer<Output>,
}

impl Table {
    /// Creates the file with its header.
    pub fn create<S: AsRef<str>>(entry: &Entry, header: &[S]) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(entry.create()?);
        writer.write_record(header.iter().map(AsRef::as_ref))?;
        Ok(Self { writer })
    }

    /// Writes one row.
    pub fn row<S: AsRef<str>>(&mut self, fields: &[S]) -> io::Result<()> {
        Ok(self.writer.write_record(fields.iter().map(AsRef::as_ref))?)
    }

    /// Closes the file; without it a write error at the very end would go unnoticed.
    pub fn finish(self) -> io::Result<()> {
        self.writer
            .into_inner()
            .map_err(|e| io::Error::new(e.error().kind(), e.error().to_string()))?
            .finish()
    }
}

/// The shortest decimal that reads back to the same f64; empty for NaN.
pub fn number(value: f64) -> String {
    if value.is_nan() { String::new() } else { format!("{value:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        for x in [0.1 + 0.2, 1e-300, -7.0, 6.02e23, f64::MIN_POSITIVE, 1.0 / 3.0] {
            assert_eq!(number(x).parse::<f64>().unwrap().to_bits(), x.to_bits());
        }
        assert_eq!(number(f64::NAN), "");
    }
}

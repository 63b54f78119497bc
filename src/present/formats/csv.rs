//! Tidy CSV tables whose floats round-trip.

use crate::output::Folder;
use crate::sheet::{Cell, Sheet};
use std::io;

/// Writes NAME.csv.
pub fn write(folder: &Folder, sheet: &Sheet<'_>) -> io::Result<()> {
    let file = folder.file(&format!("{}.csv", sheet.name)).create()?;
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(&sheet.header)?;
    sheet.each_row(&mut |row| {
        for cell in row {
            match cell {
                Cell::Number(x) => writer.write_field(number(*x)),
                Cell::Count(n) => writer.write_field(n.to_string()),
                Cell::Flag(yes) => writer.write_field(if *yes { "true" } else { "false" }),
                Cell::Text(text) => writer.write_field(text),
            }?;
        }
        Ok(writer.write_record(None::<&[u8]>)?)
    })?;
    // Without it a write error at the very end would go unnoticed.
    let file =
        writer.into_inner().map_err(|e| io::Error::new(e.error().kind(), e.error().to_string()))?;
    file.finish()
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

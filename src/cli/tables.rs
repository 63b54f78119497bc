//! Text for people.

use std::io::{self, ErrorKind, Write};
use std::sync::Mutex;

/// The first error of standard output.
static FAILED: Mutex<Option<io::Error>> = Mutex::new(None);

/// Prints to standard output. What goes wrong is kept for [`all_printed`], so that no result is lost by it.
pub fn print(text: &str) {
    let mut out = io::stdout().lock();
    note(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Keeps an error of standard output. A closed pipe (`kinetaxis … | head`) is none.
pub fn note(printed: io::Result<()>) {
    if let Err(e) = printed
        && e.kind() != ErrorKind::BrokenPipe
    {
        FAILED.lock().unwrap_or_else(|e| e.into_inner()).get_or_insert(e);
    }
}

/// Whether all that was printed has been written.
pub fn all_printed() -> io::Result<()> {
    match FAILED.lock().unwrap_or_else(|e| e.into_inner()).take() {
        None => Ok(()),
        Some(e) => Err(io::Error::new(e.kind(), format!("cannot write to standard output: {e}"))),
    }
}

/// A number with six decimals, or a dash for none.
pub fn figure(value: f64) -> String {
    if value.is_nan() { "-".into() } else { format!("{value:.6}") }
}

/// Columns aligned by their widest entry: the first to the left, the others to the right.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|f| f.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|c| width(c).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        for (c, field) in row.iter().enumerate() {
            let pad = " ".repeat(widths[c] - field.chars().count());
            text += &if c == 0 { format!("{field}{pad}") } else { format!("  {pad}{field}") };
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}

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

//! The command line of kinetaxis.

use std::process::ExitCode;

fn main() -> ExitCode {
    kinetaxis::cli::main()
}

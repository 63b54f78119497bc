//! `kinetaxis completions SHELL` and `kinetaxis man FOLDER`, from the definition of the command line.

use super::error::CliError;
use super::{Cli, tables};
use clap::CommandFactory;
use clap_complete::Shell;
use std::path::Path;

/// What lets a shell complete commands, flags and their values.
pub fn completions(shell: Shell) -> Result<(), CliError> {
    let (mut command, mut script) = (Cli::command(), Vec::new());
    let name = command.get_name().to_string();
    clap_complete::generate(shell, &mut command, name, &mut script);
    tables::print(&String::from_utf8_lossy(&script));
    Ok(())
}

/// A page for the program and one for each of its commands.
pub fn pages(folder: &Path) -> Result<(), CliError> {
    let failed =
        |e: std::io::Error| CliError::Failure(format!("cannot write {}: {e}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(failed)?;
    let shown = folder.display();
    tables::print(&format!("wrote {shown}/kinetaxis.1 and one page for each command\n"));
    Ok(())
}

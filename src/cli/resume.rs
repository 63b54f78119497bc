//! `kinetaxis resume DIR` and `kinetaxis merge DIR... --out DIR`: a ledger, or the state of a run, says what it is of, and
//! holds what is done.

use super::checkpoints;
use super::context::is_free;
use super::error::{CliError, warn};
use super::{Cli, Command, Hands};
use crate::output::{FileLedger, Folder, FolderError, Head, ledger_of};
use clap::Parser;
use std::path::{Path, PathBuf};

/// Goes on with the study whose ledger, or the run whose state, is beside `folder`.
pub fn resume(folder: &Path, hands: Hands) -> Result<(), CliError> {
    let ledger = ledger_of(folder);
    let of = checkpoints::head_of(&ledger).map_or_else(|| head(&ledger), Ok)?;
    go_on(of, &ledger.with_extension(""), hands)
}

/// Puts ledgers together beside `out`, and makes the results; what none of them has is computed.
pub fn merge(folders: &[PathBuf], out: &Path, hands: Hands) -> Result<(), CliError> {
    let sources: Vec<PathBuf> = folders.iter().map(|folder| ledger_of(folder)).collect();
    let of = head(&sources[0])?;
    let open =
        |folder: &Path| FileLedger::open(folder.into(), of.clone(), (None, false), is_free, warn);
    let target = open(&ledger_of(out))?;
    for source in &sources {
        head(source)?;
        open(source).map_err(|error| of_another(error, &sources[0]))?;
    }
    // Refused before anything is taken in.
    drop(Folder::create(out, target.fits())?);
    for source in sources.iter().filter(|source| **source != ledger_of(out)) {
        target.take_in(source).map_err(CliError::Failure)?;
    }
    go_on(of, out, hands)
}

/// Why a ledger does not go with the first one.
fn of_another(error: FolderError, first: &Path) -> CliError {
    let FolderError::Misfit { ledger, differ } = error else { return error.into() };
    CliError::BadInput(format!(
        "{} holds the records of another study than {}:\n  {differ}\nGive the folders of one study",
        ledger.display(),
        first.display()
    ))
}

fn head(ledger: &Path) -> Result<Head, CliError> {
    let missing = || {
        CliError::BadInput(format!(
            "{} is not there, so there is nothing to go on with. Give the results folder that ensemble, converge or \
             verify was given, or run with --checkpoint-every or --wall-time",
            ledger.display()
        ))
    };
    let head = FileLedger::head(ledger).map_err(|e| CliError::BadInput(e.to_string()))?;
    head.ok_or_else(missing)
}

/// Gives the command of a ledger again.
fn go_on(of: Head, out: &Path, own: Hands) -> Result<(), CliError> {
    let names = of.experiments.iter().map(|described| match &described.name[..] {
        "" => "experiment.toml".to_string(),
        name => format!("{name}.toml"),
    });
    let mut words = vec!["kinetaxis".to_string(), of.command.clone()];
    words.extend(of.flags);
    words.extend(["--out".into(), out.display().to_string(), "--".into()]);
    words.extend(names);
    let parsed = Cli::try_parse_from(words).map_err(|e| CliError::Failure(e.to_string()))?;
    let mut command = parsed.command;
    let mut described = of.experiments.into_iter();
    match &mut command {
        Command::Run { job, .. }
        | Command::Ensemble { job, .. }
        | Command::Converge { job, .. } => {
            job.input.text = described.next().map(|one| one.text);
            job.place.hands = own;
        }
        Command::Verify { texts, place, .. } => {
            *texts = described.map(|one| (one.name, one.text)).collect();
            place.hands = own;
        }
        _ => return Err(CliError::Failure("its ledger is of no study".into())),
    }
    super::run(command)
}

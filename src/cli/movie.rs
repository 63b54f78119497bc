//! `kinetaxis movie DIR`: what results show over time, as an animated picture.

use super::error::CliError;
use super::{tables, whole};
use crate::api::limit::column;
use crate::api::{names_of_populations, names_of_signals};
use crate::experiment::{Experiment, read};
use crate::pages::{Quantity, axis_label, time_label};
use crate::recorded::{Column, Recorded};
use crate::report::{Format, Movie};
use clap::{Args, ValueEnum};
use std::fs;
use std::path::{Path, PathBuf};

/// Most nodes along an axis of a map: a GIF has no more than 65535 pixels.
const LARGEST: usize = 50_000;

/// How the picture is given another name.
const OTHER: &str = "another name by --out";

/// What is to be shown.
#[derive(Args)]
pub struct Wanted {
    /// The results folder of run, ensemble or limit
    folder: PathBuf,
    /// The picture to write, which ends in .gif or .png [default: DIR.gif]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What is shown
    #[arg(long, value_enum, default_value = "density")]
    of: What,
    /// Whose density, or which signal, by name [default: the first]
    #[arg(long, value_name = "NAME")]
    population: Option<String>,
    /// Replace the picture if it exists
    #[arg(long)]
    force: bool,
}

/// What is shown over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// That of a population
    Density,
    /// A signal
    Signal,
}

/// Writes the picture.
pub fn movie(wanted: &Wanted) -> Result<(), CliError> {
    let (file, format) = target(wanted)?;
    let (shown, said) = (file.display(), wanted.folder.display());
    // Before anything is drawn.
    whole::refuse(&file, wanted.force, OTHER)?;
    let e = experiment(&wanted.folder)?;
    let (recorded, movie) = recorded(wanted, &e)?;
    if recorded < 2 {
        return Err(CliError::BadInput(format!(
            "{said} has one time only, and nothing moves. Give more of them in time.outputs, such as \
             --set time.outputs=[0, 0.5, 1], and run it again"
        )));
    }
    if movie.nodes.len() > 1 && movie.nodes.iter().any(|nodes| nodes.len() > LARGEST) {
        return Err(CliError::BadInput(format!(
            "{said} has more than {LARGEST} nodes along an axis, which no picture can hold. Run it on a coarser domain.grid"
        )));
    }
    whole::write(&file, movie.draw().encode(format), wanted.force, OTHER)?;
    tables::print(&format!("wrote {shown}: {}, {recorded} times\n", movie.title));
    Ok(())
}

/// The file, and its kind by its ending.
fn target(wanted: &Wanted) -> Result<(PathBuf, Format), CliError> {
    let file = match &wanted.out {
        Some(file) => file.clone(),
        None => {
            // Without the slash that a folder may end with.
            let mut name = wanted.folder.components().collect::<PathBuf>().into_os_string();
            name.push(".gif");
            name.into()
        }
    };
    let ending = file.extension().unwrap_or_default().to_string_lossy();
    let format = Format::of_ending(&ending).ok_or_else(|| {
        CliError::BadInput(format!(
            "--out {}: what kind of picture it is, its ending says. Let it end in .gif or .png",
            file.display()
        ))
    })?;
    Ok((file, format))
}

/// The experiment whose results are in a folder.
fn experiment(folder: &Path) -> Result<Experiment, CliError> {
    let file = folder.join("experiment.toml");
    let text = fs::read_to_string(&file).map_err(|e| {
        CliError::BadInput(format!(
            "{} is no results folder: cannot read {}: {e}. Give one that run, ensemble or limit has written",
            folder.display(),
            file.display()
        ))
    })?;
    Ok(read(&text, &file.display().to_string(), &[])?.experiment)
}

/// The number of times, and what is drawn.
fn recorded(wanted: &Wanted, e: &Experiment) -> Result<(usize, Movie), CliError> {
    let names: Vec<&str> = match wanted.of {
        What::Density => e.populations.iter().map(|of| &of.name[..]).collect(),
        What::Signal => e.signals.iter().map(|of| &of.name[..]).collect(),
    };
    let number = match &wanted.population {
        None => 0,
        Some(name) => names.iter().position(|own| own == name).ok_or_else(|| {
            let what = ["population", "signal"][wanted.of as usize];
            CliError::BadInput(format!(
                "--population {name}: there is no such {what}. Choose from {}",
                names.join(", ")
            ))
        })?,
    };
    let name = names[number];
    let several = names.len() > 1;
    let (table, limit, in_tables) = match wanted.of {
        What::Density => ("density.csv", "rho", names_of_populations(e)),
        What::Signal => ("signal.csv", "signal", names_of_signals(e)),
    };
    let population = in_tables[number];
    let values = ["value".to_string(), "mean".into(), column(limit, name, names.len())];
    let tables = [table, "limit.csv"].map(|table| wanted.folder.join(table));
    let file = tables.iter().find(|file| file.is_file()).ok_or_else(|| {
        CliError::BadInput(format!(
            "{} has neither {table} nor limit.csv. Give a folder that run, ensemble or limit has written, with \"csv\" \
             among its output.formats",
            wanted.folder.display()
        ))
    })?;
    let recorded = Recorded::read(file, e.dimension, Column { values: &values, population })
        .map_err(|e| {
            CliError::Failure(format!("{} is not as it was written: {e}", file.display()))
        })?
        .projected();
    let (quantity, what) = match wanted.of {
        What::Density => (Quantity::Density(&e.populations[number]), "density"),
        What::Signal => (Quantity::Signal(&e.signals[number]), "signal"),
    };
    let over = if e.dimension == 3 { ", integrated over z" } else { "" };
    let label = axis_label(quantity, e);
    let y = if e.dimension == 1 { label.clone() } else { axis_label(Quantity::Place(1), e) };
    let scenes: Vec<_> =
        recorded.scenes.into_iter().map(|(t, values)| (time_label(t, e), values)).collect();
    let title = if several { format!("{what} of {name}{over}") } else { format!("{what}{over}") };
    let axes = [axis_label(Quantity::Place(0), e), y];
    Ok((scenes.len(), Movie { title, axes, name: label, nodes: recorded.nodes, scenes }))
}

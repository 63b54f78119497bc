//! What the commands compute, as functions of an experiment: the dimension is that of the file and no type has it.
//!
//! ```
//! use kinetaxis::{api, experiment};
//! let text = r#"
//!     dimension = 1
//!     epsilon = 0.1
//!     domain = { lower = -8, upper = 8, grid = 32, boundary = "no-flux" }
//!     kernel = { model = "local", lambda = 1, a = 0.25 }
//!     signal = { equation = "prescribed", expression = "x" }
//!     cells = { count = 4000, density = { shape = "point" } }
//!     time = { end = 0.5, step = 0.1 }
//! "#;
//! let experiment = experiment::read(text, "example.toml", &[])?.experiment;
//! let run = api::run(&experiment)?;
//! assert_eq!(run.summary()["time"], 0.5);
//! let density = run.sheet("density").expect("every run has one");
//! assert_eq!(density.header, ["time", "population", "x", "value"]);
//! // 32 nodes at the one output time.
//! let [.., api::Column::Numbers(rho)] = &density.columns()[..] else { unreachable!() };
//! assert_eq!(rho.len(), 32);
//! assert!((rho.iter().sum::<f64>() * 16.0 / 32.0 - 1.0).abs() < 1e-12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod converge;
mod converge_text;
mod ensemble;
mod error;
pub(crate) mod feasible;
mod identities;
pub(crate) mod limit;
pub(crate) mod motion;
mod run;

pub use crate::sheet::{Cell, Column, Emit, Shape, Sheet};
pub use converge::{Converged, refuse_unfit};
pub use ensemble::Ensembled;
pub use error::Error;
pub use limit::{Limiting, Solved};
pub use run::Ran;

use crate::clock::Clock;
use crate::device::Device;
use crate::experiment::Experiment;
#[cfg(not(target_family = "wasm"))]
use crate::experiment::Format;
#[cfg(not(target_family = "wasm"))]
use crate::formats;
use crate::model::Model;
#[cfg(not(target_family = "wasm"))]
use crate::output::Folder;
use crate::study::{self, Keep, Monitor, Work};
use feasible::{refuse_bad_physics, refuse_too_large};
use serde_json::Value;
use std::sync::atomic::AtomicBool;

/// Runs `$body` with the const `$D` set to the run-time dimension `$d`.
macro_rules! with_dimension {
    ($d:expr, $D:ident => $body:expr) => {
        match $d {
            1 => {
                const $D: usize = 1;
                $body
            }
            2 => {
                const $D: usize = 2;
                $body
            }
            _ => {
                const $D: usize = 3;
                $body
            }
        }
    };
}
pub(crate) use with_dimension;

/// What a command found, in whatever dimension.
pub trait Found {
    /// The experiment.
    fn experiment(&self) -> &Experiment;
    /// All tables.
    fn sheets(&self) -> Vec<Sheet<'_>>;
    /// What summary.json holds.
    fn summary(&self) -> Value;
    /// The summary for people.
    fn text(&self) -> String;
    /// report.html.
    fn page(&self) -> String;
    /// What the user has to be told.
    fn warnings(&self) -> Vec<String>;
}

/// The results of a command.
pub struct Results {
    found: Box<dyn Found>,
    /// What is likely not meant, or to be doubted.
    pub warnings: Vec<String>,
}

impl Results {
    /// What was found.
    pub fn new(found: impl Found + 'static) -> Self {
        Self { warnings: found.warnings(), found: Box::new(found) }
    }

    /// All tables, by the names of their files.
    pub fn sheets(&self) -> Vec<Sheet<'_>> {
        self.found.sheets()
    }

    /// The table of that name.
    pub fn sheet(&self, name: &str) -> Option<Sheet<'_>> {
        self.sheets().into_iter().find(|sheet| sheet.name == name)
    }

    /// What summary.json holds, with the units of the file if it has any.
    pub fn summary(&self) -> Value {
        let mut summary = self.found.summary();
        if let Some(units) = self.found.experiment().units.to_json() {
            summary["units"] = units;
        }
        summary
    }

    /// The summary for people.
    pub fn text(&self) -> String {
        self.found.text()
    }

    /// The report, an HTML page that needs no other file.
    pub fn page(&self) -> String {
        self.found.page()
    }

    /// Writes all tables in these formats, and the report.
    ///
    /// # Errors
    /// Those of the file system, with the path.
    #[cfg(not(target_family = "wasm"))]
    pub fn write(&self, folder: &Folder, formats: &[Format]) -> std::io::Result<()> {
        for sheet in self.sheets() {
            formats::write(folder, &sheet, formats)?;
        }
        folder.write("report.html", &self.page())
    }
}

/// One realisation, with the replicate 0.
///
/// # Errors
/// What does not fit into memory or has T < 0 where that is refused; a cell that breaks what must hold.
pub fn run(e: &Experiment) -> Result<Results, Error> {
    run_watched(e, 0, &Device::Cpu, &Monitor::silent(&AtomicBool::new(false)))
}

/// One realisation on a device, watched by `monitor`, which may stop it.
///
/// # Errors
/// Those of [`run`]; [`Error::Interrupted`] where the monitor says so.
pub fn run_watched(
    e: &Experiment,
    replicate: u64,
    device: &Device,
    monitor: &Monitor<'_>,
) -> Result<Results, Error> {
    checked(Work::Run, e, || {
        with_dimension!(e.dimension, D => {
            let model = Model::<D>::new(e)?.aboard(device, e)?;
            let keep = Keep { cells_at: &e.output.cells_at, neighbour: e.output.knn };
            let record = study::observe_run(&model, replicate, keep, monitor, 1.0)?;
            Ok(Results::new(Ran::new(e, model, replicate, record)?))
        })
    })
}

/// `ensemble.replicates` independent realisations: mean and interval of every observable.
///
/// # Errors
/// Those of [`run`].
pub fn ensemble(e: &Experiment) -> Result<Results, Error> {
    ensemble_watched(e, &Device::Cpu, &Monitor::silent(&AtomicBool::new(false)))
}

/// The same on a device, watched by `monitor`.
///
/// # Errors
/// Those of [`run_watched`].
pub fn ensemble_watched(
    e: &Experiment,
    device: &Device,
    monitor: &Monitor<'_>,
) -> Result<Results, Error> {
    checked(Work::Ensemble, e, || {
        with_dimension!(e.dimension, D => {
            let model = Model::<D>::new(e)?.aboard(device, e)?;
            let (replicates, at) = (e.ensemble.replicates, &e.output.cells_at);
            let found = study::ensemble(&model, replicates, at, monitor)?;
            Ok(Results::new(Ensembled::new(e, model, found)?))
        })
    })
}

/// The macroscopic equation.
///
/// # Errors
/// What does not fit into memory; an initial density that is none.
pub fn limit(e: &Experiment) -> Result<Results, Error> {
    limit_watched(e, &Monitor::silent(&AtomicBool::new(false)))
}

/// The same, watched by `monitor`.
///
/// # Errors
/// Those of [`limit`]; [`Error::Interrupted`] where the monitor says so.
pub fn limit_watched(e: &Experiment, monitor: &Monitor<'_>) -> Result<Results, Error> {
    let start = Clock::start();
    checked(Work::Limit, e, || {
        with_dimension!(e.dimension, D => {
            let limiting = Limiting::<D>::new(e)?;
            let found = limiting.solve(monitor)?;
            Ok(Results::new(Solved::new(limiting, found, start.seconds())))
        })
    })
}

/// The sweep over `converge.values`: distances to the limit and their order.
///
/// # Errors
/// Those of [`run`], and flights that are biased by what is measured.
pub fn converge(e: &Experiment) -> Result<Results, Error> {
    converge_watched(e, &Monitor::silent(&AtomicBool::new(false)))
}

/// The same, watched by `monitor`.
///
/// # Errors
/// Those of [`converge`]; [`Error::Interrupted`] where the monitor says so.
pub fn converge_watched(e: &Experiment, monitor: &Monitor<'_>) -> Result<Results, Error> {
    let start = Clock::start();
    refuse_unfit(e)?;
    checked(Work::Converge, e, || {
        with_dimension!(e.dimension, D => {
            let found = study::converge::<D>(e, None, monitor)?;
            Ok(Results::new(Converged::new(e, found, start.seconds())?))
        })
    })
}

/// `compute`, after all that is refused before; with what is warned of.
fn checked(
    work: Work,
    e: &Experiment,
    compute: impl FnOnce() -> Result<Results, Error>,
) -> Result<Results, Error> {
    refuse_too_large(work, e)?;
    let told = refuse_bad_physics(work, e)?;
    let mut results = compute()?;
    results.warnings.splice(..0, told);
    Ok(results)
}

/// The names of the populations, as tables have them.
pub(crate) fn names_of_populations(e: &Experiment) -> Vec<&str> {
    e.populations.iter().map(|population| &population.name[..]).collect()
}

/// The names of the signals; `signal` where there is one.
pub(crate) fn names_of_signals(e: &Experiment) -> Vec<&str> {
    match &e.signals[..] {
        [_] => vec!["signal"],
        several => several.iter().map(|signal| &signal.name[..]).collect(),
    }
}

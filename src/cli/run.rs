//! `kinetaxis run EXPERIMENT`

use super::checkpoints::{Keeper, When};
use super::context::Context;
use super::error::CliError;
use super::{Aboard, Job, ranks, signals, with_dimension};
use crate::api::{Ran, Results};
use crate::crew::Crew;
use crate::device::Device;
use crate::experiment::Experiment;
use crate::growth::Growth;
use crate::model::Model;
use crate::study::{Checkpoints, Keep, Monitor, Work, observe_run};

/// One realisation.
pub fn run(job: &Job, aboard: &Aboard, replicate: u64, when: When) -> Result<(), CliError> {
    let device = aboard.open()?;
    let replicate_flag =
        if replicate == 0 { String::new() } else { format!(" --replicate {replicate}") };
    let flags = aboard.flags() + &replicate_flag;
    let crew = ranks::crew();
    let context = match crew.is_alone() {
        true => Context::open(job, Work::Run, &flags),
        false => Context::spread(job, &crew, &flags).and_then(|context| {
            refuse_spread(&context.experiment, crew.place().1, when)?;
            Ok(context)
        }),
    };
    let context = ranks::agreed(&crew, context)?;
    with_dimension!(context.experiment.dimension, D => {
        run_in::<D>(context, &crew, (&device, &aboard.flags()), replicate, when)
    })
}

/// Refuses what needs all cells in one process.
fn refuse_spread(e: &Experiment, ranks: usize, when: When) -> Result<(), CliError> {
    let what = if !e.reactions.is_empty() {
        "reactions: they"
    } else if e.populations.iter().any(|p| Growth::of(&p.cells).is_some()) {
        "cells.growth: it"
    } else if !e.output.cells_at.is_empty() {
        "output.cells_at: it"
    } else if e.output.knn > 0 {
        "output.knn: it"
    } else if when.every.is_some() {
        "--checkpoint-every: it"
    } else if when.wall.is_some() {
        "--wall-time: it"
    } else {
        return Ok(());
    };
    Err(CliError::BadInput(format!(
        "{what} can not go with cells that are spread over {ranks} ranks of MPI. Leave it out, or run one process"
    )))
}

fn run_in<const D: usize>(
    context: Context,
    crew: &Crew,
    (device, flags): (&Device, &str),
    replicate: u64,
    when: When,
) -> Result<(), CliError> {
    let e = &context.experiment;
    let model = ranks::agreed(crew, Model::<D>::new(e).map_err(CliError::from))?.spread_over(crew);
    let model = ranks::agreed(crew, model.aboard(device, e).map_err(CliError::from))?;
    let keep = Keep { cells_at: &e.output.cells_at, neighbour: e.output.knn };
    let keeper = crew
        .is_alone()
        .then(|| Keeper::new(&context, replicate, (device, flags), keep.definition(&model), when));
    let keeper = keeper.filter(Keeper::is_wanted);
    if let Some(keeper) = &keeper {
        keeper.look()?;
        signals::be_patient();
    }
    let checkpoints = keeper.as_ref().map(|keeper| keeper as &dyn Checkpoints);
    let record = context.simulated(|m| {
        let monitor = Monitor { checkpoints, ledger: m.ledger.clone(), ..*m };
        observe_run(&model, replicate, keep, &monitor, 1.0)
    });
    let record = ranks::agreed(crew, record).map_err(|error| match &keeper {
        Some(keeper) => keeper.ended(error),
        None => error,
    })?;
    if context.is_shared() {
        return Err(CliError::Shared("rank 0 has the results".into()));
    }
    context.deliver(&Results::new(Ran::new(e, model, replicate, record)?))?;
    if let Some(keeper) = &keeper {
        keeper.finished();
    }
    Ok(())
}

//! `kinetaxis converge EXPERIMENT`

use super::context::Context;
use super::error::{CliError, warn};
use super::{Job, with_dimension};
use crate::api::{Converged, Results, refuse_unfit};
use crate::experiment::Experiment;
use crate::output::Shard;
use crate::study::{self, Wanted, Work};

/// The sweep.
pub fn converge(job: &Job, shard: Option<Shard>, wanted: Option<Wanted>) -> Result<(), CliError> {
    if shard.is_some() && wanted.is_some() {
        return Err(CliError::BadInput(
            "--precision finds out how many replicates there are while it runs, so they cannot be shared out. Give \
             --set converge.replicates instead of it, or no --shard"
                .into(),
        ));
    }
    let flags = wanted
        .as_ref()
        .map_or(String::new(), |w| format!(" --precision '{}' --within {}", w.precision, w.within));
    let context = Context::study(job, shard, Work::Converge, &flags)?;
    refuse_unfit(&context.experiment)?;
    with_dimension!(context.experiment.dimension, D => converge_in::<D>(context, wanted))
}

fn converge_in<const D: usize>(context: Context, wanted: Option<Wanted>) -> Result<(), CliError> {
    let e = &context.experiment;
    let most = || study::most_replicates::<D>(e, crate::memory::available());
    let wanted = wanted.map(|wanted| Wanted { most: most(), ..wanted });
    let wanted = wanted.as_ref();
    if let Some(wanted) = wanted {
        refuse_unknown::<D>(e, wanted)?;
    }
    let result = context.monitored(|m| study::converge::<D>(e, wanted, m))?;
    let replicates = result.replicates;
    let results = Results::new(Converged::new(e, result, context.seconds())?);
    if wanted.is_some_and(|wanted| replicates >= wanted.most) {
        warn(&format!("memory holds no more than {replicates} replicates of domain.grid"));
    }
    context.deliver(&results)
}

/// A wanted precision of something that the sweep does not measure.
fn refuse_unknown<const D: usize>(e: &Experiment, wanted: &Wanted) -> Result<(), CliError> {
    let (known, p) = (study::available::<D>(e), &wanted.precision);
    if known.iter().any(|(quantity, norm)| *quantity == p.quantity && *norm == p.norm) {
        return Ok(());
    }
    let known: Vec<String> = known.iter().map(|(q, norm)| format!("{q}:{norm}")).collect();
    let wanted = format!("{}:{}", p.quantity, p.norm);
    Err(CliError::BadInput(format!(
        "--precision wants {wanted}, which this sweep does not measure. Choose from {}",
        known.join(", ")
    )))
}

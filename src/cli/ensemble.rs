//! `kinetaxis ensemble EXPERIMENT`

use super::context::Context;
use super::error::CliError;
use super::{Aboard, Job, with_dimension};
use crate::api::{Ensembled, Results};
use crate::device::Device;
use crate::model::Model;
use crate::output::Shard;
use crate::study::{self, Work};

/// Replicates: mean and interval of every observable.
pub fn ensemble(job: &Job, aboard: &Aboard, shard: Option<Shard>) -> Result<(), CliError> {
    let device = aboard.open()?;
    let context = Context::study(job, shard, Work::Ensemble, &aboard.flags())?;
    with_dimension!(context.experiment.dimension, D => ensemble_in::<D>(context, &device))
}

fn ensemble_in<const D: usize>(context: Context, device: &Device) -> Result<(), CliError> {
    let e = &context.experiment;
    let model = Model::<D>::new(e)?.aboard(device, e)?;
    let (replicates, at) = (e.ensemble.replicates, &e.output.cells_at);
    let found = context.simulated(|m| study::ensemble(&model, replicates, at, m))?;
    context.deliver(&Results::new(Ensembled::new(e, model, found)?))
}

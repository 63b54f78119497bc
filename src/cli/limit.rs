//! `kinetaxis limit EXPERIMENT`

use super::context::Context;
use super::error::CliError;
use super::{Job, with_dimension};
use crate::api::{Limiting, Results, Solved};
use crate::study::Work;

/// The macroscopic equation alone.
pub fn limit(job: &Job) -> Result<(), CliError> {
    let context = Context::open(job, Work::Limit, "")?;
    with_dimension!(context.experiment.dimension, D => {
        let limiting = Limiting::<D>::new(&context.experiment)?;
        let found = context.monitored(|m| limiting.solve(m))?;
        context.deliver(&Results::new(Solved::new(limiting, found, context.seconds())))
    })
}

//! `kinetaxis check EXPERIMENT`, and the checks that need the signal at t = 0.

use super::context::load;
use super::error::CliError;
use super::{Input, with_dimension};
use crate::experiment::Experiment;
use crate::model::Model;
use crate::study::positivity;

/// Validates and says so.
pub fn check(input: &Input) -> Result<(), CliError> {
    let loaded = load(input)?;
    refuse_bad_physics(&loaded.experiment)?;
    let warning = with_dimension!(loaded.experiment.dimension, D => {
        negative_rate_message::<D>(&loaded.experiment)?
    });
    if let Some(warning) = warning {
        super::tables::print(&format!("warning: {warning}\n"));
    }
    super::tables::print(&format!("{}: valid\n", input.experiment.display()));
    Ok(())
}

/// Refuses what only the built model shows: a bad initial density, and T < 0 at t = 0 where the
/// user refuses negative rates.
pub fn refuse_bad_physics(e: &Experiment) -> Result<(), CliError> {
    with_dimension!(e.dimension, D => match e.kernel.refuse_negative {
        true => negative_rate_message::<D>(e)?.map_or(Ok(()), |m| Err(CliError::BadInput(m))),
        false => Ok(Model::<D>::new(e).map(drop)?),
    })
}

/// What to say if T < 0 somewhere at t = 0.
fn negative_rate_message<const D: usize>(e: &Experiment) -> Result<Option<String>, CliError> {
    let model = Model::<D>::new(e)?;
    let found = positivity(&model);
    Ok((found.least < 0.0).then(|| {
        format!(
            "epsilon = {}: the turning kernel is negative at t = 0 (least T/F = {:.4}). {}",
            e.epsilon,
            found.least,
            match found.largest_epsilon {
                Some(good) => format!("T >= 0 needs epsilon <= {good:.4}, or a weaker bias"),
                None => "Weaken the kernel's bias".into(),
            }
        )
    }))
}

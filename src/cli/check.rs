//! `kinetaxis check EXPERIMENT`, and the checks that need the model or the signal at t = 0.

use super::context::load;
use super::error::{CliError, warn};
use super::{Input, with_dimension};
use crate::experiment::Experiment;
use crate::experiment::periodic::warnings;
use crate::model::Model;
use crate::study::{cost::predict, negative_start};

/// Validates and says so.
pub fn check(input: &Input) -> Result<(), CliError> {
    let e = load(input)?.experiment;
    let (negative, long) = with_dimension!(e.dimension, D => {
        let model = Model::<D>::new(&e)?;
        (negative_rate_message(&e, &model), many_events(&e, &model))
    });
    if let (Some(message), true) = (&negative, e.kernel.refuse_negative) {
        return Err(CliError::BadInput(message.clone()));
    }
    for warning in warnings(&e).iter().chain(&negative).chain(&long) {
        super::tables::print(&format!("warning: {warning}\n"));
    }
    super::tables::print(&format!("{}: valid\n", input.experiment.display()));
    Ok(())
}

/// Refuses what only the built model shows: a bad initial density, and T < 0 at t = 0
/// where the user refuses negative rates. Warns of what is likely not meant.
pub fn refuse_bad_physics(e: &Experiment) -> Result<(), CliError> {
    let negative = with_dimension!(e.dimension, D => {
        let model = Model::<D>::new(e)?;
        e.kernel.refuse_negative.then(|| negative_rate_message(e, &model)).flatten()
    });
    if let Some(message) = negative {
        return Err(CliError::BadInput(message));
    }
    for warning in warnings(e) {
        warn(&warning);
    }
    Ok(())
}

/// Candidate events of a run that take a day or more.
const MANY: f64 = 1e13;

/// What to say of a run that will hardly end.
fn many_events<const D: usize>(e: &Experiment, model: &Model<D>) -> Option<String> {
    let candidates = predict(e, model).candidates;
    (candidates > MANY).then(|| {
        format!(
            "a run meets some {candidates:.0e} candidate events, which takes days. Raise epsilon, lower \
             kernel.bound, cells.count or time.end, or set motion = \"hybrid\""
        )
    })
}

/// What to say if T < 0 somewhere at t = 0.
fn negative_rate_message<const D: usize>(e: &Experiment, model: &Model<D>) -> Option<String> {
    let found = negative_start(model)?;
    Some(format!(
        "epsilon = {}: the turning kernel is negative at t = 0 (least T/F = {:.4}). {}",
        e.epsilon,
        found.least,
        match found.largest_epsilon {
            Some(good) => format!("T >= 0 needs epsilon <= {good:.4}, or a weaker bias"),
            None => "Weaken the kernel's bias".into(),
        }
    ))
}

//! `kinetaxis check EXPERIMENT`, and the checks that need the model or the signal at t = 0.

use super::context::load;
use super::error::{CliError, warn};
use super::{Input, with_dimension};
use crate::experiment::periodic::warnings;
use crate::experiment::{Experiment, KernelModel};
use crate::model::Model;
use crate::study::{cost, least_rate, positivity};
use crate::turning::{Sense, TurningKernel};

/// Events of a run beyond which it would not end in a lifetime of the machine: four months on a core.
const MOST_EVENTS: f64 = 1e15;

/// Validates and says so.
pub fn check(input: &Input) -> Result<(), CliError> {
    let e = load(input)?.experiment;
    let negative = with_dimension!(e.dimension, D => {
        let model = Model::<D>::new(&e)?;
        refuse_endless(&e, &model)?;
        negative_rate_message(&e, &model)
    });
    if let (Some(message), true) = (&negative, e.kernel.refuse_negative) {
        return Err(CliError::BadInput(message.clone()));
    }
    for warning in warnings(&e).iter().chain(&negative) {
        super::tables::print(&format!("warning: {warning}\n"));
    }
    super::tables::print(&format!("{}: valid\n", input.experiment.display()));
    Ok(())
}

/// Refuses what only the built model shows: a bad initial density, a run without end, and T < 0 at
/// t = 0 where the user refuses negative rates. Warns of what is likely not meant.
pub fn refuse_bad_physics(e: &Experiment) -> Result<(), CliError> {
    let negative = with_dimension!(e.dimension, D => {
        let model = Model::<D>::new(e)?;
        refuse_endless(e, &model)?;
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

/// Refuses a run of more events than can ever be computed.
fn refuse_endless<const D: usize>(e: &Experiment, model: &Model<D>) -> Result<(), CliError> {
    let events = cost::predict(e, model).candidates;
    if events <= MOST_EVENTS {
        return Ok(());
    }
    let rate = model.kernel.candidate_bound(&model.initial_signal().bounds());
    Err(CliError::BadInput(format!(
        "a run would have {events:.0e} events, and {MOST_EVENTS:e} are the most: each of \
         cells.count = {} cells may turn at the rate {rate:.3e}/epsilon^2, epsilon = {}, until time.end = {}. \
         The rate follows from {}. Raise epsilon, or lower what makes it so large; motion = \"hybrid\" \
         does not grow with 1/epsilon^2",
        e.cells.count,
        e.epsilon,
        e.time.end,
        sources(e)
    )))
}

/// The keys that the bound on the rate is made of.
fn sources(e: &Experiment) -> String {
    if let Some(bound) = e.kernel.bound {
        return format!("kernel.bound = {bound:e}");
    }
    let own = match &e.kernel.model {
        KernelModel::Local { .. } | KernelModel::Isotropic { .. } => {
            "kernel.lambda, kernel.a and kernel.b"
        }
        KernelModel::Expression(_) => "kernel.turning",
        _ => {
            "kernel.alpha_plus, kernel.alpha_minus and psi (kernel.c1, kernel.c2, kernel.expression, \
             kernel.diffusivity, kernel.sensitivity)"
        }
    };
    format!("{own}, velocity.speed and the signal S, its signal.* keys and cells.mass")
}

/// What to say if T < 0 somewhere at t = 0.
fn negative_rate_message<const D: usize>(e: &Experiment, model: &Model<D>) -> Option<String> {
    if least_rate(model) >= 0.0 {
        return None;
    }
    let found = positivity(model);
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

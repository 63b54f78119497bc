//! `kinetaxis check EXPERIMENT`, and the checks that need the model or the signal at t = 0.

use super::context::load;
use super::error::{CliError, warn};
use super::{Input, with_dimension};
use crate::experiment::periodic::warnings;
use crate::experiment::{Experiment, Loaded};
use crate::memory;
use crate::model::Model;
use crate::study::cost::{LONG, seconds};
use crate::study::{Work, negative_start, too_large};

/// Validates and says so.
pub fn check(input: &Input) -> Result<(), CliError> {
    let Loaded { experiment: e, given, .. } = load(input)?;
    let (mut large, most) = (Vec::new(), memory::available());
    for work in Work::ALL {
        let refused = with_dimension!(e.dimension, D => too_large::<D>(work, &e, most));
        match refused {
            // What follows from other keys may be meant for other commands.
            Some((key, message))
                if work == Work::Run || (work.owns(key) && given.contains(key)) =>
            {
                return Err(CliError::BadInput(message));
            }
            other => large.extend(other.map(|(_, message)| message)),
        }
    }
    let (negative, long) = with_dimension!(e.dimension, D => {
        let model = Model::<D>::new(&e)?;
        let long: Vec<String> = Work::ALL.into_iter().filter_map(|w| long(w, &e, &model)).collect();
        (negative_rate_message(&e, &model), long)
    });
    if let (Some(message), true) = (&negative, e.kernel.refuse_negative) {
        return Err(CliError::BadInput(message.clone()));
    }
    for warning in warnings(&e).iter().chain(&negative).chain(&large).chain(&long) {
        super::tables::print(&format!("warning: {warning}\n"));
    }
    super::tables::print(&format!("{}: valid\n", input.experiment.display()));
    Ok(())
}

/// Refuses what does not fit into memory.
pub fn refuse_too_large(work: Work, e: &Experiment) -> Result<(), CliError> {
    let most = memory::available();
    let refused = with_dimension!(e.dimension, D => too_large::<D>(work, e, most));
    refused.map_or(Ok(()), |(_, message)| Err(CliError::BadInput(message)))
}

/// Refuses what only the built model shows: a bad initial density, and T < 0 at t = 0
/// where the user refuses negative rates. Warns of what is likely not meant.
pub fn refuse_bad_physics(work: Work, e: &Experiment) -> Result<(), CliError> {
    let (negative, long) = with_dimension!(e.dimension, D => {
        let model = Model::<D>::new(e)?;
        let negative = e.kernel.refuse_negative.then(|| negative_rate_message(e, &model)).flatten();
        (negative, long(work, e, &model))
    });
    if let Some(message) = negative {
        return Err(CliError::BadInput(message));
    }
    for warning in warnings(e).into_iter().chain(long) {
        warn(&warning);
    }
    Ok(())
}

/// What to say of work that will hardly end.
fn long<const D: usize>(work: Work, e: &Experiment, model: &Model<D>) -> Option<String> {
    let seconds = seconds(work, e, model);
    if seconds < LONG {
        return None;
    }
    let remedy = match work {
        Work::Run => {
            "Raise epsilon or time.step, lower kernel.bound, cells.count or time.end, or set motion = \"hybrid\""
                .into()
        }
        Work::Ensemble => format!("Lower ensemble.replicates = {}", e.ensemble.replicates),
        Work::Limit => format!("Raise limit.step = {}, or lower limit.grid", e.limit.step),
        Work::Converge => format!(
            "Lower converge.replicates = {}, converge.budget_replicates = {} or what one run takes",
            e.converge.replicates, e.converge.budget_replicates
        ),
    };
    // What makes one run long is told once.
    let told = matches!(work, Work::Ensemble | Work::Converge)
        && seconds < 2.0 * self::seconds(Work::Run, e, model);
    (!told).then(|| {
        let hours = seconds / 3600.0;
        let time = match hours {
            h if h < 72.0 => format!("{h:.0} hours"),
            h if h < 24.0 * 730.0 => format!("{:.0} days", h / 24.0),
            h => format!("{:.0e} years", h / 24.0 / 365.0),
        };
        format!("`kinetaxis {}` takes some {time} on one core. {remedy}", work.word())
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

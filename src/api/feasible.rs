//! What is refused before anything is computed: what does not fit into memory, would not end, or has T < 0 at t = 0.

use super::{Error, with_dimension};
use crate::experiment::Experiment;
use crate::experiment::periodic::warnings;
use crate::memory;
use crate::model::Model;
use crate::study::cost::{Cost, LONG, predict, seconds};
use crate::study::{Work, negative_start, too_large};

/// Refuses what does not fit into memory.
pub fn refuse_too_large(work: Work, e: &Experiment) -> Result<(), Error> {
    larger_than_memory(work, e).map_or(Ok(()), |(_, message)| Err(Error::BadInput(message)))
}

/// The key to blame, and what to say, if `work` does not fit into the memory of the machine.
pub fn larger_than_memory(work: Work, e: &Experiment) -> Option<(&'static str, String)> {
    let most = memory::available();
    with_dimension!(e.dimension, D => too_large::<D>(work, e, most))
}

/// Refuses what only the built model shows: a bad initial density, and T < 0 at t = 0
/// where the user refuses negative rates. Gives what is likely not meant, as warnings.
pub fn refuse_bad_physics(work: Work, e: &Experiment) -> Result<Vec<String>, Error> {
    let (negative, long) = with_dimension!(e.dimension, D => {
        let model = Model::<D>::new(e)?;
        let refuses = e.populations.iter().any(|p| p.kernel.refuse_negative);
        let negative = refuses.then(|| negative_rate_message(e, &model)).flatten();
        (negative, long(work, e, &predict(e, &model))?)
    });
    if let Some(message) = negative {
        return Err(Error::BadInput(message));
    }
    Ok(warnings(e).into_iter().chain(long).collect())
}

/// Seconds of a century: replicates that take longer are a slip.
const CENTURY: f64 = 3e9;

/// What to say of work that will hardly end.
///
/// # Errors
/// So many replicates that nobody will see the end.
pub fn long(work: Work, e: &Experiment, cost: &Cost) -> Result<Option<String>, Error> {
    let seconds = seconds(work, e, cost);
    if seconds < LONG {
        return Ok(None);
    }
    let time = match seconds / 3600.0 {
        hours if hours < 72.0 => format!("{hours:.0} hours"),
        hours if hours < 24.0 * 730.0 => format!("{:.0} days", hours / 24.0),
        hours => format!("{:.0e} years", hours / 24.0 / 365.0),
    };
    let takes = format!("`kinetaxis {}` takes some {time} on one core", work.word());
    let text = match work {
        Work::Run => format!(
            "{takes}. Raise epsilon or time.step, lower kernel.bound, cells.count or time.end, or set \
             motion = \"hybrid\""
        ),
        Work::Ensemble => {
            format!("ensemble.replicates = {}: {takes}. Lower it", e.ensemble.replicates)
        }
        Work::Limit => {
            format!("limit.step = {}: {takes}. Raise it, or lower limit.grid", e.limit.step)
        }
        Work::Converge => format!(
            "converge.replicates = {}, converge.budget_replicates = {}: {takes}. Lower them, or what \
             makes one run long",
            e.converge.replicates, e.converge.budget_replicates
        ),
    };
    match work {
        Work::Ensemble | Work::Converge if seconds > CENTURY => Err(Error::BadInput(text)),
        _ => Ok(Some(text)),
    }
}

/// What to say if T < 0 somewhere at t = 0.
pub fn negative_rate_message<const D: usize>(e: &Experiment, model: &Model<D>) -> Option<String> {
    let mut all = model.populations.iter();
    let (name, found) = all.find_map(|s| Some((&s.name, negative_start(model, s)?)))?;
    let of = if model.populations.len() > 1 { format!(" of {name}") } else { String::new() };
    Some(format!(
        "epsilon = {}: the turning kernel{of} is negative at t = 0 (least T/F = {:.4}). {}",
        e.epsilon,
        found.least,
        match found.largest_epsilon {
            Some(good) => format!("T >= 0 needs epsilon <= {good:.4}, or a weaker bias"),
            None => "Weaken the kernel's bias".into(),
        }
    ))
}

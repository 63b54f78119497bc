//! `kinetaxis check EXPERIMENT`.

use super::context::{load, read_text};
use super::error::CliError;
use super::progress::told_if_long;
use super::{Input, with_dimension};
use crate::api::feasible::{larger_than_memory, long as too_long, negative_rate_message};
use crate::experiment::periodic::warnings;
use crate::experiment::{Experiment, Loaded, Problems, read_within};
use crate::memory;
use crate::model::Model;
use crate::study::Work;
use crate::study::cost::predict;
use serde_json::json;

/// Validates and says so.
pub fn check(mut input: Input, json: bool) -> Result<(), CliError> {
    let text = read_text(&input.experiment)?;
    input.text = Some(text.clone());
    let Loaded { experiment: e, given, resolved } = load(&input)?;
    let mut large = Vec::new();
    for work in Work::ALL {
        match larger_than_memory(work, &e) {
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
        let model = told_if_long("check", "building the model", || Model::<D>::new(&e))?;
        let (mut long, cost) = (Vec::new(), predict(&e, &model));
        for work in Work::ALL {
            match too_long(work, &e, &cost) {
                Err(hopeless) if given.contains(&format!("{}.replicates", work.word())) => {
                    return Err(hopeless);
                }
                Err(hopeless) => long.push(hopeless.to_string()),
                Ok(warning) => long.extend(warning),
            }
        }
        let negative = || negative_rate_message(&e, &model);
        (told_if_long("check", "looking for T < 0", negative), long)
    });
    let refuses = e.populations.iter().any(|p| p.kernel.refuse_negative);
    if let (Some(message), true) = (&negative, refuses) {
        return Err(CliError::BadInput(message.clone()));
    }
    let unread = unread(&text, &input.experiment.display().to_string(), &e);
    let all: Vec<String> =
        warnings(&e).into_iter().chain(negative).chain(large).chain(long).chain(unread).collect();
    if json {
        let told = json!({ "valid": true, "warnings": all, "experiment": resolved });
        super::tables::print(&format!("{told:#}\n"));
        return Ok(());
    }
    all.iter().for_each(|warning| super::tables::print(&format!("warning: {warning}\n")));
    super::tables::print(&format!("{}: valid\n", input.experiment.display()));
    Ok(())
}

/// What `verify` will refuse of the changes that it makes.
fn unread(text: &str, file: &str, e: &Experiment) -> Vec<String> {
    let mut told = Vec::new();
    for (key, changes) in [("quick", &e.verify.quick), ("by_cells", &e.verify.by_cells)] {
        if !changes.is_empty()
            && let Err(Problems(all)) = read_within(memory::available(), text, file, changes)
        {
            told.extend(all.iter().map(|problem| format!("verify.{key}: {problem}")));
        }
    }
    told
}

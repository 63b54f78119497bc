//! The strict reader.

use super::build::{build, build_all};
use super::keys::TABLE;
use super::parts::{self, Parts};
use super::units::Base;
use super::{Experiment, derive, rules, strays};
use crate::schema::{Draft, Problem, Problems, Scope, Source};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// An experiment, and the file that says all of it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The experiment.
    pub experiment: Experiment,
    /// Every key that has an effect, defaults filled in, nested as in the file.
    pub resolved: Json,
    /// The keys that the file or the command line gives.
    pub given: BTreeSet<String>,
}

/// Bytes of memory of a machine that is not known.
const MEMORY: f64 = 64.0 * (1u64 << 30) as f64;

/// Reads an experiment. `file_name` is for messages; `overrides` are `key=value`, the value in
/// TOML or else a plain text, and go over what the file says.
///
/// # Errors
/// Everything that is wrong, at once.
///
/// ```
/// use kinetaxis::experiment::{read, template};
/// let loaded = read(&template(), "experiment.toml", &["epsilon=0.05".into()]).unwrap();
/// assert_eq!(loaded.experiment.epsilon, 0.05);
/// ```
pub fn read(text: &str, file_name: &str, overrides: &[String]) -> Result<Loaded, Problems> {
    read_within(MEMORY, text, file_name, overrides)
}

/// [`read`] for a machine with so many bytes of memory.
///
/// # Errors
/// As [`read`], where it needs more than these.
pub fn read_within(
    memory: f64,
    text: &str,
    file_name: &str,
    overrides: &[String],
) -> Result<Loaded, Problems> {
    let mut source = Source::read(&TABLE, text, file_name, overrides);
    // A file that is no TOML would seem to lack every key.
    if source.problems.iter().any(|problem| problem.key.is_empty()) {
        return Err(Problems::sorted(&TABLE, source.problems));
    }
    if !strays::take(&mut source) {
        return Err(Problems::sorted(&TABLE, source.problems));
    }
    let parts = Parts::of(&source);
    let base = Base::of(&source, &parts);
    if !parts.is_single() {
        return read_parts(memory, source, &parts, &base);
    }
    let scales = base.scales(&source, &source);
    let mut draft = Draft::new(source, memory, Scope::whole(&TABLE), scales);
    derive::derive(&mut draft);
    rules::apply(&mut draft);
    rules::memory(&mut [&mut draft], 1);
    let experiment = build(&mut draft);
    let whole = draft.problems.is_empty().then(|| draft.resolved());
    rules::sweep(&mut draft, whole.as_ref(), &|e| refusal(memory, e));
    if !draft.problems.is_empty() {
        return Err(Problems::sorted(&TABLE, draft.problems));
    }
    let experiment = experiment.expect("the table gives every value that is not missing");
    Ok(Loaded { experiment, resolved: draft.resolved(), given: draft.given().collect() })
}

/// What is wrong with a resolved experiment, first of all.
fn refusal(memory: f64, e: &Json) -> Option<Problem> {
    read_within(memory, &to_toml(e), "", &[]).err()?.0.into_iter().next()
}

/// Reads a file of several populations, signals or reactions.
fn read_parts(memory: f64, source: Source, parts: &Parts, base: &Base) -> Result<Loaded, Problems> {
    let mut problems = source.problems.clone();
    problems.append(&mut parts.problems(&source));
    problems.append(&mut strays::unused(parts, &source));
    let mut drafts = parts::drafts(parts, &source, memory, &|part, main| base.scales(part, main));
    for draft in drafts.each() {
        derive::derive(draft);
        rules::apply(draft);
    }
    let signals = drafts.signals.len();
    let mut populations: Vec<&mut Draft> =
        drafts.populations.iter_mut().filter_map(|terms| terms.first_mut()).collect();
    rules::memory(&mut populations, signals);
    let experiment = build_all(parts, &mut drafts);
    let is_right = problems.is_empty() && drafts.each().all(|draft| draft.problems.is_empty());
    let whole = is_right.then(|| drafts.resolved(parts));
    rules::sweep(drafts.first_mut(), whole.as_ref(), &|e| refusal(memory, e));
    drafts.each().for_each(|draft| problems.append(&mut draft.problems));
    // What all parts share is told once.
    let mut told = Vec::new();
    problems.retain(|p| {
        let this = (p.key.clone(), p.message.clone());
        let new = !told.contains(&this);
        told.push(this);
        new
    });
    let given = source.given.keys().cloned().collect();
    match experiment {
        Some(experiment) if problems.is_empty() => {
            let resolved = whole.unwrap_or_else(|| drafts.resolved(parts));
            Ok(Loaded { experiment, resolved, given })
        }
        _ => Err(Problems::sorted(&TABLE, problems)),
    }
}

/// What is given by a text and by overrides, by path, with no regard to what the keys mean. What cannot be read
/// is left out.
pub fn given(text: &str, overrides: &[String]) -> BTreeMap<String, Json> {
    let given = Source::read(&TABLE, text, "", overrides).given;
    given.into_iter().map(|(path, given)| (path, given.value)).collect()
}

/// A resolved experiment as a TOML file, which reads to the same experiment.
///
/// # Panics
/// If `resolved` holds a null, which no resolved experiment does.
pub fn to_toml(resolved: &Json) -> String {
    toml::to_string(resolved).expect("an experiment holds only what TOML can say")
}

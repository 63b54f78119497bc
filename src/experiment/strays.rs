//! What stands in a file where it says nothing: beside the sections of populations, terms, signals and reactions.

use super::keys::{OF_POPULATION, OF_SUM, TABLE};
use super::parts::{GROUPS, Parts, named, names};
use crate::schema::{Problem, SET, Source};
use crate::spelling::nearest;

/// Takes what belongs nowhere out of the file; whether it can be told what belongs where.
pub(super) fn take(source: &mut Source) -> bool {
    let is_group = |problem: &Problem| GROUPS.contains(&&problem.key[..]);
    for problem in source.problems.iter_mut().filter(|problem| is_group(problem)) {
        problem.remedy = format!("Write [{}.NAME], each with a name of its own.", problem.key);
    }
    let strays: Vec<_> =
        source.given.keys().filter_map(|path| Some((path.clone(), stray(source, path)?))).collect();
    for (path, (message, remedy)) in strays {
        let given = source.given.remove(&path).expect("it is given");
        source.problems.push(Problem {
            source: if given.line.is_some() { source.file.clone() } else { SET.into() },
            line: given.line,
            key: path,
            value: given.text,
            message,
            remedy,
        });
    }
    !source.problems.iter().any(is_group)
}

/// What is wrong with a path, and what to do.
fn stray(source: &Source, path: &str) -> Option<(String, String)> {
    let is_value = !source.given[path].value.is_null();
    let unknown = |remedy: String| Some(("unknown key".to_string(), remedy));
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    if !GROUPS.contains(&first) {
        return unknown(format!("Did you mean {}?", misnamed(first, rest)?));
    }
    let nameless = |section: &str| {
        let (_, key) = path.rsplit_once('.').unwrap_or(("", path));
        let remedy = match rest {
            "" => format!("Write [{section}.NAME]."),
            _ => format!("Write {key} in a section [{section}.NAME]."),
        };
        Some(("stands where a name should".to_string(), remedy))
    };
    let (name, rest) = named(path, first).unwrap_or_default();
    if rest.is_empty() && is_value {
        return nameless(first);
    }
    if let Some(near) = misspelt(source, first, name) {
        return unknown(format!("Did you mean {}?", path.replacen(name, &near, 1)));
    }
    match first {
        "populations" => of_population(path, name, rest, is_value),
        "terms" if !names(&source.given, "populations").is_empty() => {
            let message = "has no effect: every population has terms of its own".to_string();
            Some((message, format!("Write [populations.NAME.terms.{name}].")))
        }
        "terms" => of_sum("kernel", rest),
        _ => None,
    }
}

/// What a section whose name is like that of a group was meant to be.
fn misnamed(first: &str, rest: &str) -> Option<String> {
    let is_known = TABLE.has_section(first) || TABLE.find(first).is_some();
    // [signal.NAME] is none of [signal].
    if is_known && !(first == "signal" && rest.contains('.')) {
        return None;
    }
    Some(format!("{}.{rest}", nearest(first, GROUPS.into_iter())?))
}

/// The name in the file that one of the command line is like.
fn misspelt(source: &Source, first: &str, name: &str) -> Option<String> {
    let stands = |one: &str| {
        let inside = |path: &str| named(path, first).is_some_and(|(own, _)| own == one);
        source.given.iter().any(|(path, given)| given.line.is_some() && inside(path))
    };
    if stands(name) {
        return None;
    }
    let known = names(&source.given, first);
    nearest(name, known.iter().map(|own| &own[..]).filter(|own| stands(own))).map(String::from)
}

fn of_population(path: &str, name: &str, rest: &str, is_value: bool) -> Option<(String, String)> {
    let (section, key) = rest.split_once('.').unwrap_or((rest, ""));
    let unknown = |remedy: String| Some(("unknown key".to_string(), remedy));
    if section == "terms" {
        let (term, key) = key.split_once('.').unwrap_or((key, ""));
        if key.is_empty() && is_value {
            let remedy = format!("Write {term} in a section [populations.{name}.terms.NAME].");
            return Some(("stands where a name should".to_string(), remedy));
        }
        return of_sum(&format!("populations.{name}.kernel"), key);
    }
    if OF_POPULATION.contains(&section) || section.is_empty() {
        let is_section = key.is_empty() && is_value;
        let remedy = || format!("Write [{path}], and its keys in that section.");
        return is_section.then(|| ("is a section".to_string(), remedy()));
    }
    let own = OF_POPULATION.into_iter().chain(["terms"]);
    if let Some(near) = nearest(section, own) {
        return unknown(format!("Did you mean {}?", path.replacen(section, near, 1)));
    }
    let inside = |section: &&str| TABLE.find(&format!("{section}.{rest}")).is_some();
    if let Some(section) = OF_POPULATION.into_iter().find(inside) {
        return unknown(format!("Did you mean populations.{name}.{section}.{rest}?"));
    }
    if TABLE.find(rest).is_some() {
        return unknown(format!("All populations have the same: write it as {rest}."));
    }
    unknown(format!("A population has the sections {}, terms.", OF_POPULATION.join(", ")))
}

/// A term has no rates, scaling or bound of its own.
fn of_sum(kernel: &str, key: &str) -> Option<(String, String)> {
    OF_SUM.contains(&key).then(|| {
        let message = "is no key of a term: it holds for the kernel as a whole".to_string();
        (message, format!("Write it as {kernel}.{key}."))
    })
}

/// What is given for all populations or signals, though each has its own.
pub(super) fn unused(parts: &Parts, source: &Source) -> Vec<Problem> {
    let populations: Vec<String> =
        parts.populations.iter().map(|(name, _)| format!("populations.{name}")).collect();
    let signals: Vec<String> = parts.signals.iter().map(|name| format!("signals.{name}")).collect();
    let mut problems = Vec::new();
    for (path, given) in &source.given {
        let (section, rest) = path.split_once('.').unwrap_or((path, ""));
        let own: Vec<String> = match section {
            _ if OF_POPULATION.contains(&section) && parts.has_named_populations() => {
                populations.iter().map(|name| format!("{name}.{path}")).collect()
            }
            "signal" if parts.has_named_signals() => {
                signals.iter().map(|name| format!("{name}.{rest}")).collect()
            }
            _ => continue,
        };
        if own.iter().all(|path| source.given.contains_key(path)) {
            problems.push(Problem {
                source: if given.line.is_some() { source.file.clone() } else { SET.into() },
                line: given.line,
                key: path.clone(),
                value: given.text.clone(),
                message: format!("has no effect: all have their own, {}", own.join(", ")),
                remedy: "Remove it, or set one of these.".into(),
            });
        }
    }
    problems
}

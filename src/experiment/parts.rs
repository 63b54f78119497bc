//! A file of several populations, signals or reactions: what belongs to which.
//!
//! Each population is read as a file of its own, in which it is alone: with the keys that all share, those of
//! `[populations.NAME.…]` in the place of `[velocity]`, `[kernel]`, `[cells]` and `[deposit]`, and one of the
//! signals in that of `[signal]`. Whatever the sections of that name at the top say holds for all. So
//! every key has one meaning, and every rule is written once.

use super::keys::{OF_POPULATION, OF_SUM, TABLE};
use crate::formula::language::{CONSTANTS, FUNCTIONS, WORDS};
use crate::rng::ALONE;
use crate::schema::{Draft, Given, Problem, SET, Scales, Scope, Source};
use crate::signal::{AROUND, MOST_FIELDS};
use crate::turning::MOST_TERMS;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What a file may have several of, each in sections under a name of its own.
pub(super) const GROUPS: [&str; 4] = ["populations", "terms", "signals", "reactions"];
/// Names that expressions know already.
const TAKEN: [&str; 8] = ["x", "y", "z", "t", "rho", "S", "signals", "populations"];
/// Name of a signal that has none.
pub(super) const SIGNAL: &str = "S";

/// The names of the populations, signals and reactions of a file, in its order.
pub(crate) struct Parts {
    /// Whether populations and signals are given by name.
    named: [bool; 2],
    /// With the names of the further terms of their kernels.
    pub populations: Vec<(String, Vec<String>)>,
    pub signals: Vec<String>,
    pub reactions: Vec<String>,
}

/// The name that follows `first` in a path that begins with it, and what follows that.
pub(super) fn named<'p>(path: &'p str, first: &str) -> Option<(&'p str, &'p str)> {
    let rest = path.strip_prefix(first)?.strip_prefix('.')?;
    Some(rest.split_once('.').unwrap_or((rest, "")))
}

/// The names that follow `first`, in the order of the file.
pub(super) fn names(given: &BTreeMap<String, Given>, first: &str) -> Vec<String> {
    let mut found: Vec<(usize, &str)> = Vec::new();
    for (path, value) in given {
        let Some((name, _)) = named(path, first) else { continue };
        let line = value.line.unwrap_or(usize::MAX);
        match found.iter_mut().find(|(_, known)| *known == name) {
            Some((first, _)) => *first = line.min(*first),
            None => found.push((line, name)),
        }
    }
    found.sort_by_key(|(line, _)| *line);
    found.into_iter().map(|(_, name)| name.to_string()).collect()
}

impl Parts {
    /// Those of what is given.
    pub fn of(source: &Source) -> Self {
        let given = &source.given;
        let or = |names: Vec<String>, alone: &str| match names.is_empty() {
            true => vec![alone.to_string()],
            false => names,
        };
        let populations = names(given, "populations");
        let terms = |name: &str| match populations.is_empty() {
            true => names(given, "terms"),
            false => names(given, &format!("populations.{name}.terms")),
        };
        let signals = names(given, "signals");
        Self {
            named: [!populations.is_empty(), !signals.is_empty()],
            populations: (or(populations.clone(), ALONE).into_iter())
                .map(|name| {
                    let terms = terms(&name);
                    (name, terms)
                })
                .collect(),
            signals: or(signals, SIGNAL),
            reactions: names(given, "reactions"),
        }
    }

    /// Whether a file speaks of one population, one term and one signal alone.
    pub fn is_single(&self) -> bool {
        let terms = self.populations.iter().any(|(_, terms)| !terms.is_empty());
        self.named == [false; 2] && !terms && self.reactions.is_empty()
    }

    /// The variables of what feels densities and signals: all of these, place and time.
    pub fn around(&self) -> &'static [&'static str] {
        let density =
            |(name, _): &(String, _)| if name == ALONE { "rho".into() } else { name.clone() };
        let names = self.populations.iter().map(density).chain(self.signals.iter().cloned());
        let all: Vec<&'static str> =
            (names.map(|name| &*name.leak())).chain(["x", "y", "z", "t"]).collect();
        all.leak()
    }

    /// What is wrong with the names themselves.
    pub fn problems(&self, source: &Source) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut complain = |path: String, message: String, remedy: &str| {
            let inside = |p: &&String| **p == path || p.starts_with(&format!("{path}."));
            let line =
                source.given.iter().filter(|(p, _)| inside(p)).filter_map(|(_, g)| g.line).min();
            problems.push(Problem {
                source: if line.is_some() { source.file.clone() } else { SET.into() },
                line,
                key: path,
                value: String::new(),
                message,
                remedy: remedy.into(),
            });
        };
        let populations = self.populations.iter().map(|(name, _)| ("populations", name));
        let signals = self.signals.iter().map(|name| ("signals", name));
        let mut known: Vec<&str> = Vec::new();
        for (first, name) in populations.chain(signals) {
            let own = name == ALONE || (first == "signals" && name == SIGNAL);
            let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let is_name =
                name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(letters);
            let reserved = TAKEN.contains(&&name[..])
                || WORDS.contains(&&name[..])
                || FUNCTIONS.iter().any(|f| f.name == name)
                || CONSTANTS.iter().any(|c| c.name == name);
            let path = format!("{first}.{name}");
            if !is_name {
                let message = "is no name that an expression could use";
                complain(path, message.into(), "Take letters, digits and _, a letter first.");
            } else if reserved && !own {
                let message = "is a name that expressions know already";
                complain(path, message.into(), "Take another name.");
            } else if known.contains(&&name[..]) {
                let message = "is the name of a population and of a signal";
                complain(path, message.into(), "Give one of them another name.");
            }
            known.push(name);
        }
        if known.len() > MOST_FIELDS {
            let message =
                format!("are {} with the signals, and {MOST_FIELDS} are the most", known.len());
            complain("populations".into(), message, "Give fewer.");
        }
        for (name, terms) in &self.populations {
            if terms.len() >= MOST_TERMS {
                let path = self.path_of_terms(name);
                let message = format!(
                    "are {} with the kernel, and {MOST_TERMS} are the most",
                    terms.len() + 1
                );
                complain(path, message, "Give fewer.");
            }
        }
        problems
    }

    /// The section of the terms of a population.
    fn path_of_terms(&self, population: &str) -> String {
        match self.has_named_populations() {
            true => format!("populations.{population}.terms"),
            false => "terms".into(),
        }
    }

    pub fn has_named_populations(&self) -> bool {
        self.named[0]
    }

    pub fn has_named_signals(&self) -> bool {
        self.named[1]
    }

    /// The file of one population, with one term of its kernel and one signal.
    pub fn population(
        &self,
        source: &Source,
        (population, term): (usize, Option<usize>),
        signal: usize,
    ) -> (Source, Scope) {
        let (name, terms) = &self.populations[population];
        let mut view = View::of(source, self.around());
        for section in OF_POPULATION {
            if self.has_named_populations() && !(section == "kernel" && term.is_some()) {
                view.put(section, &format!("populations.{name}.{section}"));
            }
        }
        if let Some(term) = term {
            view.given.retain(|path, _| !path.starts_with("kernel."));
            view.put("kernel", &format!("{}.{}", self.path_of_terms(name), terms[term]));
        }
        if self.has_named_signals() {
            view.put("signal", &format!("signals.{}", self.signals[signal]));
        }
        view.finish(source, &["reactions"])
    }

    /// The signal that a term senses, if it names one; else the first one.
    fn sensed(&self, source: &Source, (population, term): (usize, Option<usize>)) -> usize {
        let (name, terms) = &self.populations[population];
        let own = match (term, self.has_named_populations()) {
            (Some(term), _) => format!("{}.{}", self.path_of_terms(name), terms[term]),
            (None, true) => format!("populations.{name}.kernel"),
            (None, false) => "kernel".into(),
        };
        let given = |path: &str| source.given.get(&format!("{path}.senses"))?.value.as_str();
        let text = given(&own).or_else(|| given("kernel"));
        text.and_then(|text| self.signals.iter().position(|name| name == text)).unwrap_or(0)
    }

    /// The file of one reaction.
    pub fn reaction(&self, source: &Source, reaction: usize) -> (Source, Scope) {
        let mut view = View::of(source, self.around());
        view.given.retain(|path, _| {
            let section = path.split('.').next().unwrap_or(path);
            !OF_POPULATION.contains(&section) && section != "signal"
        });
        view.put("reactions", &format!("reactions.{}", self.reactions[reaction]));
        view.finish(
            source,
            &[
                "velocity",
                "kernel",
                "cells",
                "cells.density",
                "deposit",
                "signal",
                "limit",
                "converge",
                "output",
            ],
        )
    }
}

/// A file in the making.
struct View {
    given: BTreeMap<String, Given>,
    /// What sections are called in the file: `kernel` → `populations.healthy.kernel`.
    sections: Vec<(String, String)>,
    around: &'static [&'static str],
    all: BTreeMap<String, Given>,
}

impl View {
    /// With the keys that all share.
    fn of(source: &Source, around: &'static [&'static str]) -> Self {
        let own = |path: &str| {
            let first = path.split('.').next().unwrap_or(path);
            GROUPS.contains(&first)
        };
        let (parts, given) = source.given.clone().into_iter().partition(|(path, _)| own(path));
        Self { given, sections: Vec::new(), around, all: parts }
    }

    /// Puts what the file calls `path` in the place of `section`.
    fn put(&mut self, section: &str, path: &str) {
        let inside = format!("{path}.");
        for (full, given) in &self.all {
            let Some(rest) = full.strip_prefix(&inside) else { continue };
            let own = Given { own: true, ..given.clone() };
            self.given.insert(format!("{section}.{rest}"), own);
        }
        self.sections.push((section.into(), path.into()));
    }

    fn finish(self, source: &Source, without: &'static [&'static str]) -> (Source, Scope) {
        let Self { given, sections, around, .. } = self;
        let (renamed, without) = (Some([AROUND, around]), without.to_vec());
        let scope = Scope { table: &TABLE, sections, renamed, without };
        (source.with(given), scope)
    }
}

/// The scales of a part of a file, and of the part that tells q and p.
type ScalesOf<'a> = &'a dyn Fn(&Source, &Source) -> Scales;

/// All drafts of a file.
pub(super) fn drafts(parts: &Parts, source: &Source, memory: f64, scales: ScalesOf<'_>) -> Drafts {
    let draft = |(part, scope): (Source, Scope), main: usize| {
        let (main, _) = parts.population(source, (main, None), 0);
        let scales = scales(&part, &main);
        Draft::new(part, memory, scope, scales)
    };
    let mut populations = Vec::new();
    for (p, (_, terms)) in parts.populations.iter().enumerate() {
        let all = std::iter::once(None).chain((0..terms.len()).map(Some));
        let one = |term| {
            let sensed = parts.sensed(source, (p, term));
            draft(parts.population(source, (p, term), sensed), p)
        };
        populations.push(all.map(one).collect());
    }
    let signals = 0..parts.signals.len();
    let signals = signals.map(|s| draft(parts.population(source, (0, None), s), 0)).collect();
    let reactions = 0..parts.reactions.len();
    let reactions = reactions.map(|r| draft(parts.reaction(source, r), 0)).collect();
    Drafts { populations, signals, reactions }
}

/// The drafts of a file.
pub(crate) struct Drafts {
    /// By population and term.
    pub populations: Vec<Vec<Draft>>,
    pub signals: Vec<Draft>,
    pub reactions: Vec<Draft>,
}

impl Drafts {
    /// Which of them tells what all share: in a sweep in δ the first signal that has one, else the first population that
    /// has cells at t = 0. The others change with it.
    fn place(&self) -> (bool, usize) {
        let has = |draft: &Draft, key: &str, word: &str| draft.text(key) == Some(word);
        let is_parabolic = |draft: &Draft| {
            has(draft, "converge.in", "delta") && has(draft, "signal.equation", "parabolic")
        };
        if let Some(signal) = self.signals.iter().position(is_parabolic) {
            return (true, signal);
        }
        let has_cells = |terms: &Vec<Draft>| terms[0].integer("cells.count") > Some(0);
        (false, self.populations.iter().position(has_cells).unwrap_or(0))
    }

    /// What all share.
    pub fn first(&self) -> &Draft {
        match self.place() {
            (true, signal) => &self.signals[signal],
            (false, population) => &self.populations[population][0],
        }
    }

    /// The same, to complain of it.
    pub fn first_mut(&mut self) -> &mut Draft {
        match self.place() {
            (true, signal) => &mut self.signals[signal],
            (false, population) => &mut self.populations[population][0],
        }
    }

    /// Each of them.
    pub fn each(&mut self) -> impl Iterator<Item = &mut Draft> {
        let populations = self.populations.iter_mut().flatten();
        populations.chain(&mut self.signals).chain(&mut self.reactions)
    }

    /// Everything that holds, as nested JSON: a file that reads to the same experiment.
    pub fn resolved(&self, parts: &Parts) -> Json {
        let mut root = self.first().resolved();
        let whole = root.as_object_mut().expect("a file is a table");
        let own: Vec<&str> = OF_POPULATION.into_iter().chain(["signal"]).collect();
        own.iter().for_each(|section| drop(whole.remove(*section)));
        for ((name, terms), drafts) in parts.populations.iter().zip(&self.populations) {
            let all = drafts[0].resolved();
            for section in OF_POPULATION {
                let value = all[section].clone();
                match parts.has_named_populations() {
                    true => root["populations"][name][section] = value,
                    false => root[section] = value,
                }
            }
            for (term, draft) in terms.iter().zip(&drafts[1..]) {
                let mut value = draft.resolved()["kernel"].clone();
                if let Some(keys) = value.as_object_mut() {
                    keys.retain(|key, _| !OF_SUM.contains(&&key[..]));
                }
                match parts.has_named_populations() {
                    true => root["populations"][name]["terms"][term] = value,
                    false => root["terms"][term] = value,
                }
            }
        }
        for (name, draft) in parts.signals.iter().zip(&self.signals) {
            let value = draft.resolved()["signal"].clone();
            match parts.has_named_signals() {
                true => root["signals"][name] = value,
                false => root["signal"] = value,
            }
        }
        for (name, draft) in parts.reactions.iter().zip(&self.reactions) {
            root["reactions"][name] = draft.resolved()["reactions"].clone();
        }
        root
    }
}

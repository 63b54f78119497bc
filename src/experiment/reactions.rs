//! The reactions of a file: `[reactions.NAME]`.

use super::{Population, ReactionSpec, Velocity};
use crate::formula::{Formula, Quantity as Number};
use crate::reaction::{Event, Newborn};
use crate::schema::{Draft, unknown};
use crate::spelling::nearest;

/// The number of the population that a key names; a complaint if there is none.
pub(super) fn population(
    draft: &mut Draft,
    path: &'static str,
    populations: &[String],
    others: &[String],
) -> Option<usize> {
    let name = draft.text(path)?.to_string();
    named(draft, path, &name, ("population", populations), ("signal", others))
}

/// The number of `name` among those that are known; a complaint of the key at `path` if it is none.
pub(super) fn named(
    draft: &mut Draft,
    path: &'static str,
    name: &str,
    (what, known): (&str, &[String]),
    (other, others): (&str, &[String]),
) -> Option<usize> {
    if let Some(number) = known.iter().position(|own| own == name) {
        return Some(number);
    }
    let list = known.join(", ");
    let message = match others.iter().any(|own| own == name) {
        true => format!("names \"{name}\", which is a {other} and no {what}"),
        false => format!("names \"{name}\", and there is no such {what}"),
    };
    let remedy = match nearest(name, known.iter().map(|own| &own[..])) {
        Some(near) => format!("Did you mean \"{near}\"? The {what}s are {list}."),
        None => format!("The {what}s are {list}."),
    };
    draft.complain(path, message, remedy);
    None
}

/// The reactions of one section.
pub(super) fn build(
    draft: &mut Draft,
    name: &str,
    populations: &[String],
    signals: &[String],
) -> Option<Vec<ReactionSpec>> {
    let kind = draft.text("reactions.kind")?.to_string();
    let literal = draft.text("reactions.reading").is_some_and(|word| word == "literal");
    let mut who = |path| population(draft, path, populations, signals);
    if kind == "may-nowak" {
        let (healthy, infected, virus) =
            (who("reactions.healthy"), who("reactions.infected"), who("reactions.virus"));
        let (healthy, infected, virus) = (healthy?, infected?, virus?);
        let numbers = [("reactions.infected", infected), ("reactions.virus", virus)];
        for (k, (path, number)) in numbers.into_iter().enumerate() {
            let others = [("reactions.healthy", healthy), numbers[0]];
            if let Some((other, _)) = others[..=k].iter().find(|(_, other)| *other == number) {
                let message = format!("is what {other} is, and the model has three populations");
                draft.complain(path, message, "Name another population.");
            }
        }
        let velocity = Newborn::Parent;
        let rate = |letter: &str| draft.quantity(&format!("reactions.{letter}"));
        let one = |suffix: &str, event, rate: Number, per_equilibrium| ReactionSpec {
            name: format!("{name}.{suffix}"),
            event,
            rate,
            per_equilibrium,
        };
        let supply = Event::Source { makes: healthy, velocity: Newborn::Uniform };
        let infection = Event::Infection { of: healthy, to: infected, by: virus, literal };
        let shedding = Event::Production { of: infected, makes: virus, velocity };
        return Some(vec![
            one("death_of_healthy", Event::Death { of: healthy }, rate("d1")?, literal),
            one("supply", supply, rate("r")?, false),
            one("infection", infection, rate("beta")?, literal),
            one("death_of_infected", Event::Death { of: infected }, rate("d2")?, literal),
            one("shedding", shedding, rate("k")?, literal),
            one("decay_of_virus", Event::Death { of: virus }, rate("d3")?, literal),
        ]);
    }
    let event = match &kind[..] {
        "death" => Event::Death { of: who("reactions.of")? },
        "division" => Event::Division { of: who("reactions.of")? },
        "conversion" => {
            let (of, to) = (who("reactions.of"), who("reactions.to"));
            Event::Conversion { of: of?, to: to? }
        }
        "infection" => {
            let (of, to, by) = (who("reactions.of"), who("reactions.to"), who("reactions.by"));
            Event::Infection { of: of?, to: to?, by: by?, literal }
        }
        "production" => {
            let (of, makes) = (who("reactions.of"), who("reactions.makes"));
            let velocity = newborn(draft, Newborn::Parent);
            Event::Production { of: of?, makes: makes?, velocity }
        }
        "source" => {
            let makes = who("reactions.makes")?;
            Event::Source { makes, velocity: newborn(draft, Newborn::Uniform) }
        }
        word => unknown("reactions.kind", word),
    };
    if let (Event::Source { .. }, Some("parent")) = (event, draft.text("reactions.velocity")) {
        let message = "does not suit kind = \"source\", which has no parent";
        draft.complain("reactions.velocity", message, "Give \"equilibrium\" or \"uniform\".");
    }
    let lost = |of, to| (of == to).then_some("reactions.to");
    let same = match event {
        Event::Conversion { of, to } | Event::Infection { of, to, .. } => lost(of, to),
        _ => None,
    };
    if let Some(path) = same {
        draft.complain(
            path,
            "is what reactions.of is: nothing would change",
            "Name another population.",
        );
    }
    let rate = draft.quantity("reactions.rate")?;
    let per_equilibrium = literal && matches!(event, Event::Infection { .. });
    Some(vec![ReactionSpec { name: name.into(), event, rate, per_equilibrium }])
}

fn newborn(draft: &Draft, default: Newborn) -> Newborn {
    match draft.text("reactions.velocity") {
        Some("parent") => Newborn::Parent,
        Some("equilibrium") => Newborn::Equilibrium,
        Some("uniform") => Newborn::Uniform,
        Some(word) => unknown("reactions.velocity", word),
        None => default,
    }
}

/// Complains where a velocity is kept, or has to be equal, and the populations have not one V.
pub(super) fn velocities(
    draft: &mut Draft,
    reactions: &[ReactionSpec],
    populations: &[Population],
) {
    let key = |velocity: &Velocity| (velocity.set, velocity.speed, velocity.inner_speed);
    for reaction in reactions {
        let pair = match (reaction.event, reaction.event.newborn()) {
            (Event::Infection { of, by, literal: true, .. }, _)
                if key(&populations[of].velocity) != key(&populations[by].velocity) =>
            {
                Some((of, by, true))
            }
            (event, Newborn::Parent) => match (event.parent(), event.gains()) {
                (Some(of), Some(to)) => Some((of, to, false)),
                _ => None,
            },
            _ => None,
        };
        let Some((of, to, meets)) = pair else { continue };
        let [a, b] = [of, to].map(|number| &populations[number]);
        if key(&a.velocity) != key(&b.velocity) {
            let [a, b] = [&a.name, &b.name];
            let message = match meets {
                true => format!(
                    "lets cells of {a} meet those of {b} that have the same velocity, and their sets V differ"
                ),
                false => format!(
                    "makes a cell of {b} with the velocity of one of {a}, and their sets V differ"
                ),
            };
            let same = format!(
                "Give populations.{a}.velocity and populations.{b}.velocity the same set and speed"
            );
            let remedy = match (reaction.event, meets) {
                (_, true) => format!("{same}, or set reactions.reading = \"density\"."),
                (Event::Production { .. }, _) if draft.text("reactions.velocity").is_some() => {
                    format!("{same}, or set reactions.velocity = \"equilibrium\".")
                }
                _ => format!("{same}."),
            };
            draft.complain("reactions.kind", message, remedy);
        }
    }
}

/// Complains of pairs of mirrored cells of which a reaction would take or make one.
pub(super) fn pairs(draft: &mut Draft, number: usize, reactions: &[ReactionSpec]) {
    if draft.flag("cells.antithetic") != Some(true) {
        return;
    }
    let touches = |reaction: &&ReactionSpec| {
        [reaction.event.loses(), reaction.event.gains()].contains(&Some(number))
    };
    if let Some(reaction) = reactions.iter().find(touches) {
        let message = format!(
            "does not suit reactions.{}: births and deaths would break the pairs",
            reaction.name
        );
        draft.complain("cells.antithetic", message, "Remove it, or remove the reaction.");
    }
}

/// What a kernel senses: a signal by name, or a weighted sum of signals.
pub(super) fn senses(
    draft: &mut Draft,
    signals: &[String],
    populations: &[String],
) -> Option<Vec<(usize, f64)>> {
    const PATH: &str = "kernel.senses";
    let of_density = |name: &str| {
        format!(
            "A section [signals.NAME] with equation = \"density\" and producers = [\"{name}\"] makes its density a signal."
        )
    };
    if draft.text(PATH).is_none() && draft.gives(PATH) {
        return None;
    }
    let Some(text) = draft.text(PATH).map(String::from) else {
        // Nothing is sensed, whichever is named.
        let zero = |path| draft.constant(path) == Some(0.0);
        let blind =
            zero("kernel.a") && zero("kernel.b") && draft.constant("kernel.lambda").is_some();
        if signals.len() > 1 && !blind {
            let message = format!("is missing, and there are {} signals", signals.len());
            let remedy = format!("Name one of {}, or a weighted sum of them.", signals.join(", "));
            draft.complain(PATH, message, remedy);
            return None;
        }
        return Some(vec![(0, 1.0)]);
    };
    if let Some(number) = signals.iter().position(|name| *name == text) {
        return Some(vec![(number, 1.0)]);
    }
    let names: Vec<&str> = signals.iter().map(|name| &name[..]).collect();
    let is_name = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let formula = match Formula::parse(&text, &names) {
        Ok(formula) if !is_name => formula,
        Err(misread) if !is_name => {
            let is_population = |name: &&String| misread.message.contains(&format!("'{name}'"));
            let remedy = match populations.iter().find(is_population) {
                Some(name) => of_density(name),
                None => misread.remedy,
            };
            draft.complain(PATH, misread.message, remedy);
            return None;
        }
        _ if populations.contains(&text) => {
            let message = format!("names \"{text}\", which is a population and no signal");
            draft.complain(PATH, message, of_density(&text));
            return None;
        }
        _ => {
            named(draft, PATH, &text, ("signal", signals), ("population", &[]))?;
            return None;
        }
    };
    let unit = |k: usize, size: f64| {
        let mut arguments = vec![0.0; names.len()];
        arguments[k] = size;
        formula.eval(&arguments)
    };
    let none = formula.eval(&vec![0.0; names.len()]);
    let weights: Vec<f64> = (0..names.len()).map(|k| unit(k, 1.0)).collect();
    let ones = formula.eval(&vec![1.0; names.len()]);
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * (a.abs() + b.abs());
    let linear = none == 0.0
        && (0..names.len()).all(|k| near(unit(k, -2.5), -2.5 * weights[k]))
        && near(ones, weights.iter().sum());
    if !linear || weights.iter().any(|w| !w.is_finite()) {
        let message = "is no weighted sum of signals";
        draft.complain(PATH, message, "Write it as in \"food - 0.5*poison\".");
        return None;
    }
    if weights.iter().all(|weight| *weight == 0.0) {
        let message = "is a sum in which every signal has weight 0";
        draft.complain(PATH, message, "Name a signal.");
        return None;
    }
    Some(weights.into_iter().enumerate().filter(|(_, weight)| *weight != 0.0).collect())
}

/// The populations that feed a signal.
pub(super) fn producers(
    draft: &mut Draft,
    populations: &[String],
    signals: &[String],
) -> Option<Vec<usize>> {
    const PATH: &str = "signal.producers";
    let Some(names) = draft.texts(PATH) else { return Some((0..populations.len()).collect()) };
    if names.is_empty() {
        draft.complain(PATH, "names no population", "Name one, or leave it out for all.");
        return None;
    }
    let all = names
        .iter()
        .map(|name| named(draft, PATH, name, ("population", populations), ("signal", signals)));
    let mut numbers: Vec<usize> = all.collect::<Option<_>>()?;
    numbers.sort_unstable();
    numbers.dedup();
    Some(numbers)
}

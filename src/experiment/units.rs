//! Physical units: what one unit of the file is, and what of it follows for each part of the file.

use super::parts::Parts;
use super::{Experiment, NamedSignal, Population, Signal};
use crate::formula::Formula;
use crate::schema::{Dimension, Draft, Scale, Scales, Size, Source, size};
use crate::units::{Exponents, Measured, Root, TIME, has_known_units, read};
use crate::velocity::VelocitySet;
use num_traits::{Inv, Signed};
use serde_json::Value as Json;

/// The scales that a file names, with their keys.
const BASE: [(Scale, &str); 4] = [
    (Scale::Length, "units.length"),
    (Scale::Time, "units.time"),
    (Scale::Concentration, "units.concentration"),
    (Scale::Mass, "units.mass"),
];

/// What a file says of its units as a whole.
#[derive(Clone, Debug)]
pub(super) struct Base {
    has_units: bool,
    sizes: [Size; 4],
    epsilon: Option<Root>,
}

impl Base {
    /// Of what is given.
    pub fn of(source: &Source, parts: &Parts) -> Self {
        let text = |key: &str| source.given.get(key).map(|given| &given.value);
        let sizes = BASE.map(|(scale, key)| match text(key) {
            None => Size::Missing(key),
            Some(value) => match value.as_str().and_then(|text| size(scale, text).ok()) {
                Some(size) => Size::Known(size, 0),
                None => Size::Wrong,
            },
        });
        let has_units = BASE.iter().any(|(_, key)| text(key).is_some());
        let mut base = Self { has_units, sizes, epsilon: None };
        base.epsilon = match source.given.get("epsilon") {
            Some(given) => number(&given.value).and_then(Root::of),
            None => base.slowest(source, parts),
        };
        base
    }

    /// ε of the population that tumbles at the least rate Λ, of those that say it with its unit: ε^{q+1} = 1/(ΛT), so
    /// that λ = ε^{q+1}ΛT is 1 there and not below 1 elsewhere.
    fn slowest(&self, source: &Source, parts: &Parts) -> Option<Root> {
        let Size::Known(unit, _) = &self.sizes[Scale::Time as usize] else { return None };
        let of = |(p, (_, terms)): (usize, &(String, Vec<String>))| {
            let (main, _) = parts.population(source, (p, None), 0);
            let mut turns = rate(&main)?;
            for term in 0..terms.len() {
                let (term, _) = parts.population(source, (p, Some(term)), 0);
                turns = match (turns, rate(&term)?) {
                    (Some(a), Some(b)) => Some(Measured { value: a.value + b.value, of: a.of }),
                    (a, b) => a.or(b),
                };
            }
            let q = i32::try_from(main.value("kernel.q")?.as_i64()?).ok()?;
            let run = (turns?.value * &unit.value).inv();
            (run.is_positive() && (1..10).contains(&q)).then(|| Root::new(run, q + 1))
        };
        let all = parts.populations.iter().enumerate().filter_map(of);
        all.max_by(|a, b| a.value().total_cmp(&b.value()))
    }

    /// The scales of a part of the file; `main` is that which tells q and p.
    pub fn scales(&self, part: &Source, main: &Source) -> Scales {
        let integer = |of: &Source, key: &str| {
            of.value(key).and_then(|v| v.as_i64()).and_then(|n| i32::try_from(n).ok())
        };
        let equation = part.value("signal.equation");
        let delta = match equation == Some("parabolic".into()) {
            true => part.value("signal.delta").as_ref().and_then(number).unwrap_or(1.0),
            false => 1.0,
        };
        let d = integer(part, "dimension").filter(|d| (1..=3).contains(d));
        let is_sphere = part.value("velocity.set") == Some("sphere".into());
        let facts = Facts {
            dimension: d,
            is_sphere,
            exponents: ["kernel.q", "kernel.p"].map(|key| integer(main, key).unwrap_or(1)),
            delta,
            senses_density: equation == Some("density".into()),
        };
        facts.scales(self)
    }
}

/// What else than the units decides about the scales.
struct Facts {
    dimension: Option<i32>,
    is_sphere: bool,
    exponents: [i32; 2],
    delta: f64,
    senses_density: bool,
}

impl Facts {
    fn scales(&self, base: &Base) -> Scales {
        let [length, time, concentration, mass] = base.sizes.clone();
        let volume = match self.dimension {
            Some(d) => product(&[(&length, d)], 0),
            None => Size::Wrong,
        };
        let measure = match self.dimension.map(|d| if self.is_sphere { d - 1 } else { d }) {
            Some(k) => product(&[(&length, k), (&time, -k)], -k),
            None => Size::Wrong,
        };
        let concentration = match self.senses_density {
            true => product(&[(&mass, 1), (&volume, -1)], 0),
            false => concentration,
        };
        let delta = Root::of(self.delta).map_or(Size::Wrong, |delta| {
            Size::Known(Measured { value: delta.fraction(), ..Measured::one() }, 0)
        });
        let sizes = [length, time, concentration, mass, volume, measure, delta];
        let Base { has_units, epsilon, .. } = base.clone();
        Scales { has_units, sizes, epsilon, exponents: self.exponents }
    }
}

/// The product of powers of sizes and of ε.
fn product(factors: &[(&Size, i32)], epsilon: i32) -> Size {
    let mut all = Measured::one();
    for (size, n) in factors.iter().filter(|(_, n)| *n != 0) {
        match size {
            Size::Known(one, _) => all = all.times(one, *n),
            other => return (*other).clone(),
        }
    }
    Size::Known(all, epsilon)
}

/// The tumble rate of a term in its unit: `None` if it has one and does not tell it so, `Some(None)` if it has none.
fn rate(term: &Source) -> Option<Option<Measured>> {
    let model = term.value("kernel.model")?;
    if !["local", "isotropic"].iter().any(|word| model == *word) {
        return Some(None);
    }
    let text = term.value("kernel.lambda")?;
    let text = text.as_str().filter(|text| has_known_units(text))?;
    let rate = read(text).ok()?;
    (rate.of == Exponents::default().times(TIME, -1)).then_some(Some(rate))
}

/// A number, or a constant expression.
fn number(value: &Json) -> Option<f64> {
    match value.as_str() {
        Some(text) => Some(Formula::parse(text, &[]).ok()?.eval(&[])),
        None => value.as_f64(),
    }
}

/// What one unit of an experiment is, where it is said.
#[derive(Clone, Debug)]
pub struct Units {
    base: Base,
    texts: [Option<String>; 4],
}

impl Units {
    pub(super) fn read(draft: &Draft) -> Self {
        let texts = BASE.map(|(_, key)| draft.text(key).map(String::from));
        let mut sizes = BASE.map(|(_, key)| Size::Missing(key));
        for (i, (scale, _)) in BASE.into_iter().enumerate() {
            if let Some(Ok(one)) = texts[i].as_ref().map(|text| size(scale, text)) {
                sizes[i] = Size::Known(one, 0);
            }
        }
        let has_units = texts.iter().any(Option::is_some);
        Self { base: Base { has_units, sizes, epsilon: None }, texts }
    }

    /// Whether anything is said.
    pub fn are_given(&self) -> bool {
        self.base.has_units
    }

    /// What one unit of a scale is, as the file says it: "1 mm" is "mm".
    pub fn text(&self, scale: Scale) -> Option<&str> {
        let place = BASE.iter().position(|(own, _)| *own == scale)?;
        let text = self.texts[place].as_deref()?.trim();
        Some(text.strip_prefix("1 ").map_or(text, str::trim_start))
    }

    /// The label of an axis: "x (mm)", or the name alone where there is no unit.
    pub fn label(&self, name: &str, scale: Scale) -> String {
        match self.text(scale) {
            Some(unit) => format!("{name} ({unit})"),
            None => name.into(),
        }
    }

    /// The units as they stand in results; `None` if there are none.
    pub fn to_json(&self) -> Option<Json> {
        let all = BASE.iter().zip(&self.texts);
        let named = |((_, key), text): (&(Scale, &str), &Option<String>)| {
            Some((key.strip_prefix("units.")?.to_string(), Json::from(text.clone()?)))
        };
        self.are_given().then(|| Json::Object(all.filter_map(named).collect()))
    }
}

impl Experiment {
    /// What one of a dimension is worth in metres, seconds, moles per litre and cells, for a population and the signal
    /// that it senses; `None` if the file does not say so.
    pub fn worth(
        &self,
        population: &Population,
        signal: &NamedSignal,
        dimension: Dimension,
    ) -> Option<(f64, Exponents)> {
        let delta = match signal.equation {
            Signal::Parabolic { delta, .. } => delta,
            _ => 1.0,
        };
        let facts = Facts {
            dimension: i32::try_from(self.dimension).ok(),
            is_sphere: matches!(population.velocity.set, VelocitySet::Sphere),
            exponents: [population.q, population.p],
            delta,
            senses_density: matches!(signal.equation, Signal::Density),
        };
        let base = Base { epsilon: Root::of(self.epsilon), ..self.units.base.clone() };
        facts.scales(&base).worth(dimension)
    }
}

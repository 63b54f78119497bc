//! What one of a key's numbers is worth, and numbers that are given with a unit.

use super::dimension::{Dimension, Scale};
use super::fault::Fault;
use super::key::{Kind, names_in};
use crate::formula::Formula;
use crate::units::{
    CONCENTRATION, Exponents, LENGTH, Measured, NUMBER, Root, TIME, double, has_known_units,
    is_measured, read, read_unit,
};
use num_traits::Signed;
use serde_json::{Value as Json, json};

/// The size of a scale.
#[derive(Clone, Debug)]
pub(crate) enum Size {
    /// This, times this power of ε.
    Known(Measured, i32),
    /// It would follow from this key.
    Missing(&'static str),
    /// What would tell it is wrong, and told as such.
    Wrong,
}

/// The scales of a file, or of a part of it.
#[derive(Clone, Debug)]
pub(crate) struct Scales {
    /// Whether the file says anything of its units.
    pub has_units: bool,
    /// Of all scales but powers of ε.
    pub sizes: [Size; 7],
    /// ε.
    pub epsilon: Option<Root>,
    /// q and p.
    pub exponents: [i32; 2],
}

/// Why a number is not known.
enum Lack {
    /// For want of this key.
    Of(&'static str),
    /// For a reason that is told elsewhere.
    Told,
}

impl Scales {
    /// What one of a dimension is worth, and to which power ε is in it.
    fn unit(&self, dimension: Dimension) -> Result<(Measured, i32), Lack> {
        let [q, p] = self.exponents;
        let (mut unit, mut power) = (Measured::one(), 0);
        for (scale, n) in dimension.powers() {
            match scale {
                Scale::Epsilon => power += n,
                Scale::EpsilonQ => power += n * q,
                Scale::EpsilonP => power += n * p,
                scale => match &self.sizes[scale as usize] {
                    Size::Known(size, own) => {
                        unit = unit.times(size, n);
                        power += n * own;
                    }
                    Size::Missing(key) => return Err(Lack::Of(key)),
                    Size::Wrong => return Err(Lack::Told),
                },
            }
        }
        Ok((unit, power))
    }

    /// What one of a dimension is worth in metres, seconds, moles per litre and cells.
    pub fn worth(&self, dimension: Dimension) -> Option<(f64, Exponents)> {
        let (unit, power) = self.unit(dimension).ok()?;
        Some((self.epsilon.as_ref()?.scaled(&unit.value, power), unit.of))
    }

    /// The number that `text` says with its unit, of the key at `path`; `None` if it is told elsewhere why there
    /// is none.
    fn number(&self, text: &str, path: &str, dimension: Dimension) -> Result<f64, Option<Fault>> {
        if !self.has_units {
            let remedy = "Add a section [units] that says what one unit of the file is, as in length = \
                          \"1 mm\" and time = \"10 min\", or give a plain number.";
            return Err(Some(Fault::new("has a unit, and the file has no [units]", remedy)));
        }
        let given = read(text).map_err(|e| Some(Fault::new(e.message, e.remedy)))?;
        let (unit, power) = self.unit(dimension).map_err(|lack| match lack {
            Lack::Told => None,
            Lack::Of(key) => {
                let message =
                    format!("is {}, and {path} needs {key}, which is not given", given.of);
                Some(Fault::new(message, format!("Give {key}, or a plain number here.")))
            }
        })?;
        if given.of != unit.of {
            let message = format!("is {}, and {path} is {}", given.of, unit.of);
            let remedy = match unit.of {
                NUMBER => "Give a plain number.".to_string(),
                of => format!("Give it in a unit such as {}, or as a plain number.", of.sample()),
            };
            return Err(Some(Fault::new(message, remedy)));
        }
        let number = given.value / unit.value;
        match (power, &self.epsilon) {
            (0, _) => Ok(double(&number)),
            (_, Some(epsilon)) => Ok(epsilon.scaled(&number, -power)),
            (_, None) => Err(None),
        }
    }

    /// A value with its numbers as the file counts them, of the key at `path`.
    pub fn plain(
        &self,
        (kind, path): (&Kind, &str),
        value: &Json,
        dimension: Option<Dimension>,
        space: Option<usize>,
    ) -> Result<Json, Option<Fault>> {
        let Some(dimension) = dimension else { return Ok(value.clone()) };
        match value {
            Json::String(text) if self.is_number_with_unit(kind, text, space)? => {
                let number = self.number(text, path, dimension)?;
                Ok(if number.is_finite() { json!(number) } else { json!(number.to_string()) })
            }
            Json::Array(list) => {
                let one = |(i, value): (usize, &Json)| {
                    let plain = self.plain((kind, path), value, Some(dimension), space);
                    plain.map_err(|fault| fault.map(|fault| fault.of_entry(i)))
                };
                list.iter().enumerate().map(one).collect::<Result<Vec<_>, _>>().map(Json::from)
            }
            other => Ok(other.clone()),
        }
    }

    /// Whether a text is meant as a number with a unit, and not as an expression.
    fn is_number_with_unit(
        &self,
        kind: &Kind,
        text: &str,
        space: Option<usize>,
    ) -> Result<bool, Option<Fault>> {
        if !is_measured(text) || !self.has_units && !has_known_units(text) {
            return Ok(false);
        }
        let names = names_in(kind.variables(), space);
        if Formula::parse(text, &names).is_err() {
            return Ok(true);
        }
        if !self.has_units {
            return Ok(false);
        }
        let message = "reads as an expression and as a number with a unit";
        let remedy = format!(
            "Write ({text}) for the expression, and a unit without a sign before it, as in 3 s^-1, for the unit."
        );
        Err(Some(Fault::new(message, remedy)))
    }
}

/// What a text says that one of a scale is.
pub(crate) fn size(scale: Scale, text: &str) -> Result<Measured, Fault> {
    let give = |what: &str| format!("Give {what}.");
    let read = if text.starts_with(char::is_alphabetic) { read_unit(text) } else { read(text) };
    let size = read.map_err(|e| Fault::new(e.message, e.remedy))?;
    let [length, time, concentration, cells] = size.of.0;
    let (fits, sample) = match scale {
        Scale::Length => (size.of == LENGTH, "a length such as \"1 mm\""),
        Scale::Time => (size.of == TIME, "a time such as \"10 min\""),
        Scale::Concentration => {
            let fits = [CONCENTRATION, NUMBER].contains(&size.of);
            (fits, "a concentration such as \"1 uM\", or \"1\" if S is a plain number")
        }
        _ => {
            let fits = [time, concentration] == [0; 2] && cells == 1 && (-2..=0).contains(&length);
            let sample = "a number of cells, or, where space stands for a strip or a channel, of cells \
                          per length or area, such as \"1 cells\" or \"1e5 cells/mm^2\"; or \"1\"";
            (fits || size.of == NUMBER, sample)
        }
    };
    match (fits, size.value.is_positive()) {
        (true, true) => Ok(size),
        (true, false) => Err(Fault::new("must be positive", give(sample))),
        (false, _) => Err(Fault::new(format!("is {}", size.of), give(sample))),
    }
}

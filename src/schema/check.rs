//! One value against its kind.

use super::fault::Fault;
use super::key::{ANY, Kind, Range, SIZES, Variables, names_in};
use super::scales::size;
use crate::formula::{Formula, Misread, Quantity};
use crate::spelling::nearest;
use serde_json::{Value as Json, json};

/// Variables that an expression of the table can have.
const MOST_VARIABLES: usize = 24;

/// A value that its kind allows, with one entry for each axis where the kind says so.
#[derive(Clone, Debug)]
pub(crate) enum Checked {
    Text(String),
    Texts(Vec<String>),
    Flag(bool),
    Integer(i64),
    Integers(Vec<i64>),
    Float(f64),
    Floats(Vec<f64>),
    Quantity(Quantity),
    Formula(Formula),
    Formulas(Vec<Formula>),
}

impl Checked {
    /// The same, read from this key of a file.
    pub fn read_from(self, key: &str) -> Self {
        match self {
            Self::Formula(f) => Self::Formula(f.read_from(key)),
            Self::Quantity(Quantity::Formula(f)) => {
                Self::Quantity(Quantity::Formula(f.read_from(key)))
            }
            other => other,
        }
    }

    pub fn to_json(&self) -> Json {
        match self {
            Self::Text(text) => json!(text),
            Self::Texts(texts) => json!(texts),
            Self::Flag(flag) => json!(flag),
            Self::Integer(i) => json!(i),
            Self::Integers(list) => json!(list),
            Self::Float(x) | Self::Quantity(Quantity::Constant(x)) => json!(x),
            Self::Floats(list) => json!(list),
            Self::Quantity(Quantity::Formula(f)) | Self::Formula(f) => json!(f.text()),
            Self::Formulas(list) => json!(list.iter().map(Formula::text).collect::<Vec<_>>()),
        }
    }
}

/// Checks `value` in a space of `dimension`, which may itself not be known.
pub(crate) fn check(kind: &Kind, value: &Json, dimension: Option<usize>) -> Result<Checked, Fault> {
    let give = || format!("Give {}.", kind.describe_in(dimension));
    let not = |what: &str| Fault::new(format!("is not {what}"), give());
    let text = || value.as_str().ok_or_else(|| not("a text"));
    let demanded = |range: &Range, x| match range.refusal(x) {
        None => Ok(x),
        Some((message, remedy)) => Err(Fault::new(message, remedy.unwrap_or_else(give))),
    };
    let float = |value: &Json, range: &Range| demanded(range, number(value).map_err(|e| not(&e))?);
    let integer = |value: &Json, low: i64, high: i64| {
        whole(value, low, high).map_err(|e| match e {
            Some(whole) => Fault::new("is not an integer", format!("Write it as {whole}.")),
            None if value.is_i64() => Fault::new("is out of range", give()),
            None => not("an integer"),
        })
    };
    let word = |value: &Json, words: &[&str]| {
        let text = value.as_str().ok_or_else(|| not("a text"))?;
        choice(text, words)
            .ok_or_else(|| Fault::new("is not known here", hint(text, words, give())))
    };
    let formula = |value: &Json, names| match parse(value, names, dimension) {
        None => Err(not("an expression")),
        Some(read) => read.map_err(|e| Fault::new(e.message, e.remedy)),
    };
    // A constant expression is a number.
    let sized = |f: Formula| match f.variables().iter().any(|name| f.uses(name)) {
        true => Ok(f),
        false => demanded(&ANY, f.eval(&[0.0; MOST_VARIABLES])).map(|_| f),
    };
    Ok(match kind {
        Kind::Text => Checked::Text(text()?.into()),
        Kind::Unit(scale) => {
            let text = text()?;
            size(*scale, text)?;
            Checked::Text(text.into())
        }
        Kind::Flag => Checked::Flag(value.as_bool().ok_or_else(|| not("true or false"))?),
        Kind::Choice(words) => Checked::Text(word(value, words)?),
        Kind::Words(words) => {
            let list = value.as_array().ok_or_else(|| not("a list"))?;
            Checked::Texts(entries(list, |v| word(v, words))?)
        }
        Kind::Texts => {
            let list = value.as_array().ok_or_else(|| not("a list"))?;
            let text =
                |v: &Json| v.as_str().map(String::from).ok_or_else(|| not("a list of texts"));
            Checked::Texts(entries(list, text)?)
        }
        Kind::Choices(words) => Checked::Texts(per_axis(value, dimension, |v| word(v, words))?),
        Kind::Integer(low, high) => Checked::Integer(integer(value, *low, *high)?),
        Kind::Among(list) => match value.as_i64().filter(|i| list.contains(i)) {
            Some(i) => Checked::Integer(i),
            None => return Err(not("known here")),
        },
        Kind::Sizes(low) => {
            Checked::Integers(per_axis(value, dimension, |v| integer(v, *low, i64::MAX))?)
        }
        Kind::Integers(low) => match value {
            Json::Array(list) => Checked::Integers(entries(list, |v| integer(v, *low, i64::MAX))?),
            _ => Checked::Integers(vec![integer(value, *low, i64::MAX)?]),
        },
        Kind::Float(range) => Checked::Float(float(value, range)?),
        Kind::Vector(range) => Checked::Floats(per_axis(value, dimension, |v| float(v, range))?),
        Kind::Floats(range) => {
            let list = value.as_array().ok_or_else(|| not("a list"))?;
            // A time may be as near to 0 as it likes: it is then that of the start.
            let near_zero =
                |x: &f64| range.contains(0.0) && range.contains(*x) && x.abs() < SIZES[0];
            let entry = |v: &Json| match number(v).ok().filter(near_zero) {
                Some(x) => Ok(x),
                None => float(v, range),
            };
            Checked::Floats(entries(list, entry)?)
        }
        Kind::Quantity(range, _) if value.is_number() => {
            Checked::Quantity(Quantity::Constant(float(value, range)?))
        }
        Kind::Quantity(range, names) => match formula(value, names)? {
            f if names.iter().any(|name| f.uses(name)) => Checked::Quantity(Quantity::Formula(f)),
            f => Checked::Quantity(Quantity::Constant(demanded(
                range,
                f.eval(&[0.0; MOST_VARIABLES]),
            )?)),
        },
        Kind::Formula(names) => Checked::Formula(sized(formula(value, names)?)?),
        Kind::WordOrFormula(word, _) if value.as_str() == Some(word) => {
            Checked::Text(word.to_string())
        }
        Kind::WordOrFormula(_, names) => Checked::Formula(sized(formula(value, names)?)?),
        Kind::Formulas(names) => {
            let list = value.as_array().ok_or_else(|| not("a list"))?;
            Checked::Formulas(entries(list, |v| sized(formula(v, names)?))?)
        }
    })
}

/// A number, or a constant expression; the error is what it is not.
fn number(value: &Json) -> Result<f64, String> {
    match value.as_str() {
        None => value.as_f64().ok_or_else(|| "a number".into()),
        Some(text) => match Formula::parse(text, &[]) {
            Ok(formula) => Ok(formula.eval(&[])),
            Err(e) => Err(format!("a number: {}", e.message)),
        },
    }
}

/// An integer within bounds. The error is how to write it, if it was a float with no fraction.
fn whole(value: &Json, low: i64, high: i64) -> Result<i64, Option<i64>> {
    let as_whole = |x: f64| (x.fract() == 0.0 && x.abs() < 1e15).then_some(x as i64);
    match value.as_i64() {
        Some(i) if (low..=high).contains(&i) => Ok(i),
        Some(_) => Err(None),
        None => Err(value.as_f64().and_then(as_whole)),
    }
}

fn choice(text: &str, words: &[&str]) -> Option<String> {
    words.contains(&text).then(|| text.to_string())
}

fn hint(text: &str, words: &[&str], give: String) -> String {
    match nearest(text, words.iter().copied()) {
        Some(word) => format!("Did you mean \"{word}\"? {give}"),
        None => give,
    }
}

/// `None` if `value` is neither a number nor a text.
fn parse(
    value: &Json,
    names: Variables,
    dimension: Option<usize>,
) -> Option<Result<Formula, Misread>> {
    let names = names_in(names, dimension);
    match value {
        // Displayed so that it reads to the same number.
        Json::Number(number) => Some(Formula::parse(&format!("{:e}", number.as_f64()?), &names)),
        Json::String(text) => Some(Formula::parse(text, &names)),
        _ => None,
    }
}

/// A list of one entry for each axis; a single value is repeated.
fn per_axis<T: Clone>(
    value: &Json,
    dimension: Option<usize>,
    one: impl Fn(&Json) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let Json::Array(list) = value else {
        return Ok(vec![one(value)?; dimension.unwrap_or(1)]);
    };
    match dimension {
        Some(d) if d != list.len() => Err(Fault::new(
            format!("has {} entries where dimension = {d}", list.len()),
            "Give one value, or one for each axis.",
        )),
        _ => entries(list, one),
    }
}

/// Every entry of a list; a fault says which one.
fn entries<T>(list: &[Json], one: impl Fn(&Json) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
    list.iter().enumerate().map(|(i, v)| one(v).map_err(|fault| fault.of_entry(i))).collect()
}

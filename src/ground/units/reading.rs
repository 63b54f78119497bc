//! From text to a number with its unit.

use super::{Measured, UNITS, Unit, names};
use crate::formula::Misread;
use crate::spelling::nearest;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Pow;

/// Largest power of a unit, and of ten in a number: far beyond what a f64 holds.
const LARGEST_POWER: i32 = 60;
const LARGEST_EXPONENT: i32 = 400;
/// Digits of a number.
const MOST_DIGITS: usize = 400;

const SUPERSCRIPTS: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/// The number that a text begins with, and the rest.
fn split(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut count = whole;
    if bytes.get(end) == Some(&b'.') {
        let part = digits(end + 1);
        count += part;
        end += 1 + part;
    }
    if count == 0 {
        return None;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let part = digits((end + 1 + sign).min(bytes.len()));
        if part > 0 {
            end += 1 + sign + part;
        }
    }
    Some(text.split_at(end))
}

/// The names in a unit, in order.
fn names_in(unit: &str) -> impl Iterator<Item = &str> {
    let is_name = |c: char| c.is_alphabetic() && !SUPERSCRIPTS.contains(c);
    unit.split(move |c| !is_name(c)).filter(|name| !name.is_empty())
}

/// Whether a text is a number and what looks like a unit: its names follow without a sign between, as in no
/// expression, or all of them are units.
pub fn is_measured(text: &str) -> bool {
    let Some((_, unit)) = split(text.trim()) else { return false };
    let unit = unit.trim_start();
    let follows = unit.starts_with(|c: char| c.is_alphabetic() || c == '%');
    follows && !unit.contains(',') || has_known_units(text)
}

/// Whether a text is a number and a unit that is known, not joined by a *, which makes an expression.
pub fn has_known_units(text: &str) -> bool {
    let unit = split(text.trim()).map_or("", |(_, unit)| unit.trim_start());
    names_in(unit).next().is_some() && !unit.starts_with('*') && read_unit(unit).is_ok()
}

/// A number with its unit.
///
/// # Errors
/// A sentence about what is wrong.
pub fn read(text: &str) -> Result<Measured, Misread> {
    let Some((number, unit)) = split(text.trim()) else {
        return Err(Misread::new("is no number with a unit", "Write it as in \"22 um/s\"."));
    };
    let value = decimal(number).ok_or_else(|| {
        Misread::new("holds a number that is too long", "Give at most 400 digits.")
    })?;
    let unit = read_unit(unit)?;
    Ok(Measured { value: value * unit.value, of: unit.of })
}

/// A unit alone; an empty text is 1.
///
/// # Errors
/// A sentence about what is wrong.
pub fn read_unit(text: &str) -> Result<Measured, Misread> {
    let mut reader = Reader { text, rest: text.trim(), depth: 0 };
    let read = reader.product()?;
    match reader.rest {
        "" => Ok(read),
        rest => Err(reader.unexpected(rest)),
    }
}

/// The exact value of a decimal number; `None` if it is out of all bounds.
pub(super) fn decimal(text: &str) -> Option<BigRational> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.parse().ok().filter(|e: &i32| e.abs() <= LARGEST_EXPONENT)?;
    if whole.len() + part.len() > MOST_DIGITS {
        return None;
    }
    let digits: BigInt = format!("{whole}{part}").parse().ok()?;
    Some(BigRational::from(digits) * ten(exponent - part.len() as i32))
}

/// 10^power.
pub(super) fn ten(power: i32) -> BigRational {
    Pow::pow(BigRational::from(BigInt::from(10)), power)
}

impl Unit {
    fn size(&self) -> Measured {
        let value = BigRational::from(BigInt::from(self.factor)) * ten(self.ten);
        Measured { value, of: self.of }
    }
}

/// A unit while it is being read.
struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn pass(&mut self, signs: &[char]) -> bool {
        let passed = self.rest.strip_prefix(signs);
        self.rest = passed.unwrap_or(self.rest).trim_start();
        passed.is_some()
    }

    /// Factors, and what they are divided by. A product behind a / could be meant either way.
    fn product(&mut self) -> Result<Measured, Misread> {
        let mut all = Measured::one();
        let mut divided = false;
        if self.starts_factor() {
            all = self.factor()?;
        } else if let Some(rest) = self.rest.strip_prefix('1')
            && rest.trim_start().starts_with('/')
        {
            self.rest = rest.trim_start();
        }
        loop {
            let over = self.pass(&['/']);
            let times = !over && self.pass(&['*', '·', '⋅', '×']);
            if !(over || times || self.starts_factor()) {
                return Ok(all);
            }
            if divided && !over {
                let message =
                    format!("has the unit '{}', in which a product follows a /", self.text.trim());
                let remedy =
                    "Write / before each unit that divides, as in um^2/s/uM, or um^2/(s uM).";
                return Err(Misread::new(message, remedy));
            }
            divided |= over;
            all = all.times(&self.factor()?, if over { -1 } else { 1 });
        }
    }

    fn starts_factor(&self) -> bool {
        self.rest.starts_with(|c: char| c.is_alphabetic() || c == '(')
    }

    /// A unit or a product in parentheses, to a power.
    fn factor(&mut self) -> Result<Measured, Misread> {
        let base = if self.pass(&['(']) {
            self.depth += 1;
            if self.depth > 20 {
                return Err(self.unexpected("("));
            }
            let inner = self.product()?;
            if !self.pass(&[')']) {
                let message = format!("has the unit '{}', in which a ) is missing", self.text);
                return Err(Misread::new(message, "Close the parenthesis."));
            }
            self.depth -= 1;
            inner
        } else {
            self.name()?
        };
        let power = self.power()?;
        Ok(Measured::one().times(&base, power))
    }

    fn name(&mut self) -> Result<Measured, Misread> {
        let name = match names_in(self.rest).next() {
            Some(name) if self.rest.starts_with(name) => name,
            _ => return Err(self.unexpected(self.rest)),
        };
        let Some(unit) = UNITS.iter().find(|unit| unit.names.contains(&name)) else {
            let message = format!("has the unknown unit '{name}'");
            let all: Vec<&str> = UNITS.iter().map(|unit| unit.names[0]).collect();
            let remedy = match nearest(name, names()) {
                Some(near) => format!("Did you mean {near}?"),
                None => format!("The units are {}.", all.join(", ")),
            };
            return Err(Misread::new(message, remedy));
        };
        self.rest = &self.rest[name.len()..];
        Ok(unit.size())
    }

    /// ^2, ^-1, ² or ⁻¹; 1 where there is none.
    fn power(&mut self) -> Result<i32, Misread> {
        let superscript = |c: char| SUPERSCRIPTS.chars().position(|own| own == c);
        let is_power = |c: char| superscript(c).is_some() || c == '⁻' || c == '⁺';
        let digits: String = if let Some(rest) = self.rest.strip_prefix('^') {
            let rest = rest.trim_start();
            let signed = rest.strip_prefix(['-', '+', '−']).unwrap_or(rest);
            let length = signed.find(|c: char| !c.is_ascii_digit()).unwrap_or(signed.len());
            let minus = if rest.starts_with(['-', '−']) { "-" } else { "" };
            self.rest = &signed[length..];
            format!("{minus}{}", &signed[..length])
        } else if self.rest.starts_with(is_power) {
            let length = self.rest.find(|c| !is_power(c)).unwrap_or(self.rest.len());
            let (power, rest) = self.rest.split_at(length);
            self.rest = rest;
            let digit = |c| match (c, superscript(c)) {
                (_, Some(digit)) => digit.to_string(),
                ('⁻', None) => "-".into(),
                _ => String::new(),
            };
            power.chars().map(digit).collect()
        } else {
            self.rest = self.rest.trim_start();
            return Ok(1);
        };
        self.rest = self.rest.trim_start();
        let small = |n: &i32| n.abs() <= LARGEST_POWER;
        digits.parse().ok().filter(small).ok_or_else(|| {
            let message =
                format!("has the unit '{}' with a power that is no integer", self.text.trim());
            Misread::new(
                message,
                format!("Give an integer up to {LARGEST_POWER}, as in um^2 or s^-1."),
            )
        })
    }

    fn unexpected(&self, rest: &str) -> Misread {
        let found = rest.chars().next().map_or("its end".to_string(), |c| format!("'{c}'"));
        let message =
            format!("has the unit '{}', in which {found} is unexpected", self.text.trim());
        Misread::new(message, "Write it as in um/s, um^2/s, 1/(s uM) or s^-1.")
    }
}

//! Numbers with units that a user types: `22 um/s`.
//!
//! Values are fractions, so that a number comes out as the double nearest to what it says, whatever its unit is
//! counted in.

mod reading;
mod root;
#[cfg(test)]
mod tests;

pub use reading::{has_known_units, is_measured, read, read_unit};
pub use root::{Root, double};

use num_rational::BigRational;
use num_traits::{One, Pow};
use std::fmt;

/// Exponents of length, time, concentration and number of cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exponents(pub [i32; 4]);

/// Of a length.
pub const LENGTH: Exponents = Exponents([1, 0, 0, 0]);
/// Of a time.
pub const TIME: Exponents = Exponents([0, 1, 0, 0]);
/// Of a concentration.
pub const CONCENTRATION: Exponents = Exponents([0, 0, 1, 0]);
/// Of a number of cells.
pub const CELLS: Exponents = Exponents([0, 0, 0, 1]);
/// Of a plain number.
pub const NUMBER: Exponents = Exponents([0; 4]);

/// What the exponents are of.
const NAMES: [&str; 4] = ["length", "time", "concentration", "number of cells"];

impl Exponents {
    /// Those of a product with a power of another.
    #[must_use]
    pub fn times(self, other: Self, power: i32) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + power * other.0[i]))
    }
}

/// "a length over time^2".
impl fmt::Display for Exponents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let power = |(name, n): (&str, i32)| match n {
            1 => name.to_string(),
            n => format!("{name}^{n}"),
        };
        let all = || NAMES.into_iter().zip(self.0);
        let over: Vec<String> = all().filter(|(_, n)| *n > 0).map(power).collect();
        let under: Vec<String> =
            all().filter(|(_, n)| *n < 0).map(|(name, n)| power((name, -n))).collect();
        match (&over[..], &under[..]) {
            ([], []) => write!(f, "a number without a unit"),
            ([], under) => write!(f, "1 over {}", under.join(" and ")),
            (over, []) => write!(f, "a {}", over.join(" times ")),
            (over, under) => write!(f, "a {} over {}", over.join(" times "), under.join(" and ")),
        }
    }
}

impl Exponents {
    /// A unit of these exponents, such as um/s; "" of a number.
    pub fn sample(self) -> String {
        let power =
            |(name, n): (&str, i32)| if n == 1 { name.into() } else { format!("{name}^{n}") };
        let all = || ["um", "s", "uM", "cells"].into_iter().zip(self.0);
        let over: Vec<String> = all().filter(|(_, n)| *n > 0).map(power).collect();
        let under: Vec<String> =
            all().filter(|(_, n)| *n < 0).map(|(name, n)| power((name, -n))).collect();
        let over = over.join(" ");
        match &under[..] {
            [] => over,
            [one] => format!("{over}/{one}"),
            under => format!("{over}/({})", under.join(" ")),
        }
    }
}

/// A number with its unit, in metres, seconds, moles per litre and cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// How much.
    pub value: BigRational,
    /// Of what.
    pub of: Exponents,
}

impl Measured {
    /// 1.
    pub fn one() -> Self {
        Self { value: BigRational::one(), of: NUMBER }
    }

    /// The product with a power of another.
    #[must_use]
    pub fn times(&self, other: &Self, power: i32) -> Self {
        Self {
            value: &self.value * Pow::pow(&other.value, power),
            of: self.of.times(other.of, power),
        }
    }
}

/// One unit: its spellings, the power of ten and the factor that make its size, and what it measures.
struct Unit {
    names: &'static [&'static str],
    ten: i32,
    factor: i64,
    of: Exponents,
}

const fn unit(names: &'static [&'static str], ten: i32, factor: i64, of: Exponents) -> Unit {
    Unit { names, ten, factor, of }
}

/// A mole is a concentration times a volume: 1 mol = 10^-3 mol/L m^3.
const AMOUNT: Exponents = Exponents([3, 0, 1, 0]);
const VOLUME: Exponents = Exponents([3, 0, 0, 0]);

/// The units, the plainest spelling first. Both signs of micro are known, U+00B5 and U+03BC.
const UNITS: &[Unit] = &[
    unit(&["km"], 3, 1, LENGTH),
    unit(&["m"], 0, 1, LENGTH),
    unit(&["cm"], -2, 1, LENGTH),
    unit(&["mm"], -3, 1, LENGTH),
    unit(&["um", "\u{b5}m", "\u{3bc}m"], -6, 1, LENGTH),
    unit(&["nm"], -9, 1, LENGTH),
    unit(&["d"], 0, 86400, TIME),
    unit(&["h"], 0, 3600, TIME),
    unit(&["min"], 0, 60, TIME),
    unit(&["s"], 0, 1, TIME),
    unit(&["ms"], -3, 1, TIME),
    unit(&["us", "\u{b5}s", "\u{3bc}s"], -6, 1, TIME),
    unit(&["M"], 0, 1, CONCENTRATION),
    unit(&["mM"], -3, 1, CONCENTRATION),
    unit(&["uM", "\u{b5}M", "\u{3bc}M"], -6, 1, CONCENTRATION),
    unit(&["nM"], -9, 1, CONCENTRATION),
    unit(&["pM"], -12, 1, CONCENTRATION),
    unit(&["mol"], -3, 1, AMOUNT),
    unit(&["mmol"], -6, 1, AMOUNT),
    unit(&["umol", "\u{b5}mol", "\u{3bc}mol"], -9, 1, AMOUNT),
    unit(&["nmol"], -12, 1, AMOUNT),
    unit(&["pmol"], -15, 1, AMOUNT),
    unit(&["fmol"], -18, 1, AMOUNT),
    unit(&["amol"], -21, 1, AMOUNT),
    unit(&["L", "l"], -3, 1, VOLUME),
    unit(&["mL", "ml"], -6, 1, VOLUME),
    unit(&["uL", "\u{b5}L", "\u{3bc}L"], -9, 1, VOLUME),
    unit(&["nL"], -12, 1, VOLUME),
    unit(&["cells", "cell"], 0, 1, CELLS),
];

/// Spellings of all units.
pub fn names() -> impl Iterator<Item = &'static str> {
    UNITS.iter().flat_map(|unit| unit.names).copied()
}

/// Sizes of lengths and times to show a value in, the largest first.
const SHOWN: [&[(f64, &str)]; 2] = [
    &[(1.0, "m"), (1e-3, "mm"), (1e-6, "um"), (1e-9, "nm")],
    &[(86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms")],
];

/// A value in metres, seconds, moles per litre and cells, in a unit that suits it: lengths and times in one in which
/// they are at least 1, all else in um, s, uM and cells.
pub fn shown(value: f64, of: Exponents) -> (f64, String) {
    let plain = [LENGTH, TIME].iter().position(|own| *own == of);
    let suits = |(size, _): &&(f64, &str)| value.abs() >= *size * (1.0 - 1e-12);
    if let Some((size, unit)) = plain.and_then(|which| SHOWN[which].iter().find(suits)) {
        return (value / size, unit.to_string());
    }
    let [length, _, concentration, _] = of.0;
    let value = value * 1e6f64.powi(length) * 1e6f64.powi(concentration);
    (value, of.sample())
}

//! The names that an expression may use beside its variables, with what they mean.

use std::f64::consts;

/// A constant by name.
pub struct Constant {
    /// As written.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// What it is.
    pub doc: &'static str,
}

/// A function by name.
pub struct Function {
    /// As written.
    pub name: &'static str,
    /// How it is computed.
    pub call: Call,
    /// Its arguments and value.
    pub doc: &'static str,
}

/// Two numbers into one.
pub type Join = fn(f64, f64) -> f64;

/// A function of one, of two, or of two and more values.
#[derive(Clone, Copy)]
pub enum Call {
    /// f(x).
    One(fn(f64) -> f64),
    /// f(x, y).
    Two(Join),
    /// f(f(x, y), …).
    Many(Join),
}

impl Call {
    /// "1 value", "2 values", "2 or more values".
    pub fn describe(self) -> &'static str {
        match self {
            Self::One(_) => "1 value",
            Self::Two(_) => "2 values",
            Self::Many(_) => "2 or more values",
        }
    }

    /// Whether it takes `n` values.
    pub fn takes(self, n: usize) -> bool {
        match self {
            Self::One(_) => n == 1,
            Self::Two(_) => n == 2,
            Self::Many(_) => n >= 2,
        }
    }
}

/// The words of the language itself, which name no variable.
pub const WORDS: &[&str] = &["if", "and", "or", "not"];

/// Every constant.
pub static CONSTANTS: &[Constant] = &[
    Constant { name: "PI", value: consts::PI, doc: "π" },
    Constant { name: "π", value: consts::PI, doc: "the same" },
    Constant { name: "TAU", value: consts::TAU, doc: "2π" },
    Constant { name: "τ", value: consts::TAU, doc: "the same" },
    Constant { name: "E", value: consts::E, doc: "e, the base of exp" },
    Constant { name: "e", value: consts::E, doc: "the same" },
];

const fn function(name: &'static str, call: Call, doc: &'static str) -> Function {
    Function { name, call, doc }
}

/// Every function. None hides that a value is no number: `max(0, ln(-1))` is none either.
#[rustfmt::skip]
pub static FUNCTIONS: &[Function] = &[
    function("abs", Call::One(f64::abs), "|x|"),
    function("sign", Call::One(sign), "-1, 0 or 1"),
    function("signum", Call::One(f64::signum), "-1 or 1; the sign of a zero, too"),
    function("min", Call::Many(least), "the least of its values"),
    function("max", Call::Many(largest), "the largest of its values"),
    function("floor", Call::One(f64::floor), "the next integer below"),
    function("ceil", Call::One(f64::ceil), "the next integer above"),
    function("round", Call::One(f64::round), "the nearest integer; halves away from 0"),
    function("trunc", Call::One(f64::trunc), "the next integer towards 0"),
    function("fract", Call::One(f64::fract), "x - trunc(x)"),
    function("sqrt", Call::One(f64::sqrt), "square root"),
    function("cbrt", Call::One(f64::cbrt), "cube root"),
    function("exp", Call::One(f64::exp), "E^x"),
    function("ln", Call::One(f64::ln), "logarithm to the base E"),
    function("log", Call::One(f64::ln), "the same as ln"),
    function("log2", Call::One(f64::log2), "logarithm to the base 2"),
    function("log10", Call::One(f64::log10), "logarithm to the base 10"),
    function("sin", Call::One(f64::sin), "sine, of radians"),
    function("cos", Call::One(f64::cos), "cosine"),
    function("tan", Call::One(f64::tan), "tangent"),
    function("asin", Call::One(f64::asin), "inverse of sin, from -PI/2 to PI/2"),
    function("acos", Call::One(f64::acos), "inverse of cos, from 0 to PI"),
    function("atan", Call::One(f64::atan), "inverse of tan, from -PI/2 to PI/2"),
    function("atan2", Call::Two(f64::atan2), "atan2(y, x), the angle of the point (x, y), from -PI to PI"),
    function("sinh", Call::One(f64::sinh), "hyperbolic sine"),
    function("cosh", Call::One(f64::cosh), "hyperbolic cosine"),
    function("tanh", Call::One(f64::tanh), "hyperbolic tangent"),
    function("asinh", Call::One(f64::asinh), "inverse of sinh"),
    function("acosh", Call::One(f64::acosh), "inverse of cosh"),
    function("atanh", Call::One(f64::atanh), "inverse of tanh"),
    function("erf", Call::One(libm::erf), "error function, 2/sqrt(PI) times the integral of exp(-s^2) from 0 to x"),
    function("erfc", Call::One(libm::erfc), "1 - erf(x), also far out"),
];

fn sign(x: f64) -> f64 {
    if x == 0.0 || x.is_nan() { x } else { x.signum() }
}

fn least(x: f64, y: f64) -> f64 {
    if x.is_nan() || x < y { x } else { y }
}

fn largest(x: f64, y: f64) -> f64 {
    if x.is_nan() || x > y { x } else { y }
}

/// 1 or 0; none if one of the two is no number.
fn truth(holds: bool, x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() { f64::NAN } else { f64::from(u8::from(holds)) }
}

/// Every comparison: its sign, and 1 or 0.
pub(super) static COMPARISONS: &[(&str, Join)] = &[
    ("<", |x, y| truth(x < y, x, y)),
    ("<=", |x, y| truth(x <= y, x, y)),
    (">", |x, y| truth(x > y, x, y)),
    (">=", |x, y| truth(x >= y, x, y)),
    ("==", |x, y| truth(x == y, x, y)),
    ("!=", |x, y| truth(x != y, x, y)),
];

/// False as soon as one is false, whatever the other.
pub(super) fn and(x: f64, y: f64) -> f64 {
    if x == 0.0 || y == 0.0 { 0.0 } else { x * y }
}

/// True as soon as one is true, whatever the other.
pub(super) fn or(x: f64, y: f64) -> f64 {
    not(and(not(x), not(y)))
}

pub(super) fn not(x: f64) -> f64 {
    1.0 - x
}

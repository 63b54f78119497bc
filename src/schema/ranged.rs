//! The values of an expression, checked wherever they are used.
//!
//! An expression stands where a constant could, so that its values have the constant's range. In a hot
//! loop a value outside it becomes NaN, which no arithmetic loses; whoever is handed the result
//! looks for NaN once, and asks [`Ranged::check`] for the reason.

use super::key::{ANY, Key, Kind, Range};
use crate::formula::{Formula, Linear, Quantity};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use thiserror::Error;

/// What stands under a key of a file: a number, or an expression whose values lie in
/// the range of that number.
#[derive(Clone, Debug)]
pub struct Ranged {
    key: Arc<str>,
    range: Range,
    quantity: Quantity,
}

/// A value that an expression must not have.
#[derive(Clone, Debug, Error, PartialEq, Serialize, Deserialize)]
#[error("{key} = {text} is {} at {arguments}, and {demand}. {remedy}", written(*value))]
pub struct OutOfRange {
    /// The key.
    pub key: Arc<str>,
    /// What stands there.
    pub text: String,
    /// Its value.
    pub value: f64,
    /// `S = 0, G = 1, t = 0.5`.
    pub arguments: String,
    /// "it must be positive".
    pub demand: String,
    /// What to do.
    pub remedy: String,
}

impl OutOfRange {
    /// The same at the time `t`, unless that is one of the arguments.
    pub fn at_time(self, t: f64) -> Self {
        if self.arguments.starts_with("t = ") || self.arguments.contains(", t = ") {
            return self;
        }
        Self { arguments: format!("{}, t = {}", self.arguments, written(t)), ..self }
    }
}

impl Ranged {
    /// What stands under the one of `keys` with the path `key`, in the range and the variables that it has. A
    /// formula knows which key of its file that is.
    ///
    /// # Panics
    /// If there is no such key of one expression.
    pub fn new(keys: &[Key], key: &'static str, quantity: Quantity) -> Self {
        let range = match keys.iter().find(|own| own.path == key).map(|own| own.kind) {
            Some(Kind::Quantity(range, _)) => range,
            Some(Kind::Formula(_) | Kind::WordOrFormula(..)) => ANY,
            _ => panic!("{key} is no key of an expression"),
        };
        let read_from = match &quantity {
            Quantity::Formula(formula) => formula.key().cloned(),
            Quantity::Constant(_) => None,
        };
        Self { key: read_from.unwrap_or_else(|| key.into()), range, quantity }
    }

    /// The same of an expression.
    pub fn formula(keys: &[Key], key: &'static str, formula: Formula) -> Self {
        Self::new(keys, key, Quantity::Formula(formula))
    }

    /// The same with values in another range.
    pub fn within(self, range: Range) -> Self {
        Self { range, ..self }
    }

    /// The number, if it is one.
    #[inline(always)]
    pub fn constant(&self) -> Option<f64> {
        match &self.quantity {
            Quantity::Constant(c) => Some(*c),
            Quantity::Formula(_) => None,
        }
    }

    /// Whether the value depends on the variable of this number.
    pub fn uses_number(&self, number: usize) -> bool {
        match &self.quantity {
            Quantity::Formula(f) => f.variables().get(number).is_some_and(|name| f.uses(name)),
            Quantity::Constant(_) => false,
        }
    }

    /// Whether the value depends on `variable`.
    pub fn uses(&self, variable: &str) -> bool {
        self.quantity.uses(variable)
    }

    /// The value at `arguments`, in the order of the variables of the key; NaN where it is out of range.
    #[inline(always)]
    pub fn eval(&self, arguments: &[f64]) -> f64 {
        match &self.quantity {
            Quantity::Constant(c) => *c,
            Quantity::Formula(f) => {
                let value = f.eval(arguments);
                if self.range.contains(value) { value } else { f64::NAN }
            }
        }
    }

    /// The values at L points, the same bits as [`Ranged::eval`] gives.
    #[inline(always)]
    pub fn eval_lanes<const N: usize, const L: usize>(
        &self,
        arguments: [&[f64; L]; N],
    ) -> [f64; L] {
        match &self.quantity {
            Quantity::Constant(c) => [*c; L],
            Quantity::Formula(f) => {
                let mut values = f.eval_lanes(arguments);
                for l in 0..L {
                    values[l] = if self.range.contains(values[l]) { values[l] } else { f64::NAN };
                }
                values
            }
        }
    }

    /// See [`Formula::linear`].
    pub fn linear<const N: usize>(&self, given: &[Option<f64>]) -> Option<Linear<N>> {
        match &self.quantity {
            Quantity::Constant(_) => None,
            Quantity::Formula(f) => f.linear(given),
        }
    }

    /// Why the value at `arguments` is refused, if it is.
    #[cold]
    pub fn check(&self, arguments: &[f64]) -> Option<OutOfRange> {
        let value = self.quantity.eval(arguments);
        (!self.range.contains(value)).then(|| self.refuse(arguments, value))
    }

    /// What to say of values that are in range, but too large to compute with.
    pub fn overflow(&self) -> OutOfRange {
        let refused = self.refuse(&[], f64::INFINITY);
        OutOfRange { arguments: "some places, or nearly so".into(), ..refused }
    }

    fn refuse(&self, arguments: &[f64], value: f64) -> OutOfRange {
        let demand = match (value.is_finite(), self.range.demand()) {
            (true, demand) => demand,
            (false, demand) if demand.starts_with("must") => demand,
            _ => "must be finite".into(),
        };
        let text = match &self.quantity {
            Quantity::Constant(c) => c.to_string(),
            Quantity::Formula(f) => format!("\"{}\"", f.text()),
        };
        let names = match &self.quantity {
            Quantity::Formula(f) => f.variables(),
            Quantity::Constant(_) => &[],
        };
        let named: Vec<String> = (names.iter().zip(arguments))
            .map(|(name, value)| format!("{name} = {}", written(*value)))
            .collect();
        OutOfRange {
            key: self.key.clone(),
            text,
            value,
            arguments: named.join(", "),
            demand: format!("it {demand}"),
            remedy: format!(
                "Give {} wherever a cell or a node of the grid can be",
                self.range.describe().replace("a number", "an expression that is a finite number")
            ),
        }
    }
}

/// To seven digits, with an exponent where that is shorter.
fn written(value: f64) -> String {
    let value: f64 = format!("{value:.6e}").parse().unwrap_or(value);
    let [plain, short] = [value.to_string(), format!("{value:e}")];
    if short.len() < plain.len() { short } else { plain }
}

#[cfg(test)]
mod tests {
    use super::super::key::{Fallback::Required, POSITIVE, key};
    use super::*;

    const KEYS: &[Key] = &[
        key("kernel.lambda", Kind::Quantity(POSITIVE, &["S", "G"]), Required, ""),
        key("signal.expression", Kind::Formula(&["x", "y", "z", "t"]), Required, ""),
    ];

    fn ranged(key: &'static str, text: &str, names: &[&str]) -> Ranged {
        Ranged::formula(KEYS, key, Formula::parse(text, names).unwrap())
    }

    #[test]
    fn a_value_out_of_range_is_none_and_says_why() {
        let lambda = ranged("kernel.lambda", "1/S", &["S", "G"]);
        assert_eq!((lambda.eval(&[0.5, 1.0]), lambda.check(&[0.5, 1.0])), (2.0, None));
        for s in [0.0, -1.0, f64::NAN] {
            assert!(lambda.eval(&[s, 1.0]).is_nan() && lambda.check(&[s, 1.0]).is_some());
        }
        let said = lambda.check(&[0.0, 2.0]).unwrap().at_time(0.5).to_string();
        let due = "kernel.lambda = \"1/S\" is inf at S = 0, G = 2, t = 0.5, and it must be positive. \
                   Give an expression that is a finite number above 0 wherever a cell or a node of \
                   the grid can be";
        assert_eq!(said, due);
    }

    #[test]
    fn arguments_have_the_names_of_their_dimension() {
        let signal = |names: &[&str]| ranged("signal.expression", "ln(x) + t", names);
        let said = signal(&["x", "t"]).check(&[-1.0, 0.25]).unwrap().to_string();
        assert!(said.contains("is NaN at x = -1, t = 0.25, and it must be finite"), "{said}");
        let space = signal(&["x", "y", "z", "t"]);
        let said = space.check(&[-1.0, 2.0, 3.0, 1e-300]).unwrap().to_string();
        assert!(said.contains("x = -1, y = 2, z = 3, t = 1e-300"), "{said}");
    }
}

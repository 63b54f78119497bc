//! Expressions that a user types: `1 + 0.5*cos(x)`.
//!
//! A parser of ours (`parser.rs`) makes instructions of them (`code.rs`); [`language`] lists the
//! functions and constants.

mod code;
mod lanes;
pub mod language;
mod lexer;
mod linear;
mod misread;
mod parser;
#[cfg(test)]
mod tests;

pub use linear::{Linear, Near};
pub use misread::Misread;

use code::Code;
use std::fmt;
use std::sync::Arc;

/// An expression in named variables, evaluated in f64.
///
/// ```
/// use kinetaxis::formula::Formula;
/// let f = Formula::parse("if(x < 1, x^2^3, 2*t)", &["x", "y", "t"]).unwrap();
/// assert_eq!(f.eval(&[3.0, 0.0, 0.5]), 1.0);
/// assert!(!f.uses("y"));
/// ```
#[derive(Clone)]
pub struct Formula(Arc<Parsed>, Option<Arc<str>>);

/// What it says, which is the same in every process, where addresses of functions are not.
impl fmt::Debug for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parsed { text, variables, .. } = &*self.0;
        f.debug_tuple("Formula").field(text).field(variables).field(&self.1).finish()
    }
}

struct Parsed {
    text: String,
    code: Code,
    variables: Vec<String>,
}

impl Formula {
    /// Parses `text`. Fails, with a sentence for the user, when it is no expression or names a
    /// variable that is not among `variables`.
    pub fn parse(text: &str, variables: &[&str]) -> Result<Self, Misread> {
        let code = parser::parse(text, variables)?;
        let variables = variables.iter().map(|v| v.to_string()).collect();
        Ok(Self(Arc::new(Parsed { text: text.to_string(), code, variables }), None))
    }

    /// The same, read from this key of a file.
    pub fn read_from(self, key: &str) -> Self {
        Self(self.0, Some(key.into()))
    }

    /// The key of a file that it was read from.
    pub fn key(&self) -> Option<&Arc<str>> {
        self.1.as_ref()
    }

    /// The text as typed.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The variables given to [`Formula::parse`], used or not.
    pub fn variables(&self) -> &[String] {
        &self.0.variables
    }

    /// Whether the expression names `variable`.
    pub fn uses(&self, variable: &str) -> bool {
        self.0.code.variables().any(|i| self.0.variables[i] == variable)
    }

    /// The value at `arguments`, in the order of the variables given to [`Formula::parse`].
    ///
    /// # Panics
    /// If `arguments` is shorter than the list of variables.
    #[inline]
    pub fn eval(&self, arguments: &[f64]) -> f64 {
        assert!(arguments.len() >= self.0.variables.len(), "too few arguments");
        let [value] = self.0.code.run(|i| [arguments[i]]);
        value
    }

    /// The values at L points, the same bits as [`Formula::eval`] gives.
    ///
    /// # Panics
    /// If there are fewer `arguments` than variables.
    #[inline(always)]
    pub fn eval_lanes<const N: usize, const L: usize>(
        &self,
        arguments: [&[f64; L]; N],
    ) -> [f64; L] {
        assert!(N >= self.0.variables.len(), "too few arguments");
        self.0.code.run_lanes(arguments)
    }

    /// The values at many points, the same bits as [`Formula::eval`] gives; `arguments` holds a list
    /// of values for each variable.
    ///
    /// # Panics
    /// If `arguments` is shorter than the list of variables, or one of its lists than `values`.
    pub fn eval_all(&self, arguments: &[&[f64]], values: &mut [f64]) {
        const LANES: usize = 32;
        assert!(arguments.len() >= self.0.variables.len(), "too few arguments");
        assert!(arguments.iter().all(|list| list.len() >= values.len()), "too few points");
        for (block, values) in values.chunks_mut(LANES).enumerate() {
            let start = block * LANES;
            if values.len() == LANES {
                let run = self.0.code.run(|i| std::array::from_fn(|l| arguments[i][start + l]));
                values.copy_from_slice(&run as &[f64; LANES]);
            } else {
                for (l, value) in values.iter_mut().enumerate() {
                    [*value] = self.0.code.run(|i| [arguments[i][start + l]]);
                }
            }
        }
    }
}

/// A number, or an expression in named variables.
#[derive(Clone, Debug)]
pub enum Quantity {
    /// The same everywhere.
    Constant(f64),
    /// An expression.
    Formula(Formula),
}

impl Quantity {
    /// The value at `arguments` (see [`Formula::eval`]).
    #[inline(always)]
    pub fn eval(&self, arguments: &[f64]) -> f64 {
        match self {
            Self::Constant(c) => *c,
            Self::Formula(f) => f.eval(arguments),
        }
    }

    /// Whether the value depends on `variable`.
    pub fn uses(&self, variable: &str) -> bool {
        matches!(self, Self::Formula(f) if f.uses(variable))
    }
}

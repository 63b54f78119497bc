//! Expressions that a user types: `1 + 0.5*cos(x)`.

use exmex::{Express, FlatEx};
use std::sync::Arc;

/// Variables that an expression can have.
const MOST: usize = 16;

/// An expression in named variables, evaluated in f64.
///
/// ```
/// use kinetaxis::formula::Formula;
/// let f = Formula::parse("x*x + 2*t", &["x", "y", "t"]).unwrap();
/// assert_eq!(f.eval(&[3.0, 0.0, 0.5]), 10.0);
/// assert!(!f.uses("y"));
/// ```
#[derive(Clone, Debug)]
pub struct Formula {
    text: String,
    /// Shared, because one takes some 20 kB.
    expression: Arc<FlatEx<f64>>,
    /// Where each variable of the expression stands among the arguments of `eval`.
    arguments: Vec<usize>,
    variables: Vec<String>,
}

impl Formula {
    /// Parses `text`. Fails, with a sentence for the user, when it is no expression or names a
    /// variable that is not among `variables`.
    pub fn parse(text: &str, variables: &[&str]) -> Result<Self, String> {
        let expression = exmex::parse::<f64>(&minus_after_powers(&without_exponents(text)))
            .map_err(|e| e.msg().to_string())?;
        let arguments = expression
            .var_names()
            .iter()
            .map(|name| {
                variables.iter().position(|v| v == name).ok_or_else(|| {
                    let known = match variables {
                        [] => "no variable is known here".to_string(),
                        _ => format!("the variables known here are {}", variables.join(", ")),
                    };
                    format!("unknown name '{name}'; {known}")
                })
            })
            .collect::<Result<_, _>>()?;
        let variables = variables.iter().map(|v| v.to_string()).collect();
        Ok(Self { text: text.to_string(), expression: Arc::new(expression), arguments, variables })
    }

    /// The text as typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the expression names `variable`.
    pub fn uses(&self, variable: &str) -> bool {
        self.expression.var_names().iter().any(|name| name == variable)
    }

    /// The value at `arguments`, in the order of the variables given to [`Formula::parse`].
    ///
    /// # Panics
    /// If `arguments` is shorter than the list of variables.
    pub fn eval(&self, arguments: &[f64]) -> f64 {
        assert!(arguments.len() >= self.variables.len(), "too few arguments");
        let mut values = [0.0; MOST];
        for (value, &position) in values.iter_mut().zip(&self.arguments) {
            *value = arguments[position];
        }
        self.expression
            .eval(&values[..self.arguments.len()])
            .expect("the number of variables was checked when parsing")
    }
}

/// Writes numbers such as `1e-3` in full: exmex would read the `e` as a name.
fn without_exponents(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some(next) = rest.chars().next() {
        let length = literal(rest);
        if length > 0 {
            let number: f64 = rest[..length].parse().expect("digits, point and exponent");
            plain += &number.to_string();
            rest = &rest[length..];
            continue;
        }
        // A digit inside a name is no number.
        let name = |c: char| c.is_alphanumeric() || c == '_';
        let end = if name(next) { rest.find(|c| !name(c)) } else { Some(next.len_utf8()) };
        let (head, tail) = rest.split_at(end.unwrap_or(rest.len()));
        plain += head;
        rest = tail;
    }
    plain
}

/// Writes a sign as a subtraction or a factor, which powers precede: exmex would read -x^2 as (-x)^2.
fn minus_after_powers(text: &str) -> String {
    let (mut plain, mut before) = (String::new(), '(');
    for c in text.chars() {
        let (written, next) = match (c, before) {
            ('-', '(' | ',') => ("0-", '-'),
            ('-', '+' | '-' | '*') => ("(-1)*", '*'),
            ('-', '/') => ("(-1)/", '/'),
            _ => ("", if c.is_whitespace() { before } else { c }),
        };
        if written.is_empty() {
            plain.push(c);
        }
        plain += written;
        before = next;
    }
    plain
}

/// Length of the number that `text` begins with; 0 if there is none.
fn literal(text: &str) -> usize {
    let digits = |s: &str| s.len() - s.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map_or(0, |rest| 1 + digits(rest));
    let mantissa = whole + fraction;
    if whole == 0 && fraction < 2 {
        return 0;
    }
    let exponent = text[mantissa..].strip_prefix(['e', 'E']).map_or(0, |rest| {
        let sign = usize::from(rest.starts_with(['+', '-']));
        match digits(&rest[sign..]) {
            0 => 0,
            n => 1 + sign + n,
        }
    });
    mantissa + exponent
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_bound_by_name_not_by_alphabet() {
        let f = Formula::parse("t - 10*S", &["x", "S", "t"]).unwrap();
        assert_eq!(f.eval(&[9.0, 2.0, 1.0]), -19.0);
    }

    #[test]
    fn exponents_and_bare_points_are_read() {
        let f = |text: &str| Formula::parse(text, &["x1", "x2e3"]).unwrap().eval(&[7.0, 5.0]);
        assert_eq!(f("1e-3*x1 + 2.E+2 - .5e1"), 1e-3 * 7.0 + 200.0 - 5.0);
        assert_eq!(f("x2e3 + 3.*1e300*1e-300"), 8.0);
        assert!(Formula::parse("1e", &[]).is_err() && Formula::parse("1.2.3", &[]).is_err());
    }

    /// As in mathematics: -x^2 is -(x^2).
    #[test]
    fn a_sign_comes_after_a_power() {
        let f = |text: &str| Formula::parse(text, &["x"]).unwrap().eval(&[3.0]);
        for (text, value) in [
            ("-x^2", -9.0),
            ("exp( - x^2)", (-9.0_f64).exp()),
            ("1 - x^2", -8.0),
            ("2*-x^2", -18.0),
            ("18/-x^2", -2.0),
            ("18/- -x^2", 2.0),
            ("1 - -x^2 + -x", 7.0),
            ("--x^2", 9.0),
            ("-cos(0)^2*x + 1", -2.0),
            ("2^-x", 0.125),
            ("(-x)^2", 9.0),
            ("atan2(-x, -x^2)", (-3.0_f64).atan2(-9.0)),
            ("-1e-3*x", -3e-3),
        ] {
            assert!((f(text) - value).abs() < 1e-14, "{text}: {} for {value}", f(text));
        }
    }

    #[test]
    fn an_unknown_name_is_told_with_the_known_ones() {
        let e = Formula::parse("x + q", &["x", "y"]).unwrap_err();
        assert_eq!(e, "unknown name 'q'; the variables known here are x, y");
    }
}

//! Where an expression is linear in some of its variables: by its instructions, not by its values.

use super::Formula;
use super::code::{Arithmetic, Source, Unary, Walk};

/// A number that stands for an exact one, and how far off it may be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Near {
    /// The number.
    pub value: f64,
    /// |exact − value| at most.
    pub error: f64,
}

/// |value as evaluated − (constant + Σ factorᵢ xᵢ)| ≤ constant.error + Σ factorᵢ.error |xᵢ|, with the `value`s of
/// constant and factors, as long as nothing overflows.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear<const N: usize> {
    /// What it is where all free variables are 0.
    pub constant: Near,
    /// What a free variable is multiplied by; 0 for one that is given.
    pub factors: [Near; N],
}

/// Twice the unit of round-off: what one operation may err by, with room for what the bookkeeping itself does.
const ROUND_OFF: f64 = f64::EPSILON;

/// Below this the error of a product is no longer relative.
const TINY: f64 = 1e-290;

impl Near {
    const ZERO: Self = Self { value: 0.0, error: 0.0 };

    fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// a + b, of parts of sums that round as a whole.
    fn plus(self, other: Self) -> Self {
        let size = self.value.abs() + other.value.abs();
        let error = self.error + other.error;
        Self { value: self.value + other.value, error: error + 4.0 * ROUND_OFF * (size + error) }
    }

    /// Of a product or quotient with `value`, by which sizes change by `factor`.
    fn times(self, value: f64, factor: f64) -> Self {
        let (size, error) = (value.abs(), factor.abs() * self.error);
        if size < TINY && self.value != 0.0 {
            return Self { value, error: f64::INFINITY };
        }
        Self { value, error: error + 4.0 * ROUND_OFF * (size + error) }
    }
}

impl<const N: usize> Linear<N> {
    fn constant(value: f64) -> Self {
        Self { constant: Near { value, error: 0.0 }, factors: [Near::ZERO; N] }
    }

    /// The value, if it does not depend on what is free: then it is evaluated to these bits.
    fn known(&self) -> Option<f64> {
        let known = self.constant.error == 0.0 && self.factors.iter().all(|f| f.is_zero());
        known.then_some(self.constant.value)
    }

    fn map(&self, f: impl Fn(Near) -> Near) -> Self {
        let each = |near: Near| if near.is_zero() { near } else { f(near) };
        Self { constant: each(self.constant), factors: self.factors.map(each) }
    }

    fn negated(&self) -> Self {
        self.map(|near| Near { value: -near.value, ..near })
    }

    fn plus(&self, other: &Self) -> Self {
        Self {
            constant: self.constant.plus(other.constant),
            factors: std::array::from_fn(|i| match (self.factors[i], other.factors[i]) {
                (a, b) if a.is_zero() && b.is_zero() => a,
                (a, b) => a.plus(b),
            }),
        }
    }

    fn times(&self, k: f64) -> Self {
        self.map(|near| near.times(near.value * k, k)).underflowing()
    }

    fn over(&self, k: f64) -> Self {
        self.map(|near| near.times(near.value / k, 1.0 / k)).underflowing()
    }

    /// With what a product of something small may lose.
    fn underflowing(mut self) -> Self {
        self.constant.error += f64::MIN_POSITIVE;
        self
    }

    fn is_ordinary(&self) -> bool {
        let is = |near: &Near| near.value.is_finite() && near.error.is_finite();
        is(&self.constant) && self.factors.iter().all(is)
    }
}

/// The variables that have these values; the others are free.
struct Given<'a>(&'a [Option<f64>]);

impl<const N: usize> Walk<Linear<N>> for Given<'_> {
    fn source(&self, source: Source) -> Option<Linear<N>> {
        match source {
            Source::Number(x) => Some(Linear::constant(x)),
            Source::Variable(i) => Some(match self.0[i] {
                Some(x) => Linear::constant(x),
                None => {
                    let mut factors = [Near::ZERO; N];
                    factors[i].value = 1.0;
                    Linear { constant: Near::ZERO, factors }
                }
            }),
        }
    }

    fn arithmetic(&self, what: Arithmetic, x: &Linear<N>, y: &Linear<N>) -> Option<Linear<N>> {
        use Arithmetic::*;
        let known = (x.known(), y.known());
        if let (Some(x), Some(y)) = known {
            let [value] = what.apply(&[x], &[y]);
            return Some(Linear::constant(value));
        }
        match (what, known) {
            (Add, _) => Some(x.plus(y)),
            (Subtract, _) => Some(x.plus(&y.negated())),
            (SubtractFrom, _) => Some(y.plus(&x.negated())),
            (Multiply, (Some(k), _)) => Some(y.times(k)),
            (Multiply, (_, Some(k))) => Some(x.times(k)),
            (Divide, (_, Some(k))) => Some(x.over(k)),
            (DivideInto, (Some(k), _)) => Some(y.over(k)),
            _ => None,
        }
    }

    fn unary(&self, f: Unary, x: &Linear<N>) -> Option<Linear<N>> {
        match (f, x.known()) {
            (_, Some(x)) => Some(Linear::constant(f.of(x))),
            (Unary::Negate, _) => Some(x.negated()),
            _ => None,
        }
    }

    fn binary(&self, f: fn(f64, f64) -> f64, x: &Linear<N>, y: &Linear<N>) -> Option<Linear<N>> {
        Some(Linear::constant(f(x.known()?, y.known()?)))
    }

    fn select(&self, condition: &Linear<N>, yes: &Linear<N>, no: &Linear<N>) -> Option<Linear<N>> {
        match condition.known()? {
            1.0 => Some(yes.clone()),
            0.0 => Some(no.clone()),
            _ => None,
        }
    }
}

impl Formula {
    /// The linear function of the variables without a value in `given` that the expression is, if its instructions
    /// show that it is one.
    ///
    /// # Panics
    /// If `given` is shorter than the list of variables, or N is smaller.
    pub fn linear<const N: usize>(&self, given: &[Option<f64>]) -> Option<Linear<N>> {
        assert!(given.len().min(N) >= self.0.variables.len(), "too few arguments");
        let found: Linear<N> = self.0.code.walk(&Given(given))?;
        found.is_ordinary().then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["x", "y", "k"];
    /// x and y are free, and k is this.
    const GIVEN: [Option<f64>; 3] = [None, None, Some(0.3)];

    fn formula(text: &str) -> Formula {
        Formula::parse(text, NAMES).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    fn factors(text: &str) -> Option<[f64; 3]> {
        let line: Linear<3> = formula(text).linear(&GIVEN)?;
        assert_eq!(line.factors[2], Near::default());
        Some([line.constant.value, line.factors[0].value, line.factors[1].value])
    }

    #[test]
    fn what_is_linear_is_seen_and_what_is_not_is_not() {
        for (text, [constant, x, y]) in [
            ("2 - x", [2.0, -1.0, 0.0]),
            ("-(x - 3*y)/k + sqrt(k)", [0.3_f64.sqrt(), -1.0 / 0.3, 10.0]),
            ("k*(1 + 2*(x + y*k^2)) - k", [0.0, 0.6, 0.6 * 0.3 * 0.3]),
            ("x - (x - y)", [0.0, 0.0, 1.0]),
            ("if(k < 1, 4*y, 2*x)", [0.0, 0.0, 4.0]),
            ("max(k, 1)*x - abs(-k)", [-0.3, 1.0, 0.0]),
            ("7*k", [2.1, 0.0, 0.0]),
            ("1 - 2*x", [1.0, -2.0, 0.0]),
            ("(3 - x)/2 - -y", [1.5, -0.5, 1.0]),
        ] {
            let found = factors(text).unwrap_or_else(|| panic!("{text} is linear"));
            for (found, wanted) in found.into_iter().zip([constant, x, y]) {
                assert!((found - wanted).abs() < 1e-15 * (1.0 + wanted.abs()), "{text}: {found}");
            }
        }
        for text in [
            "x*y",
            "x^2",
            "x^k",
            "k/x",
            "abs(x)",
            "max(x, y)",
            "if(x > 0, x, y)",
            "sqrt(1 + x)",
            "x*x - x*x",
            "x*(y - y)",
            "tanh(x)",
            "1e-300*x*1e300",
            "x*(1/0)",
            "if(k > 1, 1, 0/0)*x",
            "x/0",
        ] {
            assert_eq!(factors(text), None, "{text}");
        }
    }

    /// The error is at least what evaluation shows, where a line is all but lost in round-off, too.
    #[test]
    fn evaluation_is_within_the_error_of_the_line() {
        let mut worst = 0.0_f64;
        for text in [
            "(1e15*x + y) - 1e15*x",
            "(x + 1e9) - 1e9 + y/7",
            "x/k*k - x + 0.1*y",
            "(x/3 + y/7)*1e8 - 1e8*x/3",
            "k - x - y + 1e5*(x - 0.9999999*x)",
        ] {
            let (formula, line) = (formula(text), formula(text).linear::<3>(&GIVEN).unwrap());
            for i in 0..2000 {
                let (x, y) = ((0.37 * f64::from(i)).sin(), (1.7 * f64::from(i)).cos());
                let exact =
                    line.constant.value + line.factors[0].value * x + line.factors[1].value * y;
                let most = line.constant.error
                    + line.factors[0].error * x.abs()
                    + line.factors[1].error * y.abs();
                // The comparison rounds as well.
                let own = 4.0
                    * f64::EPSILON
                    * (line.constant.value.abs()
                        + line.factors[0].value.abs()
                        + line.factors[1].value.abs());
                let off = (formula.eval(&[x, y, 0.3]) - exact).abs();
                assert!(off <= most + own, "{text} at {x}, {y}: {off} {most}");
                worst = worst.max(off / most);
            }
        }
        // The bound is not idle.
        assert!(worst > 0.02, "{worst}");
    }
}

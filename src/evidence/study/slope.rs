//! Which slopes of log error on log x are asked for: each is a sum Σ cₖ log eₖ over the errors at all values of x.

use std::fmt;

/// What a slope is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slope {
    /// That of the line of least squares through all errors, each with the same weight.
    Mean,
    /// Between two neighbouring values of the parameter.
    Local {
        /// The larger x.
        from: f64,
        /// The smaller one.
        to: f64,
    },
    /// At x → 0, if log error = c + p log x + b x^power: p by least squares through all errors.
    Extrapolated {
        /// The power.
        power: f64,
    },
}

impl Slope {
    /// The word in tables.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Local { .. } => "local",
            Self::Extrapolated { .. } => "extrapolated",
        }
    }
}

impl fmt::Display for Slope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mean => f.write_str("mean slope over the range"),
            Self::Local { from, to } => write!(f, "slope from {from} to {to}"),
            Self::Extrapolated { power: 1.0 } => f.write_str("log error = c + p log x + b x"),
            Self::Extrapolated { power } => write!(f, "log error = c + p log x + b x^{power}"),
        }
    }
}

/// Every slope with its cₖ: the mean one, with three values or more that at x → 0, where the next term of the
/// error is smaller by x^`power`, and those between neighbours.
pub fn slopes(scales: &[f64], power: f64) -> Vec<(Slope, Vec<f64>)> {
    let x: Vec<f64> = scales.iter().map(|x| x.ln()).collect();
    let ones = vec![1.0; x.len()];
    let along = without(&x, &ones);
    let mut all = vec![(Slope::Mean, scaled(&along))];
    if x.len() > 2 {
        let largest = scales.iter().copied().fold(0.0, f64::max);
        let bend: Vec<f64> = scales.iter().map(|x| (x / largest).powf(power)).collect();
        let rest = without(&along, &without(&bend, &ones));
        all.push((Slope::Extrapolated { power }, scaled(&rest)));
    }
    for k in 1..x.len() {
        let mut c = vec![0.0; x.len()];
        (c[k - 1], c[k]) = (1.0 / (x[k - 1] - x[k]), 1.0 / (x[k] - x[k - 1]));
        all.push((Slope::Local { from: scales[k - 1], to: scales[k] }, c));
    }
    all
}

/// x less its part along `other`.
fn without(x: &[f64], other: &[f64]) -> Vec<f64> {
    let share = dot(x, other) / dot(other, other);
    x.iter().zip(other).map(|(x, o)| x - share * o).collect()
}

/// The coefficient of a regressor, of which `rest` is what the other ones leave, is ⟨rest, y⟩/⟨rest, rest⟩
/// (Frisch & Waugh 1933).
fn scaled(rest: &[f64]) -> Vec<f64> {
    let square = dot(rest, rest);
    rest.iter().map(|r| r / square).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On an error 3x^1.7 e^{−2x²} the three slopes are known.
    #[test]
    fn slopes_of_a_bent_error() {
        let scales = [0.8, 0.5, 0.4, 0.2];
        let y: Vec<f64> =
            scales.iter().map(|x: &f64| 3f64.ln() + 1.7 * x.ln() - 2.0 * x * x).collect();
        for (slope, c) in slopes(&scales, 2.0) {
            let value = dot(&c, &y);
            let exact = match slope {
                Slope::Extrapolated { .. } => 1.7,
                Slope::Local { from, to } => 1.7 - 2.0 * (from * from - to * to) / (from / to).ln(),
                Slope::Mean => {
                    let x: Vec<f64> = scales.iter().map(|x| x.ln()).collect();
                    let middle = x.iter().sum::<f64>() / 4.0;
                    let spread: f64 = x.iter().map(|x| (x - middle).powi(2)).sum();
                    x.iter().zip(&y).map(|(x, y)| (x - middle) * y).sum::<f64>() / spread
                }
            };
            assert!((value - exact).abs() < 1e-12, "{slope}: {value} {exact}");
        }
        assert_eq!(slopes(&scales[..2], 2.0).len(), 2);
    }
}

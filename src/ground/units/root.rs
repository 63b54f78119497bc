//! Roots of fractions, whose powers are as exact as can be.

use num_rational::BigRational;
use num_traits::{Pow, Signed, ToPrimitive};

/// The positive root of this degree of a positive fraction.
#[derive(Clone, Debug, PartialEq)]
pub struct Root {
    radicand: BigRational,
    degree: i32,
}

impl Root {
    /// radicand^(1/degree).
    ///
    /// # Panics
    /// If one of them is not positive.
    pub fn new(radicand: BigRational, degree: i32) -> Self {
        assert!(radicand.is_positive() && degree > 0);
        Self { radicand, degree }
    }

    /// The number that a f64 is displayed as; `None` if it is not positive.
    pub fn of(x: f64) -> Option<Self> {
        let radicand = super::reading::decimal(&format!("{x:e}"))?;
        (x > 0.0).then_some(Self { radicand, degree: 1 })
    }

    /// Its value, of a root of degree 1; else what it is the root of.
    pub fn fraction(&self) -> BigRational {
        self.radicand.clone()
    }

    /// Its value.
    pub fn value(&self) -> f64 {
        self.scaled(&BigRational::from_integer(1.into()), 1)
    }

    /// `factor` times its power: the nearest double, where that is a fraction or a square root.
    pub fn scaled(&self, factor: &BigRational, power: i32) -> f64 {
        if power % self.degree == 0 {
            let exact = factor * Pow::pow(&self.radicand, power / self.degree);
            return double(&exact);
        }
        let inside = Pow::pow(factor.abs(), self.degree) * Pow::pow(&self.radicand, power);
        let root = match self.degree {
            2 => double(&inside).sqrt(),
            n => double(&inside).powf(1.0 / f64::from(n)),
        };
        if factor.is_negative() { -root } else { root }
    }
}

/// The double nearest to a fraction; ∞ beyond all of them.
pub fn double(fraction: &BigRational) -> f64 {
    fraction.to_f64().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(n: i64, d: i64) -> BigRational {
        BigRational::new(n.into(), d.into())
    }

    #[test]
    fn powers_of_roots_are_exact_where_they_are_fractions() {
        let third = Root::new(fraction(1, 1800), 2);
        assert_eq!(third.value(), (1.0_f64 / 1800.0).sqrt());
        assert_eq!(third.scaled(&fraction(1800, 1), 2), 1.0);
        assert_eq!(third.scaled(&fraction(-3600, 1), 2), -2.0);
        assert_eq!(third.scaled(&fraction(-1, 1), -1), -(1800.0_f64.sqrt()));
        assert_eq!(Root::of(0.1).unwrap().scaled(&fraction(22, 1), 1), 2.2);
        assert_eq!(Root::of(0.1).unwrap().scaled(&fraction(1, 3), -2), 100.0 / 3.0);
        let cube = Root::new(fraction(27, 8), 3);
        assert!((cube.value() - 1.5).abs() < 1e-15);
        assert_eq!(cube.scaled(&fraction(1, 1), 3), 3.375);
        assert_eq!((Root::of(0.0), Root::of(-1.0), Root::of(f64::NAN)), (None, None, None));
    }
}

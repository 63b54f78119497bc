//! e^z by a rational function: the Padé approximant of degrees 3 and 4.
//!
//! r(z) = Σᵢ 2 Re( cᵢ/(μᵢ − z) ) over two poles of the upper half plane, for real z and, with fields for 1, for real
//! operators. It is L-stable: |r| ≤ 1 in the left half plane and r(−∞) = 0, as of the Radau IIA scheme of four stages.
//! e^z − r(z) = −(3!4!/7!8!) z⁸ + O(z⁹).

use rustfft::num_complex::Complex;

/// Degree of the denominator, and of the numerator one less.
const STAGES: i32 = 4;
/// Its order.
pub(super) const ORDER: i32 = 2 * STAGES - 1;
/// What is left at z = 1, 3!4!/7!8!.
pub(super) const LEFT: f64 = 144.0 / (5040.0 * 40320.0);

/// A pole μ and its weight c.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pole {
    pub place: Complex<f64>,
    pub weight: Complex<f64>,
}

fn factorial(n: i32) -> f64 {
    (1..=n).map(f64::from).product()
}

/// The coefficients of 1, z, z², … of the numerator, or of the denominator.
fn coefficients(degree: i32, sign: f64) -> Vec<f64> {
    let order = ORDER;
    let of = |j: i32| {
        let top = factorial(order - j) * factorial(degree);
        sign.powi(j) * top / (factorial(order) * factorial(j) * factorial(degree - j))
    };
    (0..=degree).map(of).collect()
}

fn value(coefficients: &[f64], z: Complex<f64>) -> Complex<f64> {
    coefficients.iter().rev().fold(Complex::default(), |sum, c| sum * z + c)
}

/// The poles of the upper half plane. The roots are those of Weierstrass' iteration.
pub(super) fn poles() -> Vec<Pole> {
    let (above, below) = (coefficients(STAGES - 1, 1.0), coefficients(STAGES, -1.0));
    let lead = below[STAGES as usize];
    let start = |k: i32| Complex::new(4.0, 3.0) * Complex::new(0.4, 0.9).powi(k);
    let mut roots: Vec<Complex<f64>> = (0..STAGES).map(start).collect();
    for _ in 0..200 {
        for k in 0..roots.len() {
            let others = roots.iter().enumerate().filter(|(i, _)| *i != k);
            let product: Complex<f64> = others.map(|(_, other)| roots[k] - other).product();
            let by = value(&below, roots[k]) / (product * lead);
            roots[k] -= by;
        }
    }
    let slope: Vec<f64> = (1..).zip(&below[1..]).map(|(j, c)| f64::from(j) * c).collect();
    let mut upper: Vec<Complex<f64>> = roots.into_iter().filter(|root| root.im > 0.0).collect();
    upper.sort_by(|a, b| a.im.total_cmp(&b.im));
    let pole =
        |place: Complex<f64>| Pole { place, weight: -value(&above, place) / value(&slope, place) };
    upper.into_iter().map(pole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approximant(z: Complex<f64>) -> Complex<f64> {
        let both = |pole: Pole| {
            pole.weight / (pole.place - z) + pole.weight.conj() / (pole.place.conj() - z)
        };
        poles().into_iter().map(both).sum()
    }

    /// Its error at small z, from 1 down by its power, its bound on the axes and its value far to the left.
    #[test]
    fn it_is_the_exponential_and_stable() {
        assert_eq!(poles().len(), 2);
        for z in [0.4, 0.8] {
            let error = (approximant((-z).into()) - (-z).exp()).re / (LEFT * z.powi(ORDER + 1));
            assert!((0.4..1.2).contains(&error.abs()), "{error}");
        }
        for k in -40..=40 {
            let size = 2f64.powf(0.5 * f64::from(k));
            assert!(approximant(Complex::new(0.0, size)).norm() <= 1.0 + 1e-13);
            assert!(approximant(Complex::new(-size, size)).norm() < 1.0);
        }
        assert!(approximant((-1e9).into()).norm() < 1e-8);
    }
}

//! Gauss–Legendre quadrature.

use std::f64::consts::PI;

/// Nodes and weights of the n-point Gauss–Legendre rule on [lower, upper], exact for polynomials
/// of degree 2n − 1. Newton's iteration on Pₙ from Tricomi's estimate of its roots.
///
/// ```
/// let square: f64 = kinetaxis::quadrature::gauss_legendre(2, 0.0, 3.0).iter().map(|(x, w)| w * x * x).sum();
/// assert!((square - 9.0).abs() < 1e-13);
/// ```
pub fn gauss_legendre(n: usize, lower: f64, upper: f64) -> Vec<(f64, f64)> {
    let (middle, half) = (0.5 * (lower + upper), 0.5 * (upper - lower));
    (0..n)
        .map(|i| {
            let mut x = -(PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (value, derivative) = legendre(n, x);
                slope = derivative;
                let step = value / derivative;
                x -= step;
                if step.abs() < 1e-15 {
                    break;
                }
            }
            (middle + half * x, 2.0 * half / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

/// Pₙ(x) and Pₙ′(x) by the three-term recurrence.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut now) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, now) = (now, ((2.0 * k - 1.0) * x * now - (k - 1.0) * before) / k);
    }
    (now, n as f64 * (x * now - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monomials_up_to_the_stated_degree() {
        for n in 2..20 {
            let rule = gauss_legendre(n, -1.0, 1.0);
            for p in 0..2 * n {
                let sum: f64 = rule.iter().map(|(x, w)| w * x.powi(p as i32)).sum();
                let exact = if p % 2 == 0 { 2.0 / (p as f64 + 1.0) } else { 0.0 };
                assert!((sum - exact).abs() < 1e-13, "n={n} p={p}");
            }
        }
    }
}

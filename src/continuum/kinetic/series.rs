//! e^{τA}f as a Taylor series.

use super::ordinates::largest;
use rayon::prelude::*;

/// Relative size of the terms that are left out.
const TOLERANCE: f64 = 1e-10;
/// Largest size of τA + c of one series: its terms grow to e^10 of f before they shrink.
const REACH: f64 = 12.0;
/// Evaluations of Af beside those that a bound on the size asks for: as seen.
const AS_SEEN: f64 = 0.75;

/// In how many parts τ is cut, where τA + c is of this size.
fn parts(size: f64) -> f64 {
    (size / REACH).ceil().max(1.0)
}

/// How often Af is evaluated, where τA + c is of this size: until sizeⁿ/n! is left out.
pub(super) fn products(size: f64) -> f64 {
    let parts = parts(size);
    let (mut order, mut term) = (1.0, size / parts);
    while term > TOLERANCE {
        order += 1.0;
        term *= size / parts / order;
    }
    AS_SEEN * parts * (order + 1.0)
}

/// f ← e^{τA}f = e^{−c} e^{τA+c}f over equal parts of τ, where τA + c is of this size; how often Af was evaluated.
/// With c in the middle of what A damps by, fewer terms are needed. `apply` writes Af of its first argument into the
/// second; `term` and `rate` are memory of the shape of f.
pub(super) fn advance(
    [f, term, rate]: [&mut Vec<Vec<f64>>; 3],
    (duration, size, damping): (f64, f64, f64),
    mut apply: impl FnMut(&[Vec<f64>], &mut [Vec<f64>]),
) -> usize {
    let parts = parts(size);
    let (duration, damping) = (duration / parts, damping / parts);
    let mut products = 0;
    for _part in 0..parts as usize {
        term.par_iter_mut().zip(&*f).for_each(|(t, f)| t.copy_from_slice(f));
        let (size, mut small) = (largest(f), 0);
        if size == 0.0 {
            break;
        }
        for order in 1.. {
            apply(term, rate);
            products += 1;
            let [tau, shift] = [duration, damping].map(|factor| factor / f64::from(order));
            rate.par_iter_mut().zip(&*term).zip(&mut *f).for_each(|((r, t), f)| {
                for ((r, t), f) in r.iter_mut().zip(t).zip(f) {
                    *r = tau * *r + shift * t;
                    *f += *r;
                }
            });
            std::mem::swap(term, rate);
            small = if largest(term) < TOLERANCE * size { small + 1 } else { 0 };
            if small == 2 {
                break;
            }
        }
        let factor = (-damping).exp();
        f.par_iter_mut().for_each(|f| f.iter_mut().for_each(|f| *f *= factor));
    }
    products
}

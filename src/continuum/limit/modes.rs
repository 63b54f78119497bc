//! The exponential Runge–Kutta scheme of order four of Cox & Matthews (2002, eqs. 26 to 29), mode by
//! mode, for ∂tu = −r(|κ|²)u + N.
//!
//! It is written in differences N₂−N₁, N₃−N₁, N₄−N₁ of the four evaluations, so that every stage
//! adds to one of two points that the first evaluation leads to: one at half of the step and one at
//! its end. Krogstad's scheme (2005), which differs in two factors, was more accurate in some
//! problems and less so in others.

use crate::signal::{doubled, phi};
use rayon::prelude::*;
use std::collections::HashMap;

/// Numbers that make a task of their own worth its while.
const BATCH: usize = 1 << 13;

/// The modes of a grid by their |κ|², on which alone the factors of a step depend.
pub struct Classes {
    /// |κ|² of every class.
    pub squares: Vec<f64>,
    /// The class of every mode.
    of_mode: Vec<u32>,
}

impl Classes {
    /// From |κ|² of every mode.
    pub fn new(laplacian: &[f64]) -> Self {
        let (mut squares, mut known) = (Vec::new(), HashMap::new());
        let of_mode = (laplacian.iter())
            .map(|k2| {
                *known.entry(k2.to_bits()).or_insert_with(|| {
                    squares.push(*k2);
                    squares.len() as u32 - 1
                })
            })
            .collect();
        Self { squares, of_mode }
    }

    /// `to` = the factor of its class × `from`, in every mode.
    pub fn multiply(&self, factor: impl Fn(usize) -> f64, from: &[f64], to: &mut Vec<f64>) {
        to.clear();
        to.extend(from.iter().zip(&self.of_mode).map(|(u, class)| factor(*class as usize) * u));
    }

    /// Adds `f`(class, a, b) to `to` in every mode.
    pub fn accumulate(
        &self,
        f: impl Fn(usize, f64, f64) -> f64,
        a: &[f64],
        b: &[f64],
        to: &mut [f64],
    ) {
        let modes = to.iter_mut().zip(a.iter().zip(b)).zip(&self.of_mode);
        modes.for_each(|((to, (a, b)), class)| *to += f(*class as usize, *a, *b));
    }

    /// Adds the factor of its class × `from` to `to`, in every mode.
    pub fn add(&self, factor: impl Fn(usize) -> f64, from: &[f64], to: &mut [f64]) {
        let modes = to.iter_mut().zip(from).zip(&self.of_mode);
        modes.for_each(|((to, from), class)| *to += factor(*class as usize) * from);
    }
}

/// The factors of one class for a step h, with z = hr.
#[derive(Clone, Copy)]
struct Factors {
    /// e^{−z/2} and (h/2)φ₁(z/2).
    half: [f64; 2],
    /// e^{−z} and hφ₁(z).
    whole: [f64; 2],
    /// h(2φ₂(z) − 4φ₃(z)) and h(4φ₃(z) − φ₂(z)).
    last: [f64; 2],
}

impl Factors {
    /// `gain` multiplies every N.
    fn new(h: f64, rate: f64, gain: f64) -> Self {
        let (half, g) = (phi(0.5 * h * rate), h * gain);
        let ([e, p1, ..], [ee, pp1, pp2, pp3]) = (half, doubled(half));
        Self {
            half: [e, 0.5 * g * p1],
            whole: [ee, g * pp1],
            last: [g * (2.0 * pp2 - 4.0 * pp3), g * (4.0 * pp3 - pp2)],
        }
    }
}

/// The factors of all classes for one length of step.
#[derive(Default)]
pub struct Step {
    factors: Vec<Factors>,
    made_for: Option<[f64; 2]>,
}

impl Step {
    /// Makes the factors for steps of length `h` anew, unless they are those of the same `h` and
    /// `key`. `law` gives the rate and the gain of a class.
    pub fn prepare(&mut self, h: f64, key: f64, law: impl Iterator<Item = [f64; 2]>) {
        if self.made_for != Some([h, key]) {
            self.factors.clear();
            self.factors.extend(law.map(|[rate, gain]| Factors::new(h, rate, gain)));
            self.made_for = Some([h, key]);
        }
    }

    /// From u and N₁ to the second point, at half of the step, and to the one at its end.
    pub fn first(&self, c: &Classes, u: &[f64], n: &[f64], half: &mut [f64], whole: &mut [f64]) {
        (half.par_iter_mut().zip(whole).zip(&c.of_mode).zip(u.par_iter().zip(n)))
            .with_min_len(BATCH)
            .for_each(|(((half, whole), class), (u, n))| {
                let f = &self.factors[*class as usize];
                *half = f.half[0] * u + f.half[1] * n;
                *whole = f.whole[0] * u + f.whole[1] * n;
            });
    }

    /// From `base`, the second point, to the third (`weight` 1), or from the one at the end to the
    /// fourth (`weight` 2), with the evaluation before.
    pub fn next(
        &self,
        c: &Classes,
        weight: f64,
        base: &[f64],
        [n1, n]: [&[f64]; 2],
        point: &mut [f64],
    ) {
        let known = base.par_iter().zip(n1.par_iter().zip(n));
        (point.par_iter_mut().zip(&c.of_mode).zip(known)).with_min_len(BATCH).for_each(
            |((u, class), (base, (n1, n)))| {
                *u = base + weight * self.factors[*class as usize].half[1] * (n - n1);
            },
        );
    }

    /// From the one at the end to the result.
    pub fn last(&self, c: &Classes, point: &mut [f64], [n1, n2, n3, n4]: [&[f64]; 4]) {
        let n = (n1.par_iter().zip(n2)).zip(n3.par_iter().zip(n4));
        (point.par_iter_mut().zip(&c.of_mode).zip(n)).with_min_len(BATCH).for_each(
            |((u, class), ((n1, n2), (n3, n4)))| {
                let [middle, end] = self.factors[*class as usize].last;
                *u += middle * ((n2 - n1) + (n3 - n1)) + end * (n4 - n1);
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One step of u̇ = −ru + n(t, u) from u = 1 for every rate, with two modes in each class.
    fn step(h: f64, rates: &[f64], gain: f64, n: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let classes = Classes::new(&[rates, rates].concat());
        let mut step = Step::default();
        step.prepare(h, 0.0, rates.iter().map(|r| [*r, gain]));
        let at = |t: f64, u: &[f64]| -> Vec<f64> { u.iter().map(|u| n(t, *u) / gain).collect() };
        let start = vec![1.0; 2 * rates.len()];
        let (mut second, mut end) = (start.clone(), start.clone());
        let n1 = at(0.0, &start);
        step.first(&classes, &start, &n1, &mut second, &mut end);
        let n2 = at(0.5 * h, &second);
        let (mut third, mut fourth) = (start.clone(), start.clone());
        step.next(&classes, 1.0, &second, [&n1, &n2], &mut third);
        let n3 = at(0.5 * h, &third);
        step.next(&classes, 2.0, &end, [&n1, &n3], &mut fourth);
        let n4 = at(h, &fourth);
        step.last(&classes, &mut end, [&n1, &n2, &n3, &n4]);
        end
    }

    /// u̇ = −ru + ½ + t² has a polynomial and an exponential part, and Simpson's rule with
    /// exponential weights answers it exactly, stiff or not.
    #[test]
    fn a_quadratic_source_is_answered_exactly() {
        let rates = [0.01, 0.3, 2.0, 40.0, 3000.0];
        let (h, got) = (0.7, step(0.7, &rates, 1.7, |t, _| 0.5 + t * t));
        for (i, u) in got.iter().enumerate() {
            let r = rates[i % rates.len()];
            let rule = (0..60).map(|b| 0.5_f64.powi(b) * h);
            let want: f64 = rule
                .flat_map(|b| crate::quadrature::gauss_legendre(12, 0.5 * b, b))
                .map(|(s, w)| w * (-r * s).exp() * (0.5 + (h - s).powi(2)))
                .sum::<f64>()
                + (-r * h).exp();
            assert!((u - want).abs() < 1e-13, "{r}: {u} {want}");
        }
    }

    /// u̇ = −ru + u² has u = r/(1 + (r − 1)e^{rt}): the error of a step is O(h⁵).
    #[test]
    fn the_error_of_a_step_is_of_order_five() {
        let rates = [0.2, 0.5, 3.0];
        let error = |h: f64| -> Vec<f64> {
            let exact = |r: f64| r / (1.0 + (r - 1.0) * (r * h).exp());
            let got = step(h, &rates, 1.7, |_, u| u * u);
            got.iter().zip(&rates).map(|(u, r)| (u - exact(*r)).abs()).collect()
        };
        for (coarse, fine) in error(0.04).iter().zip(error(0.02)) {
            assert!((4.8..5.2).contains(&(coarse / fine).log2()), "{}", (coarse / fine).log2());
        }
    }
}

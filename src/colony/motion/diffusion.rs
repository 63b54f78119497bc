//! One step of a cell of the drift–diffusion limit, in distribution.
//!
//! ∂tρ = ∇·(D∇ρ − bρ) is the law of dX = (b + ∇D)dt + √(2D) dW in the sense of Itô. The step below
//! has weak order two for any smooth D and b: it is the simplified Taylor scheme of Kloeden & Platen
//! (1992, §14.2) for the isotropic noise σ = √(2D), for which σ∇σ = ∇D and
//!
//! (a·∇ + ½σ²Δ)σ = ( a·∇D + DΔD − ½|∇D|² )/σ,  a = b + ∇D,
//!
//! with the drift taken by Heun's rule in place of its derivatives. Where D is constant it is Heun's
//! rule alone.

use crate::vector::{Vector, add_scaled, dot};

/// What the step needs to know at a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point<const D: usize> {
    /// ∫(b + ∇D)dt over the step, if it stayed as it is here.
    pub shift: Vector<D>,
    /// D.
    pub diffusivity: f64,
    /// ∇D.
    pub slope: Vector<D>,
    /// ΔD.
    pub curvature: f64,
}

/// The randomness of a step.
pub(super) struct Noise<const D: usize> {
    /// Mean zero, unit covariance, no third moments, and fourth ones near those of a Gaussian.
    pub unit: Vector<D>,
    /// ±1, even odds: what is left of the Lévy areas in a weak sense.
    pub areas: [f64; 3],
}

/// Goes from `x`, where `here` holds, for the time `time` of the noise; also what holds at the
/// predicted end, which is off by O(Δt).
#[inline(always)]
pub(super) fn step<const D: usize>(
    point: impl Fn(&Vector<D>) -> Point<D>,
    x: &Vector<D>,
    here: &Point<D>,
    time: f64,
    noise: &Noise<D>,
) -> (Vector<D>, Point<D>) {
    let sigma = (2.0 * here.diffusivity).sqrt();
    let dw: Vector<D> = noise.unit.map(|n| time.sqrt() * n);
    let there = point(&add_scaled(&add_scaled(x, 1.0, &here.shift), sigma, &dw));
    let square = dot(&here.slope, &here.slope);
    let growth =
        dot(&here.shift, &here.slope) + time * (here.diffusivity * here.curvature - 0.5 * square);
    let spread = sigma + 0.5 * growth / sigma;
    let mut end = *x;
    for j in 0..D {
        end[j] += 0.5 * (here.shift[j] + there.shift[j]) + spread * dw[j];
        for r in 0..D {
            let area = match r.cmp(&j) {
                std::cmp::Ordering::Less => noise.areas[r + j - 1],
                std::cmp::Ordering::Equal => -1.0,
                std::cmp::Ordering::Greater => -noise.areas[r + j - 1],
            };
            end[j] += 0.5 * here.slope[r] * (dw[j] * dw[r] + time * area);
        }
    }
    (end, there)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D = 1 + c|x|², b = −kx.
    const C: f64 = 0.3;
    const K: f64 = 0.8;

    fn point<const D: usize>(x: &Vector<D>, time: f64) -> Point<D> {
        Point {
            shift: x.map(|x| (2.0 * C - K) * x * time),
            diffusivity: 1.0 + C * dot(x, x),
            slope: x.map(|x| 2.0 * C * x),
            curvature: 2.0 * C * D as f64,
        }
    }

    /// E φ after one step, exactly: three-point laws have the moments of a Gaussian up to the fifth.
    fn mean<const D: usize>(x: &Vector<D>, time: f64, phi: &impl Fn(&Vector<D>) -> f64) -> f64 {
        let here = point(x, time);
        let mut sum = 0.0;
        for flat in 0..3_usize.pow(D as u32) * 8 {
            let (mut rest, mut weight, mut unit) = (flat / 8, 0.125, [0.0; D]);
            for u in &mut unit {
                let (value, w) =
                    [(0.0, 2.0 / 3.0), (3.0_f64.sqrt(), 1.0 / 6.0), (-(3.0_f64.sqrt()), 1.0 / 6.0)]
                        [rest % 3];
                (*u, weight, rest) = (value, weight * w, rest / 3);
            }
            let areas = std::array::from_fn(|k| 1.0 - 2.0 * ((flat >> k) & 1) as f64);
            let noise = Noise { unit, areas };
            sum += weight * phi(&step(|x| point(x, time), x, &here, time, &noise).0);
        }
        sum
    }

    /// A = (b + ∇D)·∇ + DΔ on second moments: E x, E x_ix_j and E x_i|x|² are polynomials whose
    /// exact growth is known; the local error must fall as Δt³.
    fn local_error_is_of_third_order<const D: usize>() {
        let d = D as f64;
        let x: Vector<D> = std::array::from_fn(|a| [0.7, -0.4, 0.5][a]);
        let a = 2.0 * C - K;
        let square = dot(&x, &x);
        // d/dt E|x|² = 2d + (2dC + 2a)E|x|²; d/dt E x₁x₂ = 2a E x₁x₂.
        let rate = 2.0 * d * C + 2.0 * a;
        let grown = move |t: f64| (square + 2.0 * d / rate) * (rate * t).exp() - 2.0 * d / rate;
        // d/dt E x₁|x|² = (3a + (4 + 2d)C) E x₁|x|² + (4 + 2d) E x₁.
        let third = 3.0 * a + (4.0 + 2.0 * d) * C;
        let cubic = move |t: f64| {
            let forced = (4.0 + 2.0 * d) * x[0] / (third - a);
            (x[0] * square + forced) * (third * t).exp() - forced * (a * t).exp()
        };
        type Moment<'a, const D: usize> =
            (&'a str, Box<dyn Fn(&Vector<D>) -> f64>, Box<dyn Fn(f64) -> f64 + 'a>);
        let moments: Vec<Moment<'_, D>> = vec![
            ("x", Box::new(|y| y[0]), Box::new(move |t| x[0] * (a * t).exp())),
            ("|x|²", Box::new(|y| dot(y, y)), Box::new(grown)),
            (
                "x₁x₂",
                Box::new(|y| y[0] * y[D - 1]),
                Box::new(move |t| match D {
                    1 => grown(t),
                    _ => x[0] * x[D - 1] * (2.0 * a * t).exp(),
                }),
            ),
            ("x₁|x|²", Box::new(|y| y[0] * dot(y, y)), Box::new(cubic)),
        ];
        for (what, phi, exact) in &moments {
            let error = |t: f64| mean(&x, t, phi) - exact(t);
            let (coarse, fine) = (error(0.02), error(0.01));
            println!("d={D} {what}: {coarse:e} {fine:e}");
            assert!(coarse.abs() < 100.0 * 0.02_f64.powi(3), "d={D} {what}: {coarse:e}");
            assert!((coarse / fine).abs() > 6.0, "d={D} {what}: {coarse:e} then {fine:e}");
        }
    }

    #[test]
    fn the_step_has_weak_order_two() {
        local_error_is_of_third_order::<1>();
        local_error_is_of_third_order::<2>();
        local_error_is_of_third_order::<3>();
    }
}

//! Velocity spaces whose walk has a closed law.

use super::poisson::poisson;
use super::{Outcome, exponentials};
use crate::rng::Stream;
use crate::vector::{Vector, scaled};
use crate::velocity::{VelocitySpace, direction};
use rand::RngExt;
use rand_distr::{Distribution, Exp1};

/// V = {−s, s}. Tumbles to either side are independent Poisson numbers, their order is a uniform
/// shuffle, and the time spent on either side is a sum of that many exponential shares, however
/// ordered; so the last velocity is drawn from the two numbers alone.
#[inline(always)]
pub(super) fn line<const D: usize>(
    space: &VelocitySpace<D>,
    v: &mut Vector<D>,
    tumbles: f64,
    rng: &mut Stream,
) -> Outcome<D> {
    let (up, down) = (poisson(0.5 * tumbles, rng), poisson(0.5 * tumbles, rng));
    let total = up + down;
    if total == 0 {
        return Outcome { mean_velocity: *v, tumbled: false };
    }
    let started_up = v[0] > 0.0;
    let above = exponentials(up + u64::from(started_up), rng);
    let below = exponentials(down + u64::from(!started_up), rng);
    let ends_up = rng.random::<f64>() * (total as f64) < up as f64;
    let speed = space.max_speed();
    v[0] = if ends_up { speed } else { -speed };
    let mean_velocity = [speed * (above - below) / (above + below); D];
    Outcome { mean_velocity, tumbled: true }
}

/// The circle: P(|Z|/cτ > r) = e^{−τ(1 − √(1−r²))} for r < 1, with an atom e^{−τ} at the front
/// (Stadje 1987). So 1 − √(1−r²) = E/τ with E exponential.
#[inline(always)]
pub(super) fn circle<const D: usize>(
    space: &VelocitySpace<D>,
    time: f64,
    rng: &mut Stream,
) -> Vector<D> {
    let x = (exponential(rng) / time).min(1.0);
    scaled(space.max_speed() * time * (x * (2.0 - x)).sqrt(), &direction(rng))
}

/// The uniform disk: P(|Z|²/(cτ)² > y) = (1 − y)e^{−τy}, so y is the smaller of a uniform and an
/// exponential variable over τ.
///
/// The uniform law in the disk is the projection of the uniform law on the sphere of ℝ⁴, whose walk
/// has P(|Z|²/(cτ)² > z | n tumbles) = (1 − z)ⁿ(1 + nz) (Orsingher & De Gregorio 2007). Two of four
/// coordinates have P(· > y | n) = (1 − y)ⁿ⁺¹, and the Poisson mean of that is the formula above.
#[inline(always)]
pub(super) fn disk<const D: usize>(
    space: &VelocitySpace<D>,
    time: f64,
    rng: &mut Stream,
) -> Vector<D> {
    let y = rng.random::<f64>().min(exponential(rng) / time);
    scaled(space.max_speed() * time * y.sqrt(), &direction(rng))
}

#[inline(always)]
fn exponential(rng: &mut Stream) -> f64 {
    Exp1.sample(rng)
}

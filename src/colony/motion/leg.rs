//! One leg of one lane of a [round](super::round): how far it goes, and what becomes of its candidate.

use super::lanes::{LANES, Lane};
use super::pass::UNDRAWN;
use super::round::{DONE, DUE, Flight, OPEN, OUTSIDE, Rounds, TURNED};
use super::tangents::{QUAD, QUADS};
use crate::vector::Vector;

/// The records of all lanes, quad by quad.
pub(super) type Records = [[[f32; QUAD]; LANES]; QUADS];

/// What is known of a lane's leg before its candidate is drawn.
pub(super) struct Aim<const D: usize> {
    /// g + H(x − c) here, Hw, and H.
    here: Vector<D>,
    bend: Vector<D>,
    hessian: [Vector<D>; D],
    /// w·∇S now, and how fast it changes.
    now: f64,
    change: f64,
    /// How far off that can be.
    residual: f64,
    /// Whether T ≥ 0 all along.
    is_sure: bool,
    /// When the leg ends.
    pub cap: f64,
    /// No T/F on it is above this.
    pub bound: f64,
}

impl<const D: usize> Rounds<'_, D> {
    /// What lane `l` is to fly: how far, and what its candidate is drawn from.
    #[inline(always)]
    pub(super) fn aim<const SATURATES: bool>(
        &self,
        flight: &Flight<D>,
        records: &Records,
        from_middle: &[Lane<f64>; D],
        l: usize,
    ) -> Aim<D> {
        let (tangents, affine) = (self.tangents, &self.tangents.affine);
        let (per_epsilon, kappa) = (1.0 / self.scaling.epsilon(), affine.saturation);
        let (mut gradient, mut hessian) = ([0.0; D], [[0.0; D]; D]);
        let mut k = 0;
        for a in 0..D {
            gradient[a] = field(records, l, k);
            k += 1;
        }
        for a in 0..D {
            for b in a..D {
                (hessian[a][b], hessian[b][a]) = (field(records, l, k), field(records, l, k));
                k += 1;
            }
        }
        let (horizon, residual) = (field(records, l, k), field(records, l, k + 1));
        let gains = if D > 1 { field(records, l, k + 2) } else { tangents.gains };
        // w·∇S now, how fast it changes, and both ends of the leg.
        let (mut here, mut bend, mut now) = ([0.0; D], [0.0; D], 0.0);
        for a in 0..D {
            here[a] = gradient[a];
            for b in 0..D {
                here[a] += hessian[a][b] * from_middle[b][l];
                bend[a] += hessian[a][b] * flight.w[b][l];
            }
        }
        let mut change = 0.0;
        for a in 0..D {
            now += flight.w[a][l] * here[a];
            change += flight.w[a][l] * bend[a];
        }
        let change = change * per_epsilon;
        let now = now - 0.5 * affine.lag * self.scaling.epsilon() * change;
        let rest = flight.rest[l];
        let cap = if rest < horizon { rest } else { horizon };
        let then = now + change * cap;
        let (low, high) = if now < then { (now, then) } else { (then, now) };
        let around = affine.slack + gains;
        let (rate, loss) = (affine.rate, affine.loss);
        let top = rate + around + loss * sigma::<SATURATES>(kappa, low - residual);
        let steep = loss * sigma::<SATURATES>(kappa, high + residual);
        // Where T could be negative the candidates are those of a wide bound, to be looked at and counted.
        let is_sure = rate - around + steep > 0.0;
        let wide = rate + around - steep;
        let wide = if wide > top { wide } else { top };
        let bound = if is_sure { top } else { wide };
        let bound = if bound < tangents.highest { bound } else { tangents.highest };
        Aim { here, bend, hessian, now, change, residual, is_sure, cap, bound }
    }

    /// The leg of lane `l`, and what is known of its candidate: it waits for `wait` over the bound, has the level
    /// `level` times the bound, and proposes v.
    #[inline(always)]
    pub(super) fn land<const GAIN: bool, const SATURATES: bool>(
        &self,
        flight: &mut Flight<D>,
        aim: &Aim<D>,
        (wait, level, v): (f64, f64, Vector<D>),
        l: usize,
    ) {
        let affine = &self.tangents.affine;
        let (lower, upper) = (self.grid.lower, self.grid.upper);
        let (per_epsilon, kappa) = (1.0 / self.scaling.epsilon(), affine.saturation);
        let steepness = affine.slope() * aim.residual;
        let time = wait / aim.bound;
        let is_due = time < aim.cap;
        let time = if is_due { time } else { aim.cap };
        let level = level * aim.bound;
        let mut turns =
            affine.rate + affine.loss * sigma::<SATURATES>(kappa, aim.now + aim.change * time);
        let mut doubt = affine.slack - affine.loss * steepness;
        if GAIN {
            let mut ahead = 0.0;
            for a in 0..D {
                let mut sensed = aim.here[a] + aim.bend[a] * (per_epsilon * time);
                for b in 0..D {
                    sensed += aim.hessian[a][b] * (0.5 * affine.lag * v[b]);
                }
                ahead += v[a] * sensed;
            }
            turns += affine.gain * sigma::<SATURATES>(kappa, ahead);
            doubt += affine.gain * steepness;
        }
        let below = level < turns - doubt;
        let is_known = aim.is_sure & (below | (level >= turns + doubt));
        let is_turned = is_due & is_known & below;
        let mut is_outside = false;
        for a in 0..D {
            let w = flight.w[a][l];
            let x = flight.x[a][l] + per_epsilon * time * w;
            is_outside |= (x < lower[a]) | (x >= upper[a]);
            flight.x[a][l] = x;
            flight.w[a][l] = if is_turned { v[a] } else { w };
            flight.proposal[a][l] = v[a];
        }
        flight.drawn[l] = UNDRAWN;
        (flight.bound[l], flight.level[l]) = (aim.bound, level);
        let rest = flight.rest[l] - time;
        flight.rest[l] = rest;
        flight.became[l] = u64::from(is_due) << DUE
            | u64::from(is_turned) << TURNED
            | u64::from(is_due & !is_known) << OPEN
            | u64::from(is_outside) << OUTSIDE
            | u64::from(rest <= 0.0) << DONE;
    }
}

/// A number of lane `l`'s record.
#[inline(always)]
fn field(records: &Records, l: usize, k: usize) -> f64 {
    f64::from(records[k / QUAD][l][k % QUAD])
}

/// σ(y) of [`crate::turning::Affine`].
#[inline(always)]
fn sigma<const SATURATES: bool>(kappa: f64, y: f64) -> f64 {
    let z = kappa * y;
    if SATURATES { z / (1.0 + z * z).sqrt() } else { y }
}

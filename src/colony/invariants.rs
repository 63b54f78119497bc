//! What must hold at every field step whatever the experiment: how often it was looked at, and how near it came to
//! being broken.
//!
//! What can be answered by counting is counted here (ρ_h < 0 and, in [`crate::motion::Tally`], T < 0 and cells
//! outside the box of the whole space); all else ends the run where it is broken.

use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// How what must hold has held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Invariants {
    /// Cells that were found at a finite place in the box with a finite velocity. In the whole space the place is
    /// finite.
    pub cells: u64,
    /// Populations found to have the cells that they had, and those that were born, less those that died.
    pub counts: u64,
    /// Populations whose mass was compared with that of their deposit.
    pub masses: u64,
    /// The largest difference of the two, relative to the mass.
    pub mass: f64,
    /// Nodal values of ρ_h that were looked at.
    pub nodes: u64,
    /// Those of them below 0 by more than round-off.
    pub negative_nodes: u64,
    /// The lowest of these over the largest value of its field; 0 if there is none.
    pub lowest: f64,
    /// Candidate events at which T/F was computed; at others it is known to lie within its bounds.
    pub looks: u64,
    /// The largest T/F there over the bound from which the candidates were drawn.
    pub steepest: f64,
}

impl Invariants {
    /// Takes a T/F of a candidate in whose bound is `bound`.
    #[inline(always)]
    pub fn look(&mut self, rate: f64, bound: f64) {
        self.looks += 1;
        // A quotient that is no record is not needed.
        if rate > self.steepest * bound {
            self.steepest = rate / bound;
        }
    }

    /// Takes the mass of a population and that of its deposit in.
    pub fn weigh(&mut self, mass: f64, deposited: f64) {
        self.masses += 1;
        self.mass = self.mass.max(difference(mass, deposited));
    }

    /// Takes the nodal values of a ρ_h in.
    pub fn survey(&mut self, density: &[f64]) {
        let low = density.iter().copied().fold(f64::INFINITY, f64::min);
        self.nodes += density.len() as u64;
        if low >= 0.0 {
            return;
        }
        let high = density.iter().copied().fold(0.0, f64::max);
        let below = |rho: &&f64| **rho < -ROUND_OFF * high;
        let negative = density.iter().filter(below).count() as u64;
        if negative > 0 {
            self.negative_nodes += negative;
            self.lowest = self.lowest.min(low / high);
        }
    }
}

/// Transforms leave no more than this of the largest value where a density vanishes.
const ROUND_OFF: f64 = 1e-13;

/// How far two masses are apart, relative to the first; infinite if that is 0 and the other is not.
pub fn difference(mass: f64, deposited: f64) -> f64 {
    let apart = (mass - deposited).abs();
    if apart == 0.0 { 0.0 } else { apart / mass }
}

impl AddAssign for Invariants {
    fn add_assign(&mut self, other: Self) {
        self.cells += other.cells;
        self.counts += other.counts;
        self.masses += other.masses;
        self.mass = self.mass.max(other.mass);
        self.nodes += other.nodes;
        self.negative_nodes += other.negative_nodes;
        self.lowest = self.lowest.min(other.lowest);
        self.looks += other.looks;
        self.steepest = self.steepest.max(other.steepest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_keep_the_worst() {
        let mut all = Invariants::default();
        all.look(0.5, 1.0);
        all.weigh(2.0, 1.75);
        all.survey(&[4.0, 0.0, 1e-300]);
        assert_eq!((all.steepest, all.mass, all.negative_nodes, all.lowest), (0.5, 0.125, 0, 0.0));
        let mut one = Invariants::default();
        one.look(3.0, 4.0);
        one.weigh(2.0, 1.5);
        one.survey(&[4.0, -1.0, -2.0, -1e-15]);
        all += one;
        assert_eq!((all.looks, all.masses, all.nodes), (2, 2, 7));
        assert_eq!((all.steepest, all.mass, all.negative_nodes, all.lowest), (0.75, 0.25, 2, -0.5));
        assert_eq!(difference(0.0, 1.0), f64::INFINITY);
        assert_eq!(difference(0.0, 0.0), 0.0);
    }
}

//! A sum of many flights, split into pieces whose length is drawn from a table.

use super::exponentials;
use super::modes::Modes;
use super::poisson::poisson;
use super::resolvent::Resolvent;
use super::table::{NODES, Table};
use super::transform::Transform;
use crate::rng::Stream;
use crate::vector::{Vector, add_scaled, scaled};
use crate::velocity::{VelocitySpace, direction};
use rand::RngExt;
use rand_distr::{Distribution, Exp1};
use std::sync::OnceLock;

/// Pieces have j·64ᵗ flights, j = 1…63, t = 0…3: the digits of the number of flights.
const BASE: u64 = 64;
const LEVELS: usize = 4;

/// Tables of |Σ Eᵢvᵢ|/Σ Eᵢ for V and F.
#[derive(Debug)]
pub(super) struct Pieces<const D: usize> {
    resolvent: Resolvent,
    modes: Modes<D>,
    /// Up to this many flights the law is not smooth enough for a table, and they are drawn singly.
    direct: u64,
    tables: Vec<OnceLock<Table>>,
}

impl<const D: usize> Pieces<D> {
    /// Finds out from how many flights on tables will do; makes none yet.
    pub(super) fn new(space: &VelocitySpace<D>) -> Self {
        let resolvent = Resolvent::new(space);
        let sizes = (0..LEVELS).flat_map(|level| (1..BASE).map(move |j| size(level, j)));
        let rough = |k: &u64| *k < 2 || !Transform::new(&resolvent, *k).is_resolved();
        let direct = sizes.take_while(rough).last().unwrap_or(1);
        let tables = (0..LEVELS * (BASE as usize - 1)).map(|_| OnceLock::new()).collect();
        Self { resolvent, modes: Modes::new(NODES), direct, tables }
    }

    /// ∫v dt over `time` (in units of 1/Λ) of a walk that starts with a velocity from F.
    #[inline(always)]
    pub(super) fn path(&self, space: &VelocitySpace<D>, time: f64, rng: &mut Stream) -> Vector<D> {
        let flights = 1 + poisson(time, rng);
        if flights > self.direct && flights < BASE {
            let mean = self.table(0, flights).draw(rng.random());
            return scaled(time * mean, &direction(rng));
        }
        let (path, total) = self.sum(space, flights, rng);
        scaled(time / total, &path)
    }

    /// (Σ Eᵢvᵢ, Σ Eᵢ) over `flights` velocities from F and standard exponential variables.
    #[inline(always)]
    pub(super) fn sum(
        &self,
        space: &VelocitySpace<D>,
        flights: u64,
        rng: &mut Stream,
    ) -> (Vector<D>, f64) {
        let (mut path, mut time) = ([0.0; D], 0.0);
        let (mut rest, mut level) = (flights, LEVELS - 1);
        while rest > 0 {
            let digit = (rest / size(level, 1)).min(BASE - 1);
            let count = size(level, digit);
            if count > self.direct {
                let duration = exponentials(count, rng);
                let mean = self.table(level, digit).draw(rng.random());
                path = add_scaled(&path, duration * mean, &direction(rng));
                time += duration;
            } else {
                for _ in 0..count {
                    let duration: f64 = Exp1.sample(rng);
                    path = add_scaled(&path, duration, &space.sample(rng));
                    time += duration;
                }
            }
            rest -= count;
            level -= usize::from(level > 0 && rest < size(level, 1));
        }
        (path, time)
    }

    /// The table for `digit`·64^`level` flights.
    #[inline(always)]
    pub(super) fn table(&self, level: usize, digit: u64) -> &Table {
        self.tables[level * (BASE as usize - 1) + digit as usize - 1]
            .get_or_init(|| Table::new(&self.resolvent, &self.modes, size(level, digit)))
    }

    /// The largest number of flights that are drawn singly.
    #[inline(always)]
    pub(super) fn direct(&self) -> u64 {
        self.direct
    }
}

/// `digit`·64^`level`.
#[inline(always)]
fn size(level: usize, digit: u64) -> u64 {
    digit << (6 * level)
}

//! The history of one cell of a block, written down as it flies among the others.

use super::block::Flight;
use super::lanes::{Lane, uniform};
use crate::vector::Vector;

/// A candidate event of the cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate<const D: usize> {
    /// Time since the start of Δt.
    pub time: f64,
    /// Where.
    pub at: Vector<D>,
    /// The velocity that it comes with.
    pub before: Vector<D>,
    /// The one proposed.
    pub proposed: Vector<D>,
    /// T/F of that turn; over the proposal's density relative to F, where the kernel proposes.
    pub rate: f64,
    /// What candidates were drawn from.
    pub bound: f64,
    /// Up to where they turn unseen.
    pub floor: f64,
    /// The cell turns if this is below the rate.
    pub level: f64,
    /// The uniforms that time and level were made of.
    pub draws: [f64; 2],
    /// Whether it turned; `None` where the rate is none that may be.
    pub turned: Option<bool>,
}

/// What is written down of a cell.
#[derive(Clone, Debug)]
pub struct Trace<const D: usize> {
    /// Its number in the block.
    pub cell: usize,
    /// Its candidates, in the order of time.
    pub candidates: Vec<Candidate<D>>,
    /// Its lane, while it is in one.
    pub(super) lane: Option<usize>,
    pub(super) clock: u64,
}

impl<const D: usize> Trace<D> {
    /// Of a cell, by its number in the block.
    pub fn of(cell: usize) -> Self {
        Self { cell, candidates: Vec::new(), lane: None, clock: 0 }
    }

    /// Looks which lane holds the cell.
    #[cold]
    pub(super) fn find(&mut self, busy: u32, cells: &Lane<usize>) {
        self.lane = (0..cells.len()).find(|l| busy >> l & 1 == 1 && cells[*l] == self.cell);
    }

    /// Takes a candidate, if there is one in the lane of the cell.
    #[cold]
    pub(super) fn take(
        &mut self,
        flight: &Flight<D>,
        duration: f64,
        [level, draws]: [&Lane<f64>; 2],
        proposal: &[Lane<f64>; D],
        rate: impl FnOnce(&Vector<D>, &Vector<D>, &Vector<D>) -> f64,
    ) {
        let Some(l) = self.lane.filter(|l| flight.due[*l] != 0) else { return };
        let (at, before) = (flight.position(l), flight.velocity(l));
        let proposed = std::array::from_fn(|a| proposal[a][l]);
        self.candidates.push(Candidate {
            time: duration - flight.rest[l],
            at,
            before,
            proposed,
            rate: rate(&at, &proposed, &before),
            bound: flight.bound[l],
            floor: flight.floor[l],
            level: level[l],
            draws: [uniform(self.clock), draws[l]],
            turned: None,
        });
    }

    /// Takes what became of the candidate.
    #[cold]
    pub(super) fn ended(&mut self, flight: &Flight<D>, turns: &Lane<u64>) {
        let Some(l) = self.lane.filter(|l| flight.due[*l] != 0) else { return };
        if let Some(last) = self.candidates.last_mut() {
            last.turned = Some(turns[l] != 0);
        }
    }
}

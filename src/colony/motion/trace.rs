//! The history of one cell of a block, written down as it flies among the others.

use super::lanes::Lane;
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
    /// What its next event is drawn from.
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

    /// Its lane, if an event is due there.
    pub(super) fn due(&self, due: &Lane<u64>) -> Option<usize> {
        self.lane.filter(|l| due[*l] != 0)
    }

    /// Takes what became of the candidate.
    #[cold]
    pub(super) fn ended(&mut self, due: &Lane<u64>, turns: &Lane<u64>) {
        if let (Some(l), Some(last)) = (self.due(due), self.candidates.last_mut()) {
            last.turned = Some(turns[l] != 0);
        }
    }
}

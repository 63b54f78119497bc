//! Processes that have the cells of one realisation between them, each a range of them.
//!
//! A sum over all cells passes through the crew in the order of the cells: each takes the sum of those before, adds
//! its own to it and hands it on, and the last one tells all. So it carries the bits of one process that has all cells,
//! whatever the size of the crew; sums of the crew's sums would not, unless all were made in fixed point.

use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::Range;
use std::sync::Arc;

/// Numbers that are handed on at once: while one adds its own to these, the next has those before.
const CHUNK: usize = 1 << 16;
/// Those of them that a thread adds up at once.
const PIECE: usize = 1 << 13;

/// How a process reaches the others.
pub trait Link: Send + Sync {
    /// The number of this process, from 0 on, and that of all.
    fn place(&self) -> (usize, usize);
    /// Hands bytes to the next one.
    fn send(&self, bytes: &[u8]);
    /// Takes what the one before has sent.
    fn receive(&self) -> Vec<u8>;
    /// Gives what the last one has in `bytes` to all.
    fn tell(&self, bytes: &mut Vec<u8>);
}

/// A process among those that have the cells of one realisation. All of them do the same in the same order.
#[derive(Clone, Default)]
pub struct Crew(Option<Arc<dyn Link>>);

impl Crew {
    /// One that reaches the others by `link`.
    pub fn new(link: Arc<dyn Link>) -> Self {
        Self(Some(link))
    }

    /// Whether this process has all cells.
    pub fn is_alone(&self) -> bool {
        self.place().1 == 1
    }

    /// The number of this process, from 0 on, and that of all.
    pub fn place(&self) -> (usize, usize) {
        self.0.as_ref().map_or((0, 1), |link| link.place())
    }

    /// The part that this process has of `count` things which come `length` at a time.
    pub fn own(&self, count: usize, length: usize) -> Range<usize> {
        let (number, all) = self.place();
        let pieces = count.div_ceil(length);
        let start = |number: usize| (number * pieces / all * length).min(count);
        start(number)..start(number + 1)
    }

    /// `start` after each process has done `add` to it, in their order.
    pub fn fold<T: Serialize + DeserializeOwned>(&self, start: T, add: impl FnOnce(T) -> T) -> T {
        let Some(link) = &self.0 else { return add(start) };
        let decoded = |bytes: &[u8]| postcard::from_bytes(bytes).expect("this program has sent it");
        let (number, all) = link.place();
        let before = if number == 0 { start } else { decoded(&link.receive()) };
        let mut bytes = postcard::to_stdvec(&add(before)).expect("plain data");
        if number + 1 < all {
            link.send(&bytes);
        }
        link.tell(&mut bytes);
        decoded(&bytes)
    }

    /// The sum of the terms of all.
    pub fn sum(&self, terms: impl Iterator<Item = f64>) -> f64 {
        self.fold(-0.0, |sum| terms.fold(sum, |sum, term| sum + term))
    }

    /// How many all have, of which this process has `own`.
    pub fn count(&self, own: usize) -> usize {
        self.fold(0, |sum: usize| sum + own)
    }

    /// Adds up fields: those of the first process, those of the next and so on, into `first` of all of them. `first` and
    /// `others` are those of this process; where there is none, `first` is 0.
    pub fn add_up(&self, first: &mut [f64], others: &[Vec<f64>]) {
        let add = |at: usize, sum: &mut [f64]| {
            sum.par_chunks_mut(PIECE).enumerate().for_each(|(piece, sum)| {
                for other in others {
                    let from = &other[at + piece * PIECE..][..sum.len()];
                    sum.iter_mut().zip(from).for_each(|(s, p)| *s += p);
                }
            });
        };
        let Some(link) = &self.0 else { return add(0, first) };
        let (number, all) = link.place();
        for (chunk, sum) in first.chunks_mut(CHUNK).enumerate() {
            if number > 0 {
                let before = link.receive();
                let before =
                    before.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().expect("8")));
                sum.iter_mut().zip(before).for_each(|(own, before)| *own += before);
            }
            add(chunk * CHUNK, sum);
            if number + 1 < all {
                link.send(bytemuck::cast_slice(sum));
            }
        }
        let mut bytes = bytemuck::cast_slice(first).to_vec();
        link.tell(&mut bytes);
        bytemuck::cast_slice_mut(first).copy_from_slice(&bytes);
    }
}

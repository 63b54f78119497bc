//! Randomness is a pure function of names: (seed, purpose, replicate, population, block, step).
//!
//! A stream belongs to what it is for, never to a thread, so results carry the same bits for any
//! number of threads, and replicate k is the same alone or among many.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The generator behind every draw: xoshiro256++ (Blackman & Vigna 2021), named and portable.
pub type Stream = Xoshiro256PlusPlus;

/// Every purpose that randomness is drawn for. A new use adds a line here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Positions at t = 0.
    InitialPosition = 1,
    /// Velocities at t = 0.
    InitialVelocity = 2,
    /// Flights and tumbles.
    Motion = 3,
    /// Statistics (simulated coverage of intervals, and the like).
    Statistics = 4,
    /// Births and deaths at a net rate.
    Growth = 5,
    /// Reactions.
    Reaction = 6,
    /// Which cells a merger keeps.
    Merger = 7,
    /// Flights and tumbles on a device, which counts its draws itself.
    Flight = 8,
    /// Rounding of places to what they are kept in.
    Settling = 9,
}

/// The name of a population that has none.
pub const ALONE: &str = "cells";

/// Root of all the streams of one replicate.
///
/// ```
/// use kinetaxis::rng::{Purpose, Streams};
/// use rand::RngExt;
/// let a: f64 = Streams::new(7, 3).stream(Purpose::Motion, 0, 5).random();
/// let b: f64 = Streams::new(7, 3).stream(Purpose::Motion, 0, 5).random();
/// assert_eq!(a, b);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    seed: u64,
    replicate: u64,
    /// 0 where there is but one population.
    population: u64,
}

impl Streams {
    /// The streams of replicate `replicate` of the experiment seeded by `seed`.
    pub fn new(seed: u64, replicate: u64) -> Self {
        Self { seed, replicate, population: 0 }
    }

    /// Those of the population of this name: other populations, more or fewer, do not matter to them. The name of
    /// a population that is alone is `cells`.
    pub fn of_population(self, name: &str) -> Self {
        let letters = name.bytes().map(u64::from);
        let hash = if name == ALONE { 0 } else { letters.fold(1, absorb) };
        Self { population: hash, ..self }
    }

    /// The replicate that these streams belong to.
    pub fn replicate(&self) -> u64 {
        self.replicate
    }

    /// The stream for `purpose`, a block of cells and a field step.
    pub fn stream(&self, purpose: Purpose, block: u64, step: u64) -> Stream {
        Stream::seed_from_u64(self.named(&[purpose as u64, self.replicate, block, step]))
    }

    /// What a generator starts from that counts blocks and field steps itself.
    pub fn key(&self, purpose: Purpose) -> u64 {
        self.named(&[purpose as u64, self.replicate])
    }

    fn named(&self, words: &[u64]) -> u64 {
        let mut key = absorb(0x6b69_6e65_7461_7869, self.seed);
        for word in words {
            key = absorb(key, *word);
        }
        if self.population != 0 {
            key = absorb(key, self.population);
        }
        key
    }
}

/// One round of a 64-bit hash: the finaliser of SplitMix64 (Steele, Lea & Flood 2014) of the state
/// and the next word. Each word passes a full avalanche before the next one enters.
fn absorb(state: u64, word: u64) -> u64 {
    let mut z = state.rotate_left(23) ^ word.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn different_names_give_different_streams() {
        let mut seen = HashSet::new();
        for replicate in 0..20 {
            for block in 0..20 {
                for step in 0..50 {
                    for purpose in [Purpose::Motion, Purpose::InitialPosition] {
                        use rand::RngExt;
                        let word: u64 =
                            Streams::new(1, replicate).stream(purpose, block, step).random();
                        assert!(seen.insert(word));
                    }
                }
            }
        }
    }
}

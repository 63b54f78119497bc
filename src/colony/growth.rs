//! Births and deaths, (∂tf)_bd = r(ρ,S) f (Othmer, Dunbar & Alt 1988; CMPS after 4), which add
//! r(ρ,S)ρ to the limit.
//!
//! Only the net rate r is given: a cell divides at rate r where r > 0, and dies at rate −r where
//! r < 0. A daughter starts where her mother is, with the same velocity. ρ is K_h * ρ for cells, and r is
//! taken at ρ⁺ = max(ρ, 0).
//!
//! Of a rate that is no constant nothing is born where |ρ| is below [`FLOOR`] of its largest value: there is
//! nothing but the round-off of the solvers' transforms, which would be the seed of a colony.

use crate::cells::{BLOCK, Cells, Population};
use crate::formula::Quantity;
use crate::reaction::Census;
use crate::rng::{Purpose, Stream, Streams};
use crate::scaling::PER_TIME;
use crate::schema::{ANY, Fallback, Key, Kind, OutOfRange, Ranged, key};
use crate::signal::{AROUND, Arguments, Surroundings};
use crate::spectral::Spectral;
use crate::vector::Vector;
use rand::RngExt;
use rayon::prelude::*;

/// The share of the largest |ρ| below which nothing is born.
pub const FLOOR: f64 = 1e-13;

/// Keys of the experiment file.
#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    key("cells.growth", Kind::Quantity(ANY, AROUND), Fallback::Value("0.0"),
        "r, births (r > 0) or deaths (r < 0) of a cell per unit of time: (df/dt)_bd = r(rho, S) f. A daughter starts with her mother's place and velocity.").of(PER_TIME)
        .sample("\"1 - rho\""),
];

/// r, in the densities of all populations and all signals.
#[derive(Clone, Debug)]
pub struct Growth {
    rate: Ranged,
}

impl Growth {
    /// The growth of a population; `None` if cells neither divide nor die.
    pub fn of(cells: &Cells) -> Option<Self> {
        let rate = cells.growth.clone();
        (!matches!(rate, Quantity::Constant(0.0)))
            .then(|| Self { rate: Ranged::new(KEYS, "cells.growth", rate) })
    }

    /// r, as an expression.
    pub fn rate(&self) -> &Ranged {
        &self.rate
    }

    /// r, if it is the same everywhere.
    pub fn constant(&self) -> Option<f64> {
        self.rate.constant()
    }

    /// Why r is refused at some node, if it is: [`Growth::nodal`] is NaN there.
    pub fn refused<const D: usize>(
        &self,
        spectral: &Spectral<D>,
        around: Surroundings<'_>,
    ) -> Option<OutOfRange> {
        Arguments::complete(spectral, around).refused([&self.rate])
    }

    /// What to say of rates that are numbers one by one, but too large to be made a field.
    pub fn overflow(&self) -> OutOfRange {
        self.rate.overflow()
    }

    /// r at the nodes; NaN where it is no number.
    pub fn nodal<const D: usize>(
        &self,
        spectral: &Spectral<D>,
        around: Surroundings<'_>,
    ) -> Vec<f64> {
        Arguments::new(spectral, around, [&self.rate]).nodal(&self.rate)
    }

    /// Adds the coefficients of rρ to `term`, from those of ρ.
    pub fn add_to<const D: usize>(
        &self,
        spectral: &Spectral<D>,
        around: Surroundings<'_>,
        density: &[f64],
        term: &mut [f64],
    ) {
        self.add_above(0.0, spectral, around, density, term);
    }

    /// The same, without births where |ρ| is at most `floor` of its largest value at the nodes.
    pub fn add_above<const D: usize>(
        &self,
        floor: f64,
        spectral: &Spectral<D>,
        around: Surroundings<'_>,
        density: &[f64],
        term: &mut [f64],
    ) -> Pace {
        let (mut rates, mut births) = (self.nodal(spectral, around), spectral.inverse(density));
        let (most, no_number) =
            (rates.iter().fold(0.0_f64, |m, r| m.max(*r)), rates.iter().any(|r| r.is_nan()));
        barren(floor, &births, &mut rates);
        let fastest = rates.iter().fold(0.0_f64, |m, r| m.max(r.abs()));
        let pace = Pace { fastest: if no_number { f64::NAN } else { fastest }, births: most };
        births.iter_mut().zip(&rates).for_each(|(rho, r)| *rho *= r);
        spectral.forward_in_place(&mut births);
        term.iter_mut().zip(&births).for_each(|(t, b)| *t += b);
        pace
    }
}

/// Leaves no births in nodal rates where |ρ| is at most `floor` of its largest value.
pub fn barren(floor: f64, density: &[f64], rates: &mut [f64]) {
    let floor = floor * density.iter().fold(0.0_f64, |m, rho| m.max(rho.abs()));
    let births = density.iter().zip(rates).filter(|(rho, r)| rho.abs() <= floor && **r > 0.0);
    births.for_each(|(_, r)| *r = 0.0);
}

/// How fast a colony changes, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// |r| where it acts; NaN if r is no number somewhere.
    pub fastest: f64,
    /// r⁺ anywhere.
    pub births: f64,
}

/// Lets every cell divide or die for a time `h` at the rate `rate` where it is; the cells come out in the
/// order of their mothers. `names` are the streams, and the number of this time among all.
///
/// While r ≥ 0, a cell has n descendants, itself among them, with probability p(1−p)^{n−1}, p = e^{−rh}
/// (Yule 1925); while r < 0, it lives on with probability e^{rh}.
///
/// # Errors
/// How many there would be, if more than `most`; then nothing is done.
pub fn divide<const D: usize>(
    cells: &mut Population<D>,
    rate: impl Fn(&Vector<D>) -> f64 + Sync,
    h: f64,
    (streams, number): (Streams, u64),
    most: usize,
) -> Result<Census, f64> {
    let rate = &rate;
    let counts: Vec<u64> = (cells.positions.par_blocks(BLOCK).enumerate())
        .flat_map_iter(|(block, xs)| {
            let mut stream = streams.stream(Purpose::Growth, block as u64, number);
            xs.iter().map(|x| descendants(h * rate(x), &mut stream)).collect::<Vec<_>>()
        })
        .collect();
    let all = counts.iter().map(|count| *count as f64).sum::<f64>();
    if all > most as f64 {
        return Err(all);
    }
    cells.take(repeated(&counts));
    let born = counts.iter().map(|count| count.saturating_sub(1)).sum();
    Ok(Census { born, died: counts.iter().filter(|count| **count == 0).count() as u64 })
}

/// How many there are of a cell after a time in which it had `expected` divisions, or, if that is
/// negative, deaths.
fn descendants(expected: f64, stream: &mut Stream) -> u64 {
    // In (0, 1].
    let u: f64 = 1.0 - stream.random::<f64>();
    let alone = (-expected).exp();
    match expected {
        a if a < 0.0 => u64::from(u <= a.exp()),
        a if u > -(-a).exp_m1() => 1,
        // More than can be counted.
        _ if alone == 0.0 => u64::MAX,
        _ => 1 + (u.ln() / (-alone).ln_1p()) as u64,
    }
}

/// Every number as often as its count says.
fn repeated(counts: &[u64]) -> impl Iterator<Item = usize> + Clone + '_ {
    counts.iter().enumerate().flat_map(|(i, count)| std::iter::repeat_n(i, *count as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean e^{a} and, for births, the variance e^{a}(e^{a} − 1) of Yule's law; for deaths those of
    /// a coin. False alarm 1e-6 a verdict (4.9 standard errors); a mean wrong by 0.6% would be seen.
    #[test]
    fn descendants_follow_the_laws_of_birth_and_of_death() {
        let n = 400_000_u32;
        for (i, a) in [0.3_f64, 1.5, 1e-3, -0.2, -2.0, 0.0].into_iter().enumerate() {
            let mut stream = Streams::new(11, i as u64).stream(Purpose::Growth, 0, 0);
            let counts: Vec<f64> = (0..n).map(|_| descendants(a, &mut stream) as f64).collect();
            let mean = counts.iter().sum::<f64>() / f64::from(n);
            let variance =
                counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / f64::from(n - 1);
            let due = if a < 0.0 { a.exp() * -a.exp_m1() } else { a.exp() * a.exp_m1() };
            assert!((mean - a.exp()).abs() <= 4.9 * (due / f64::from(n)).sqrt(), "{a}: {mean}");
            assert!((variance - due).abs() <= 0.05 * due, "{a}: {variance} for {due}");
        }
    }

    /// Counts that no integer of 32 bits holds, and none at all.
    #[test]
    fn descendants_are_counted_however_many() {
        let mut stream = Streams::new(12, 0).stream(Purpose::Growth, 0, 0);
        let mut of = |a: f64| descendants(a, &mut stream);
        // e³⁰ = 1.07e13: below a millionth of it once in 10⁶.
        assert!((0..100).all(|_| of(30.0) > 10_000_000));
        assert_eq!((of(1e5), of(1e308), of(-1e308)), (u64::MAX, u64::MAX, 0));
        let streams = (Streams::new(12, 0), 0);
        let mut cells = Population::new(vec![[0.0]; 5], vec![[1.0]; 5], 0.2);
        assert!(divide(&mut cells, |_| 1e5, 1.0, streams, 1000).unwrap_err() > 9e19);
        assert_eq!(cells.len(), 5);
    }

    #[test]
    fn daughters_stand_beside_their_mothers() {
        assert_eq!(repeated(&[2, 0, 1]).collect::<Vec<_>>(), [0, 0, 2]);
    }
}

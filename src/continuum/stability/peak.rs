//! The wave that grows fastest.

use super::spectrum::Spectrum;
use crate::grid::{Boundary, Grid};
use std::f64::consts::PI;

/// Wave numbers that are tried first, evenly in their logarithms.
const TRIED: usize = 96;
/// Relative accuracy of the one that grows fastest.
const CLOSE: f64 = 1e-7;
/// Waves of the box that are tried on each side of it.
const NEAR: usize = 6;
/// Wave numbers along an axis, at most.
const MOST: usize = 512;

/// How a wave grows: e^{(rate ± i frequency)t}.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mode {
    /// |k|.
    pub number: f64,
    /// max Re σ.
    pub rate: f64,
    /// |Im σ|.
    pub frequency: f64,
}

/// The waves that grow fastest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// Of all in the range that was searched.
    pub free: Mode,
    /// Of those that the box admits.
    pub in_box: Mode,
    /// Whether the first is at an end of the range: waves beyond it grow faster still.
    pub at_end: bool,
}

/// The |k| > 0 that a box admits, up to the finest that its grid holds along every axis, sorted: 2πm/L on periodic axes, πm/L on those
/// between walls, and their vector sums.
pub fn wave_numbers<const D: usize>(grid: &Grid<D>) -> Vec<f64> {
    let (lengths, spacing) = (grid.lengths(), grid.spacing());
    let most = (0..D).map(|a| PI / spacing[a]).fold(f64::INFINITY, f64::min);
    let mut squares = vec![0.0];
    for a in 0..D {
        let unit = match grid.boundary[a] {
            Boundary::NoFlux => PI / lengths[a],
            _ => 2.0 * PI / lengths[a],
        };
        let axis: Vec<f64> = (0..=MOST).map(|m| (unit * m as f64).powi(2)).collect();
        let sums = squares.iter().flat_map(|s| axis.iter().map(move |k2| s + k2));
        let mut next: Vec<f64> = sums.filter(|k2| *k2 <= most * most * (1.0 + 1e-9)).collect();
        next.sort_by(f64::total_cmp);
        next.dedup_by(|b, a| *b - *a <= 1e-12 * *b);
        squares = next;
    }
    squares.into_iter().filter(|k2| *k2 > 0.0).map(f64::sqrt).collect()
}

/// The fastest growing wave between an eighth of the lowest of the sorted `admitted` wave numbers and the highest, to a relative 10⁻⁷
/// in |k| (a peak narrower than a tenth of its |k| may be missed), and the fastest of those admitted near to it, and near to the best of the
/// few that are tried. `None` where there are no eigenvalues.
pub fn peak(of: impl Fn(f64) -> Option<Spectrum>, admitted: &[f64]) -> Option<Peak> {
    let mode =
        |number: f64| of(number).map(|s| Mode { number, rate: s.rate(), frequency: s.frequency() });
    let (low, high) = (admitted.first()? / 8.0, *admitted.last()?);
    let at = |j: usize| low * (high / low).powf(j as f64 / (TRIED - 1) as f64);
    let tried: Vec<Mode> = (0..TRIED).map(|j| mode(at(j))).collect::<Option<_>>()?;
    let best = (0..TRIED).max_by(|i, j| tried[*i].rate.total_cmp(&tried[*j].rate))?;
    let sides = [at(best.saturating_sub(1)), at((best + 1).min(TRIED - 1))];
    let between = golden(|k| mode(k).map(|m| m.rate), sides)?;
    let free = faster(tried[best], mode(between)?);
    let first = admitted.partition_point(|k| *k < free.number);
    let near = first.saturating_sub(NEAR)..(first + NEAR).min(admitted.len());
    let few = admitted.len().div_ceil(TRIED);
    let numbers = near.map(|j| admitted[j]).chain(admitted.iter().copied().step_by(few));
    let modes: Vec<Mode> = numbers.map(mode).collect::<Option<_>>()?;
    let in_box = modes.into_iter().reduce(faster)?;
    let free = faster(free, in_box);
    let at_end =
        free.number <= low * (1.0 + 10.0 * CLOSE) || free.number >= high * (1.0 - 10.0 * CLOSE);
    Some(Peak { free, in_box, at_end })
}

fn faster(a: Mode, b: Mode) -> Mode {
    if b.rate > a.rate { b } else { a }
}

/// Where f is largest, by sections of the golden ratio.
fn golden(f: impl Fn(f64) -> Option<f64>, [mut a, mut b]: [f64; 2]) -> Option<f64> {
    let ratio = 0.5 * (5.0_f64.sqrt() - 1.0);
    let [mut c, mut d] = [b - ratio * (b - a), a + ratio * (b - a)];
    let [mut at_c, mut at_d] = [f(c)?, f(d)?];
    while b - a > CLOSE * b {
        if at_c > at_d {
            (b, d, at_d) = (d, c, at_c);
            c = b - ratio * (b - a);
            at_c = f(c)?;
        } else {
            (a, c, at_c) = (c, d, at_d);
            d = a + ratio * (b - a);
            at_d = f(d)?;
        }
    }
    Some(0.5 * (a + b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stability::spectrum;
    use nalgebra::DMatrix;

    /// σ = −(k² − 2)² + 0.3: k = √2; on a periodic box of edge 2π, k = 1 with σ = −0.7; beside walls, 1.5.
    #[test]
    fn the_peak_is_found() {
        let rate = |k: f64| spectrum(DMatrix::from_element(1, 1, 0.3 - (k * k - 2.0).powi(2)));
        let grid =
            |boundary| Grid { lower: [0.0], upper: [2.0 * PI], cells: [32], boundary: [boundary] };
        for (boundary, number) in [(Boundary::Periodic, 1.0), (Boundary::NoFlux, 1.5)] {
            let found = peak(rate, &wave_numbers(&grid(boundary))).unwrap();
            assert!((found.free.number - 2.0_f64.sqrt()).abs() < 1e-6, "{found:?}");
            assert!((found.free.rate - 0.3).abs() < 1e-12);
            assert!((found.in_box.number - number).abs() < 1e-12, "{found:?}");
            assert!(!found.at_end);
        }
        let falling = |k: f64| spectrum(DMatrix::from_element(1, 1, -k));
        assert!(peak(falling, &wave_numbers(&grid(Boundary::NoFlux))).unwrap().at_end);
    }

    /// On a square every sum of two squares, and no others.
    #[test]
    fn waves_of_a_box_are_vector_sums() {
        let boundary = [Boundary::Periodic, Boundary::NoFlux];
        let grid = Grid { lower: [0.0; 2], upper: [2.0 * PI, PI], cells: [8, 8], boundary };
        let squares: Vec<f64> = wave_numbers(&grid).iter().map(|k| (k * k).round()).collect();
        assert_eq!(squares, [1.0, 2.0, 4.0, 5.0, 8.0, 9.0, 10.0, 13.0, 16.0]);
    }
}

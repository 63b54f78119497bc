//! The masses of ρ⁰ in pieces of the box, and how a position is drawn from them.

use super::error::InitialError;
use super::profile::Profile;
use crate::grid::Grid;
use crate::quadrature::gauss_legendre;
use crate::rng::Stream;
use crate::vector::Vector;
use rand::RngExt;
use rayon::prelude::*;
use std::collections::HashMap;

/// Gauss points per axis for the mass of a piece.
const POINTS: usize = 3;
/// Head room of the rejection bound in a piece above the largest value sampled in it.
const HEADROOM: f64 = 1.25;
/// A piece whose mass is not known to this share of the whole is halved along every axis.
const SHARE: f64 = 1e-6;
/// How often a grid cell is halved at most, by dimension.
const DEEPEST: [u32; 3] = [40, 11, 6];
/// Largest error of all masses together, as a share of the whole.
const MOST: f64 = 1e-3;

/// Grid cells by their mass; those in which ρ⁰ has edges, or is narrow, in smaller pieces.
pub struct Table<const D: usize> {
    grid: Grid<D>,
    /// Mass up to and including each grid cell, and the rejection bound in it.
    cumulative: Vec<f64>,
    bound: Vec<f64>,
    /// The pieces of the grid cells that are cut.
    cut: HashMap<usize, Vec<Piece<D>>>,
}

/// A part of a grid cell.
#[derive(Clone, Copy)]
struct Piece<const D: usize> {
    middle: Vector<D>,
    /// Edges of the grid cell over its own: a power of two.
    parts: f64,
    mass: f64,
    /// How much the mass may be wrong.
    error: f64,
    /// The largest value seen.
    highest: f64,
}

/// The points of a unit cube at which ρ⁰ is sampled.
struct Rule<const D: usize> {
    /// Gauss points with their weights.
    inside: Vec<(Vector<D>, f64)>,
    corners: Vec<Vector<D>>,
}

impl<const D: usize> Rule<D> {
    fn new() -> Self {
        let line = gauss_legendre(POINTS, -0.5, 0.5);
        let digit = |number: usize, base: usize, a: usize| number / base.pow(a as u32) % base;
        let inside = (0..POINTS.pow(D as u32)).map(|i| {
            let at = std::array::from_fn(|a| line[digit(i, POINTS, a)].0);
            (at, (0..D).map(|a| line[digit(i, POINTS, a)].1).product())
        });
        let corner = |i: usize| std::array::from_fn(|a| digit(i, 2, a) as f64 - 0.5);
        Self { inside: inside.collect(), corners: (0..1 << D).map(corner).collect() }
    }

    /// Weighs the piece of a grid cell of edges `h` with this middle. Its mass is that of the Gauss
    /// rule, of degree 5; the error is the difference to that of middle and corners, of degree 3.
    fn weigh(
        &self,
        profile: &Profile<D>,
        middle: Vector<D>,
        h: &Vector<D>,
        parts: f64,
    ) -> Piece<D> {
        let place = |at: &Vector<D>| std::array::from_fn(|a| middle[a] + at[a] * h[a] / parts);
        let volume = h.iter().map(|h| h / parts).product::<f64>();
        let (mut mass, mut centre, mut highest) = (0.0, 0.0, 0.0_f64);
        for (i, (at, weight)) in self.inside.iter().enumerate() {
            let value = profile.at(&place(at));
            if i == self.inside.len() / 2 {
                centre = value;
            }
            mass += weight * value;
            highest = highest.max(value);
        }
        let mut corners = 0.0;
        for at in &self.corners {
            let value = profile.at(&place(at));
            corners += value / self.corners.len() as f64;
            highest = highest.max(value);
        }
        let error = volume * (mass - (2.0 * centre + corners) / 3.0).abs();
        Piece { middle, parts, mass: volume * mass, error, highest }
    }
}

impl<const D: usize> Table<D> {
    /// Of a profile whose values are finite and not negative.
    ///
    /// # Errors
    /// There is no mass, or the masses cannot be told at the finest.
    pub fn new(profile: &Profile<D>, grid: &Grid<D>) -> Result<Self, InitialError> {
        let (h, rule) = (grid.spacing(), Rule::<D>::new());
        let mut whole: Vec<Piece<D>> = (0..grid.len())
            .into_par_iter()
            .map(|flat| rule.weigh(profile, center(grid, flat), &h, 1.0))
            .collect();
        let total: f64 = whole.iter().map(|p| p.mass).sum();
        // Where nothing was seen at all, everything is looked at again.
        let small = SHARE * total;
        let cut: HashMap<usize, Vec<Piece<D>>> = (whole.par_iter().enumerate())
            .filter(|(_, piece)| is_coarse(profile, piece, &h, small))
            .map(|(flat, piece)| {
                let mut pieces = Vec::new();
                split(profile, &rule, piece, &h, small, &mut pieces);
                (flat, pieces)
            })
            .collect();
        for (flat, pieces) in &cut {
            let cell = &mut whole[*flat];
            cell.mass = pieces.iter().map(|p| p.mass).sum();
            cell.error = pieces.iter().map(|p| p.error * p.error).sum::<f64>().sqrt();
        }
        let (mut sum, mut square) = (0.0, 0.0);
        let cumulative: Vec<f64> = (whole.iter())
            .map(|piece| {
                (sum, square) = (sum + piece.mass, square + piece.error * piece.error);
                sum
            })
            .collect();
        if !(sum > 0.0 && sum.is_finite()) {
            return Err(InitialError::Empty);
        }
        if square.sqrt() > MOST * sum {
            let cells = grid.cells.map(|n| 2 * n).to_vec();
            return Err(InitialError::Coarse { error: square.sqrt() / sum, cells });
        }
        let bound = whole.iter().map(|piece| HEADROOM * piece.highest).collect();
        Ok(Self { grid: grid.clone(), cumulative, bound, cut })
    }

    /// Mass of the profile.
    pub fn total(&self) -> f64 {
        self.cumulative[self.cumulative.len() - 1]
    }

    /// A position: a piece by its mass, the one at the share `level` of the whole, then rejection
    /// inside it.
    pub fn draw(
        &self,
        profile: &Profile<D>,
        level: f64,
        rng: &mut Stream,
    ) -> Result<Vector<D>, InitialError> {
        let level = level * self.total();
        let flat = self.cumulative.partition_point(|c| *c <= level);
        let flat = flat.min(self.cumulative.len() - 1);
        let (mut middle, mut edges) = (center(&self.grid, flat), self.grid.spacing());
        let mut bound = self.bound[flat];
        if let Some(pieces) = self.cut.get(&flat) {
            let mut left = level - if flat > 0 { self.cumulative[flat - 1] } else { 0.0 };
            let mut piece = None;
            for p in pieces.iter().filter(|p| p.mass > 0.0) {
                piece = Some(p);
                left -= p.mass;
                if left < 0.0 {
                    break;
                }
            }
            let piece = piece.expect("a cell that is drawn has mass");
            (middle, bound) = (piece.middle, HEADROOM * piece.highest);
            edges.iter_mut().for_each(|e| *e /= piece.parts);
        }
        loop {
            let x: Vector<D> =
                std::array::from_fn(|a| middle[a] + (rng.random::<f64>() - 0.5) * edges[a]);
            let value = profile.at(&x);
            if value > bound {
                return Err(InitialError::TooSteep { bound, value, at: x.to_vec() });
            }
            if rng.random::<f64>() * bound < value {
                return Ok(x);
            }
        }
    }
}

/// Centre of the cell at `flat`; cells tile the box on every axis alike.
fn center<const D: usize>(grid: &Grid<D>, flat: usize) -> Vector<D> {
    let (index, h) = (grid.unravel(flat), grid.spacing());
    std::array::from_fn(|a| grid.lower[a] + (index[a] as f64 + 0.5) * h[a])
}

/// Whether a piece has to be cut.
fn is_coarse<const D: usize>(
    profile: &Profile<D>,
    piece: &Piece<D>,
    h: &Vector<D>,
    small: f64,
) -> bool {
    piece.error > small || profile.hides_in(&piece.middle, &h.map(|h| h / piece.parts))
}

/// Cuts a piece as often as it takes.
fn split<const D: usize>(
    profile: &Profile<D>,
    rule: &Rule<D>,
    piece: &Piece<D>,
    h: &Vector<D>,
    small: f64,
    to: &mut Vec<Piece<D>>,
) {
    let parts = 2.0 * piece.parts;
    for corner in &rule.corners {
        let middle = std::array::from_fn(|a| piece.middle[a] + corner[a] * h[a] / parts);
        let part = rule.weigh(profile, middle, h, parts);
        let deepest = parts >= f64::from(2_u32).powi(DEEPEST[D - 1] as i32);
        match !deepest && is_coarse(profile, &part, h, small) {
            true => split(profile, rule, &part, h, small, to),
            false => to.push(part),
        }
    }
}

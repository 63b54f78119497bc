//! The law of the cells at t = 0: f⁰(x, v) = ρ⁰(x) F(v) (1 + d m·v/⟨|v|²⟩_F).
//!
//! One law and two samplers of it: cells are drawn from a [`Table`] of masses, and the solvers without
//! cells start from coefficients, which are exact up to the modes that a grid leaves out.

use super::error::{InitialError, OUTSIDE};
use super::profile::Profile;
use super::spec::{Cells, Density};
use super::table::Table;
use super::{BLOCK, Population, Precision, Vectors, settle};
use crate::grid::{Boundary, Domain, Grid};
use crate::moments::Moments;
use crate::rng::{Purpose, Stream, Streams};
use crate::spectral::Spectral;
use crate::vector::{Vector, dot, scaled};
use crate::velocity::VelocitySpace;
use rand::RngExt;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::OnceLock;

/// Largest relative difference of the masses that both samplers find, by dimension: an edge is known to a
/// share of the box that follows from [`MOST_NODES`] and [`PARTS`].
const APART: [f64; 3] = [1e-3, 1e-3, 1e-2];
/// Change of a density from node to node, as a share of its maximum, that may be an edge. The fourth
/// difference tells: three times the change at an edge, less than twice [`EDGE`] in a bell of three nodes.
const EDGE: f64 = 0.02;
/// Parts along each axis of the cell of a node at an edge, over which the density is averaged.
const PARTS: usize = 16;
/// Nodes on which an expression is looked at, at least: it may be narrow.
const LEAST_NODES: usize = 1 << 12;
/// Most nodes on which ρ⁰ is sampled for the sake of a coarser grid.
const MOST_NODES: usize = 1 << 22;
/// Squares of the modes in the upper third of the spectrum, over all, below which there are no more.
const RESOLVED: f64 = 1e-26;
/// Relative change of the coefficients, when the nodes are doubled, that is none.
const SETTLED: f64 = 1e-12;

/// ρ⁰ as a function, and how to draw from it.
pub struct InitialLaw<const D: usize> {
    profile: Profile<D>,
    /// Cells along each axis of the grid that positions are drawn from.
    cells: [usize; D],
    mass: f64,
    /// What the profile integrates to.
    total: f64,
    /// The grid of the experiment and the coefficients there.
    start: (Grid<D>, Vec<f64>),
    /// Made when cells are drawn.
    table: OnceLock<Result<Table<D>, InitialError>>,
    mean_velocity: Vector<D>,
    stratified: bool,
    antithetic: bool,
    precision: Precision,
}

/// The box of `grid`, `scale` times as large.
fn scaled_box<const D: usize>(grid: &Grid<D>, scale: f64) -> [Vector<D>; 2] {
    let middle: Vector<D> = std::array::from_fn(|a| 0.5 * (grid.lower[a] + grid.upper[a]));
    let about = |corner: &Vector<D>| -> Vector<D> {
        // Ten digits, so that the remedy can be read.
        std::array::from_fn(|a| {
            ((middle[a] + scale * (corner[a] - middle[a])) * 1e10).round() / 1e10
        })
    };
    [about(&grid.lower), about(&grid.upper)]
}

impl<const D: usize> InitialLaw<D> {
    /// The law of an experiment, whose grid is `grid`.
    ///
    /// # Errors
    /// ρ⁰ is no density, or an open box does not hold it.
    pub fn new(cells: &Cells, grid: &Grid<D>) -> Result<Self, InitialError> {
        let [lower, upper] = grid.window_corners();
        let walls = |boundary| if grid.is_open() { Boundary::NoFlux } else { boundary };
        let boundary = grid.boundary.map(walls);
        let space = Grid { lower, upper, boundary, ..grid.clone() };
        let mut law = Self {
            profile: Profile::new(space, cells.density.clone()),
            cells: std::array::from_fn(|a| cells.density_grid[a]),
            mass: 1.0,
            total: 1.0,
            start: (grid.clone(), Vec::new()),
            table: OnceLock::new(),
            mean_velocity: std::array::from_fn(|a| cells.mean_velocity[a]),
            stratified: cells.stratified,
            antithetic: cells.antithetic,
            precision: cells.precision,
        };
        let mut start = law.found(&Spectral::new(grid))?;
        law.total = law.profile.radial().map_or(start[0] * grid.volume(), |r| r.total());
        law.mass = match (&cells.mass, &cells.density) {
            _ if cells.count == 0 => 0.0,
            (Some(mass), _) => *mass,
            (None, Density::Expression(_)) => law.total,
            (None, _) => 1.0,
        };
        law.rescale(grid, &mut start);
        law.start.1 = start;
        law.held_by(grid)?;
        Ok(law)
    }

    /// Checks that the window of an open grid holds the mass.
    fn held_by(&self, grid: &Grid<D>) -> Result<(), InitialError> {
        if !grid.is_open() || self.profile.radial().is_some() {
            return Ok(());
        }
        let outside = self.outside(grid, 1.0);
        if outside <= OUTSIDE {
            return Ok(());
        }
        // The least box that does, among some up to four times as large.
        let space = &self.profile.space;
        let ([lower, upper], cells) = (scaled_box(space, 4.0), space.cells.map(|n| 4 * n));
        let wide = Grid { lower, upper, cells, ..space.clone() };
        let scale = (21..=80).map(|i| 0.05 * f64::from(i));
        let good = scale.into_iter().find(|s| self.outside(&wide, *s) <= OUTSIDE);
        let remedy = match good {
            Some(scale) => {
                let [lower, upper] = scaled_box(&self.profile.space, scale);
                format!("Give domain.lower = {lower:?} and domain.upper = {upper:?}")
            }
            None => "No box up to four times as large holds it".into(),
        };
        Err(InitialError::Outside { outside, remedy })
    }

    /// The share of the mass on `grid` that lies outside the window of this law, scaled about its
    /// middle.
    fn outside(&self, grid: &Grid<D>, scale: f64) -> f64 {
        let [lower, upper] = scaled_box(&self.profile.space, scale);
        let (mut inside, mut total) = (0.0, 0.0);
        for (x, value) in grid.nodes().zip(self.profile.at_nodes(grid)) {
            let value = value.max(0.0);
            total += value;
            if (0..D).all(|a| lower[a] <= x[a] && x[a] < upper[a]) {
                inside += value;
            }
        }
        1.0 - inside / total
    }

    /// Total mass M.
    pub fn mass(&self) -> f64 {
        self.mass
    }

    /// The mean velocity m.
    pub fn mean_velocity(&self) -> &Vector<D> {
        &self.mean_velocity
    }

    /// Coefficients of ρ⁰ in these modes, of total mass M. They are those of ρ⁰ itself, not of its
    /// values at the nodes, so that a point or an edge between nodes is where it is: exact for what is
    /// radial about a point and out of reach of the walls, for waves and for whatever a grid
    /// resolves; for other edges from a grid of 2²² nodes.
    ///
    /// # Errors
    /// A value that is no density, at a node that was not looked at before.
    pub fn coefficients(&self, spectral: &Spectral<D>) -> Result<Vec<f64>, InitialError> {
        let (grid, start) = &self.start;
        if spectral.grid() == grid {
            return Ok(start.clone());
        }
        let mut found = self.found(spectral)?;
        self.rescale(spectral.grid(), &mut found);
        Ok(found)
    }

    /// Coefficients on the grid of the experiment.
    pub fn start(&self) -> &[f64] {
        &self.start.1
    }

    /// Gives coefficients the mass M.
    fn rescale(&self, grid: &Grid<D>, coefficients: &mut [f64]) {
        let mean = self.mass / grid.volume();
        let scale = mean / coefficients[0];
        coefficients.iter_mut().for_each(|c| *c *= scale);
        coefficients[0] = mean;
    }

    /// Coefficients up to a scale, or, of an expression, of what it is.
    fn found(&self, spectral: &Spectral<D>) -> Result<Vec<f64>, InitialError> {
        if let Some(radial) = self.profile.radial() {
            return Ok(radial.coefficients(spectral));
        }
        let mut found = self.sampled(spectral, false)?;
        let upper = spectral.upper_modes();
        let square = |c: &[f64], of: &dyn Fn(usize) -> f64| -> f64 {
            c.iter().enumerate().skip(1).map(|(i, c)| c * c * of(i)).sum()
        };
        let mut nodes = spectral.grid().len();
        let high = square(&found, &|i| f64::from(u8::from(upper[i])));
        let seen = nodes >= LEAST_NODES || !self.profile.is_typed();
        let mut settled = seen && high <= RESOLVED * (square(&found, &|_| 1.0) + found[0].powi(2));
        let mut cells = spectral.grid().cells;
        while !settled && nodes << D <= MOST_NODES {
            (cells, nodes) = (cells.map(|n| 2 * n), nodes << D);
            let fine = Spectral::new(&spectral.grid().with_cells(cells));
            let last = nodes << D > MOST_NODES;
            let finer = fine.resample(&self.sampled(&fine, last)?, spectral);
            let pairs = found.iter().zip(&finer);
            let change: f64 = pairs.map(|(a, b)| (a - b).powi(2)).sum();
            found = finer;
            settled = nodes >= LEAST_NODES
                && change <= SETTLED * SETTLED * (square(&found, &|_| 1.0) + found[0].powi(2));
        }
        Ok(found)
    }

    /// Coefficients of the profile's values at the nodes; `averaged` over the cells of the nodes at edges.
    fn sampled(&self, spectral: &Spectral<D>, averaged: bool) -> Result<Vec<f64>, InitialError> {
        let grid = spectral.grid();
        let mut values = self.profile.at_nodes(grid);
        if let Some(i) = values.iter().position(|v| !(*v >= 0.0 && v.is_finite())) {
            return Err(InitialError::Negative { value: values[i], at: grid.node(i).to_vec() });
        }
        if !values.iter().any(|v| *v > 0.0) {
            return Err(InitialError::Empty);
        }
        if averaged {
            self.average_edges(grid, &mut values);
        }
        spectral.forward_in_place(&mut values);
        Ok(values)
    }

    /// Replaces the values of nodes at edges by means over their cells.
    fn average_edges(&self, grid: &Grid<D>, values: &mut [f64]) {
        let (strides, spacing) = (grid.strides(), grid.spacing());
        let step = EDGE * values.iter().copied().fold(0.0, f64::max);
        let at_edge = |i: usize| {
            (0..D).any(|a| {
                let place = i / strides[a] % grid.cells[a];
                let beside = |offset: i64| {
                    let place_there = grid.fold_index(a, place as i64 + offset);
                    values[i - place * strides[a] + place_there * strides[a]]
                };
                let [left, here, right] = [beside(-1), values[i], beside(1)];
                let change = (left - here).abs().max((right - here).abs());
                let fourth = || beside(-2) - 4.0 * (left + right) + 6.0 * here + beside(2);
                change > step && fourth().abs() > 2.0 * step
            })
        };
        let edges: Vec<usize> = (0..values.len()).into_par_iter().filter(|i| at_edge(*i)).collect();
        let parts = PARTS.pow(D as u32);
        let mean = |i: &usize| {
            let node = grid.node(*i);
            let sum: f64 = (0..parts)
                .map(|part| {
                    let mut x = std::array::from_fn(|a| {
                        let k = part / PARTS.pow(a as u32) % PARTS;
                        node[a] + ((k as f64 + 0.5) / PARTS as f64 - 0.5) * spacing[a]
                    });
                    grid.fold(&mut x, &mut [0.0; D]);
                    self.profile.at(&x)
                })
                .sum();
            sum / parts as f64
        };
        let means: Vec<f64> = edges.par_iter().map(mean).collect();
        edges.iter().zip(means).for_each(|(i, mean)| values[*i] = mean);
    }

    /// Makes what cells are drawn from, once for all replicates; it is made when first needed, else.
    ///
    /// # Errors
    /// The grid from which cells are drawn does not tell where the mass is.
    pub fn tabulate(&self) -> Result<(), InitialError> {
        match self.profile.point() {
            Some(_) => Ok(()),
            None => self.table().map(|_| ()),
        }
    }

    /// Where cells are drawn from, unless all are at one point.
    fn table(&self) -> Result<&Table<D>, InitialError> {
        // Not made inside the lock: a thread that waits for its pieces may take up another replicate
        // meanwhile, which would wait for the lock and so for itself.
        if self.table.get().is_none() {
            let _ = self.table.set(self.made());
        }
        let made = self.table.get().expect("it has been set");
        made.as_ref().map_err(Clone::clone)
    }

    fn made(&self) -> Result<Table<D>, InitialError> {
        let table = Table::new(&self.profile, &self.profile.space.with_cells(self.cells))?;
        let (error, cells) = ((table.total() / self.total - 1.0).abs(), self.cells);
        // Both samplers are of one law.
        if error > APART[D - 1] {
            return Err(InitialError::Coarse { error, cells: cells.map(|n| 2 * n).to_vec() });
        }
        Ok(table)
    }

    /// Draws `count` cells for one replicate, in blocks with streams of their own, and of these only `own`, which begins
    /// with a block.
    pub fn populate(
        &self,
        (count, own): (usize, Range<usize>),
        space: &VelocitySpace<D>,
        streams: Streams,
    ) -> Result<Population<D>, InitialError> {
        let zeros = || Vectors::zeros(self.precision, own.len());
        let (mut positions, mut velocities) = (zeros(), zeros());
        self.tabulate()?;
        let fill = |block: usize, xs: &mut [Vector<D>], vs: &mut [Vector<D>]| {
            let mut place = streams.stream(Purpose::InitialPosition, block as u64, 0);
            let mut turn = streams.stream(Purpose::InitialVelocity, block as u64, 0);
            let mut drawn = [0.0; D];
            for i in 0..xs.len() {
                let id = block * BLOCK + i;
                let second = self.antithetic && id % 2 == 1;
                (xs[i], drawn) = match second {
                    true => (xs[i - 1], scaled(-1.0, &drawn)),
                    false => (self.position(id, count, &mut place)?, space.sample(&mut turn)),
                };
                vs[i] = self.tilted(drawn, space, &mut turn);
            }
            if self.precision == Precision::Single {
                let mut stream = streams.stream(Purpose::Settling, block as u64, 0);
                settle(&self.start.0, xs, &mut stream);
            }
            Ok(())
        };
        let parts = positions.parts(BLOCK).into_par_iter().zip(velocities.parts(BLOCK));
        parts.enumerate().try_for_each(|(block, (mut xs, mut vs))| {
            let (block, mut rooms) = (own.start / BLOCK + block, [Vec::new(), Vec::new()]);
            let [room, other] = &mut rooms;
            xs.edit(room, |xs| vs.edit(other, |vs| fill(block, xs, vs)))
        })?;
        Ok(Population { positions, velocities, weight: self.mass / count as f64 })
    }

    /// Position of a cell. Stratified, the i-th of N cells takes its level from [i, i+1)/N of the mass.
    fn position(
        &self,
        id: usize,
        count: usize,
        rng: &mut Stream,
    ) -> Result<Vector<D>, InitialError> {
        if let Some(point) = self.profile.point() {
            return Ok(point);
        }
        let u: f64 = rng.random();
        // The cells of an antithetic pair share a stratum; one without a partner has its own.
        let pair = if self.antithetic { 2 } else { 1 };
        let first = id - id % pair;
        let width = pair.min(count - first) as f64;
        let level = if self.stratified { (first as f64 + width * u) / count as f64 } else { u };
        let (mut x, mut v) = (self.table()?.draw(&self.profile, level, rng)?, [0.0; D]);
        self.profile.space.fold(&mut x, &mut v);
        Ok(x)
    }

    /// Gives v ~ F the density F(v)(1 + κ·v): it is reflected with probability (1 − κ·v)/2.
    fn tilted(&self, v: Vector<D>, space: &VelocitySpace<D>, rng: &mut Stream) -> Vector<D> {
        if self.mean_velocity == [0.0; D] {
            return v;
        }
        let tilt = space.tilt() * dot(&self.mean_velocity, &v);
        if 2.0 * rng.random::<f64>() < 1.0 - tilt { scaled(-1.0, &v) } else { v }
    }

    /// What its cells are kept in.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Where ρ⁰ is in the box of `grid`, for [`Moments`] to name images by; the middle of the box along
    /// a periodic axis where it is even.
    pub fn place(&self, grid: &Grid<D>) -> Vector<D> {
        if let Some(center) = self.profile.center() {
            return center;
        }
        let middle = std::array::from_fn(|a| 0.5 * (grid.lower[a] + grid.upper[a]));
        match grid.boundary.contains(&Boundary::Periodic) {
            true => Moments::of_density(grid, &self.profile.at_nodes(grid), &middle).place(grid),
            false => middle,
        }
    }
}

/// Nodes along an axis whose window has `cells` of them.
fn padded(cells: usize, boundary: Boundary) -> usize {
    cells + cells * boundary.padding() as usize / 4
}

/// The grid of an experiment.
impl<const D: usize> Grid<D> {
    /// Box, grid and boundary of `[domain]`, which is the window of an open grid.
    pub fn from_domain(domain: &Domain) -> Self {
        let padding = |a: usize| domain.boundary[a].padding();
        let beyond: Vector<D> = std::array::from_fn(|a| {
            f64::from(padding(a)) / 8.0 * (domain.upper[a] - domain.lower[a])
        });
        Self {
            lower: std::array::from_fn(|a| domain.lower[a] - beyond[a]),
            upper: std::array::from_fn(|a| domain.upper[a] + beyond[a]),
            cells: std::array::from_fn(|a| padded(domain.grid[a], domain.boundary[a])),
            boundary: std::array::from_fn(|a| domain.boundary[a]),
        }
    }
}

//! The law of the cells at t = 0: f⁰(x, v) = ρ⁰(x) F(v) (1 + d m·v/⟨|v|²⟩_F).

use super::{BLOCK, Population};
use crate::experiment::{Cells, Density, Domain, OutOfRange};
use crate::grid::{Boundary, Grid};
use crate::moments::Moments;
use crate::motion::Unbounded;
use crate::quadrature::gauss_legendre;
use crate::rng::{Purpose, Stream, Streams};
use crate::vector::{Vector, dot, norm, scaled};
use crate::velocity::VelocitySpace;
use rand::RngExt;
use rayon::prelude::*;
use std::f64::consts::PI;
use thiserror::Error;

/// Gauss points per axis for the mass of a grid cell.
const POINTS: usize = 3;
/// Head room of the rejection bound in a grid cell above the largest value sampled in it.
const HEADROOM: f64 = 1.25;
/// Share of the mass that may lie outside the box that stands for the whole space.
const OUTSIDE: f64 = 1e-6;

/// ρ⁰ as a function, and how to draw from it.
pub struct InitialLaw<const D: usize> {
    /// The box, or the window of an open one, cut into the cells that positions are drawn from.
    grid: Grid<D>,
    density: Density,
    /// Scale that makes ρ⁰ integrate to `mass`.
    scale: f64,
    mass: f64,
    /// Mass up to and including each grid cell, and the rejection bound in it.
    cumulative: Vec<f64>,
    bound: Vec<f64>,
    mean_velocity: Vector<D>,
    stratified: bool,
    antithetic: bool,
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

/// Why cells could not be placed.
#[derive(Debug, Error, PartialEq)]
pub enum InitialError {
    /// ρ⁰ < 0 or not finite.
    #[error("cells.density is {value} at x = {at:?}; a density is finite and not negative")]
    Negative {
        /// The value.
        value: f64,
        /// Where.
        at: Vec<f64>,
    },
    /// In the whole space, some of ρ⁰ is outside the box.
    #[error(
        "cells.density has at least {outside:.1e} of its mass outside the box, which in the whole space has \
         to hold all but {OUTSIDE:e} of it. {remedy}, or a narrower density"
    )]
    Outside {
        /// The share of the mass outside, of what is near.
        outside: f64,
        /// The nearest box that would do.
        remedy: String,
    },
    /// The kernel is none in the signal at t = 0.
    #[error("kernel: {0}")]
    Kernel(String),
    /// An expression has a value at t = 0 that it must not have.
    #[error("{0}")]
    Value(Box<OutOfRange>),
    /// S(x, 0) overflows.
    #[error(
        "signal: S is not finite at t = 0. Lower signal.production and cells.mass, or what else feeds it"
    )]
    Signal,
    /// Births at a constant rate make more cells than are held.
    #[error(
        "cells.growth = {rate} makes {cells:.3e} cells by time.end = {time}, and {most:.3e} are the most. Lower it, end earlier, or start with fewer cells of a larger mass"
    )]
    Crowd {
        /// r.
        rate: f64,
        /// Cells expected at the end.
        cells: f64,
        /// The end.
        time: f64,
        /// What is held.
        most: f64,
    },
    /// No clock tells the candidates of a field step apart.
    #[error(
        "{key}: a cell would meet {candidates:.1e} candidate events in a field step of {duration}, which no clock can tell apart. {}",
        if *key == "epsilon" { "Raise epsilon, or set motion = \"hybrid\"" } else { "Lower kernel.bound, or leave it out" }
    )]
    Candidates {
        /// The key to blame.
        key: &'static str,
        /// Candidates.
        candidates: f64,
        /// Δt.
        duration: f64,
    },
    /// T/F has no bound at t = 0.
    #[error("kernel: at t = 0 {0}")]
    Unbounded(Unbounded),
    /// ∫ρ⁰ = 0.
    #[error("cells.density has no mass on the box; check its centre, width or expression")]
    Empty,
    /// The density changes too fast for the rejection bound.
    #[error(
        "cells.density rises above {bound:e} (to {value:e}) inside one grid cell near x = {at:?}; \
         refine cells.density.grid or smooth the density"
    )]
    TooSteep {
        /// The bound.
        bound: f64,
        /// The value found.
        value: f64,
        /// Where.
        at: Vec<f64>,
    },
}

impl<const D: usize> InitialLaw<D> {
    /// The law of an experiment. Mass and bounds are found grid cell by grid cell.
    pub fn new(cells: &Cells, grid: &Grid<D>) -> Result<Self, InitialError> {
        let [lower, upper] = grid.window_corners();
        let window = Grid { lower, upper, ..grid.clone() };
        let walls = |boundary| if grid.is_open() { Boundary::NoFlux } else { boundary };
        let mut law = Self {
            grid: Grid {
                cells: std::array::from_fn(|a| cells.density_grid[a]),
                boundary: grid.boundary.map(walls),
                ..window
            },
            density: cells.density.clone(),
            scale: 1.0,
            mass: 1.0,
            cumulative: Vec::new(),
            bound: Vec::new(),
            mean_velocity: std::array::from_fn(|a| cells.mean_velocity[a]),
            stratified: cells.stratified,
            antithetic: cells.antithetic,
        };
        let total = law.tabulate()?;
        law.mass = match (&cells.mass, &cells.density) {
            (Some(mass), _) => *mass,
            (None, Density::Expression(_)) => total,
            (None, _) => 1.0,
        };
        law.scale = law.mass / total;
        law.held_by(grid)?;
        Ok(law)
    }

    /// Checks that the window of an open grid holds the mass.
    fn held_by(&self, grid: &Grid<D>) -> Result<(), InitialError> {
        if !grid.is_open() || matches!(self.density, Density::Point { .. }) {
            return Ok(());
        }
        let outside = self.outside(grid, 1.0);
        if outside <= OUTSIDE {
            return Ok(());
        }
        // The least box that does, among some up to four times as large.
        let ([lower, upper], cells) = (scaled_box(&self.grid, 4.0), self.grid.cells.map(|n| 4 * n));
        let wide = Grid { lower, upper, cells, ..self.grid.clone() };
        let scale = (21..=80).map(|i| 0.05 * f64::from(i));
        let good = scale.into_iter().find(|s| self.outside(&wide, *s) <= OUTSIDE);
        let remedy = match good {
            Some(scale) => {
                let [lower, upper] = scaled_box(&self.grid, scale);
                format!("Give domain.lower = {lower:?} and domain.upper = {upper:?}")
            }
            None => "No box up to four times as large holds it".into(),
        };
        Err(InitialError::Outside { outside, remedy })
    }

    /// The share of the mass on `grid` that lies outside the window of this law, scaled about its
    /// middle.
    fn outside(&self, grid: &Grid<D>, scale: f64) -> f64 {
        let [lower, upper] = scaled_box(&self.grid, scale);
        let (mut inside, mut total) = (0.0, 0.0);
        for x in grid.nodes() {
            let value = self.shape(&x).max(0.0);
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

    /// ρ⁰(x).
    pub fn density(&self, x: &Vector<D>) -> f64 {
        self.scale * self.shape(x)
    }

    /// Coefficient-free nodal values of ρ⁰ on any grid of the same box, with total mass M exactly.
    /// All cells at one point give the grid cell that holds it the whole mass.
    pub fn nodal(&self, grid: &Grid<D>) -> Vec<f64> {
        let mut values = match &self.density {
            Density::Point { center } => {
                let h = grid.spacing();
                grid.sample(|x| {
                    f64::from((0..D).all(|a| (x[a] - center[a]).abs() <= 0.5 * h[a] + 1e-12))
                })
            }
            _ => grid.sample(|x| self.shape(x)),
        };
        let total: f64 = values.iter().sum::<f64>() * grid.cell_volume();
        values.iter_mut().for_each(|v| *v *= self.mass / total);
        values
    }

    /// ρ⁰ up to its scale.
    fn shape(&self, x: &Vector<D>) -> f64 {
        let bell = |r: f64, width: f64| (-0.5 * (r / width).powi(2)).exp();
        match &self.density {
            Density::Uniform => 1.0,
            Density::Point { .. } => 0.0,
            Density::Gaussian { center, width } => bell(self.distance(x, center), *width),
            Density::Ball { center, radius } => f64::from(self.distance(x, center) < *radius),
            Density::Ring { center, radius, width } => {
                bell(self.distance(x, center) - radius, *width)
            }
            Density::Cosine { amplitude, mode } => {
                let lengths = self.grid.lengths();
                let wave = (0..D).map(|a| {
                    let periods = match self.grid.boundary[a] {
                        Boundary::NoFlux => 1.0,
                        _ => 2.0,
                    };
                    let y = (x[a] - self.grid.lower[a]) / lengths[a];
                    (periods * PI * mode[a] as f64 * y).cos()
                });
                1.0 + amplitude * wave.product::<f64>()
            }
            Density::Expression(formula) => formula.eval(x),
        }
    }

    /// Centre of the sampling cell at `flat`; sampling cells tile the box on every axis alike.
    fn center(&self, flat: usize) -> Vector<D> {
        let (index, h) = (self.grid.unravel(flat), self.grid.spacing());
        std::array::from_fn(|a| self.grid.lower[a] + (index[a] as f64 + 0.5) * h[a])
    }

    /// |x − c| to the nearest image of c: around a periodic box.
    fn distance(&self, x: &Vector<D>, center: &[f64]) -> f64 {
        let lengths = self.grid.lengths();
        let offset: Vector<D> = std::array::from_fn(|a| {
            let d = x[a] - center[a];
            match self.grid.boundary[a] {
                Boundary::Periodic => d - lengths[a] * (d / lengths[a]).round(),
                _ => d,
            }
        });
        norm(&offset)
    }

    /// Fills the tables; returns ∫ shape dx.
    fn tabulate(&mut self) -> Result<f64, InitialError> {
        if matches!(self.density, Density::Point { .. }) {
            return Ok(1.0);
        }
        let (h, rule) = (self.grid.spacing(), gauss_legendre(POINTS, -0.5, 0.5));
        let mut total = 0.0;
        for flat in 0..self.grid.len() {
            let center = self.center(flat);
            let (mut mass, mut highest) = (0.0, 0.0_f64);
            for point in 0..(POINTS + 2).pow(D as u32) {
                let (mut rest, mut weight, mut x) = (point, self.grid.cell_volume(), center);
                for a in 0..D {
                    // Gauss points carry mass; the two faces are there for the bound only.
                    let (offset, w) = match rest % (POINTS + 2) {
                        i if i < POINTS => rule[i],
                        i => (i as f64 - POINTS as f64 - 0.5, 0.0),
                    };
                    rest /= POINTS + 2;
                    x[a] += offset * h[a];
                    weight *= w;
                }
                let value = self.shape(&x);
                if weight > 0.0 && !(value >= 0.0 && value.is_finite()) {
                    return Err(InitialError::Negative { value, at: x.to_vec() });
                }
                mass += weight * value;
                highest = highest.max(value);
            }
            total += mass;
            self.cumulative.push(total);
            self.bound.push(HEADROOM * highest);
        }
        if total > 0.0 { Ok(total) } else { Err(InitialError::Empty) }
    }

    /// Draws `count` cells for one replicate, in blocks with streams of their own.
    pub fn populate(
        &self,
        count: usize,
        space: &VelocitySpace<D>,
        streams: Streams,
    ) -> Result<Population<D>, InitialError> {
        let (mut positions, mut velocities) = (vec![[0.0; D]; count], vec![[0.0; D]; count]);
        positions
            .par_chunks_mut(BLOCK)
            .zip(velocities.par_chunks_mut(BLOCK))
            .enumerate()
            .try_for_each(|(block, (xs, vs))| {
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
                Ok(())
            })?;
        Ok(Population { positions, velocities, weight: self.mass / count as f64 })
    }

    /// Position of cell `id`: a grid cell by its mass, then rejection inside it. Stratified, the
    /// i-th of N cells takes its level from [i, i+1)/N of the mass.
    fn position(
        &self,
        id: usize,
        count: usize,
        rng: &mut Stream,
    ) -> Result<Vector<D>, InitialError> {
        if let Density::Point { center } = &self.density {
            return Ok(std::array::from_fn(|a| center[a]));
        }
        let u: f64 = rng.random();
        // The cells of an antithetic pair share a stratum.
        let share = if self.antithetic { 2 } else { 1 };
        let first = id - id % share;
        // A last cell without a partner has a stratum half as wide.
        let level = match self.stratified {
            true => (first as f64 + u * share.min(count - first) as f64) / count as f64,
            false => u,
        };
        let total = self.cumulative[self.cumulative.len() - 1];
        let flat = self.cumulative.partition_point(|c| *c <= level * total);
        let (flat, h) = (flat.min(self.cumulative.len() - 1), self.grid.spacing());
        let (center, bound) = (self.center(flat), self.bound[flat]);
        loop {
            let x: Vector<D> =
                std::array::from_fn(|a| center[a] + (rng.random::<f64>() - 0.5) * h[a]);
            let value = self.shape(&x);
            if value > bound {
                let at = x.to_vec();
                return Err(InitialError::TooSteep { bound, value, at });
            }
            if rng.random::<f64>() * bound < value {
                let (mut x, mut v) = (x, [0.0; D]);
                self.grid.fold(&mut x, &mut v);
                return Ok(x);
            }
        }
    }

    /// Gives v ~ F the density F(v)(1 + κ·v): it is reflected with probability (1 − κ·v)/2.
    fn tilted(&self, v: Vector<D>, space: &VelocitySpace<D>, rng: &mut Stream) -> Vector<D> {
        if self.mean_velocity == [0.0; D] {
            return v;
        }
        let tilt = D as f64 / space.mean_square_f() * dot(&self.mean_velocity, &v);
        if 2.0 * rng.random::<f64>() < 1.0 - tilt { scaled(-1.0, &v) } else { v }
    }
}

impl<const D: usize> InitialLaw<D> {
    /// Where ρ⁰ is in the box of `grid`, for [`Moments`] to name images by; the middle of the box along
    /// a periodic axis where it is even.
    pub fn place(&self, grid: &Grid<D>) -> Vector<D> {
        if let Density::Point { center } = &self.density {
            return std::array::from_fn(|a| center[a]);
        }
        let middle = std::array::from_fn(|a| 0.5 * (grid.lower[a] + grid.upper[a]));
        match grid.boundary.contains(&Boundary::Periodic) {
            true => Moments::of_density(grid, &self.nodal(grid), &middle).place(grid),
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

//! One population at the four points of a step.

use super::flux::Flux;
use super::modes::{Classes, Step};
use super::resolution::Resolution;
use super::system::Constituent;
use crate::cells::InitialError;
use crate::experiment::Mobility;
use crate::growth::{Growth, Pace};
use crate::signal::{Surroundings, smoothing_kernel, weighted};
use crate::spectral::Spectral;
use std::borrow::Cow;

/// ρ of one population, and what moves it.
pub(super) struct Reactant<'a, const D: usize> {
    pub flux: Flux<'a, D>,
    /// What its kernel senses: signals, by number, and their weights.
    pub cues: &'a [Vec<(usize, f64)>],
    /// r, unless it is a constant.
    pub growth: Option<&'a Growth>,
    /// r, where it is a constant.
    pub constant: f64,
    /// K̂_h in a class.
    pub source: Vec<f64>,
    /// Coefficients of ρ.
    pub density: Vec<f64>,
    /// D̄ of the step.
    pub mean: f64,
    /// ρ at the second, third and fourth point, and −∇·(flux beyond −D̄∇ρ) with all that is born and dies at all four.
    pub points: [Vec<f64>; 3],
    pub terms: [Vec<f64>; 4],
    /// ρ at the end of the step.
    next: Vec<f64>,
    /// ρ at the nodes.
    nodal: Vec<f64>,
    step: Step,
    pub resolution: Resolution,
}

impl<'a, const D: usize> Reactant<'a, D> {
    /// At t = 0.
    pub fn new(
        spectral: &'a Spectral<D>,
        classes: &Classes,
        of: &'a Constituent<D>,
        mobility: Mobility,
    ) -> Result<Self, InitialError> {
        let kernel =
            |k2: &f64| of.mollifier.map_or(1.0, |m| smoothing_kernel(m.bandwidth, m.order, *k2));
        let density = of.initial.coefficients(spectral)?;
        let constant = of.growth.as_ref().and_then(Growth::constant);
        // Nothing is read before it is written. Zeros would be pages that the loop has to ask for.
        let empty = || vec![f64::NAN; density.len()];
        Ok(Self {
            flux: Flux::new(spectral, &of.kernel, of.cues.len(), mobility, of.left),
            cues: &of.cues,
            growth: of.growth.as_ref().filter(|_| constant.is_none()),
            constant: constant.unwrap_or(0.0),
            source: classes.squares.iter().map(kernel).collect(),
            mean: 0.0,
            points: std::array::from_fn(|_| empty()),
            terms: std::array::from_fn(|_| empty()),
            next: empty(),
            nodal: empty(),
            step: Step::default(),
            resolution: Resolution::new(spectral, &density),
            density,
        })
    }

    /// ρ at a point.
    pub fn at(&self, point: usize) -> &Vec<f64> {
        match point {
            0 => &self.density,
            _ => &self.points[point - 1],
        }
    }

    /// K_h * ρ at a point.
    pub fn fed(&self, classes: &Classes, point: usize) -> Vec<f64> {
        let mut fed = Vec::new();
        classes.multiply(|class| self.source[class], self.at(point), &mut fed);
        fed
    }

    /// What its kernel senses of these signals.
    pub fn sensed<'s>(&self, signals: &'s [Vec<f64>]) -> Vec<Cow<'s, [f64]>> {
        self.cues.iter().map(|cue| weighted(signals, cue)).collect()
    }

    /// Finds D̄ for a step that begins with these signals.
    pub fn begin(&mut self, signals: &[Vec<f64>]) {
        self.mean = self.flux.largest_diffusivity(&self.sensed(signals));
    }

    /// Finds the term of its flux at a point.
    pub fn flow(&mut self, point: usize, signals: &[Vec<f64>]) {
        let cues = self.sensed(signals);
        let density = match point {
            0 => &self.density,
            _ => &self.points[point - 1],
        };
        self.flux.beyond(density, &cues, self.mean, &mut self.terms[point]);
    }

    /// Adds births and deaths at a net rate to the term at a point.
    pub fn grow(
        &mut self,
        point: usize,
        spectral: &Spectral<D>,
        around: Surroundings<'_>,
        floor: f64,
    ) -> Pace {
        let Some(growth) = self.growth else { return Pace::default() };
        let density = match point {
            0 => &self.density,
            _ => &self.points[point - 1],
        };
        growth.add_above(floor, spectral, around, density, &mut self.terms[point])
    }

    /// Makes the factors of a step of length `dt`.
    pub fn prepare(&mut self, classes: &Classes, dt: f64) {
        let (constant, mean) = (self.constant, self.mean);
        let laws = classes.squares.iter().map(|k2| [mean * k2 - constant, 1.0]);
        self.step.prepare(dt, mean, laws);
    }

    /// Finds ρ at a point after the first.
    pub fn advance(&mut self, c: &Classes, point: usize) {
        let Self { step, density, points: [second, third, fourth], terms, next, .. } = self;
        let [n1, n2, n3, _] = terms;
        match point {
            1 => step.first(c, density, n1, second, next),
            2 => step.next(c, 1.0, second, [n1, n2], third),
            _ => step.next(c, 2.0, next, [n1, n3], fourth),
        }
    }

    /// Replaces ρ by that at the end of the step, and looks at it at the nodes.
    pub fn finish(&mut self, classes: &Classes, spectral: &Spectral<D>) {
        self.step.last(classes, &mut self.next, self.terms.each_ref().map(Vec::as_slice));
        std::mem::swap(&mut self.density, &mut self.next);
        self.nodal.copy_from_slice(&self.density);
        spectral.inverse_in_place(&mut self.nodal);
        self.resolution.largest = self.nodal.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    }
}

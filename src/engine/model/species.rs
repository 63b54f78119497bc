//! One population of a model.

use crate::cells::{InitialError, InitialLaw};
use crate::experiment::{Experiment, Population};
use crate::free_walk::FreeWalk;
use crate::grid::Grid;
use crate::growth::Growth;
use crate::motion::{Envelopes, FlightScale, Method, Step};
use crate::rng::Streams;
use crate::scaling::Scaling;
use crate::signal::Deposit;
use crate::spectral::Spectral;
use crate::spline::NodeMap;
use crate::turning::{Feelings, Felt, Kernel, Sense, TurningKernel, Unbounded};
use crate::vector::Vector;
use crate::velocity::VelocitySpace;
use std::sync::Arc;

/// What the cells of one population have in common.
pub struct Species<const D: usize> {
    /// Its name.
    pub name: String,
    /// Speeds and rates.
    pub scaling: Scaling,
    /// V and F.
    pub space: VelocitySpace<D>,
    /// T_ε\[S\].
    pub kernel: Kernel<D>,
    /// What each term of the kernel senses, by its number in [`super::Model::cues`].
    pub cues: Vec<usize>,
    /// Bound on T/F given by the user.
    pub kernel_bound: Option<f64>,
    /// Whether T < 0 is an error.
    pub refuse_negative: bool,
    /// Whether cells fly in mirrored pairs.
    pub antithetic: bool,
    /// ρ_h from the cells.
    pub deposit: Deposit<D>,
    /// Births and deaths at a net rate, if there are any.
    pub growth: Option<Growth>,
    /// f⁰.
    pub initial: Arc<InitialLaw<D>>,
    /// Where the cells are at t = 0, in the box; of their images around a periodic axis, moments take
    /// those near to it.
    pub place: Vector<D>,
    /// Number of cells of one replicate at t = 0.
    pub cells: usize,
    /// Mass of a cell at t = 0, if it is not the mass over their number.
    pub weight: Option<f64>,
    /// Between which numbers of cells it is to stay by splitting and merging.
    pub between: Option<[usize; 2]>,
    /// The free walk on V.
    pub walk: FreeWalk<D>,
}

impl<const D: usize> Species<D> {
    /// A population of an experiment, whose terms sense these cues.
    pub(super) fn new(
        e: &Experiment,
        of: &Population,
        cues: Vec<usize>,
        spectral: &Spectral<D>,
        map: &Arc<NodeMap<D>>,
    ) -> Result<Self, InitialError> {
        let (grid, scaling) = (spectral.grid(), Scaling::new(e.epsilon, of.q, of.p));
        let space = VelocitySpace::from_experiment(&of.velocity);
        let kernel = Kernel::from_experiment(&of.kernel, &space, scaling.bias());
        let initial = InitialLaw::shared(&of.cells, grid)?;
        Ok(Self {
            name: of.name.clone(),
            scaling,
            kernel,
            cues,
            kernel_bound: of.kernel.bound,
            refuse_negative: of.kernel.refuse_negative,
            antithetic: of.cells.antithetic,
            deposit: Deposit::new(spectral, map.clone(), of.deposit.bandwidth, of.deposit.order),
            growth: Growth::of(&of.cells),
            place: initial.place(grid),
            initial,
            cells: of.cells.count,
            weight: of.cells.weight,
            between: of.cells.between,
            walk: FreeWalk::new(&space),
            space,
        })
    }

    /// What the limit keeps of D, and of the χ of every term, where these sense `values`; χ is read from the drift
    /// up `slopes`.
    pub fn coefficients(&self, values: &[f64], slopes: &[f64]) -> (f64, Vec<f64>) {
        let [spreads, drifts] = self.scaling.left();
        let limit = |steep: Option<usize>| {
            self.kernel.limit(&Feelings::new(values.len(), |m| {
                let mut gradient = [0.0; D];
                gradient[0] = if steep == Some(m) { slopes[m] } else { 0.0 };
                Felt { value: values[m], gradient }
            }))
        };
        let chi = |m: usize| drifts * limit(Some(m)).drift[0] / slopes[m];
        (spreads * limit(None).diffusivity, (0..values.len()).map(chi).collect())
    }

    /// Its cells at t = 0.
    ///
    /// # Errors
    /// As [`InitialLaw::populate`].
    pub fn populate(&self, streams: Streams) -> Result<crate::cells::Population<D>, InitialError> {
        let streams = streams.of_population(&self.name);
        let own = self.deposit.own(self.cells);
        let mut cells = self.initial.populate((self.cells, own), &self.space, streams)?;
        if let Some(weight) = self.weight {
            cells.weight = weight;
        }
        Ok(cells)
    }

    /// A field step by one way of flying.
    pub(super) fn step_by<'a, K: TurningKernel<D>, S: Sense<D>>(
        &'a self,
        (method, hop): (Method, f64),
        (kernel, signal): (&'a K, &'a S),
        grid: &'a Grid<D>,
        duration: f64,
        positions: &[Vector<D>],
    ) -> Result<Step<'a, D, K, S>, Unbounded> {
        let scale = FlightScale {
            method,
            speed: self.space.max_speed() / self.scaling.epsilon(),
            max_speed: self.space.max_speed(),
            tumble_time: self.scaling.tumble_time(),
            duration,
            cells: self.cells,
            in_rounds: method == Method::Exact && self.space.is_uniform(),
        };
        let envelopes = match self.kernel_bound {
            // A bound from the user is checked at every candidate: no floor spares the look.
            Some(bound) => Envelopes::uniform(bound, 0.0),
            None => Envelopes::local(kernel, signal, grid, &scale, positions)?,
        };
        Ok(Step {
            kernel,
            signal,
            space: &self.space,
            walk: &self.walk,
            grid,
            scaling: self.scaling,
            duration,
            method,
            hop,
            envelopes,
            refuse_negative: self.refuse_negative,
            antithetic: self.antithetic,
        })
    }
}

//! What is rebuilt from the experiment and never changes during a run.

use crate::cells::{InitialError, InitialLaw};
use crate::experiment::Experiment;
use crate::grid::Grid;
use crate::schedule::{Tick, ticks};
use crate::signal::{self, Deposit, SensedSignal, SignalEquation};
use crate::spectral::Spectral;
use crate::spline::{self, NodeMap};
use crate::turning::Kernel;
use crate::velocity::VelocitySpace;

/// Kernel, velocity set, grid, signal equation, deposit, initial law and schedule of an experiment.
pub struct Model<const D: usize> {
    /// ε.
    pub epsilon: f64,
    /// V and F.
    pub space: VelocitySpace<D>,
    /// T_ε\[S\].
    pub kernel: Kernel<D>,
    /// Bound on T/F given by the user.
    pub kernel_bound: Option<f64>,
    /// Whether T < 0 is an error.
    pub refuse_negative: bool,
    /// Whether cells fly in mirrored pairs.
    pub antithetic: bool,
    /// The box, its grid and their transforms.
    pub spectral: Spectral<D>,
    /// The equation for S.
    pub equation: Box<dyn SignalEquation<D>>,
    /// ρ_h from the cells.
    pub deposit: Deposit<D>,
    /// f⁰.
    pub initial: InitialLaw<D>,
    /// Number of cells of one replicate.
    pub cells: usize,
    /// Seed of all streams.
    pub seed: u64,
    /// Sorted times at which something is recorded.
    pub outputs: Vec<f64>,
    /// Largest field step.
    pub step: f64,
    map: NodeMap<D>,
    symbol: Vec<f64>,
}

impl<const D: usize> Model<D> {
    /// Builds the model of an experiment of dimension `D`.
    pub fn new(e: &Experiment) -> Result<Self, InitialError> {
        assert_eq!(e.dimension, D, "the experiment's dimension is checked before");
        let grid = Grid::from_domain(&e.domain);
        let spectral = Spectral::new(&grid);
        let space = VelocitySpace::from_experiment(&e.velocity);
        Ok(Self {
            epsilon: e.epsilon,
            kernel: Kernel::from_experiment(e, &space),
            space,
            kernel_bound: e.kernel.bound,
            refuse_negative: e.kernel.refuse_negative,
            antithetic: e.cells.antithetic,
            equation: signal::equation(e),
            deposit: Deposit::new(&spectral, e.deposit.bandwidth, e.deposit.order),
            initial: InitialLaw::new(&e.cells, &grid)?,
            cells: e.cells.count,
            seed: e.seed,
            outputs: record_times(e),
            step: e.time.step,
            map: NodeMap::new(&grid),
            symbol: spectral.table(|k| spline::symbol(&grid, k)),
            spectral,
        })
    }

    /// The field steps. Before an output they shrink to ε²/25, a fraction of the time in which
    /// velocities forget, so that the flux is that of the output time.
    pub fn ticks(&self) -> Vec<Tick> {
        ticks(&self.outputs, self.step, 0.04 * self.epsilon * self.epsilon)
    }

    /// The box and its grid.
    pub fn grid(&self) -> &Grid<D> {
        self.spectral.grid()
    }

    /// S(x, 0) answering to ρ⁰ itself, without the noise of cells.
    pub fn initial_signal(&self) -> SensedSignal<D> {
        let density = self.spectral.forward(&self.initial.nodal(self.grid()));
        self.sense(&self.equation.initial(&self.spectral, &density))
    }

    /// S with these coefficients, as cells sense it.
    pub fn sense(&self, signal: &[f64]) -> SensedSignal<D> {
        SensedSignal::new(&self.spectral, &self.map, &self.symbol, signal)
    }
}

/// Output times and those at which cells are asked for.
fn record_times(e: &Experiment) -> Vec<f64> {
    let mut times = [e.time.outputs.as_slice(), &e.output.cells_at].concat();
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}

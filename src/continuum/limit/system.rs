//! What a limit is made of.

use crate::cells::{InitialError, InitialLaw};
use crate::experiment::{Experiment, Mobility, Population};
use crate::grid::Grid;
use crate::growth::Growth;
use crate::reaction::Network;
use crate::scaling::Scaling;
use crate::signal::Signals;
use crate::turning::Kernel;
use crate::velocity::VelocitySpace;
use std::sync::Arc;

/// K_h applied to ρ before it feeds signals and rates, as the deposit of cells does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mollifier {
    /// h.
    pub bandwidth: f64,
    /// Order of the kernel.
    pub order: usize,
}

/// One population.
pub struct Constituent<const D: usize> {
    /// T, for D and χ.
    pub kernel: Kernel<D>,
    /// What each of its terms senses: signals, by number, and their weights.
    pub cues: Vec<Vec<(usize, f64)>>,
    /// ρ⁰.
    pub initial: Arc<InitialLaw<D>>,
    /// Births less deaths.
    pub growth: Option<Growth>,
    /// How rates and signals see it.
    pub mollifier: Option<Mollifier>,
    /// What is left of D and of Γ.
    pub left: [f64; 2],
}

/// Everything that the limit of an experiment is made of: it knows no cells.
pub struct System<const D: usize> {
    /// The populations.
    pub constituents: Vec<Constituent<D>>,
    /// The signals.
    pub signals: Signals<D>,
    /// The reactions.
    pub network: Network,
    /// How drift depends on ρ.
    pub mobility: Mobility,
}

impl<const D: usize> System<D> {
    /// The limit of `e`, whose densities are those of `grid`; with `mollified`, they feed signals and rates through
    /// K_h.
    ///
    /// # Errors
    /// A ρ⁰ is none.
    pub fn new(e: &Experiment, grid: &Grid<D>, mollified: bool) -> Result<Self, InitialError> {
        let constituent = |p: &Population| {
            let scaling = Scaling::new(e.epsilon, p.q, p.p);
            let space = VelocitySpace::from_experiment(&p.velocity);
            let mollifier = Mollifier { bandwidth: p.deposit.bandwidth, order: p.deposit.order };
            Ok(Constituent {
                kernel: Kernel::from_experiment(&p.kernel, &space, scaling.bias()),
                cues: p.kernel.terms.iter().map(|term| term.senses.clone()).collect(),
                initial: InitialLaw::shared(&p.cells, grid)?,
                growth: Growth::of(&p.cells),
                mollifier: mollified.then_some(mollifier),
                left: scaling.left(),
            })
        };
        Ok(Self {
            constituents: e.populations.iter().map(constituent).collect::<Result<_, _>>()?,
            signals: Signals::new(&e.signals, &e.domain),
            network: Network::new(&e.reactions),
            mobility: e.limit.mobility,
        })
    }

    /// Whether K_h matters to what becomes of it: through signals, births, deaths or reactions.
    pub fn feels_density(&self) -> bool {
        let born = |of: &Constituent<D>| {
            of.growth.as_ref().is_some_and(|growth| growth.constant().is_none())
        };
        self.signals.is_coupled()
            || self.constituents.iter().any(born)
            || self
                .network
                .reactions
                .iter()
                .any(|r| r.rate.constant().is_none() || r.event.meets().is_some())
    }
}

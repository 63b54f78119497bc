//! What a limit is made of.

use crate::cells::{InitialError, InitialLaw};
use crate::experiment::{Experiment, Mobility};
use crate::grid::Grid;
use crate::growth::Growth;
use crate::reaction::Network;
use crate::scaling::Scaling;
use crate::signal::Signals;
use crate::turning::Kernel;
use crate::velocity::VelocitySpace;

/// K_h applied to ρ before it feeds signals and rates, as the deposit of cells does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mollifier {
    /// h.
    pub bandwidth: f64,
    /// Order of the kernel.
    pub order: usize,
}

/// One population.
pub struct Constituent<'a, const D: usize> {
    /// T, for D and χ.
    pub kernel: &'a Kernel<D>,
    /// What each of its terms senses: signals, by number, and their weights.
    pub cues: Vec<Vec<(usize, f64)>>,
    /// ρ⁰.
    pub initial: &'a InitialLaw<D>,
    /// Births less deaths.
    pub growth: Option<Growth>,
    /// How rates and signals see it.
    pub mollifier: Option<Mollifier>,
    /// What is left of D and of Γ.
    pub left: [f64; 2],
}

/// Everything that the limit of an experiment is made of: it knows no cells.
pub struct System<const D: usize> {
    kernels: Vec<Kernel<D>>,
    initial: Vec<InitialLaw<D>>,
    /// The signals.
    pub signals: Signals<D>,
    /// The reactions.
    pub network: Network,
    /// How drift depends on ρ.
    pub mobility: Mobility,
    others: Vec<Others>,
}

struct Others {
    cues: Vec<Vec<(usize, f64)>>,
    growth: Option<Growth>,
    mollifier: Option<Mollifier>,
    left: [f64; 2],
}

impl<const D: usize> System<D> {
    /// The limit of `e`, whose densities are those of `grid`; with `mollified`, they feed signals and rates through
    /// K_h.
    ///
    /// # Errors
    /// A ρ⁰ is none.
    pub fn new(e: &Experiment, grid: &Grid<D>, mollified: bool) -> Result<Self, InitialError> {
        let (mut kernels, mut initial, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for p in &e.populations {
            let scaling = Scaling::new(e.epsilon, p.q, p.p);
            let space = VelocitySpace::from_experiment(&p.velocity);
            kernels.push(Kernel::from_experiment(&p.kernel, &space, scaling.bias()));
            initial.push(InitialLaw::new(&p.cells, grid)?);
            let mollifier = Mollifier { bandwidth: p.deposit.bandwidth, order: p.deposit.order };
            others.push(Others {
                cues: p.kernel.terms.iter().map(|term| term.senses.clone()).collect(),
                growth: Growth::of(&p.cells),
                mollifier: mollified.then_some(mollifier),
                left: scaling.left().map(|left| f64::from(u8::from(left))),
            });
        }
        let (signals, network) = (Signals::new(&e.signals, &e.domain), Network::new(&e.reactions));
        Ok(Self { kernels, initial, signals, network, mobility: e.limit.mobility, others })
    }

    /// Its populations.
    pub fn constituents(&self) -> impl Iterator<Item = Constituent<'_, D>> {
        let parts = self.kernels.iter().zip(&self.initial).zip(&self.others);
        parts.map(|((kernel, initial), others)| Constituent {
            kernel,
            cues: others.cues.clone(),
            initial,
            growth: others.growth.clone(),
            mollifier: others.mollifier,
            left: others.left,
        })
    }

    /// ρ⁰ of every population.
    pub fn initial(&self) -> &[InitialLaw<D>] {
        &self.initial
    }

    /// Whether K_h matters to what becomes of it: through signals, births, deaths or reactions.
    pub fn feels_density(&self) -> bool {
        let born = |others: &Others| {
            others.growth.as_ref().is_some_and(|growth| growth.constant().is_none())
        };
        self.signals.is_coupled()
            || self.others.iter().any(born)
            || self
                .network
                .reactions
                .iter()
                .any(|r| r.rate.constant().is_none() || r.event.meets().is_some())
    }
}

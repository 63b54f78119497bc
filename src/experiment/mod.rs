//! The experiment: what a TOML file says, once it has been checked.
//!
//! Every room owns the keys and the data of what it does; here they are put together, with what belongs to none:
//! [`keys`] is the table of all keys, from which the strict reader, the JSON Schema and the commented template of
//! `kinetaxis new` are made ([`crate::schema`]).

mod build;
mod claim;
mod derive;
mod format;
pub mod keys;
mod mobility;
mod pages;
mod parameter;
mod parts;
pub mod periodic;
mod reactions;
mod read;
#[cfg(test)]
mod reference;
mod rules;
mod sample;
mod space;
mod strays;
#[cfg(test)]
mod tests;
mod units;

pub use claim::Claim;
pub use format::Format;
pub use mobility::Mobility;
pub use pages::{json_schema, template};
pub use parameter::{Parameter, Point, points};
pub use read::{Loaded, given, read, read_within, to_toml};
pub use units::Units;

pub use crate::cells::{Cells, Density};
use crate::formula::Formula;
pub use crate::grid::Domain;
pub use crate::motion::Method;
pub use crate::reaction::ReactionSpec;
pub use crate::schema::{Problem, Problems};
pub use crate::signal::{DepositSpec, NamedSignal, Signal};
pub use crate::turning::{KernelModel, KernelSpec, Term};
pub use crate::velocity::Velocity;

use crate::rng::ALONE;
use parts::SIGNAL;

/// A validated experiment. Vectors have `dimension` entries.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// What one unit of it is.
    pub units: Units,
    /// One line about what it is.
    pub title: String,
    /// d ∈ {1, 2, 3}.
    pub dimension: usize,
    /// ε > 0, ratio of the microscopic to the macroscopic scale.
    pub epsilon: f64,
    /// Seed of every random stream.
    pub seed: u64,
    /// How cells fly.
    pub motion: Method,
    /// Relative bias that motion = "auto" may accept.
    pub motion_bias: f64,
    /// The box and its grid.
    pub domain: Domain,
    /// The populations, at least one.
    pub populations: Vec<Population>,
    /// The signals, at least one.
    pub signals: Vec<NamedSignal>,
    /// The reactions.
    pub reactions: Vec<ReactionSpec>,
    /// Time horizon, field step, output times.
    pub time: Time,
    /// Numerical resolution of the macroscopic equation.
    pub limit: Limit,
    /// Replicates of an ensemble.
    pub ensemble: Ensemble,
    /// The sweep.
    pub converge: Converge,
    /// What is written besides the standard files.
    pub output: Output,
    /// What `kinetaxis verify` weighs.
    pub verify: Verify,
}

impl Experiment {
    /// The population that a file with no other speaks of.
    pub fn first(&self) -> &Population {
        &self.populations[0]
    }

    /// The population whose cells and bandwidth stand for those of all in a sweep: the first that has cells at t = 0.
    pub fn lead(&self) -> &Population {
        self.populations.iter().find(|one| one.cells.count > 0).unwrap_or(self.first())
    }

    /// The path of a key of a population, such as `kernel.lambda`.
    pub fn key_of(&self, population: &Population, key: &str) -> String {
        match (self.populations.len(), &population.name[..]) {
            (1, ALONE) => key.into(),
            (_, name) => format!("populations.{name}.{key}"),
        }
    }

    /// The path of a key of a signal, such as `decay`.
    pub fn key_of_signal(&self, signal: &NamedSignal, key: &str) -> String {
        match (self.signals.len(), &signal.name[..]) {
            (1, SIGNAL) => format!("signal.{key}"),
            (_, name) => format!("signals.{name}.{key}"),
        }
    }

    /// All that decides what one realisation, or one solution of the limit, is, as text: two experiments of the same definition
    /// have the same realisations to the last bit. Numbers of replicates, what is varied, written or claimed are not part of it.
    pub fn definition(&self) -> String {
        let Self { dimension, epsilon, seed, motion, motion_bias, domain, .. } = self;
        let Self { populations, signals, reactions, time, limit, .. } = self;
        format!(
            "{dimension} {epsilon:?} {seed} {motion:?} {motion_bias:?} {domain:?} {populations:?} \
             {signals:?} {reactions:?} {time:?} {limit:?}"
        )
    }

    /// Population and signal, where there are no others: what is proved of one of each alone is said of
    /// them.
    pub fn alone(&self) -> Option<(&Population, &Signal)> {
        match (&self.populations[..], &self.signals[..]) {
            ([population], [signal]) => Some((population, &signal.equation)),
            _ => None,
        }
    }
}

/// One population: `[velocity]`, `[kernel]`, `[cells]` and `[deposit]`.
#[derive(Clone, Debug)]
pub struct Population {
    /// Its name: `cells` where there is no other.
    pub name: String,
    /// V and F.
    pub velocity: Velocity,
    /// T\[S\].
    pub kernel: KernelSpec,
    /// The cells at t = 0.
    pub cells: Cells,
    /// Kernel density estimate.
    pub deposit: DepositSpec,
    /// q: cells tumble at rates over ε^{q+1}.
    pub q: i32,
    /// p: ε^p stands for ε in the kernel.
    pub p: i32,
}

impl Population {
    /// The order in ε with which it tends to its limit, where it is on its own: 2 if f⁰ has no flux and the kernel
    /// is even under a change of all signs, else 1; and where the flux ε^{p−1}Γρ − ε^{q−1}D∇ρ has terms that vanish
    /// ([`Population::vanishing`]), what is missing of ρ is of the order of the largest of them.
    pub fn order(&self, even_kernel: bool) -> u32 {
        let own = if self.starts_without_flux() && even_kernel { 2 } else { 1 };
        self.vanishing().map_or(own, |power| own.min(power))
    }

    /// The least positive one of q − 1 and p − 1, which is the power of ε that diffusion or drift
    /// vanishes with; p counts where there is a drift ([`Scaling`](crate::scaling::Scaling)).
    pub fn vanishing(&self) -> Option<u32> {
        let drift = if self.kernel.is_biased() { self.p - 1 } else { 0 };
        [self.q - 1, drift]
            .into_iter()
            .filter_map(|power| u32::try_from(power).ok())
            .filter(|power| *power > 0)
            .min()
    }

    /// Whether f⁰ is even in v.
    pub fn starts_without_flux(&self) -> bool {
        self.cells.mean_velocity.iter().all(|m| *m == 0.0)
    }
}

/// `[time]`
#[derive(Clone, Debug)]
pub struct Time {
    /// Final time.
    pub end: f64,
    /// Largest field step Δt; shortened to hit the output times.
    pub step: f64,
    /// Sorted output times in [0, end]; the last one is `end`.
    pub outputs: Vec<f64>,
    /// Longest step of hybrid flights.
    pub motion_step: f64,
}

/// `[limit]`
#[derive(Clone, Debug)]
pub struct Limit {
    /// Grid cells along each axis.
    pub grid: Vec<usize>,
    /// Largest time step.
    pub step: f64,
    /// How the drift depends on ρ.
    pub mobility: Mobility,
}

/// `[ensemble]`
#[derive(Clone, Debug)]
pub struct Ensemble {
    /// Number of replicates, at least 2.
    pub replicates: usize,
    /// Level of the confidence intervals.
    pub confidence: f64,
}

/// `[converge]`
#[derive(Clone, Debug)]
pub struct Converge {
    /// What the sweep varies.
    pub parameter: Parameter,
    /// The values of ε, largest first, at least 2 distinct ones.
    pub epsilons: Vec<f64>,
    /// Those of another parameter, coarsest first, at least 2 distinct ones; none for ε.
    pub values: Vec<f64>,
    /// Replicates at each value.
    pub replicates: usize,
    /// Cells of one replicate, at each ε.
    pub cells: Vec<usize>,
    /// Test functions φ(x) of the weak errors (1/|Ω|)∫(ρ_ε−ρ₀)φ dx.
    pub test_functions: Vec<Formula>,
    /// Replicates of each paired run of the error budget; 0 leaves the budget out.
    pub budget_replicates: usize,
    /// Whether the kinetic equation is solved on a grid as well.
    pub noise_free: bool,
}

/// `[output]`
#[derive(Clone, Debug)]
pub struct Output {
    /// Formats of the tables.
    pub formats: Vec<Format>,
    /// Times at which every cell is written.
    pub cells_at: Vec<f64>,
    /// The neighbour whose distance gives the bandwidth of the adaptive density; 0 for none.
    pub knn: usize,
}

/// `[verify]`
#[derive(Clone, Debug)]
pub struct Verify {
    /// The claims.
    pub claims: Vec<Claim>,
    /// Where they are made.
    pub source: String,
    /// The exact speed of a band, where it is known.
    pub speed: Option<f64>,
    /// Changes for `--quick`, as of `--set`.
    pub quick: Vec<String>,
    /// Changes of keys with which the order is weighed by cells.
    pub by_cells: Vec<String>,
}

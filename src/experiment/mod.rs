//! The experiment: what a TOML file says, once it has been checked.
//!
//! [`keys`] lists every key of the file once: its type, range, default and meaning. The strict
//! reader, the JSON Schema and the commented template of `kinetaxis new` are all made from it.

pub(crate) mod build;
mod check;
mod derive;
pub(crate) mod draft;
pub mod keys;
pub(crate) mod kind;
mod parameter;
mod parts;
pub mod periodic;
mod problem;
mod ranged;
mod reactions;
mod read;
#[cfg(test)]
mod reference;
mod rules;
mod sample;
pub mod schema;
mod source;
mod space;
pub mod template;
#[cfg(test)]
mod tests;

pub use parameter::{Parameter, Point, points};
pub use problem::{Problem, Problems};
pub use ranged::{OutOfRange, Ranged};
pub use read::{Loaded, given, read, read_within, to_toml};

use crate::formula::{Formula, Quantity};
use crate::grid::Boundary;
pub use crate::limit::Mobility;
pub use crate::motion::Method;
pub use crate::reaction::{Event, Newborn};
pub use crate::turning::KernelModel;
pub use crate::verify::Claim;

/// A validated experiment. Vectors have `dimension` entries.
#[derive(Clone, Debug)]
pub struct Experiment {
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
    pub reactions: Vec<Reaction>,
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

    /// The path of a key of a population, such as `kernel.lambda`.
    pub fn key_of(&self, population: &Population, key: &str) -> String {
        match self.populations.len() {
            1 => key.into(),
            _ => format!("populations.{}.{key}", population.name),
        }
    }

    /// The path of a key of a signal, such as `decay`.
    pub fn key_of_signal(&self, signal: &NamedSignal, key: &str) -> String {
        match self.signals.len() {
            1 => format!("signal.{key}"),
            _ => format!("signals.{}.{key}", signal.name),
        }
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
    pub kernel: Kernel,
    /// The cells at t = 0.
    pub cells: Cells,
    /// Kernel density estimate.
    pub deposit: Deposit,
    /// q: cells tumble at rates over ε^{q+1}.
    pub q: i32,
    /// p: ε^p stands for ε in the kernel.
    pub p: i32,
}

impl Population {
    /// Whether f⁰ is even in v.
    pub fn starts_without_flux(&self) -> bool {
        self.cells.mean_velocity.iter().all(|m| *m == 0.0)
    }
}

/// A reaction: `[reactions.NAME]`.
#[derive(Clone, Debug)]
pub struct Reaction {
    /// Its name.
    pub name: String,
    /// What happens.
    pub event: Event,
    /// Its rate in the densities of all populations, all signals, x, y, z and t.
    pub rate: Quantity,
    /// Whether the rate is over μF(v).
    pub per_equilibrium: bool,
}

/// One signal: `[signal]`.
#[derive(Clone, Debug)]
pub struct NamedSignal {
    /// Its name: `S` where there is no other.
    pub name: String,
    /// The populations, by number, whose densities it is made of: ρ in its equation is their sum.
    pub producers: Vec<usize>,
    /// Its equation.
    pub equation: Signal,
}

/// `[domain]`
#[derive(Clone, Debug)]
pub struct Domain {
    /// Lower corner.
    pub lower: Vec<f64>,
    /// Upper corner.
    pub upper: Vec<f64>,
    /// Grid cells along each axis.
    pub grid: Vec<usize>,
    /// Boundary along each axis.
    pub boundary: Vec<Boundary>,
    /// Share of the cells that may be outside the box in the whole space.
    pub leak: f64,
}

impl Domain {
    /// Whether the box stands for the whole space: open on one axis, open on all.
    pub fn is_open(&self) -> bool {
        self.boundary.iter().any(|b| matches!(b, Boundary::Open { .. }))
    }
}

/// The kinds of velocity set V.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VelocitySet {
    /// |v| = speed.
    Sphere,
    /// |v| ≤ speed.
    Ball,
    /// inner_speed ≤ |v| ≤ speed.
    Shell,
}

/// `[velocity]`
#[derive(Clone, Debug)]
pub struct Velocity {
    /// Kind of V.
    pub set: VelocitySet,
    /// Largest speed s.
    pub speed: f64,
    /// Inner radius of a shell; 0 otherwise.
    pub inner_speed: f64,
    /// F(|v|) up to normalisation, in the variable `r`; `None` is uniform.
    pub equilibrium: Option<Formula>,
}

/// `[kernel]`
#[derive(Clone, Debug)]
pub struct Kernel {
    /// T is the sum of these; at least one.
    pub terms: Vec<Term>,
    /// Whether T < 0 stops the run (true) or is counted and reported (false).
    pub refuse_negative: bool,
    /// An upper bound on T/F given by the user, in place of the computed one.
    pub bound: Option<f64>,
}

/// A term of a kernel, and what it senses.
#[derive(Clone, Debug)]
pub struct Term {
    /// The family and its parameters.
    pub model: KernelModel,
    /// The signals, by number, and their weights: S of the term is their weighted sum.
    pub senses: Vec<(usize, f64)>,
}

impl Kernel {
    /// The only term, if there are no others.
    pub fn only(&self) -> Option<&KernelModel> {
        match &self.terms[..] {
            [term] => Some(&term.model),
            _ => None,
        }
    }
}

/// Laws of an unbiased turn, T₀/λ.
#[derive(Clone, Debug)]
pub enum Scattering {
    /// The Poisson kernel on a sphere.
    HenyeyGreenstein {
        /// g, |g| < 1.
        mean_cosine: f64,
    },
    /// F ∝ e^{κ cos} on a sphere.
    VonMisesFisher {
        /// κ.
        concentration: f64,
    },
    /// T₀/λ in r = |v|, q = |v′|, p = v·v′, F = F(v), with detailed balance.
    Expression(Formula),
}

/// Families of ψ(S, S̃), with z = S̃ − S.
#[derive(Clone, Debug)]
pub enum Psi {
    /// C₁ z/√(1+z²) + C₂, C₂ > C₁ > 0.
    Saturating {
        /// C₁.
        c1: f64,
        /// C₂.
        c2: f64,
    },
    /// C₁ z + C₂.
    Linear {
        /// C₁.
        c1: f64,
        /// C₂.
        c2: f64,
    },
    /// C₂ exp(C₁ z / C₂).
    Exponential {
        /// C₁.
        c1: f64,
        /// C₂.
        c2: f64,
    },
    /// Ψ(S)Ψ̃(S̃), built so that D(S) and χ(S) are the wanted ones (CMPS, end of §5; α₊ = 1, α₋ = 0).
    Separable {
        /// D(S) > 0.
        diffusivity: Quantity,
        /// χ(S).
        sensitivity: Quantity,
    },
    /// Any expression in `S` (here) and `R` (remote, S̃).
    Expression(Formula),
}

/// `[signal]`
#[derive(Clone, Debug)]
pub enum Signal {
    /// S ≡ 0.
    None,
    /// S(x, t) given.
    Prescribed(Formula),
    /// δ∂tS = D_S ΔS + αρ − βS + σ.
    Parabolic {
        /// δ > 0.
        delta: f64,
        /// D_S > 0.
        diffusion: f64,
        /// α(ρ, S).
        production: Quantity,
        /// β(ρ, S).
        decay: Quantity,
        /// σ, what else is made of S per volume.
        source: Quantity,
        /// S(x, 0).
        initial: Quantity,
    },
    /// 0 = D_S ΔS + αρ − βS; with β = 0 the mean of ρ is subtracted and S has mean zero.
    Elliptic {
        /// D_S > 0.
        diffusion: f64,
        /// α ≥ 0.
        production: f64,
        /// β ≥ 0.
        decay: f64,
    },
    /// S = K_h * ρ.
    Density,
}

/// `[cells]`
#[derive(Clone, Debug)]
pub struct Cells {
    /// Number of cells of one replicate.
    pub count: usize,
    /// Mass of one cell; `None` is the total mass over the count.
    pub weight: Option<f64>,
    /// Numbers of cells between which births and deaths are to leave it: below the first every cell is split
    /// into two of half the weight, above the second two are merged into one.
    pub between: Option<[usize; 2]>,
    /// Total mass M; `None` takes ∫ of the density expression as it stands (1 for shapes).
    pub mass: Option<f64>,
    /// ρ(x, 0) up to normalisation.
    pub density: Density,
    /// Cells along each axis of the grid from which positions are drawn.
    pub density_grid: Vec<usize>,
    /// Mean of v at t = 0; f⁰ ∝ F(v)(1 + d m·v/⟨|v|²⟩).
    pub mean_velocity: Vec<f64>,
    /// Stratify initial positions over the grid.
    pub stratified: bool,
    /// Pair cells 2i and 2i+1: same start, mirrored randomness.
    pub antithetic: bool,
    /// r(ρ, S): births less deaths, per cell and unit of time.
    pub growth: Quantity,
}

/// Initial densities by name.
#[derive(Clone, Debug)]
pub enum Density {
    /// Constant.
    Uniform,
    /// All cells at one point.
    Point {
        /// The point.
        center: Vec<f64>,
    },
    /// exp(−|x−c|²/2w²).
    Gaussian {
        /// c.
        center: Vec<f64>,
        /// w.
        width: f64,
    },
    /// Constant in |x−c| < r, else 0.
    Ball {
        /// c.
        center: Vec<f64>,
        /// r.
        radius: f64,
    },
    /// exp(−(|x−c|−r)²/2w²).
    Ring {
        /// c.
        center: Vec<f64>,
        /// r.
        radius: f64,
        /// w.
        width: f64,
    },
    /// 1 + A Πₐ cos(2π mₐ (xₐ−lowerₐ)/Lₐ) (periodic axis) or cos(π mₐ (xₐ−lowerₐ)/Lₐ) (no-flux axis).
    Cosine {
        /// A ∈ [−1, 1].
        amplitude: f64,
        /// m, one integer per axis.
        mode: Vec<usize>,
    },
    /// Any expression in x, y, z.
    Expression(Formula),
}

/// `[deposit]`
#[derive(Clone, Debug)]
pub struct Deposit {
    /// h, standard deviation of the Gaussian kernel K_h.
    pub bandwidth: f64,
    /// Order of the kernel: 2 (Gaussian), 4 or 6.
    pub order: usize,
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
    /// Changes for `--quick`, as of `--set`.
    pub quick: Vec<String>,
}

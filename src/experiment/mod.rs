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
pub mod periodic;
mod problem;
mod ranged;
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
    /// V and F.
    pub velocity: Velocity,
    /// T\[S\].
    pub kernel: Kernel,
    /// The equation for S.
    pub signal: Signal,
    /// The cells at t = 0.
    pub cells: Cells,
    /// Kernel density estimate.
    pub deposit: Deposit,
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
    /// The family and its parameters.
    pub model: KernelModel,
    /// Whether T < 0 stops the run (true) or is counted and reported (false).
    pub refuse_negative: bool,
    /// An upper bound on T/F given by the user, in place of the computed one.
    pub bound: Option<f64>,
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
    /// δ∂tS = D_S ΔS + αρ − βS.
    Parabolic {
        /// δ > 0.
        delta: f64,
        /// D_S > 0.
        diffusion: f64,
        /// α(ρ, S).
        production: Quantity,
        /// β(ρ, S).
        decay: Quantity,
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
}

/// `[cells]`
#[derive(Clone, Debug)]
pub struct Cells {
    /// Number of cells of one replicate.
    pub count: usize,
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

//! The virial identity of the plane: in the whole space with −D_S ΔS = αρ and constant D and χ,
//! d/dt ∫|x−c|²ρ dx = 4DM − αχM²/(2πD_S), c the centre of mass (Blanchet, Dolbeault & Perthame 2006).

use crate::cells::{InitialLaw, Population};
use crate::crew::Crew;
use crate::experiment::{Experiment, KernelModel, KernelSpec, Mobility, Signal};
use crate::formula::Quantity;
use crate::grid::Grid;
use crate::growth::Growth;
use crate::turning::{Coefficients, Kernel, TurningKernel};
use crate::vector::dot;
use std::f64::consts::PI;

/// The identity for one experiment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Virial {
    /// M.
    pub mass: f64,
    /// 8πDD_S/(αχ): above it ∫|x−c|²ρ would reach 0, so ρ blows up before.
    pub critical_mass: f64,
    /// D and χ.
    pub coefficients: Coefficients,
    /// αχM/(2πD_S): what attraction takes from the slope.
    attraction: f64,
    /// ε.
    epsilon: f64,
    /// λ/ε² and the number of cells, if the cells have an identity of their own.
    cells: Option<(f64, f64)>,
}

/// Means over the cells of one replicate at t = 0.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Start {
    /// Of |x|².
    pub square: f64,
    /// Of x·v.
    pub radial: f64,
}

impl Start {
    /// Those of the `cells` that a crew has.
    pub fn of<const D: usize>(crew: &Crew, cells: &Population<D>) -> Self {
        let n = crew.count(cells.len()) as f64;
        let pairs = cells.positions.iter().zip(cells.velocities.iter());
        Self {
            square: crew.sum(cells.positions.iter().map(|x| dot(&x, &x))) / n,
            radial: crew.sum(pairs.map(|(x, v)| dot(&x, &v))) / n,
        }
    }
}

impl Virial {
    /// `None` where the identity does not hold: not in the plane, not the whole space, a signal with
    /// decay or of its own dynamics, D or χ that vary, drift not linear in ρ, births or deaths.
    pub fn new<const D: usize>(
        e: &Experiment,
        kernel: &Kernel<D>,
        initial: &InitialLaw<D>,
    ) -> Option<Self> {
        let open = Grid::<D>::from_domain(&e.domain).is_open();
        let (population, signal) = e.alone().filter(|_| e.reactions.is_empty())?;
        let (Signal::Elliptic { diffusion, production, decay }, 2, true) = (signal, D, open) else {
            return None;
        };
        let parabolic =
            (population.q, population.p) == (1, 1) && population.kernel.only().is_some();
        let born = Growth::of(&population.cells).is_some();
        if e.limit.mobility != Mobility::Linear || born || !parabolic {
            return None;
        }
        let coefficients = kernel.constant_coefficients().filter(|_| *decay == 0.0)?;
        let (mass, strength) = (initial.mass(), production / diffusion * coefficients.sensitivity);
        Some(Self {
            mass,
            critical_mass: 8.0 * PI * coefficients.diffusivity / strength,
            coefficients,
            attraction: strength * mass / (2.0 * PI),
            epsilon: e.epsilon,
            cells: relaxation(e.epsilon, &population.kernel)
                .map(|rate| (rate, population.cells.count as f64)),
        })
    }

    /// d/dt of the mean of |x−c|² in the limit.
    pub fn slope(&self) -> f64 {
        4.0 * self.coefficients.diffusivity - self.attraction
    }

    /// When a mean of |x−c|² that is `variance` now would be 0: the blow-up comes before. `None` at
    /// or below the critical mass.
    pub fn latest_blow_up(&self, variance: f64) -> Option<f64> {
        (self.slope() < 0.0).then(|| variance / -self.slope())
    }

    /// E|x|² − E|x(0)|² of N cells at time `t` for every ε: 2P(t − (ε²/λ)(1 − e^{−λt/ε²})) with
    /// P = 2D − αχM(N−1)/(4πND_S), for the local kernel with b = 0, constant λ and a, and T ≥ 0
    /// throughout, up to what K_h takes from the attraction of close cells. `None` for others.
    ///
    /// The mean new velocity is εχ∇S·λ/ε² per unit of the rate of turning, and pairs of cells pull
    /// with Σᵢ xᵢ·∇S(xᵢ) = −(α/D_S)(M/2πN) N(N−1)/2 wherever they are.
    pub fn growth_of_cells(&self, t: f64) -> Option<f64> {
        let (rate, count) = self.cells?;
        let pairs = (count - 1.0) / count;
        let slope = 4.0 * self.coefficients.diffusivity - self.attraction * pairs;
        Some(slope * (t + (-rate * t).exp_m1() / rate))
    }

    /// E|x|² at time `t` of the cells that started like this: [`Self::growth_of_cells`] from |x(0)|²,
    /// and 2(ε/λ)(1 − e^{−λt/ε²}) E x·v(0), which flights of the first cells keep of their directions.
    pub fn second_moment(&self, t: f64, start: &Start) -> Option<f64> {
        let (rate, _) = self.cells?;
        let kept = -2.0 * (-rate * t).exp_m1() / (self.epsilon * rate);
        Some(start.square + kept * start.radial + self.growth_of_cells(t)?)
    }

    /// Whether the cells have an identity of their own.
    pub fn holds_for_cells(&self) -> bool {
        self.cells.is_some()
    }
}

/// λ/ε² of a kernel whose cells have the identity.
fn relaxation(epsilon: f64, kernel: &KernelSpec) -> Option<f64> {
    match *kernel.only()? {
        KernelModel::Local {
            lambda: Quantity::Constant(lambda),
            a: Quantity::Constant(_),
            b: Quantity::Constant(0.0),
        } => Some(lambda / (epsilon * epsilon)),
        _ => None,
    }
}

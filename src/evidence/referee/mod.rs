//! What a referee of the papers would check of an experiment: their assumptions with figures, a
//! counter-example where one fails, and which theorem applies.
//!
//! Everything is found from values of T alone, but for what a kernel says is proved of it for every
//! signal ([`crate::turning::Majorant`], [`crate::turning::Symmetry`]).

mod balance;
mod groups;
mod majorant;
mod parity;
mod symmetry;
mod theorems;
mod transport;
mod velocities;

pub use balance::{Balance, balance};
pub use groups::{Groups, flat_rate, groups};
pub use majorant::{Example, Found, Structure, evaluate, structure};
pub use parity::{Parity, parity};
pub use symmetry::{Parts, parts};
pub use theorems::{Evidence, Hypothesis, Theorem, theorems};
pub use transport::{Comparison, compare};

use crate::experiment::Experiment;
use crate::grid::Grid;
use crate::identities::Virial;
use crate::model::Model;
use crate::turning::{Bounds, Sense, Symmetry, TurningKernel};

/// Whether a hypothesis or an assumption holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is met.
    Holds,
    /// It is violated.
    Fails,
    /// Nobody has proved it either way.
    Unknown,
}

impl Status {
    /// As a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Unknown => "not known",
        }
    }
}

/// Where the kernel is looked at: a signal with the values and the steepest gradient of t = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Least S.
    pub low: f64,
    /// Largest S.
    pub high: f64,
    /// Bound on |∇S|; 1 where S is flat.
    pub slope: f64,
}

impl Place {
    /// What the first term of the first population senses at t = 0.
    pub fn at_start<const D: usize>(model: &Model<D>) -> Self {
        let bounds = model.initial_signals()[model.first().cues[0]].bounds();
        Self::within(&bounds, model.grid())
    }

    /// What a signal within `bounds` is.
    pub fn within<const D: usize>(bounds: &Bounds<D>, grid: &Grid<D>) -> Self {
        let slope = if is_flat(bounds, grid) { 1.0 } else { bounds.slope };
        Self { low: bounds.low, high: bounds.high, slope }
    }

    /// The middle value of S.
    pub fn middle(&self) -> f64 {
        0.5 * (self.low + self.high)
    }
}

/// Gradients that change S over a grid cell by less than this part of it are round-off of its transform.
const FLAT: f64 = 1e-12;

/// Whether S is the same everywhere, up to round-off.
pub fn is_flat<const D: usize>(bounds: &Bounds<D>, grid: &Grid<D>) -> bool {
    let spacing = grid.spacing().into_iter().fold(f64::INFINITY, f64::min);
    bounds.slope * spacing <= FLAT * bounds.low.abs().max(bounds.high.abs())
}

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Review<const D: usize> {
    /// Where.
    pub place: Place,
    /// (A0).
    pub balance: Balance<D>,
    /// (A1).
    pub structure: Structure<D>,
    /// (CMPS 30, 31) as measured at [`Review::place`].
    pub parts: Parts<D>,
    /// (CMPS 30, 31) as proved for every S with |∇S| ≤ slope, at this ε.
    pub proved: Option<Symmetry>,
    /// D and χ.
    pub comparison: Comparison,
    /// What decides the order in ε.
    pub parity: Parity,
    /// The theorems of CMPS and HKS.
    pub theorems: Vec<Theorem>,
    /// The critical mass, in the plane.
    pub virial: Option<Virial>,
}

/// Reviews an experiment and its model; where there are several populations, the first one.
pub fn review<const D: usize>(e: &Experiment, model: &Model<D>) -> Review<D> {
    let species = model.first();
    let (kernel, space, place) = (&species.kernel, &species.space, Place::at_start(model));
    let epsilon = species.scaling.bias();
    let balance = balance(kernel, space, &place);
    let structure = structure(kernel, space, epsilon);
    let parts = parts(kernel, space, &place, epsilon);
    let symmetry_in_limit = in_limit(model, &place);
    let evidence = Evidence {
        balance: balance.status(),
        gamma: balance.least,
        structure: structure.status,
        symmetry: symmetry_in_limit,
        senses_change: kernel.senses_change(),
    };
    Review {
        theorems: theorems(e, &evidence),
        comparison: compare(kernel, space, &place),
        parity: parity(kernel, space, &place, e.first(), epsilon),
        virial: model.virial,
        proved: kernel.symmetry(place.slope),
        place,
        balance,
        structure,
        parts,
    }
}

/// Factor on ε that stands for "ε small enough".
const VANISHING: f64 = 1e-6;

/// Whether (CMPS 30, 31) hold for ε small enough.
fn in_limit<const D: usize>(model: &Model<D>, place: &Place) -> Status {
    let species = model.first();
    let epsilon = VANISHING * species.scaling.bias();
    let kernel = species.kernel.with_epsilon(epsilon);
    match kernel.symmetry(place.slope) {
        Some(_) => Status::Holds,
        None => parts(&kernel, &species.space, place, epsilon).status(),
    }
}

//! What is observed of the cells and compared: ρ, S, ∇S, J and r_ε.

use super::norms::Norm;
use crate::experiment::{Experiment, Signal};
use std::fmt;
use std::ops::{Index, IndexMut};
use std::str::FromStr;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Observed {
    /// ρ.
    Density,
    /// S.
    Signal,
    /// ∇S.
    Gradient,
    /// J_ε = (1/ε)∫vf dv.
    Flux,
    /// r_ε = (f − ρF)/ε.
    Remainder,
}

impl Observed {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 5] =
        [Self::Density, Self::Signal, Self::Gradient, Self::Flux, Self::Remainder];

    /// The name in tables: rho, S, gradS, J or r.
    pub fn name(self) -> &'static str {
        ["rho", "S", "gradS", "J", "r"][self as usize]
    }

    /// The norms that are measured of it.
    pub fn norms(self) -> &'static [Norm] {
        match self {
            Self::Density => &[Norm::L1, Norm::L2, Norm::Linf, Norm::Hminus1],
            Self::Signal | Self::Gradient | Self::Flux => &[Norm::L1, Norm::L2, Norm::Linf],
            Self::Remainder => &[Norm::L2],
        }
    }

    /// Those whose differences mean something: S and ∇S only if S answers to ρ.
    pub fn of(e: &Experiment) -> impl Iterator<Item = Self> + use<> {
        let answers = !matches!(e.signal, Signal::None | Signal::Prescribed(_));
        Self::ALL
            .into_iter()
            .filter(move |q| answers || !matches!(q, Self::Signal | Self::Gradient))
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Observed {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        (Self::ALL.into_iter().find(|q| q.name() == name))
            .ok_or_else(|| format!("\"{name}\" is not one of {names}"))
    }
}

/// One value for each of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Each<T>(pub [T; 5]);

impl<T> Index<Observed> for Each<T> {
    type Output = T;

    fn index(&self, of: Observed) -> &T {
        &self.0[of as usize]
    }
}

impl<T> IndexMut<Observed> for Each<T> {
    fn index_mut(&mut self, of: Observed) -> &mut T {
        &mut self.0[of as usize]
    }
}

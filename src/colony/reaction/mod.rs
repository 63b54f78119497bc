//! Reactions: the G_i of ∂t f_i + (1/ε) v·∇f_i = ε^{−(q_i+1)} 𝒯_i f_i + G_i (BC 6, 45 to 47).
//!
//! Every reaction has a rate, which may depend on all densities, all signals, place and time, and an
//! [`Event`], which says whose rate it is and what becomes of whom. In the limit, and in the densities
//! ρ_i = ∫f_i dv of the kinetic equation, a reaction is a flow of mass from one population to another.

mod history;
mod nodal;
mod spec;

pub use history::{Census, Channel, Infectious, LocalRate, react};
pub use nodal::Flows;
pub(crate) use spec::KEYS;
pub use spec::ReactionSpec;

use crate::schema::Ranged;

/// What the velocity of a newborn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newborn {
    /// Its parent's.
    Parent,
    /// Drawn from the equilibrium F of its population.
    Equilibrium,
    /// Uniform on V of its population.
    Uniform,
}

/// What happens, to populations by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A cell dies.
    Death {
        /// Whose rate it is.
        of: usize,
    },
    /// A cell divides: its daughter has its place and velocity.
    Division {
        /// Whose rate it is.
        of: usize,
    },
    /// A cell becomes one of another population, and keeps its velocity.
    Conversion {
        /// Whose rate it is.
        of: usize,
        /// What it becomes.
        to: usize,
    },
    /// A cell becomes one of another population on meeting one of a third, which is not used up: at the rate times
    /// the density of that one.
    Infection {
        /// Whose rate it is.
        of: usize,
        /// What it becomes.
        to: usize,
        /// What it meets.
        by: usize,
        /// Whether only those of equal velocity meet, at the rate times f_by/F_by (BC 45), of which density
        /// and flux are kept; else the rate is times ρ_by.
        literal: bool,
    },
    /// A cell makes one of another population.
    Production {
        /// Whose rate it is.
        of: usize,
        /// What it makes.
        makes: usize,
        /// The velocity of that.
        velocity: Newborn,
    },
    /// Cells come from nowhere, at a rate per volume.
    Source {
        /// What comes.
        makes: usize,
        /// Its velocity.
        velocity: Newborn,
    },
}

impl Event {
    /// Whose rate it is; of none where it is per volume.
    pub fn parent(&self) -> Option<usize> {
        match *self {
            Self::Death { of }
            | Self::Division { of }
            | Self::Conversion { of, .. }
            | Self::Infection { of, .. }
            | Self::Production { of, .. } => Some(of),
            Self::Source { .. } => None,
        }
    }

    /// Who is one less.
    pub fn loses(&self) -> Option<usize> {
        match *self {
            Self::Death { of } | Self::Conversion { of, .. } | Self::Infection { of, .. } => {
                Some(of)
            }
            _ => None,
        }
    }

    /// Who is one more.
    pub fn gains(&self) -> Option<usize> {
        match *self {
            Self::Death { .. } => None,
            Self::Division { of } => Some(of),
            Self::Conversion { to, .. } | Self::Infection { to, .. } => Some(to),
            Self::Production { makes, .. } | Self::Source { makes, .. } => Some(makes),
        }
    }

    /// Who has to be met.
    pub fn meets(&self) -> Option<usize> {
        match *self {
            Self::Infection { by, .. } => Some(by),
            _ => None,
        }
    }

    /// The velocity of who is one more.
    pub fn newborn(&self) -> Newborn {
        match *self {
            Self::Production { velocity, .. } | Self::Source { velocity, .. } => velocity,
            _ => Newborn::Parent,
        }
    }
}

/// One reaction.
#[derive(Clone, Debug)]
pub struct Reaction {
    /// Its name.
    pub name: String,
    /// What happens.
    pub event: Event,
    /// The rate: per unit of time, and per cell or per volume; of an infection also per density.
    pub rate: Ranged,
    /// Whether the rate is that of a cell over μF(v), as BC 45 to 47 have it where F is not uniform.
    pub per_equilibrium: bool,
}

/// All reactions of an experiment.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Each of them.
    pub reactions: Vec<Reaction>,
}

impl Network {
    /// Those that a file names.
    pub fn new(reactions: &[ReactionSpec]) -> Self {
        let one = |r: &ReactionSpec| Reaction {
            name: r.name.clone(),
            event: r.event,
            rate: Ranged::new(KEYS, "reactions.rate", r.rate.clone()),
            per_equilibrium: r.per_equilibrium,
        };
        Self { reactions: reactions.iter().map(one).collect() }
    }

    /// Whether nothing reacts.
    pub fn is_empty(&self) -> bool {
        self.reactions.is_empty()
    }

    /// Whether the flux of a population is asked for.
    pub fn needs_flux(&self, population: usize) -> bool {
        let literal = |r: &Reaction| match r.event {
            Event::Infection { by, literal, .. } => literal && by == population,
            _ => false,
        };
        self.reactions.iter().any(literal)
    }
}

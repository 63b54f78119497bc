//! What is observed of the cells and compared: ρ, S, ∇S, J and r_ε, of every population and signal.

use super::norms::Norm;
use crate::experiment::{Experiment, NamedSignal, Population, Signal};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Index, IndexMut};
use std::str::FromStr;
use std::sync::Mutex;

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// ρ of a population.
    Density,
    /// A signal S.
    Signal,
    /// ∇S.
    Gradient,
    /// J_ε = (1/ε)∫vf dv of a population.
    Flux,
    /// r_ε = (f − ρF)/ε of a population.
    Remainder,
}

impl What {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 5] =
        [Self::Density, Self::Signal, Self::Gradient, Self::Flux, Self::Remainder];

    /// rho, S, gradS, J or r.
    pub fn name(self) -> &'static str {
        ["rho", "S", "gradS", "J", "r"][self as usize]
    }

    /// Whether it is of a signal, not of a population.
    pub fn is_of_signal(self) -> bool {
        matches!(self, Self::Signal | Self::Gradient)
    }
}

/// One of them, of one population or signal.
#[derive(Clone, Copy, Debug, Eq)]
pub struct Observed {
    /// What it is.
    pub what: What,
    /// The number of the population or signal.
    pub of: usize,
    /// The name of that; empty where there is no other.
    label: &'static str,
}

/// Two are the same if they have the same name.
impl PartialEq for Observed {
    fn eq(&self, other: &Self) -> bool {
        (self.what, self.label) == (other.what, other.label)
    }
}

/// A name that lives as long as the program. There are as many as an experiment has populations and signals.
fn interned(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().expect("nothing panics while it holds the lock");
    if let Some(known) = names.get(name) {
        return known;
    }
    let own: &'static str = String::from(name).leak();
    names.insert(own);
    own
}

impl Observed {
    /// ρ where there is one population.
    pub const DENSITY: Self = Self::alone(What::Density);
    /// S where there is one signal.
    pub const SIGNAL: Self = Self::alone(What::Signal);

    const fn alone(what: What) -> Self {
        Self { what, of: 0, label: "" }
    }

    /// Of the population or signal `of` of this name; `many` if there are others.
    pub fn new(what: What, of: usize, name: &str, many: bool) -> Self {
        Self { what, of, label: if many { interned(name) } else { "" } }
    }

    /// The number of the population, if it is of one.
    pub fn population(self) -> Option<usize> {
        (!self.what.is_of_signal()).then_some(self.of)
    }

    /// The name in tables: rho, or rho_healthy where there are several populations.
    pub fn name(self) -> String {
        match self.label {
            "" => self.what.name().into(),
            label => format!("{}_{label}", self.what.name()),
        }
    }

    /// The norms that are measured of it.
    pub fn norms(self) -> &'static [Norm] {
        match self.what {
            What::Density => &[Norm::L1, Norm::L2, Norm::Linf, Norm::Hminus1],
            What::Signal | What::Gradient | What::Flux => &[Norm::L1, Norm::L2, Norm::Linf],
            What::Remainder => &[Norm::L2],
        }
    }

    /// All of `what` in an experiment.
    pub fn all(e: &Experiment, what: What) -> Vec<Self> {
        let names: Vec<&str> = match what.is_of_signal() {
            true => e.signals.iter().map(|NamedSignal { name, .. }| &name[..]).collect(),
            false => e.populations.iter().map(|Population { name, .. }| &name[..]).collect(),
        };
        let many = names.len() > 1;
        names.iter().enumerate().map(|(of, name)| Self::new(what, of, name, many)).collect()
    }

    /// Those whose differences mean something: S and ∇S only if S answers to ρ.
    pub fn of(e: &Experiment) -> impl Iterator<Item = Self> + use<> {
        let answers: Vec<bool> = (e.signals.iter())
            .map(|signal| !matches!(signal.equation, Signal::None | Signal::Prescribed(_)))
            .collect();
        let all: Vec<Self> = What::ALL.into_iter().flat_map(|what| Self::all(e, what)).collect();
        all.into_iter().filter(move |q| !q.what.is_of_signal() || answers[q.of])
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

impl FromStr for Observed {
    type Err = String;

    /// Which population or signal a name stands for is known when an experiment is.
    fn from_str(name: &str) -> Result<Self, String> {
        let (what, label) = name.split_once('_').unwrap_or((name, ""));
        let names = What::ALL.map(What::name).join(", ");
        let found = What::ALL.into_iter().find(|q| q.name() == what);
        let what = found.ok_or_else(|| format!("\"{name}\" is not one of {names}"))?;
        Ok(Self::new(what, 0, label, !label.is_empty()))
    }
}

/// One value for each of them, whether its difference means something or not.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Each<T> {
    populations: usize,
    signals: usize,
    all: Vec<T>,
}

impl<T> Each<T> {
    /// The densities, signals, gradients, fluxes and remainders.
    pub fn new([densities, signals, gradients, fluxes, remainders]: [Vec<T>; 5]) -> Self {
        let (populations, count) = (densities.len(), signals.len());
        let all = [densities, signals, gradients, fluxes, remainders].into_iter().flatten();
        Self { populations, signals: count, all: all.collect() }
    }

    /// The same of something that is made of each pair.
    pub fn zip_map<U>(&self, other: &Self, f: impl Fn(&T, &T) -> U) -> Each<U> {
        let all = self.all.iter().zip(&other.all).map(|(a, b)| f(a, b)).collect();
        Each { populations: self.populations, signals: self.signals, all }
    }

    /// Every value.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.all.iter()
    }

    /// Every value.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.all.iter_mut()
    }

    /// All densities.
    pub fn densities(&self) -> &[T] {
        &self.all[..self.populations]
    }

    fn place(&self, of: Observed) -> usize {
        let (p, s) = (self.populations, self.signals);
        of.of + [0, p, p + s, p + 2 * s, 2 * p + 2 * s][of.what as usize]
    }
}

impl Each<usize> {
    /// The place of each among [`Each::values`], counted from 1.
    pub fn numbered(populations: usize, signals: usize) -> Self {
        Self { populations, signals, all: (1..=3 * populations + 2 * signals).collect() }
    }
}

impl<T> Index<Observed> for Each<T> {
    type Output = T;

    fn index(&self, of: Observed) -> &T {
        &self.all[self.place(of)]
    }
}

impl<T> IndexMut<Observed> for Each<T> {
    fn index_mut(&mut self, of: Observed) -> &mut T {
        let place = self.place(of);
        &mut self.all[place]
    }
}

//! Which theorem of which paper applies, and if none, which hypothesis fails.

use super::Status;
use crate::experiment::{Density, Experiment, Signal};
use crate::formula::Quantity;
use crate::growth::Growth;

/// What the other checks found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// (A0).
    pub balance: Status,
    /// γ.
    pub gamma: f64,
    /// (A1).
    pub structure: Status,
    /// (CMPS 30, 31, 34) for ε small enough.
    pub symmetry: Status,
    /// Whether T answers to ∂tS.
    pub senses_change: bool,
}

/// One hypothesis of a theorem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hypothesis {
    /// What it asks.
    pub asks: &'static str,
    /// Whether it is met.
    pub status: Status,
    /// What the experiment has instead, or what the status rests on.
    pub note: String,
}

/// A theorem held against an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theorem {
    /// Its name.
    pub name: &'static str,
    /// What it claims.
    pub claim: &'static str,
    /// Its hypotheses.
    pub hypotheses: Vec<Hypothesis>,
}

impl Theorem {
    /// It applies if all hypotheses hold, and does not if one fails.
    pub fn status(&self) -> Status {
        let any = |status| self.hypotheses.iter().any(|h| h.status == status);
        match (any(Status::Fails), any(Status::Unknown)) {
            (true, _) => Status::Fails,
            (_, true) => Status::Unknown,
            _ => Status::Holds,
        }
    }

    /// The hypotheses that do not hold.
    pub fn gaps(&self) -> impl Iterator<Item = &Hypothesis> {
        self.hypotheses.iter().filter(|h| h.status != Status::Holds)
    }
}

fn hypothesis(asks: &'static str, status: Status, note: impl Into<String>) -> Hypothesis {
    Hypothesis { asks, status, note: note.into() }
}

fn met(holds: bool) -> Status {
    if holds { Status::Holds } else { Status::Fails }
}

/// CMPS Theorems 1 and 3, HKS Theorems 2.5 and 3.4.
pub fn theorems(e: &Experiment, evidence: &Evidence) -> Vec<Theorem> {
    let (population, signal) = (e.first(), &e.signals[0].equation);
    let alone = || match e.alone().is_some() && e.reactions.is_empty() {
        true => Vec::new(),
        false => vec![hypothesis(
            "one population, one signal, no reactions",
            Status::Fails,
            "the papers know no others",
        )],
    };
    let cmps = || {
        let three = e.dimension == 3;
        let space = hypothesis("d = 3", met(three), format!("d = {}", e.dimension));
        [vec![space, whole_space(e, CMPS_BOX), poisson(signal)], alone()].concat()
    };
    let hks = || {
        let allowed = matches!(e.dimension, 2 | 3);
        let space = hypothesis("d = 2 or 3", met(allowed), format!("d = {}", e.dimension));
        let box_note = "the paper treats no boundaries";
        [vec![space, whole_space(e, box_note)], heat(signal), alone()].concat()
    };
    let conserved = |setting: Vec<Hypothesis>| [setting, births(e)].concat();
    let existence = |setting: Vec<Hypothesis>| {
        let (start, majorant) =
            (bounded_start(&population.cells.density, "f0 in L1 and Linf"), a1(evidence));
        [setting, vec![start, majorant]].concat()
    };
    let limit = |setting: Vec<Hypothesis>, asks| {
        let start = bounded_start(&population.cells.density, asks);
        [setting, vec![start, a0(evidence), structure_of_limit(evidence)]].concat()
    };
    let bounded = "a global bounded solution at fixed epsilon";
    let converges = "rho, S, grad S converge as epsilon -> 0, up to a subsequence, on some (0, t*)";
    vec![
        Theorem {
            name: "CMPS Theorem 1",
            claim: bounded,
            hypotheses: existence(conserved(cmps())),
        },
        Theorem {
            name: "HKS Theorem 2.5",
            claim: bounded,
            hypotheses: existence(conserved(hks())),
        },
        Theorem {
            name: "CMPS Theorem 3",
            claim: converges,
            hypotheses: limit(conserved(cmps()), "f0 in L1 and Lq(F^(1-q)), q > 3"),
        },
        Theorem {
            name: "HKS Theorem 3.4",
            claim: converges,
            hypotheses: limit(conserved(hks()), "f0 in L1 and Lq(F^(1-q)), q > d"),
        },
    ]
}

/// What CMPS say of boxes, after (10).
const CMPS_BOX: &str =
    "the paper says, without a proof, that its results extend to bounded domains";

fn whole_space(e: &Experiment, note: &str) -> Hypothesis {
    let open = e.domain.is_open();
    let note = if open { "open on all axes".into() } else { format!("a box; {note}") };
    hypothesis("the whole space", met(open), note)
}

/// Neither paper treats births and deaths.
fn births(e: &Experiment) -> Vec<Hypothesis> {
    match Growth::of(&e.first().cells) {
        None => Vec::new(),
        Some(_) => vec![hypothesis("no births and deaths", Status::Fails, "cells.growth")],
    }
}

/// −ΔS = ρ (CMPS 8). D_S and α are a change of units of S.
fn poisson(signal: &Signal) -> Hypothesis {
    let (status, note) = match signal {
        Signal::Elliptic { decay, .. } if *decay == 0.0 => (Status::Holds, "elliptic, no decay"),
        Signal::Elliptic { .. } => (Status::Fails, "the signal decays"),
        Signal::Parabolic { .. } => (
            Status::Fails,
            "the signal is parabolic; the paper says, without a proof, that its results extend to delta > 0",
        ),
        Signal::Density => (Status::Fails, "the signal is the density itself"),
        Signal::Prescribed(_) | Signal::None => (Status::Fails, NOT_COUPLED),
    };
    hypothesis("-Laplace S = rho", status, note)
}

const NOT_COUPLED: &str = "S is not made by the cells: f solves a linear equation";

/// ∂tS − ΔS = ρ, S(x,0) = 0 (HKS 9, 10), with decay and nonlinear sources by Remark 3.6.
fn heat(signal: &Signal) -> Vec<Hypothesis> {
    const ASKS: &str = "dS/dt - Laplace S = rho";
    let Signal::Parabolic { production, decay, initial, .. } = signal else {
        let note = match signal {
            Signal::Elliptic { .. } => "the signal is elliptic",
            Signal::Density => "the signal is the density itself",
            _ => NOT_COUPLED,
        };
        return vec![hypothesis(ASKS, Status::Fails, note)];
    };
    let source = match (production, decay) {
        (Quantity::Constant(_), Quantity::Constant(beta)) if *beta == 0.0 => {
            hypothesis(ASKS, Status::Holds, "parabolic, no decay")
        }
        (Quantity::Constant(_), Quantity::Constant(_)) => {
            hypothesis(ASKS, Status::Holds, "with decay, by Remark 3.6")
        }
        _ => hypothesis(
            ASKS,
            Status::Unknown,
            "Remark 3.6 allows production and decay that depend on rho and S if they are bounded",
        ),
    };
    let zero = matches!(initial, Quantity::Constant(s) if *s == 0.0);
    let note = if zero { "" } else { "(10) is S without a share of S(x, 0)" };
    vec![source, hypothesis("S(x, 0) = 0", met(zero), note)]
}

/// Initial laws have a finite mass, so that only a point is not in every L^q.
fn bounded_start(density: &Density, asks: &'static str) -> Hypothesis {
    let point = matches!(density, Density::Point { .. });
    let note = if point { "all cells start at one point" } else { "bounded, with a finite mass" };
    hypothesis(asks, met(!point), note)
}

fn a1(evidence: &Evidence) -> Hypothesis {
    let note = match evidence.structure {
        Status::Holds => "proved for every S >= 0",
        Status::Fails => "see the counter-example",
        Status::Unknown => "searched only",
    };
    hypothesis("(A1) 0 <= T <= C(1 + S(x+eps v) + S(x-eps v'))", evidence.structure, note)
}

fn a0(evidence: &Evidence) -> Hypothesis {
    let note = format!("gamma = {:.6} at t = 0", evidence.gamma);
    hypothesis("(A0) detailed balance, no flux of F, T0/F >= gamma > 0", evidence.balance, note)
}

fn structure_of_limit(evidence: &Evidence) -> Hypothesis {
    const ASKS: &str = "(30, 31, 34) with gamma, Lambda";
    if evidence.senses_change {
        return hypothesis(ASKS, Status::Unknown, "T answers to dS/dt, which the papers leave out");
    }
    let note = match evidence.symmetry {
        Status::Holds => "proved for every S, epsilon small enough",
        Status::Fails => "phi^S is not positive however small epsilon is",
        Status::Unknown => "measured in one signal only",
    };
    hypothesis(ASKS, evidence.symmetry, note)
}

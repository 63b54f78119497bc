//! What is measured: the difference of ρ, S, ∇S, J and r_ε to the limit, replicate by replicate.
//!
//! Both sides go through the same mollified field: ρ_ε^h and ρ₀^h both feed S through K_h, and
//! K_h * ρ_ε is compared with K_h * ρ₀. What is left is the effect of ε, times 1 + O(h^order).

use super::ensemble::{Moments, for_each_replicate};
use super::monitor::Monitor;
use super::norms::{LeaveOneOut, NodalField, Norm, measure};
use super::reference::LimitFields;
use crate::cells::BLOCK;
use crate::experiment::{Experiment, Signal};
use crate::formula::Formula;
use crate::model::Model;
use crate::motion::Tally;
use crate::observe::{Fields, PhaseMoments};
use crate::simulation::{Simulation, SimulationError};
use crate::spectral::Spectral;
use crate::state::State;
use crate::vector::{add_scaled, scaled};
use rayon::prelude::*;

/// The difference to the limit of every quantity, replicate by replicate, at one ε.
pub(super) struct Differences {
    /// By replicate: ρ, S, ∇S, J, r.
    pub fields: Vec<[NodalField; 5]>,
    /// By replicate: the weak errors, in the order of [`weak_names`].
    pub weak: Vec<Vec<f64>>,
    /// Nodal ρ_h.
    pub density: Moments,
    /// Nodal K_h * ρ₀^h.
    pub limit: Vec<f64>,
    /// What happened to the cells.
    pub tally: Tally,
    /// Time in the loops of all replicates.
    pub loop_seconds: f64,
}

impl Differences {
    /// Whether there is a signal.
    pub fn coupled(&self) -> bool {
        self.fields.iter().any(|f| f[1][0].iter().any(|v| *v != 0.0))
    }

    /// The distance in one measure.
    pub fn distance<const D: usize>(&self, of: Measure, spectral: &Spectral<D>) -> LeaveOneOut {
        match of {
            Measure::Norm(q, norm) => {
                let fields: Vec<NodalField> = self.fields.iter().map(|f| f[q].clone()).collect();
                measure(norm, &fields, spectral)
            }
            Measure::Weak(w) => {
                LeaveOneOut::mean(&self.weak.iter().map(|errors| errors[w]).collect::<Vec<_>>())
            }
        }
    }
}

/// One distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Measure {
    /// The norm of a field of [`Differences::fields`].
    Norm(usize, Norm),
    /// A weak error of [`Differences::weak`].
    Weak(usize),
}

/// (quantity, norm, how) of every distance; those of S only if there is one.
pub(super) fn measures<const D: usize>(
    e: &Experiment,
    coupled: bool,
) -> Vec<(&'static str, String, Measure)> {
    let mut all = Vec::new();
    let weak = weak_names::<D>(e);
    for (q, (quantity, norms)) in QUANTITIES.into_iter().enumerate() {
        if !coupled && (quantity == "S" || quantity == "gradS") {
            continue;
        }
        let norms = norms.iter().map(|n| (quantity, n.name().to_string(), Measure::Norm(q, *n)));
        all.extend(norms);
        let weak = weak.iter().enumerate().filter(|(_, (of, _))| *of == quantity);
        all.extend(weak.map(|(w, (_, norm))| (quantity, norm.clone(), Measure::Weak(w))));
    }
    all
}

/// Quantities in the order of [`Differences::fields`], with the norms measured.
const QUANTITIES: [(&str, &[Norm]); 5] = [
    ("rho", &[Norm::L1, Norm::L2, Norm::Linf, Norm::Hminus1]),
    ("S", &[Norm::L1, Norm::L2, Norm::Linf]),
    ("gradS", &[Norm::L1, Norm::L2, Norm::Linf]),
    ("J", &[Norm::L1, Norm::L2, Norm::Linf]),
    ("r", &[Norm::L2]),
];

/// (quantity, norm) of every weak error: for each test function φ those of ρ, S, and of each
/// component of ∇S and J.
fn weak_names<const D: usize>(e: &Experiment) -> Vec<(&'static str, String)> {
    let mut names = Vec::new();
    for test in e.converge.test_functions.iter().map(Formula::text) {
        names.extend(["rho", "S"].map(|quantity| (quantity, format!("weak:{test}"))));
        for quantity in ["gradS", "J"] {
            let component = |axis: &&str| (quantity, format!("weak_{axis}:{test}"));
            names.extend(["x", "y", "z"].iter().take(D).map(component));
        }
    }
    names
}

/// (quantity, norm) of every distance that a sweep of `e` can measure.
pub fn available<const D: usize>(e: &Experiment) -> Vec<(&'static str, String)> {
    let signal = !matches!(e.signal, Signal::None);
    measures::<D>(e, signal).into_iter().map(|(quantity, norm, _)| (quantity, norm)).collect()
}

/// The model of an experiment and its limit, ready to be subtracted.
pub(super) struct Comparison<const D: usize> {
    /// The model.
    pub model: Model<D>,
    /// Coefficients of K_h * ρ₀^h.
    density: Vec<f64>,
    signal: Vec<f64>,
    flux: [Vec<f64>; D],
    tests: Vec<Test<D>>,
    /// The moments of r_ε.
    pub moments: PhaseMoments<D>,
}

/// A test function φ, at the nodes, and its means against the limit.
pub(super) struct Test<const D: usize> {
    formula: Formula,
    /// φ at the nodes.
    pub nodal: Vec<f64>,
    density: f64,
    flux: [f64; D],
}

/// (1/|Ω|)∫uφ dx of nodal values: the trapezoid rule, which is as accurate as the spectral basis.
pub(super) fn pairing(u: &[f64], test: &[f64]) -> f64 {
    u.iter().zip(test).map(|(u, t)| u * t).sum::<f64>() / u.len() as f64
}

impl<const D: usize> Comparison<D> {
    /// Of `e` with its mollified `limit`.
    pub fn new(e: &Experiment, limit: &LimitFields<D>) -> Result<Self, SimulationError> {
        let model = Model::<D>::new(e)?;
        let density = model.spectral.inverse(&limit.density);
        let tests = (e.converge.test_functions.iter())
            .map(|formula| {
                let nodal = model.grid().sample(|x| formula.eval(x));
                Test {
                    formula: formula.clone(),
                    density: pairing(&density, &nodal),
                    flux: std::array::from_fn(|a| pairing(&limit.flux[a], &nodal)),
                    nodal,
                }
            })
            .collect();
        let flux = std::array::from_fn(|a| {
            let coefficients = model.spectral.forward(&limit.flux[a]);
            model.spectral.inverse(&model.deposit.smooth(&coefficients))
        });
        Ok(Self {
            density: model.deposit.smooth(&limit.density),
            signal: limit.signal.clone(),
            flux,
            tests,
            moments: PhaseMoments::new(&model.space),
            model,
        })
    }

    /// The differences of replicates 0, 1, … to the limit.
    pub fn differences(
        &self,
        replicates: usize,
        monitor: &Monitor<'_>,
        share: f64,
    ) -> Result<Differences, SimulationError> {
        let mut all = Differences {
            fields: Vec::new(),
            weak: Vec::new(),
            density: Moments::default(),
            limit: self.model.spectral.inverse(&self.density),
            tally: Tally::default(),
            loop_seconds: 0.0,
        };
        self.add_replicates(replicates, monitor, share, &mut all)?;
        Ok(all)
    }

    /// Appends the differences of the `more` replicates that follow to `all`.
    pub fn add_replicates(
        &self,
        more: usize,
        monitor: &Monitor<'_>,
        share: f64,
        all: &mut Differences,
    ) -> Result<(), SimulationError> {
        let (model, done) = (&self.model, all.fields.len());
        for_each_replicate(
            done..done + more,
            |r| {
                let mut simulation = Simulation::new(model, r)?;
                simulation.run(monitor.stop, &monitor.replicate(share), |_| {})?;
                let (state, seconds) = (simulation.state(), simulation.loop_time().as_secs_f64());
                let density = model.spectral.inverse(&state.density);
                let fields = self.subtract_from(&Fields::new(model, state, &self.moments));
                let means = |test: &Test<D>| cell_means(model, state, &test.formula);
                let weak = self.weak_errors(means, &fields);
                Ok((fields, weak, density, state.tally, seconds))
            },
            |_, (fields, weak, density, tally, seconds)| {
                all.fields.push(fields);
                all.weak.push(weak);
                all.density.push(&density);
                all.tally += tally;
                all.loop_seconds += seconds;
            },
        )
    }

    /// ρ_h − K_h*ρ₀, S − S₀, ∇(S − S₀), J_h − K_h*J₀, and the moments of r_ε.
    pub fn subtract_from(&self, fields: &Fields<D>) -> [NodalField; 5] {
        let minus =
            |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
        let spectral = &self.model.spectral;
        let signal = minus(&fields.signal, &self.signal);
        // In the whole space S is known in the window alone.
        let shown = |values: Vec<f64>| spectral.grid().in_window(values);
        [
            vec![spectral.inverse(&minus(&fields.density, &self.density))],
            vec![shown(spectral.inverse(&signal))],
            (0..D).map(|a| shown(spectral.derivative(a, &signal))).collect(),
            (0..D).map(|a| minus(&fields.flux[a], &self.flux[a])).collect(),
            fields.remainder.iter().map(|m| spectral.inverse(m)).collect(),
        ]
    }

    /// (1/|Ω|)∫(u_ε − u₀)φ dx in the order of [`weak_names`]; `means` gives (1/|Ω|)∫ρφ dx and
    /// (1/|Ω|)∫Jφ dx, without a deposit and so without a bandwidth.
    pub fn weak_errors(
        &self,
        means: impl Fn(&Test<D>) -> (f64, [f64; D]),
        fields: &[NodalField; 5],
    ) -> Vec<f64> {
        let mut errors = Vec::new();
        for test in &self.tests {
            let (density, flux) = means(test);
            errors.push(density - test.density);
            errors.push(pairing(&fields[1][0], &test.nodal));
            errors.extend(fields[2].iter().map(|component| pairing(component, &test.nodal)));
            errors.extend((0..D).map(|a| flux[a] - test.flux[a]));
        }
        errors
    }
}

/// (1/|Ω|) w Σᵢ φ(xᵢ) and (1/|Ω|) (w/ε) Σᵢ vᵢ φ(xᵢ).
fn cell_means<const D: usize>(
    model: &Model<D>,
    state: &State<D>,
    test: &Formula,
) -> (f64, [f64; D]) {
    let cells = &state.cells;
    let blocks: Vec<(f64, [f64; D])> = (cells.positions.par_chunks(BLOCK))
        .zip(cells.velocities.par_chunks(BLOCK))
        .map(|(xs, vs)| {
            let mut sum = (0.0, [0.0; D]);
            for (x, v) in xs.iter().zip(vs) {
                let value = test.eval(x);
                sum = (sum.0 + value, add_scaled(&sum.1, value, v));
            }
            sum
        })
        .collect();
    let scale = cells.weight / model.grid().volume();
    let density = blocks.iter().map(|(sum, _)| sum).sum::<f64>();
    let flux = blocks.iter().fold([0.0; D], |sum, (_, part)| add_scaled(&sum, 1.0, part));
    (scale * density, scaled(scale / model.epsilon, &flux))
}

//! The sweep in ε: distances between kinetic ensembles and their macroscopic limit, and the order
//! with which they vanish.
//!
//! Both sides go through the same mollified field: ρ_ε^h and ρ₀^h both feed S through K_h, and
//! K_h * ρ_ε is compared with K_h * ρ₀. What is left is the effect of ε, times 1 + O(h^order).

use super::budget::{self, BudgetRow};
use super::cost::predict;
use super::ensemble::{Moments, for_each_replicate};
use super::fit::{Order, ROUND_OFF, fit_order};
use super::monitor::Monitor;
use super::norms::{LeaveOneOut, NodalField, Norm, measure};
use super::reference::{LimitFields, Refinement, limit_fields, refinement, smoothed};
use super::statistics::Estimate;
use crate::cells::BLOCK;
use crate::experiment::Experiment;
use crate::formula::Formula;
use crate::model::Model;
use crate::motion::Tally;
use crate::observe::{Fields, PhaseMoments};
use crate::simulation::{Simulation, SimulationError};
use crate::state::State;
use crate::vector::{add_scaled, scaled};
use rayon::prelude::*;

/// One line of convergence.csv.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorRow {
    /// ε.
    pub epsilon: f64,
    /// rho, S, gradS, J or r.
    pub quantity: &'static str,
    /// L1, L2, Linf, H-1 or weak:φ.
    pub norm: String,
    /// The distance; a weak error keeps its sign.
    pub error: Estimate,
    /// Replicates.
    pub replicates: usize,
    /// Cells of one replicate.
    pub cells: usize,
    /// Whether the interval excludes zero.
    pub resolved: bool,
}

/// The result of the sweep.
#[derive(Clone, Debug)]
pub struct Convergence<const D: usize> {
    /// Every distance.
    pub rows: Vec<ErrorRow>,
    /// (quantity, norm, order), one for each quantity and norm.
    pub orders: Vec<(&'static str, String, Order)>,
    /// What each distance is made of.
    pub budget: Vec<BudgetRow>,
    /// Nodal ρ_h at the final time and smallest ε.
    pub finest: Moments,
    /// The limit at the final time, not mollified.
    pub limit: LimitFields<D>,
    /// Nodal K_h * ρ₀^h at the final time: what `finest` is compared with.
    pub mollified_limit: Vec<f64>,
    /// The limit solver's own error.
    pub refinement: Refinement,
    /// (ε, what happened to the cells, seconds in the loops of all replicates).
    pub tallies: Vec<(f64, Tally, f64)>,
}

/// The difference to the limit of every quantity, replicate by replicate, at one ε.
pub(super) struct Differences {
    /// By replicate: ρ, S, ∇S, J, r.
    pub fields: Vec<[NodalField; 5]>,
    /// By replicate: the weak errors, in the order of [`weak_names`].
    weak: Vec<Vec<f64>>,
    density: Moments,
    /// Nodal K_h * ρ₀^h.
    limit: Vec<f64>,
    tally: Tally,
    loop_seconds: f64,
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

/// Runs the sweep of `[converge]`.
pub fn converge<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Convergence<D>, SimulationError> {
    let experiments = sweep(e);
    let shares = shares::<D>(&experiments)?;
    let mut last = e.clone();
    last.time.outputs = vec![e.time.end];
    let limit = limit_fields::<D>(&last, false, monitor.stop)?.to_the_end()?;
    let refinement = refinement::<D>(&last, &limit, monitor.stop)?;
    let limit = limit.last().clone();
    let (mut all, mut budget) = (Vec::new(), Vec::new());
    for (e, &share) in experiments.iter().zip(&shares) {
        let base = differences::<D>(e, e.converge.replicates, monitor, share)?;
        budget.extend(budget::measure::<D>(e, &base, monitor, share)?);
        all.push(base);
    }
    let epsilons: Vec<f64> = experiments.iter().map(|e| e.epsilon).collect();
    let spectral = Model::<D>::new(e)?.spectral;
    let (mut rows, mut orders) = (Vec::new(), Vec::new());
    let mut add = |quantity: &'static str, norm: String, errors: Vec<LeaveOneOut>| {
        for (e, error) in experiments.iter().zip(&errors) {
            let estimate = error.estimate(e.ensemble.confidence);
            // Below round-off there is nothing to resolve.
            let resolved = estimate.low > ROUND_OFF || estimate.high < -ROUND_OFF;
            let (replicates, cells) = (e.converge.replicates, e.cells.count);
            let (epsilon, norm) = (e.epsilon, norm.clone());
            rows.push(ErrorRow {
                epsilon,
                quantity,
                norm,
                error: estimate,
                replicates,
                cells,
                resolved,
            });
        }
        let magnitudes: Vec<_> = errors.into_iter().map(LeaveOneOut::magnitude).collect();
        orders.push((quantity, norm, fit_order(&epsilons, &magnitudes, e.ensemble.confidence)));
    };
    let coupled = all.iter().any(|d| d.fields.iter().any(|f| f[1][0].iter().any(|v| *v != 0.0)));
    let weak = weak_names::<D>(e);
    for (q, (quantity, norms)) in QUANTITIES.into_iter().enumerate() {
        if !coupled && (quantity == "S" || quantity == "gradS") {
            continue;
        }
        for norm in norms {
            let of = |d: &Differences| {
                let fields: Vec<NodalField> = d.fields.iter().map(|f| f[q].clone()).collect();
                measure(*norm, &fields, &spectral)
            };
            add(quantity, norm.name().to_string(), all.iter().map(of).collect());
        }
        for (w, (_, norm)) in weak.iter().enumerate().filter(|(_, (of, _))| *of == quantity) {
            let of = |d: &Differences| {
                LeaveOneOut::mean(&d.weak.iter().map(|errors| errors[w]).collect::<Vec<_>>())
            };
            add(quantity, norm.clone(), all.iter().map(of).collect());
        }
    }
    let tallies = (epsilons.iter().zip(&all)).map(|(e, d)| (*e, d.tally, d.loop_seconds)).collect();
    let last = all.pop().expect("at least two ε");
    let (finest, mollified_limit) = (last.density, last.limit);
    Ok(Convergence { rows, orders, budget, finest, limit, mollified_limit, refinement, tallies })
}

/// The experiment at each ε.
fn sweep(e: &Experiment) -> Vec<Experiment> {
    (e.converge.epsilons.iter().zip(&e.converge.cells))
        .map(|(&epsilon, &cells)| {
            let mut e = e.clone();
            e.epsilon = epsilon;
            e.cells.count = cells;
            e.time.outputs = vec![e.time.end];
            e
        })
        .collect()
}

/// Share of the whole work, by predicted cost, of one replicate at each ε; a replicate of a budget
/// variant counts the same.
fn shares<const D: usize>(experiments: &[Experiment]) -> Result<Vec<f64>, SimulationError> {
    let (mut works, mut total) = (Vec::new(), 0.0);
    for e in experiments {
        let work = predict(e, &Model::<D>::new(e)?).work();
        let variants = budget::COMPONENTS.len() * e.converge.budget_replicates;
        total += work * (e.converge.replicates + variants) as f64;
        works.push(work);
    }
    Ok(works.iter().map(|work| work / total).collect())
}

/// Runs `replicates` replicates of `e` and subtracts the limit from each.
pub(super) fn differences<const D: usize>(
    e: &Experiment,
    replicates: usize,
    monitor: &Monitor<'_>,
    share: f64,
) -> Result<Differences, SimulationError> {
    let model = Model::<D>::new(e)?;
    let limit = limit_fields::<D>(e, true, monitor.stop)?.to_the_end()?;
    let reference = Reference::new(&model, e, limit.last());
    let mut all = Differences {
        fields: Vec::new(),
        weak: Vec::new(),
        density: Moments::default(),
        limit: model.spectral.inverse(&reference.density),
        tally: Tally::default(),
        loop_seconds: 0.0,
    };
    for_each_replicate(
        replicates,
        |r| {
            let mut simulation = Simulation::new(&model, r)?;
            simulation.run(monitor.stop, &monitor.replicate(share), |_| {})?;
            let (state, seconds) = (simulation.state(), simulation.loop_time().as_secs_f64());
            let density = model.spectral.inverse(&state.density);
            let fields = reference.subtract_from(&model, state);
            let weak = reference.weak_errors(&model, state, &fields);
            Ok((fields, weak, density, state.tally, seconds))
        },
        |_, (fields, weak, density, tally, seconds)| {
            all.fields.push(fields);
            all.weak.push(weak);
            all.density.push(&density);
            all.tally += tally;
            all.loop_seconds += seconds;
        },
    )?;
    Ok(all)
}

/// The limit, ready to be subtracted.
struct Reference<const D: usize> {
    density: Vec<f64>,
    signal: Vec<f64>,
    flux: [Vec<f64>; D],
    tests: Vec<Test<D>>,
    moments: PhaseMoments<D>,
}

/// A test function φ, at the nodes, and its means against the limit.
struct Test<const D: usize> {
    formula: Formula,
    nodal: Vec<f64>,
    density: f64,
    flux: [f64; D],
}

/// (1/|Ω|)∫uφ dx of nodal values: the trapezoid rule, which is as accurate as the spectral basis.
fn pairing(u: &[f64], test: &[f64]) -> f64 {
    u.iter().zip(test).map(|(u, t)| u * t).sum::<f64>() / u.len() as f64
}

impl<const D: usize> Reference<D> {
    fn new(model: &Model<D>, e: &Experiment, limit: &LimitFields<D>) -> Self {
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
            model.spectral.inverse(&smoothed(model, e, &coefficients))
        });
        Self {
            density: smoothed(model, e, &limit.density),
            signal: limit.signal.clone(),
            flux,
            tests,
            moments: PhaseMoments::new(&model.space),
        }
    }

    /// ρ_h − K_h*ρ₀, S − S₀, ∇(S − S₀), J_h − K_h*J₀, and the moments of r_ε.
    fn subtract_from(&self, model: &Model<D>, state: &State<D>) -> [NodalField; 5] {
        let fields = Fields::new(model, state, &self.moments);
        let minus =
            |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
        let spectral = &model.spectral;
        let signal = minus(&fields.signal, &self.signal);
        // In the whole space S is known in the window alone.
        let shown = |values: Vec<f64>| model.grid().in_window(values);
        [
            vec![spectral.inverse(&minus(&fields.density, &self.density))],
            vec![shown(spectral.inverse(&signal))],
            (0..D).map(|a| shown(spectral.derivative(a, &signal))).collect(),
            (0..D).map(|a| minus(&fields.flux[a], &self.flux[a])).collect(),
            fields.remainder.iter().map(|m| spectral.inverse(m)).collect(),
        ]
    }

    /// (1/|Ω|)∫(u_ε − u₀)φ dx in the order of [`weak_names`]. For ρ and J the integral over the
    /// cells is a sum over cells: no deposit, so no bandwidth.
    fn weak_errors(
        &self,
        model: &Model<D>,
        state: &State<D>,
        fields: &[NodalField; 5],
    ) -> Vec<f64> {
        let mut errors = Vec::new();
        for test in &self.tests {
            let (density, flux) = cell_means(model, state, &test.formula);
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

//! The sweep in ε: distances between kinetic ensembles and their macroscopic limit, and the order
//! with which they vanish; by cells, and without noise where that is asked for.

use super::budget::{self, BudgetRow};
use super::cost::predict;
use super::difference::{Comparison, Differences, Measure, measures};
use super::ensemble::Moments;
use super::fit::{Order, ROUND_OFF, fit_order, order_without_noise};
use super::monitor::Monitor;
use super::noise_free::{self, Solution};
use super::norms::{LeaveOneOut, Norm};
use super::precision::Precision;
use super::reference::{LimitFields, Refinement, limit_fields, refinement};
use super::statistics::{Estimate, student_quantile};
use crate::experiment::Experiment;
use crate::kinetic::Entropy;
use crate::motion::Tally;
use crate::simulation::SimulationError;
use crate::spectral::Spectral;
use std::time::Instant;

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
    /// Replicates; none without noise.
    pub replicates: usize,
    /// Cells of one replicate; none without noise.
    pub cells: usize,
    /// Whether the interval excludes zero.
    pub resolved: bool,
}

/// Distances and their orders, by one method.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// "cells", with intervals from replicates, or "kinetic equation", with numerical error.
    pub method: &'static str,
    /// Every distance.
    pub rows: Vec<ErrorRow>,
    /// (quantity, norm, order), one for each quantity and norm.
    pub orders: Vec<(&'static str, String, Order)>,
    /// Seconds that it took.
    pub seconds: f64,
}

/// The cells against the kinetic equation at one ε.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// ε.
    pub epsilon: f64,
    /// rho or S.
    pub quantity: &'static str,
    /// L² distance of the mean of the cells from the solution of the kinetic equation.
    pub distance: Estimate,
}

/// What became of a wanted precision.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// What was wanted.
    pub wanted: Precision,
    /// The half width reached by the method of the result.
    pub reached: f64,
    /// That of the cells, if there is another method.
    pub by_cells: f64,
    /// Replicates at each ε that cells alone would need, extrapolated from those that ran: the half
    /// width goes like R^(−1/2).
    pub replicates: f64,
    /// Seconds that these would take.
    pub seconds: f64,
}

/// The result of the sweep.
#[derive(Clone, Debug)]
pub struct Convergence<const D: usize> {
    /// By cells, unless a wanted precision was reached by the kinetic equation.
    pub main: Sweep,
    /// By the other method, if there is one.
    pub other: Option<Sweep>,
    /// The cells against the kinetic equation.
    pub checks: Vec<Check>,
    /// (ε, the entropy of the solution of the kinetic equation), if it was solved.
    pub entropy: Vec<(f64, Vec<Entropy>)>,
    /// What became of the wanted precision.
    pub goal: Option<Goal>,
    /// What each distance is made of.
    pub budget: Vec<BudgetRow>,
    /// Replicates at each ε.
    pub replicates: usize,
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

/// A wanted precision and the seconds that may be spent on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The precision.
    pub precision: Precision,
    /// Seconds after which no more replicates are started.
    pub within: f64,
}

/// Replicates that are run before it is known how many are needed, and to check the solution of the
/// kinetic equation by.
const PILOT: usize = 4;
/// Most times that replicates are multiplied by at once: the first estimates of noise are rough.
const GROWTH: f64 = 4.0;

/// Runs the sweep of `[converge]`, with as many replicates as it takes if a precision is wanted.
pub fn converge<const D: usize>(
    e: &Experiment,
    wanted: Option<&Wanted>,
    monitor: &Monitor<'_>,
) -> Result<Convergence<D>, SimulationError> {
    let mut e = e.clone();
    if wanted.is_some() {
        (e.converge.replicates, e.converge.budget_replicates) = (PILOT, 0);
    }
    let (e, experiments) = (&e, sweep(&e));
    let mut last = e.clone();
    last.time.outputs = vec![e.time.end];
    let limit = limit_fields::<D>(&last, false, monitor.stop)?.to_the_end()?;
    let refinement = refinement::<D>(&last, &limit, monitor.stop)?;
    let limit = limit.last().clone();
    // The limit does not depend on ε.
    let mollified = limit_fields::<D>(&last, true, monitor.stop)?.to_the_end()?;
    let comparisons: Vec<Comparison<D>> = (experiments.iter())
        .map(|e| Comparison::new(e, mollified.last()))
        .collect::<Result<_, _>>()?;
    let (shares, spectral) = (shares(&experiments, &comparisons), &comparisons[0].model.spectral);

    let (start, mut solutions) = (Instant::now(), Vec::new());
    if e.converge.noise_free {
        for ((e, comparison), share) in experiments.iter().zip(&comparisons).zip(&shares) {
            solutions.push(noise_free::solve(e, comparison, monitor, share.solution)?);
        }
    }
    let solved = start.elapsed().as_secs_f64();
    let (start, mut all, mut budget) = (Instant::now(), Vec::new(), Vec::new());
    for ((e, comparison), share) in experiments.iter().zip(&comparisons).zip(&shares) {
        let base = comparison.differences(e.converge.replicates, monitor, share.replicate)?;
        budget.extend(budget::measure(e, &base, spectral, monitor, share.replicate)?);
        all.push(base);
    }
    let coupled = all.iter().any(Differences::coupled);
    let measures = measures::<D>(e, coupled);
    let equation = (!solutions.is_empty())
        .then(|| by_equation(&experiments, &solutions, &measures, spectral, solved));
    let mut cells = by_cells(&experiments, &all, &measures, spectral);
    cells.seconds = start.elapsed().as_secs_f64();
    let mut goal = None;
    if let Some(wanted) = wanted {
        let by_equation = equation.as_ref().and_then(|sweep| reached(sweep, &wanted.precision));
        let enough = by_equation.is_some_and(|half| half <= wanted.precision.half_width);
        while !enough && let Some(more) = replicates_to_add(&cells, wanted, all[0].fields.len()) {
            for (comparison, all) in comparisons.iter().zip(&mut all) {
                comparison.add_replicates(more, monitor, 0.0, all)?;
            }
            cells = by_cells(&experiments, &all, &measures, spectral);
            cells.seconds = start.elapsed().as_secs_f64();
        }
        goal = conclusion(&cells, by_equation, &wanted.precision, all[0].fields.len());
    }
    let checks = checks(&experiments, &solutions, &all, coupled, spectral);
    let entropy =
        (experiments.iter().zip(solutions)).map(|(e, s)| (e.epsilon, s.entropy)).collect();
    let replicates = all[0].fields.len();
    let tallies =
        (experiments.iter().zip(&all)).map(|(e, d)| (e.epsilon, d.tally, d.loop_seconds)).collect();
    let last = all.pop().expect("at least two ε");
    let by_equation = goal.as_ref().is_some_and(|g| g.reached < g.by_cells);
    let (main, other) = match equation {
        Some(equation) if by_equation => (equation, Some(cells)),
        equation => (cells, equation),
    };
    Ok(Convergence {
        main,
        other,
        checks,
        entropy,
        goal,
        budget,
        replicates,
        finest: last.density,
        limit,
        mollified_limit: last.limit,
        refinement,
        tallies,
    })
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

/// Shares of the whole work at one ε.
struct Share {
    /// Of one replicate; one of a budget variant counts the same.
    replicate: f64,
    /// Of the solution of the kinetic equation.
    solution: f64,
}

/// The shares of each experiment by predicted cost.
fn shares<const D: usize>(experiments: &[Experiment], comparisons: &[Comparison<D>]) -> Vec<Share> {
    let (mut works, mut total) = (Vec::new(), 0.0);
    for (e, comparison) in experiments.iter().zip(comparisons) {
        let replicate = predict(e, &comparison.model).work();
        let solution = match e.converge.noise_free {
            true => noise_free::predicted_work(e, &comparison.model),
            false => 0.0,
        };
        let variants = budget::COMPONENTS.len() * e.converge.budget_replicates;
        total += replicate * (e.converge.replicates + variants) as f64 + solution;
        works.push(Share { replicate, solution });
    }
    let of_total = |share: Share| Share {
        replicate: share.replicate / total,
        solution: share.solution / total,
    };
    works.into_iter().map(of_total).collect()
}

type Measures = [(&'static str, String, Measure)];

/// Distances and orders from replicates.
fn by_cells<const D: usize>(
    experiments: &[Experiment],
    all: &[Differences],
    measures: &Measures,
    spectral: &Spectral<D>,
) -> Sweep {
    let epsilons: Vec<f64> = experiments.iter().map(|e| e.epsilon).collect();
    let confidence = experiments[0].ensemble.confidence;
    let (mut rows, mut orders) = (Vec::new(), Vec::new());
    for (quantity, norm, of) in measures {
        let errors: Vec<LeaveOneOut> = all.iter().map(|d| d.distance(*of, spectral)).collect();
        for ((e, error), d) in experiments.iter().zip(&errors).zip(all) {
            let sizes = (d.fields.len(), e.cells.count);
            rows.push(row(e.epsilon, quantity, norm, error.estimate(confidence), sizes));
        }
        let magnitudes: Vec<_> = errors.into_iter().map(LeaveOneOut::magnitude).collect();
        orders.push((*quantity, norm.clone(), fit_order(&epsilons, &magnitudes, confidence)));
    }
    Sweep { method: "cells", rows, orders, seconds: 0.0 }
}

/// Distances and orders from solutions of the kinetic equation.
fn by_equation<const D: usize>(
    experiments: &[Experiment],
    solutions: &[Solution],
    measures: &Measures,
    spectral: &Spectral<D>,
    seconds: f64,
) -> Sweep {
    let epsilons: Vec<f64> = experiments.iter().map(|e| e.epsilon).collect();
    let (mut rows, mut orders) = (Vec::new(), Vec::new());
    for (quantity, norm, of) in measures {
        let errors: Vec<Estimate> = solutions.iter().map(|s| s.distance(*of, spectral)).collect();
        for (epsilon, error) in epsilons.iter().zip(&errors) {
            rows.push(row(*epsilon, quantity, norm, *error, (0, 0)));
        }
        orders.push((*quantity, norm.clone(), order_without_noise(&epsilons, &errors)));
    }
    Sweep { method: "kinetic equation", rows, orders, seconds }
}

fn row(
    epsilon: f64,
    quantity: &'static str,
    norm: &str,
    error: Estimate,
    (replicates, cells): (usize, usize),
) -> ErrorRow {
    // Below round-off there is nothing to resolve.
    let resolved = error.low > ROUND_OFF || error.high < -ROUND_OFF;
    ErrorRow { epsilon, quantity, norm: norm.to_string(), error, replicates, cells, resolved }
}

/// The L² distance of the cells from the kinetic equation.
fn checks<const D: usize>(
    experiments: &[Experiment],
    solutions: &[Solution],
    all: &[Differences],
    coupled: bool,
    spectral: &Spectral<D>,
) -> Vec<Check> {
    let mut checks = Vec::new();
    for ((e, solution), cells) in experiments.iter().zip(solutions).zip(all) {
        for (q, quantity) in ["rho", "S"].into_iter().enumerate().take(1 + usize::from(coupled)) {
            let distance = solution.distance_of_cells(cells, (q, Norm::L2), spectral);
            let distance = distance.estimate(e.ensemble.confidence);
            checks.push(Check { epsilon: e.epsilon, quantity, distance });
        }
    }
    checks
}

/// The half width that a sweep reaches; `None` if it has no such quantity and norm.
fn reached(sweep: &Sweep, wanted: &Precision) -> Option<f64> {
    let of = |quantity: &str, norm: &str| quantity == wanted.quantity && norm == wanted.norm;
    let (_, _, order) = sweep.orders.iter().find(|(q, norm, _)| of(q, norm))?;
    let errors: Vec<Estimate> =
        sweep.rows.iter().filter(|r| of(r.quantity, &r.norm)).map(|r| r.error).collect();
    Some(wanted.reached(&errors, order))
}

/// Replicates that cells alone need in all, whose interval is then the normal one.
fn replicates_needed(by_cells: f64, wanted: &Precision, replicates: usize) -> f64 {
    let quantile = |freedom| student_quantile(0.95, freedom);
    let half = by_cells * quantile(1_000_000) / quantile(replicates - 1);
    replicates as f64 * (half / wanted.half_width).powi(2)
}

/// How many more replicates to run; `None` when there are enough or no time is left.
fn replicates_to_add(cells: &Sweep, wanted: &Wanted, replicates: usize) -> Option<usize> {
    let half = reached(cells, &wanted.precision)?;
    if half <= wanted.precision.half_width {
        return None;
    }
    let needed = replicates_needed(half, &wanted.precision, replicates);
    let target = needed.clamp(replicates as f64 + 1.0, GROWTH * replicates as f64);
    let seconds = cells.seconds * target / replicates as f64;
    (seconds <= wanted.within).then(|| (target - replicates as f64).ceil() as usize)
}

fn conclusion(
    cells: &Sweep,
    by_equation: Option<f64>,
    wanted: &Precision,
    replicates: usize,
) -> Option<Goal> {
    let by_cells = reached(cells, wanted)?;
    let needed = replicates_needed(by_cells, wanted, replicates).ceil();
    Some(Goal {
        wanted: wanted.clone(),
        reached: by_equation.unwrap_or(f64::INFINITY).min(by_cells),
        by_cells,
        replicates: needed,
        seconds: cells.seconds * needed / replicates as f64,
    })
}

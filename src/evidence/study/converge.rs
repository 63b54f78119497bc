//! The sweep: distances between kinetic ensembles and their macroscopic limit, or between two
//! ensembles, and the order with which they vanish; by cells, and without noise where that is asked
//! for.

use super::budget::{self, BudgetRow, runs};
use super::difference::Differences;
use super::ensemble::Moments;
use super::monitor::Monitor;
use super::noise_free;
use super::norms::Norm;
use super::observed::{Observed, What};
use super::precision::Precision;
use super::recall::unless_shared;
use super::refinement::Others;
use super::regrid::Refined;
use super::shares::{Share, share_of_limit, shares};
use super::solution::Solution;
use super::stage::{Macroscopic, Stage, solves_equation, stages};
use super::statistics::{Estimate, student_quantile};
use super::sweep::{Sweep, by_cells, without_noise};
use crate::clock::Clock;
use crate::experiment::{Experiment, Parameter, Point};
use crate::kinetic::Entropy;
use crate::motion::Tally;
use crate::simulation::SimulationError;

/// The cells against the kinetic equation at one value of the parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The parameter.
    pub value: f64,
    /// ρ or S.
    pub quantity: Observed,
    /// L² distance of what the cells show from what the kinetic equation does.
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
    /// Replicates at each value that cells alone would need, extrapolated from those that ran: the half
    /// width goes like R^(−1/2).
    pub replicates: f64,
    /// Seconds that these would take.
    pub seconds: f64,
}

/// The result of the sweep.
#[derive(Clone, Debug)]
pub struct Convergence<const D: usize> {
    /// The best that is known: by the kinetic equation where it is solved, unless a wanted precision was reached by
    /// cells alone; else by cells.
    pub main: Sweep,
    /// By other methods.
    pub others: Vec<Sweep>,
    /// The cells against the kinetic equation.
    pub checks: Vec<Check>,
    /// (the parameter, the entropy of the solution of the kinetic equation), if it was solved.
    pub entropy: Vec<(f64, Vec<Entropy>)>,
    /// What became of the wanted precision.
    pub goal: Option<Goal>,
    /// What each distance is made of.
    pub budget: Vec<BudgetRow>,
    /// Replicates at each value.
    pub replicates: usize,
    /// The experiment at the last value, the finest.
    pub last: Experiment,
    /// Nodal ρ_h of every population there, at the final time.
    pub finest: Vec<Moments>,
    /// What `finest` is compared with: nodal K_h * ρ₀^h, or ρ_h of the other experiment.
    pub finest_other: Vec<Vec<f64>>,
    /// The limit of a sweep in ε.
    pub macroscopic: Option<Macroscopic<D>>,
    /// (value, what happened to the cells, seconds in the loops of all replicates).
    pub tallies: Vec<(f64, Tally, f64)>,
}

/// A wanted precision and the seconds that may be spent on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The precision.
    pub precision: Precision,
    /// Seconds after which no more replicates are started.
    pub within: f64,
    /// Most replicates, as memory holds.
    pub most: usize,
}

/// Replicates that are run before it is known how many are needed, and to check the solution of the
/// kinetic equation by.
const PILOT: usize = 4;
/// Most times that replicates are multiplied by at once: the first estimates of noise are rough.
const GROWTH: f64 = 4.0;

/// Share of the work on the limits of a sweep in δ; and of that on the kinetic equation in what is solved
/// before it.
const OF_LIMITS: f64 = 0.05;
const OF_REFINED: f64 = 0.1;

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
    let of_limit = share_of_limit::<D>(&e)?;
    let (stages, limit) = monitor.part(of_limit, "the limit", |m| stages::<D>(&e, m))?;
    let (macroscopic, others) = limit.unzip();
    let of_limits = if solves_limits(&e) { OF_LIMITS } else { 0.0 };
    let shares = shares(&stages, 1.0 - of_limit - of_limits);

    let equation = unless_shared(by_equation(&stages, &shares, others, monitor))?;
    let limit = unless_shared(by_limit(&stages, monitor))?;
    let (start, mut all, mut budget) = (Clock::start(), Vec::new(), Vec::new());
    for (stage, share) in stages.iter().zip(&shares) {
        let (e, comparison) = (&stage.point.own, &stage.comparison);
        let (count, what) = (e.converge.replicates, at(stage));
        let base = monitor.part(count as f64 * share.replicate, &format!("cells{what}"), |m| {
            unless_shared(comparison.differences(count, m, 1.0 / count as f64))
        })?;
        let count = runs(e) - count;
        if count > 0 {
            let all = count as f64 * share.replicate;
            budget.extend(monitor.part(all, &format!("the error budget{what}"), |m| {
                budget::measure(e, base.as_ref(), comparison.spectral(), m, 1.0 / count as f64)
            })?);
        }
        all.extend(base);
    }
    let (Some((equation, solutions)), Some(limit), false) = (equation, limit, monitor.is_shared())
    else {
        return Err(SimulationError::Shared);
    };
    let mut cells = by_cells(&stages, &all)?;
    cells.seconds = start.seconds();
    let mut goal = None;
    if let Some(wanted) = wanted {
        let confidence = e.ensemble.confidence;
        let by_equation = equation.as_ref().and_then(|sweep| reached(sweep, &wanted.precision));
        let enough = by_equation.is_some_and(|half| half <= wanted.precision.half_width);
        // The whole of the work, in that of the first plan.
        let mut whole = 1.0;
        while !enough
            && let Some(more) = replicates_to_add(&cells, wanted, all[0].replicates(), confidence)
        {
            let longer = whole + more as f64 * shares.iter().map(|s| s.replicate).sum::<f64>();
            (monitor.progress)(whole / longer - 1.0);
            whole = longer;
            (monitor.doing)("more replicates");
            for ((stage, share), all) in stages.iter().zip(&shares).zip(&mut all) {
                stage.comparison.add_replicates(more, monitor, share.replicate / whole, all)?;
            }
            cells = by_cells(&stages, &all)?;
            cells.seconds = start.seconds();
        }
        let replicates = all[0].replicates();
        goal = conclusion(&cells, by_equation, &wanted.precision, replicates, confidence);
    }
    let checks = checks(&stages, &solutions, &all)?;
    let kept = stages.iter().zip(solutions).map(|(s, own)| (s.point.value, own.entropy));
    let entropy = kept.filter(|(_, entropy)| !entropy.is_empty()).collect();
    let replicates = all[0].replicates();
    let tallies =
        (stages.iter().zip(&all)).map(|(s, d)| (s.point.value, d.tally, d.loop_seconds)).collect();
    let last = all.pop().expect("at least two values");
    let cells_alone =
        goal.as_ref().is_some_and(|g| g.by_cells.is_finite() && g.by_cells <= g.reached);
    let (main, other) = match equation {
        Some(equation) if !cells_alone => (equation, Some(cells)),
        equation => (cells, equation),
    };
    Ok(Convergence {
        main,
        others: other.into_iter().chain(limit).collect(),
        checks,
        entropy,
        goal,
        budget,
        replicates,
        last: stages[stages.len() - 1].point.own.clone(),
        finest: last.density,
        finest_other: last.other.iter().map(|m| m.means().to_vec()).collect(),
        macroscopic,
        tallies,
    })
}

/// Distances and orders from solutions of the kinetic equation, where it is solved.
fn by_equation<const D: usize>(
    stages: &[Stage<D>],
    shares: &[Share],
    limits: Option<Others<D>>,
    monitor: &Monitor<'_>,
) -> Result<(Option<Sweep>, Vec<Solution>), SimulationError> {
    let (e, start) = (&stages[0].point.own, Clock::start());
    if !solves_equation(e) {
        return Ok((None, Vec::new()));
    }
    let all: f64 = shares.iter().map(|share| share.solution).sum();
    let refined = monitor
        .part(OF_REFINED * all, "the limit on another grid", |m| Refined::new(stages, limits, m))?;
    let solve = |(stage, share): ((usize, &Stage<D>), &Share)| {
        let what = format!("the kinetic equation{}", at(stage.1));
        monitor.part((1.0 - OF_REFINED) * share.solution, &what, |m| {
            noise_free::solve(stage, &refined, m, 1.0)
        })
    };
    let all = stages.iter().enumerate().zip(shares);
    let solutions = shared_out(all, monitor, solve)?;
    let sweep = without_noise("kinetic equation", stages, &solutions, start);
    Ok((Some(sweep), solutions))
}

/// Distances and orders of the macroscopic limits of a sweep in δ, where the equation is solved.
fn by_limit<const D: usize>(
    stages: &[Stage<D>],
    monitor: &Monitor<'_>,
) -> Result<Option<Sweep>, SimulationError> {
    let (e, start) = (&stages[0].point.own, Clock::start());
    if !solves_limits(e) {
        return Ok(None);
    }
    let share = OF_LIMITS / (stages.len() + 1) as f64;
    let refined = monitor.part(share, "the limits", |m| Refined::new(stages, None, m))?;
    let solve = |stage: (usize, &Stage<D>)| {
        monitor.part(share, "", |m| noise_free::solve_limit(stage, &refined, m))
    };
    let solutions = shared_out(stages.iter().enumerate(), monitor, solve)?;
    Ok(Some(without_noise("limit", stages, &solutions, start)))
}

/// The solutions of all stages, each a task that may be shared out.
fn shared_out<T>(
    stages: impl Iterator<Item = T>,
    monitor: &Monitor<'_>,
    solve: impl Fn(T) -> Result<Solution, SimulationError>,
) -> Result<Vec<Solution>, SimulationError> {
    let own = stages.filter(|_| monitor.takes_turn());
    let solutions = own.map(solve).collect::<Result<Vec<_>, _>>()?;
    if monitor.is_shared() { Err(SimulationError::Shared) } else { Ok(solutions) }
}

/// Whether the limits of two experiments are compared as well.
fn solves_limits(e: &Experiment) -> bool {
    e.converge.parameter == Parameter::Delta && e.converge.noise_free
}

/// " at epsilon = 0.1".
fn at<const D: usize>(stage: &Stage<D>) -> String {
    let Point { own, value, .. } = &stage.point;
    format!(" at {} = {value}", own.converge.parameter.word())
}

/// The L² distance of the cells from the kinetic equation.
fn checks<const D: usize>(
    stages: &[Stage<D>],
    solutions: &[Solution],
    all: &[Differences],
) -> Result<Vec<Check>, SimulationError> {
    let mut checks = Vec::new();
    for ((Stage { point, comparison }, solution), cells) in stages.iter().zip(solutions).zip(all) {
        let whole = |of: &Observed| matches!(of.what, What::Density | What::Signal);
        for quantity in Observed::of(&point.own).filter(whole) {
            let of = (quantity, Norm::L2);
            let distance = solution.distance_of_cells(cells, of, comparison.spectral())?;
            let distance = distance.estimate(point.own.ensemble.confidence);
            checks.push(Check { value: point.value, quantity, distance });
        }
    }
    Ok(checks)
}

/// The half width that a sweep reaches; `None` if it has no such quantity and norm.
fn reached(sweep: &Sweep, wanted: &Precision) -> Option<f64> {
    let order = sweep.order(wanted.quantity, &wanted.norm)?;
    let errors: Vec<Estimate> =
        sweep.errors(wanted.quantity, &wanted.norm).map(|row| row.error).collect();
    Some(wanted.reached(&errors, order))
}

/// Replicates that cells alone need in all, whose interval is then the normal one.
fn replicates_needed(by_cells: f64, wanted: &Precision, replicates: usize, confidence: f64) -> f64 {
    let quantile = |freedom| student_quantile(confidence, freedom);
    let half = by_cells * quantile(1_000_000) / quantile(replicates - 1);
    replicates as f64 * (half / wanted.half_width).powi(2)
}

/// How many more replicates to run; `None` when there are enough or no time is left.
fn replicates_to_add(
    cells: &Sweep,
    wanted: &Wanted,
    replicates: usize,
    confidence: f64,
) -> Option<usize> {
    let half = reached(cells, &wanted.precision)?;
    if half <= wanted.precision.half_width || replicates >= wanted.most {
        return None;
    }
    let needed = replicates_needed(half, &wanted.precision, replicates, confidence);
    let target = needed.clamp(replicates as f64 + 1.0, GROWTH * replicates as f64);
    let target = target.min(wanted.most as f64);
    let seconds = cells.seconds * target / replicates as f64;
    (seconds <= wanted.within).then(|| (target - replicates as f64).ceil() as usize)
}

fn conclusion(
    cells: &Sweep,
    by_equation: Option<f64>,
    wanted: &Precision,
    replicates: usize,
    confidence: f64,
) -> Option<Goal> {
    let by_cells = reached(cells, wanted)?;
    let needed = replicates_needed(by_cells, wanted, replicates, confidence).ceil();
    Some(Goal {
        wanted: wanted.clone(),
        reached: by_equation.unwrap_or(f64::INFINITY).min(by_cells),
        by_cells,
        replicates: needed,
        seconds: cells.seconds * needed / replicates as f64,
    })
}

//! The distances of a sweep and their orders, by one method.

use super::difference::{Differences, measures};
use super::fit::{Order, ROUND_OFF, orders, orders_without_noise};
use super::measured::Measured;
use super::observed::Observed;
use super::solution::Solution;
use super::stage::Stage;
use super::statistics::Estimate;
use crate::clock::Clock;
use crate::experiment::Experiment;
use crate::simulation::SimulationError;

/// One line of convergence.csv.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorRow {
    /// The parameter.
    pub value: f64,
    /// What it is of.
    pub quantity: Observed,
    /// L1, L2, Linf, H-1 or weak:φ.
    pub norm: String,
    /// The distance; a weak error keeps its sign.
    pub error: Estimate,
    /// Whether the value is a limit from below: that of an L1 or Linf norm by cells.
    pub from_below: bool,
    /// Replicates; none without noise.
    pub replicates: usize,
    /// Cells of one replicate; none without noise.
    pub cells: usize,
    /// Whether the interval excludes zero.
    pub resolved: bool,
}

/// One line of orders.csv.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderRow {
    /// What it is of.
    pub quantity: Observed,
    /// L1, L2, Linf, H-1 or weak:φ.
    pub norm: String,
    /// The order.
    pub order: Order,
}

/// Distances and their orders, by one method.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// "cells", with intervals from replicates, "kinetic equation" or "limit", with numerical error.
    pub method: &'static str,
    /// Every distance.
    pub rows: Vec<ErrorRow>,
    /// Every slope of every quantity and norm, the mean one first.
    pub orders: Vec<OrderRow>,
    /// Seconds that it took.
    pub seconds: f64,
}

impl Sweep {
    /// The mean slope of one quantity in one norm.
    pub fn order(&self, quantity: Observed, norm: &str) -> Option<&Order> {
        let own = |row: &&OrderRow| row.quantity == quantity && row.norm == norm;
        self.orders.iter().find(own).map(|row| &row.order)
    }

    /// The distances of one quantity in one norm, by the parameter.
    pub fn errors<'a>(
        &'a self,
        quantity: Observed,
        norm: &'a str,
    ) -> impl Iterator<Item = &'a ErrorRow> {
        self.rows.iter().filter(move |row| row.quantity == quantity && row.norm == norm)
    }

    /// Whether intervals come from replicates.
    pub fn has_noise(&self) -> bool {
        self.method == CELLS
    }

    /// Takes in one quantity in one norm.
    fn add(&mut self, rows: Vec<ErrorRow>, orders: Vec<Order>) {
        let (quantity, norm) = (rows[0].quantity, rows[0].norm.clone());
        let order = |order| OrderRow { quantity, norm: norm.clone(), order };
        self.orders.extend(orders.into_iter().map(order));
        self.rows.extend(rows);
    }

    fn new(method: &'static str) -> Self {
        Self { method, rows: Vec::new(), orders: Vec::new(), seconds: 0.0 }
    }
}

const CELLS: &str = "cells";

/// Distances and orders from replicates.
///
/// # Errors
/// A record of the replicates is no longer there.
pub(super) fn by_cells<const D: usize>(
    stages: &[Stage<D>],
    all: &[Differences],
) -> Result<Sweep, SimulationError> {
    let e = &stages[0].point.own;
    let confidence = e.ensemble.confidence;
    let mut sweep = Sweep::new(CELLS);
    let measures = measures::<D>(e);
    let distances = |(s, d): (&Stage<D>, &Differences)| {
        Ok(d.distances(measures.iter().map(|m| m.2), s.comparison.spectral())?.into_iter())
    };
    let mut found: Vec<_> =
        stages.iter().zip(all).map(distances).collect::<Result<_, SimulationError>>()?;
    for (quantity, norm, _) in &measures {
        let quantity = *quantity;
        let errors: Vec<Measured> = found.iter_mut().filter_map(Iterator::next).collect();
        let row = |(Stage { point, .. }, error): (&Stage<D>, &Measured)| ErrorRow {
            replicates: error.replicates(),
            cells: point.own.populations.iter().map(|p| p.cells.count).sum(),
            from_below: matches!(error, Measured::Dual(_)),
            ..row(point.value, quantity, norm, error.estimate(confidence))
        };
        let rows = stages.iter().zip(&errors).map(row).collect();
        sweep.add(rows, orders(&scales(stages), &errors, next_term(e, quantity), confidence));
    }
    Ok(sweep)
}

/// Distances and orders from solutions without noise.
pub(super) fn without_noise<const D: usize>(
    method: &'static str,
    stages: &[Stage<D>],
    solutions: &[Solution],
    start: Clock,
) -> Sweep {
    let e = &stages[0].point.own;
    let mut sweep = Sweep::new(method);
    let mut measures = measures::<D>(e);
    // The limit has no r.
    measures.retain(|(_, _, of)| solutions[0].has(*of));
    for (quantity, norm, of) in measures {
        let distance = |(s, d): (&Stage<D>, &Solution)| d.distance(of, s.comparison.spectral());
        let errors: Vec<Estimate> = stages.iter().zip(solutions).map(distance).collect();
        let row = |(stage, error): (&Stage<D>, &Estimate)| {
            row(stage.point.value, quantity, &norm, *error)
        };
        let rows = stages.iter().zip(&errors).map(row).collect();
        sweep.add(rows, orders_without_noise(&scales(stages), &errors, next_term(e, quantity)));
    }
    sweep.seconds = start.seconds();
    sweep
}

/// What vanishes with the error, at each value.
fn scales<const D: usize>(stages: &[Stage<D>]) -> Vec<f64> {
    let parameter = stages[0].point.own.converge.parameter;
    stages.iter().map(|stage| parameter.scale(stage.point.value)).collect()
}

/// By which power of the parameter the next term of an error is smaller: where the first is the second, only even
/// powers occur.
fn next_term(e: &Experiment, of: Observed) -> f64 {
    if e.converge.parameter.order_of(e, of.population()) >= 2.0 { 2.0 } else { 1.0 }
}

fn row(value: f64, quantity: Observed, norm: &str, error: Estimate) -> ErrorRow {
    // Below round-off there is nothing to resolve.
    let resolved = error.low > ROUND_OFF || error.high < -ROUND_OFF;
    let (norm, from_below) = (norm.to_string(), false);
    ErrorRow { value, quantity, norm, error, from_below, replicates: 0, cells: 0, resolved }
}

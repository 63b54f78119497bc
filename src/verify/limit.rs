//! ρ_ε, S_ε, ∇S_ε tend to the limit, J_ε and r_ε stay bounded (CMPS Theorem 3, HKS Theorem 3.4).

use super::{Demand, Finding};
use crate::experiment::Experiment;
use crate::simulation::SimulationError;
use crate::study::{Monitor, Order, Sweep, converge};

/// How far a fitted order may be from the expected one: over a range of ε the next term of the
/// expansion tilts the line.
const TOLERANCE: f64 = 0.25;

/// The orders of the sweep in ε, without noise where the experiment asks for that.
pub fn weigh<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Vec<Finding>, SimulationError> {
    let result = converge::<D>(e, None, monitor)?;
    let sweep = result.other.as_ref().unwrap_or(&result.main);
    let expected = if e.cells.mean_velocity.iter().all(|m| *m == 0.0) { 2.0 } else { 1.0 };
    let near = Demand::Within(expected - TOLERANCE, expected + TOLERANCE);
    let mut findings = Vec::new();
    for (quantity, name, demand) in [
        ("rho", "order of rho - rho0", near),
        ("S", "order of S - S0", near),
        ("gradS", "order of grad(S - S0)", near),
        ("J", "J bounded: order of J - J0", Demand::AtLeast(0.0)),
        ("r", "r bounded: order of r, which has a limit", Demand::AtLeast(-TOLERANCE)),
    ] {
        if let Some(order) = order_of(sweep, quantity) {
            let what = format!("{name} in L2, by {}", sweep.method);
            findings.push(Finding::new(what, order.order, demand));
        }
    }
    Ok(findings)
}

/// The order of a quantity in L², if there is that quantity.
fn order_of<'a>(sweep: &'a Sweep, quantity: &str) -> Option<&'a Order> {
    let own = |(q, norm, _): &&(&str, String, Order)| *q == quantity && norm == "L2";
    sweep.orders.iter().find(own).map(|(_, _, order)| order)
}

//! The order with which the distances of a sweep vanish. In ε: ρ_ε, S_ε, ∇S_ε tend to the limit, J_ε
//! and r_ε stay bounded (CMPS Theorem 3, HKS Theorem 3.4). Where exponents q, p above 1 remove diffusion or drift, the order
//! is that with which these vanish: min(q−1, p−1) of those that are above 0.

use super::{Demand, Finding};
use crate::experiment::{Experiment, Parameter};
use crate::simulation::SimulationError;
use crate::study::{Monitor, Observed, What, converge};

/// How far a fitted order may be from the expected one: over a range of ε the next term of the
/// expansion tilts the line.
const TOLERANCE: f64 = 0.25;

/// The orders of the sweep, without noise where the experiment asks for that.
pub fn weigh<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Vec<Finding>, SimulationError> {
    let result = converge::<D>(e, None, monitor)?;
    let sweep = &result.main;
    let parameter = e.converge.parameter;
    // What the file asks for beside its sweep without noise.
    let by_cells = !e.verify.by_cells.is_empty() && !e.converge.noise_free;
    let near = |quantity: Observed| {
        let expected = parameter.order_of(e, quantity.population());
        match by_cells {
            true => Demand::Held(expected, TOLERANCE),
            false => Demand::near(expected, TOLERANCE),
        }
    };
    let mut wanted =
        vec![(What::Density, "{} converges", None), (What::Signal, "{} converges", None)];
    if !by_cells {
        wanted.push((What::Gradient, "{} converges", None));
    }
    if !by_cells && parameter == Parameter::Epsilon {
        wanted.push((What::Flux, "{} converges, so it is bounded", Some(Demand::AtLeast(0.0))));
        wanted.push((What::Remainder, "{} is bounded", Some(Demand::AtLeast(-TOLERANCE))));
    }
    let of = |(what, claim, demand): (What, &'static str, Option<Demand>)| {
        let all = Observed::all(e, what).into_iter();
        all.map(move |quantity| (quantity, claim, demand.unwrap_or_else(|| near(quantity))))
    };
    let mut findings = Vec::new();
    for (quantity, claim, demand) in wanted.into_iter().flat_map(of) {
        let claim = claim.replace("{}", &quantity.name().replace("gradS", "grad S"));
        if let Some(order) = sweep.order(quantity, "L2") {
            let what = format!(
                "{claim}: order in {} of the L2 norm, by {}",
                parameter.word(),
                sweep.method
            );
            findings.push(Finding::new(what, order.order, demand));
        }
    }
    Ok(findings)
}

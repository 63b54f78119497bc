//! The order with which the distances of a sweep vanish. In ε: ρ_ε, S_ε, ∇S_ε tend to the limit, J_ε
//! and r_ε stay bounded (CMPS Theorem 3, HKS Theorem 3.4).

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
    let expected = parameter.order(e);
    let near = Demand::Within(expected - TOLERANCE, expected + TOLERANCE);
    let mut wanted = vec![
        (What::Density, "{} converges", near),
        (What::Signal, "{} converges", near),
        (What::Gradient, "{} converges", near),
    ];
    if parameter == Parameter::Epsilon {
        wanted.push((What::Flux, "{} converges, so it is bounded", Demand::AtLeast(0.0)));
        wanted.push((What::Remainder, "{} is bounded", Demand::AtLeast(-TOLERANCE)));
    }
    let of = |(what, claim, demand): (What, &'static str, Demand)| {
        Observed::all(e, what).into_iter().map(move |quantity| (quantity, claim, demand))
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

//! What a measured distance is made of, besides ε: grid, time step, bandwidth and finite N.
//!
//! Each is measured by paired runs: the same replicates at another resolution, compared with the
//! limit at that resolution. The change of the distance field, scaled by the known order of the
//! component, estimates what the component contributes at the experiment's own resolution.

use super::difference::{Comparison, Differences};
use super::monitor::Monitor;
use super::norms::{NodalField, Norm, measure as norm_of};
use super::observed::Observed;
use super::reference::limit_fields;
use super::statistics::Estimate;
use crate::experiment::{Experiment, Parameter};
use crate::simulation::SimulationError;
use crate::spectral::Spectral;
use std::f64::consts::SQRT_2;

/// One line of budget.csv.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetRow {
    /// ε.
    pub epsilon: f64,
    /// rho, S, gradS or J.
    pub quantity: Observed,
    /// Always L2.
    pub norm: &'static str,
    /// Component.
    pub component: &'static str,
    /// Its contribution; an interval that reaches 0 is an upper bound.
    pub value: Estimate,
}

/// The components that take runs of their own, and what is varied for each.
pub const COMPONENTS: [(&str, Parameter); 4] = [
    ("grid", Parameter::Grid),
    ("time step", Parameter::Step),
    ("bandwidth", Parameter::Bandwidth),
    ("finite N", Parameter::Cells),
];

/// The experiment at the other resolution: one that costs little more, or less.
fn variant(e: &Experiment, parameter: Parameter) -> Experiment {
    let value = parameter.value(e);
    let other = match parameter {
        Parameter::Bandwidth => SQRT_2 * value,
        Parameter::Cells => (0.5 * value).ceil(),
        // A single step can only be halved.
        Parameter::Step if value < e.time.end => 2.0 * value,
        Parameter::Step => 0.5 * value,
        _ => 2.0 * value,
    };
    parameter.at(e, other)
}

/// The budget at one ε, given the base runs; empty when no budget is asked for.
pub(super) fn measure<const D: usize>(
    e: &Experiment,
    base: &Differences,
    spectral: &Spectral<D>,
    monitor: &Monitor<'_>,
    share: f64,
) -> Result<Vec<BudgetRow>, SimulationError> {
    let count = e.converge.budget_replicates.min(base.fields.len());
    let confidence = e.ensemble.confidence;
    let mut rows = Vec::new();
    if count == 0 {
        return Ok(rows);
    }
    // r has no limit of its own.
    let quantities = || Observed::of(e).filter(|of| *of != Observed::Remainder);
    let mut add = |quantity, component, value| {
        rows.push(BudgetRow { epsilon: e.epsilon, quantity, norm: "L2", component, value });
    };
    for quantity in quantities() {
        let whole = norm_of(Norm::L2, &base.of(quantity), spectral).estimate(confidence);
        add(quantity, "epsilon", whole);
        let noise = (whole.high - whole.low) / 2.0;
        add(
            quantity,
            "Monte Carlo",
            Estimate { value: noise, std_error: 0.0, low: noise, high: noise },
        );
    }
    for (component, parameter) in COMPONENTS {
        let other = variant(e, parameter);
        let factor = parameter.share(e, &other);
        let limit = limit_fields::<D>(&other, true, monitor.stop)?.to_the_end()?;
        let comparison = Comparison::with_limit(&other, limit.last())?;
        let changed = comparison.differences(count, monitor, share)?;
        let own = &comparison.model.spectral;
        for quantity in quantities() {
            let change: Vec<NodalField> = (0..count)
                .map(|r| {
                    difference(
                        &changed.fields[r][quantity],
                        own,
                        &base.fields[r][quantity],
                        spectral,
                    )
                })
                .collect();
            let c = norm_of(Norm::L2, &change.iter().collect::<Vec<_>>(), spectral)
                .estimate(confidence);
            let value = Estimate {
                value: factor * c.value,
                std_error: factor * c.std_error,
                low: factor * c.low,
                high: factor * c.high,
            };
            add(quantity, component, value);
        }
    }
    Ok(rows)
}

/// `changed` − `base` on the grid of `base`.
fn difference<const D: usize>(
    changed: &NodalField,
    own: &Spectral<D>,
    base: &NodalField,
    spectral: &Spectral<D>,
) -> NodalField {
    (changed.iter().zip(base))
        .map(|(c, b)| {
            let c = spectral.inverse(&own.resample(&own.forward(c), spectral));
            c.iter().zip(b).map(|(c, b)| c - b).collect()
        })
        .collect()
}

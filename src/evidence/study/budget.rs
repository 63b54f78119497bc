//! What a measured distance is made of, besides ε: grid, time step, bandwidth and finite N.
//!
//! Each is measured by paired runs: the same replicates at another resolution, compared with the
//! limit at that resolution. The change of the distance field, scaled by the known order of the
//! component, estimates what the component contributes at the experiment's own resolution.

use super::difference::{Comparison, Differences, borrowed};
use super::measured::measure as norm_of;
use super::monitor::Monitor;
use super::norms::{NodalField, Norm};
use super::observed::{Observed, What};
use super::recall::unless_shared;
use super::reference::watched_limit;
use super::statistics::Estimate;
use super::sweep::Sweep;
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

/// A component is well below the effect if it is at most this share of it.
pub const WELL_BELOW: f64 = 0.25;

/// The effect of ε on one distance beside what else cells put into it.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// ε.
    pub epsilon: f64,
    /// rho, S, gradS or J, in L2.
    pub quantity: Observed,
    /// The distance by the best method that there is; its upper limit where it is not resolved.
    pub effect: f64,
    /// The other components; an interval that reaches 0 is an upper bound.
    pub parts: Vec<(&'static str, Estimate)>,
}

/// What it means that a component is not well below the effect, and what to do.
pub const REMEDY: &str = "What is not well below the effect may be part of the distance by cells. More \
    budget_replicates tighten a bound, more replicates lower the noise, a finer resolution or more cells the rest.";

impl Effect {
    /// The components that may be more than [`WELL_BELOW`] of the effect.
    pub fn large(&self) -> impl Iterator<Item = &(&'static str, Estimate)> {
        self.parts.iter().filter(|(_, part)| part.high > WELL_BELOW * self.effect)
    }

    /// What follows from those, if there are any.
    pub fn warning(&self) -> Option<String> {
        let part = |(name, part): &(&str, Estimate)| match part.low > 0.0 {
            true => format!("{name} ({:.2e})", part.value),
            false => format!("{name} (< {:.2e})", part.high),
        };
        let large: Vec<String> = self.large().map(part).collect();
        (!large.is_empty()).then(|| {
            format!(
                "{} at epsilon = {}: {} not known to be well below the effect ({:.2e}).",
                self.quantity,
                self.epsilon,
                large.join(", ") + if large.len() == 1 { " is" } else { " are" },
                self.effect
            )
        })
    }
}

/// The rows of a budget beside the effect that `best` gives.
pub fn beside_effect(rows: &[BudgetRow], best: &Sweep) -> Vec<Effect> {
    let mut effects: Vec<Effect> = Vec::new();
    for row in rows {
        let own = |e: &&mut Effect| e.epsilon == row.epsilon && e.quantity == row.quantity;
        match effects.iter_mut().find(own) {
            Some(effect) => effect.parts.push((row.component, row.value)),
            None => {
                let found = best.errors(row.quantity, row.norm).find(|e| e.value == row.epsilon);
                let effect = match found {
                    Some(found) if found.resolved => found.error.value,
                    Some(found) => found.error.high,
                    None => row.value.value,
                };
                let (epsilon, quantity, parts) = (row.epsilon, row.quantity, Vec::new());
                effects.push(Effect { epsilon, quantity, effect, parts });
            }
        }
    }
    effects
}

/// The components that take runs of their own, and what is varied for each.
pub const COMPONENTS: [(&str, Parameter); 4] = [
    ("grid", Parameter::Grid),
    ("time step", Parameter::Step),
    ("bandwidth", Parameter::Bandwidth),
    ("finite N", Parameter::Cells),
];

/// Runs of cells at each value: replicates, and those of the error budget, which only a sweep in ε has.
pub fn runs(e: &Experiment) -> usize {
    let of_epsilon = e.converge.parameter == Parameter::Epsilon;
    let budget = if of_epsilon { e.converge.budget_replicates } else { 0 };
    e.converge.replicates.saturating_add(budget.saturating_mul(COMPONENTS.len()))
}

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

/// The budget at one ε, given the base runs, which are `None` where they are shared out; empty when no budget is asked for.
pub(super) fn measure<const D: usize>(
    e: &Experiment,
    base: Option<&Differences>,
    spectral: &Spectral<D>,
    monitor: &Monitor<'_>,
    share: f64,
) -> Result<Vec<BudgetRow>, SimulationError> {
    let count = e.converge.budget_replicates.min(e.converge.replicates);
    let confidence = e.ensemble.confidence;
    let mut rows = Vec::new();
    if count == 0 {
        return Ok(rows);
    }
    // r has no limit of its own.
    let quantities = || Observed::of(e).filter(|of| of.what != What::Remainder);
    let mut add = |quantity, component, value| {
        rows.push(BudgetRow { epsilon: e.epsilon, quantity, norm: "L2", component, value });
    };
    for quantity in quantities() {
        let Some(base) = base else { break };
        let own = base.of(quantity)?;
        let whole = norm_of(Norm::L2, &borrowed(&own), spectral).estimate(confidence);
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
        let limit = monitor.part(0.0, "", |m| watched_limit::<D>(&other, true, m))?.to_the_end()?;
        let comparison = Comparison::with_limit(&other, limit.last())?;
        let changed = unless_shared(comparison.differences(count, monitor, share))?;
        let (Some(base), Some(changed)) = (base, changed) else { continue };
        let own = &comparison.model.spectral;
        for quantity in quantities() {
            let (changed, base) = (changed.of(quantity)?, base.of(quantity)?);
            let pairs = changed.iter().zip(&base);
            let change: Vec<NodalField> =
                pairs.map(|(changed, base)| difference(changed, own, base, spectral)).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::ErrorRow;

    #[test]
    fn a_bound_above_the_effect_is_told() {
        let estimate =
            |low: f64, high: f64| Estimate { value: 0.5 * (low + high), std_error: 0.0, low, high };
        let row = |component, value| BudgetRow {
            epsilon: 0.09,
            quantity: Observed::DENSITY,
            norm: "L2",
            component,
            value,
        };
        let rows = [
            row("epsilon", estimate(0.0, 0.06)),
            row("Monte Carlo", estimate(0.01, 0.01)),
            row("grid", estimate(0.0, 0.113)),
            row("time step", estimate(0.02, 0.03)),
        ];
        let error = ErrorRow {
            value: 0.09,
            quantity: Observed::DENSITY,
            norm: "L2".into(),
            error: estimate(0.046, 0.048),
            from_below: false,
            replicates: 0,
            cells: 0,
            resolved: true,
        };
        let best =
            Sweep { method: "kinetic equation", rows: vec![error], orders: vec![], seconds: 0.0 };
        let effects = beside_effect(&rows, &best);
        assert_eq!((effects.len(), effects[0].effect), (1, 0.047));
        let large: Vec<&str> = effects[0].large().map(|(name, _)| *name).collect();
        assert_eq!(large, ["grid", "time step"]);
        let warning = effects[0].warning().unwrap();
        assert!(
            warning.contains("grid (< 1.13e-1), time step (2.50e-2) are not known"),
            "{warning}"
        );
        assert!(beside_effect(&rows[..2], &best)[0].warning().is_none());
    }
}

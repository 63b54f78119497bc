//! What `converge` finds.

use super::converge_text::text;
use super::ensemble::{estimate, fields};
use super::run::tally_json;
use super::{Error, Found, limit, names_of_populations};
use crate::experiment::{Experiment, Mobility, Parameter};
use crate::model::Model;
use crate::motion::{Method, Tally};
use crate::pages;
use crate::sheet::{Cell, Sheet};
use crate::study::statistics::Estimate;
use crate::study::{Convergence, EnsembleFrame, OrderRow, Slope, Sweep};
use serde_json::{Value, json};

/// Refuses what is not compared with its limit.
///
/// # Errors
/// Flights that are biased by what is looked for; a drift that is not linear in ρ.
pub fn refuse_unfit(e: &Experiment) -> Result<(), Error> {
    refuse_bias(e)?;
    refuse_other_drift(e)
}

/// Refuses flights that are biased where the effect is looked for.
fn refuse_bias(e: &Experiment) -> Result<(), Error> {
    if e.converge.parameter != Parameter::Epsilon {
        return Ok(());
    }
    let (key, value) = match e.motion {
        Method::Hybrid => ("motion", "\"hybrid\"".to_string()),
        Method::Auto if e.motion_bias > 0.0 => ("motion_bias", e.motion_bias.to_string()),
        _ => return Ok(()),
    };
    Err(Error::BadInput(format!(
        "{key} = {value}: hybrid flights know the kernel to first order in epsilon only, so they are \
         biased by O(epsilon^2), the order of the distance that converge measures. Set motion = \
         \"skip-ahead\", which is exact and costs O(1/epsilon), or motion = \"auto\" with \
         motion_bias = 0"
    )))
}

/// Refuses a macroscopic equation that is not the limit of the cells.
fn refuse_other_drift(e: &Experiment) -> Result<(), Error> {
    match e.limit.mobility {
        Mobility::Linear => Ok(()),
        _ => Err(Error::BadInput(
            "limit.mobility: the limit of the cells has drift linear in rho, and no other is compared \
             with them. Remove it, or use `kinetaxis limit`"
                .into(),
        )),
    }
}

/// A sweep that has come to its end.
pub struct Converged<const D: usize> {
    e: Experiment,
    /// At the last value of the parameter.
    model: Model<D>,
    found: Convergence<D>,
    /// The densities of the cells at that value.
    finest: Vec<EnsembleFrame>,
    seconds: f64,
}

impl<const D: usize> Converged<D> {
    /// What was found in so many seconds.
    pub fn new(e: &Experiment, found: Convergence<D>, seconds: f64) -> Result<Self, Error> {
        let model = Model::<D>::new(&found.last)?;
        let (time, densities) = (e.time.end, found.finest.clone());
        let finest = vec![EnsembleFrame { time, densities, ..EnsembleFrame::default() }];
        Ok(Self { e: e.clone(), model, found, finest, seconds })
    }

    /// The name of the parameter.
    fn parameter(&self) -> &'static str {
        self.e.converge.parameter.word()
    }

    fn errors<'a>(&'a self, name: String, sweep: &'a Sweep) -> Sheet<'a> {
        // In a sweep over the cells their number is in the first column.
        let with_cells = self.e.converge.parameter != Parameter::Cells;
        let mut header = vec![self.parameter(), "quantity", "norm", "error", "std_error", "ci_low"];
        header.extend(["ci_high", "replicates"]);
        header.extend(with_cells.then_some("cells"));
        header.extend(["resolved", "from_below"]);
        Sheet::new(name, header, move |emit| {
            for row in &sweep.rows {
                let quantity = row.quantity.to_string();
                let mut cells = vec![Cell::Number(row.value), Cell::Text(&quantity)];
                cells.push(Cell::Text(&row.norm));
                cells.extend(estimate(&row.error));
                cells.push(Cell::Count(row.replicates as u64));
                cells.extend(with_cells.then_some(Cell::Count(row.cells as u64)));
                cells.extend([row.resolved, row.from_below].map(Cell::Flag));
                emit(&cells)?;
            }
            Ok(())
        })
    }

    fn orders<'a>(&'a self, name: String, sweep: &'a Sweep) -> Sheet<'a> {
        let mut header = vec!["quantity", "norm", "order", "ci_low", "ci_high", "points"];
        header.extend(["straightness", "verdict", "kind", "from", "to"]);
        Sheet::new(name, header, |emit| {
            // The mean slopes come first.
            let (mean, rest): (Vec<_>, Vec<_>) =
                sweep.orders.iter().partition(|row| row.order.slope == Slope::Mean);
            for OrderRow { quantity, norm, order: fit } in mean.into_iter().chain(rest) {
                let quantity = quantity.to_string();
                let mut cells = vec![Cell::Text(&quantity), Cell::Text(norm)];
                cells.extend(
                    match &fit.order {
                        Some(o) => [o.value, o.low, o.high],
                        None => [f64::NAN, f64::NEG_INFINITY, f64::INFINITY],
                    }
                    .map(Cell::Number),
                );
                cells.push(Cell::Count(fit.points as u64));
                cells.push(Cell::Number(fit.straightness.unwrap_or(f64::NAN)));
                cells.extend([Cell::Text(&fit.verdict), Cell::Text(fit.slope.kind())]);
                let ends = match fit.slope {
                    Slope::Local { from, to } => [from, to],
                    _ => [f64::NAN; 2],
                };
                cells.extend(ends.map(Cell::Number));
                emit(&cells)?;
            }
            Ok(())
        })
    }

    fn checks(&self) -> Sheet<'_> {
        let header =
            [self.parameter(), "quantity", "norm", "distance", "std_error", "ci_low", "ci_high"];
        Sheet::new("cells_against_equation", header, |emit| {
            for check in &self.found.checks {
                let quantity = check.quantity.to_string();
                let mut cells = vec![Cell::Number(check.value), Cell::Text(&quantity)];
                cells.push(Cell::Text("L2"));
                cells.extend(estimate(&check.distance));
                emit(&cells)?;
            }
            Ok(())
        })
    }

    /// H of the kinetic equation, and how far its balance is from closed.
    fn entropy(&self) -> Sheet<'_> {
        let parameter = self.found.last.converge.parameter.word();
        let header = [parameter, "time", "entropy", "dissipated", "produced", "imbalance"];
        Sheet::new("entropy", header, |emit| {
            for (value, lines) in &self.found.entropy {
                for e in lines {
                    let imbalance = e.entropy + e.dissipated - e.produced - lines[0].entropy;
                    let values = [*value, e.time, e.entropy, e.dissipated, e.produced, imbalance];
                    emit(&values.map(Cell::Number))?;
                }
            }
            Ok(())
        })
    }

    fn budget(&self) -> Sheet<'_> {
        let header = ["epsilon", "quantity", "norm", "component", "value", "ci_low", "ci_high"];
        Sheet::new("budget", header, |emit| {
            for row in &self.found.budget {
                let quantity = row.quantity.name();
                let Estimate { value, low, high, .. } = row.value;
                let mut cells = vec![Cell::Number(row.epsilon), Cell::Text(&quantity)];
                cells.extend([row.norm, row.component].map(Cell::Text));
                cells.extend([value, low, high].map(Cell::Number));
                emit(&cells)?;
            }
            Ok(())
        })
    }
}

impl<const D: usize> Found for Converged<D> {
    fn experiment(&self) -> &Experiment {
        &self.e
    }

    fn sheets(&self) -> Vec<Sheet<'_>> {
        let (e, found) = (&self.e, &self.found);
        let mut all = vec![
            self.errors("convergence".into(), &found.main),
            self.orders("orders".into(), &found.main),
        ];
        for other in &found.others {
            let name = other.method.replace(' ', "_");
            all.push(self.errors(format!("convergence_{name}"), other));
            all.push(self.orders(format!("orders_{name}"), other));
        }
        if !found.checks.is_empty() {
            all.push(self.checks());
        }
        if !found.entropy.is_empty() {
            all.push(self.entropy());
        }
        if let Some(macroscopic) = &found.macroscopic {
            all.push(self.budget());
            let fields = std::slice::from_ref(&macroscopic.limit);
            all.push(limit::sheet(e, &self.model.spectral, fields));
        }
        let on = (self.model.grid(), e.ensemble.confidence);
        all.push(fields("density", on, names_of_populations(e), &self.finest, |f| &f.densities));
        all
    }

    fn summary(&self) -> Value {
        summary(&self.e, &self.found, self.seconds)
    }

    fn text(&self) -> String {
        text(&self.e, &self.found, self.seconds)
    }

    fn page(&self) -> String {
        pages::converge_page(&self.model, &self.found)
    }

    fn warnings(&self) -> Vec<String> {
        total(&self.found).warning().into_iter().collect()
    }
}

/// JSON has no infinity.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// All events of the sweep, without the budget's.
fn total<const D: usize>(r: &Convergence<D>) -> Tally {
    let mut total = Tally::default();
    r.tallies.iter().for_each(|(_, tally, _)| total += *tally);
    total
}

fn summary<const D: usize>(e: &Experiment, r: &Convergence<D>, seconds: f64) -> Value {
    let orders = |sweep: &Sweep| -> Vec<Value> {
        let order = |OrderRow { quantity, norm, order: fit }: &OrderRow| {
            // null: no value, or no end on this side.
            let value = |of: fn(&Estimate) -> f64| fit.order.as_ref().map(of).and_then(finite);
            json!({
                "quantity": quantity.name(), "norm": norm, "kind": fit.slope.kind(),
                "slope": fit.slope.to_string(), "points": fit.points, "verdict": fit.verdict,
                "order": value(|o| o.value), "ci_low": value(|o| o.low), "ci_high": value(|o| o.high),
            })
        };
        sweep.orders.iter().map(order).collect()
    };
    let method = |sweep: &Sweep| json!({ "method": sweep.method, "seconds": sweep.seconds, "orders": orders(sweep) });
    let goal = r.goal.as_ref().map(|g| {
        json!({
            "wanted": g.wanted.name(), "half_width": g.wanted.half_width, "reached": g.reached,
            "by_cells": finite(g.by_cells), "replicates_by_cells_alone": finite(g.replicates),
            "seconds_by_cells_alone": finite(g.seconds),
        })
    });
    let parameter = e.converge.parameter;
    let refinement = r.macroscopic.as_ref().map(|m| &m.refinement);
    let runs: Vec<_> = (r.tallies.iter())
        .map(|(value, tally, seconds)| {
            let mut run = tally_json(tally, *seconds);
            run[parameter.word()] = json!(value);
            run
        })
        .collect();
    json!({
        "command": "converge", "parameter": parameter.word(), "seed": e.seed,
        "confidence": e.ensemble.confidence,
        "method": r.main.method, "orders": orders(&r.main), "seconds_of_method": r.main.seconds,
        "other_methods": r.others.iter().map(method).collect::<Vec<_>>(), "precision": goal,
        "replicates": r.replicates, "runs": runs,
        "limit_error_time_L2": refinement.map(|r| r.time),
        "limit_error_grid_L2": refinement.map(|r| r.grid),
        "limit_order_time": refinement.and_then(|r| r.order),
        "limit_norm_L2": refinement.map(|r| r.norm),
        "seconds": seconds,
    })
}

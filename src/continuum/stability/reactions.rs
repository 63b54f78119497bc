//! What a wave changes of reactions: of the flow of mass, and of ∂tf.

use super::classes::Classes;
use super::forms::{Form, Forms};
use super::homogeneous::{Homogeneous, State};
use crate::reaction::{Event, Newborn, Reaction};

/// The change of the flow of a reaction, rate · ρ of what is met · ρ of who reacts.
pub(super) fn flow<const D: usize>(
    system: &Homogeneous<'_, D>,
    forms: &Forms,
    reaction: &Reaction,
    state: &State,
) -> Form {
    let [met, own] = system.partners(reaction, state);
    let rate = system.value(&reaction.rate, state);
    let mut flow = forms.rate(system, &reaction.rate, state) * (met * own);
    if let Some(by) = reaction.event.meets() {
        flow += &forms.fed[by] * (rate * own);
    }
    if let Some(of) = reaction.event.parent() {
        flow += &forms.density[of] * (rate * met);
    }
    flow
}

/// f of every population by class, and where its amplitudes stand among the unknowns.
pub(super) struct Kinds<'a, const D: usize> {
    pub classes: &'a [Classes<D>],
    pub offsets: &'a [usize],
    pub f: &'a [Vec<f64>],
}

/// The flow of a reaction by class of who reacts, and its change: rate · f_by/F_by or ρ_by · f_of, over μF if the rate is.
fn flow_by_class<const D: usize>(
    system: &Homogeneous<'_, D>,
    (forms, kinds): (&Forms, &Kinds<'_, D>),
    reaction: &Reaction,
    (of, state): (usize, &State),
) -> Vec<(f64, Form)> {
    let (model, classes, f) = (system.model, &kinds.classes[of], &kinds.f[of]);
    let rate = system.value(&reaction.rate, state);
    let change = forms.rate(system, &reaction.rate, state);
    let [met, _] = system.partners(reaction, state);
    let at = |class: usize| {
        let space = &model.populations[of].space;
        let share = match reaction.per_equilibrium {
            true => 1.0 / (classes.equilibrium[class] * space.measure()),
            false => 1.0,
        };
        let mut flow = &change * (met * f[class]);
        flow[kinds.offsets[of] + class] += rate * met;
        if let Event::Infection { by, literal, .. } = reaction.event {
            flow += &forms.fed[by] * (rate * f[class]);
            if literal {
                let tilt = model.populations[by].space.tilt();
                flow += &forms.flux[by] * (rate * tilt * classes.along[class] * f[class]);
            }
        }
        (share * rate * met * f[class], flow * share)
    };
    (0..classes.len()).map(at).collect()
}

/// Adds all reactions to ∂tf by class and to the rows of its change.
pub(super) fn react<const D: usize>(
    system: &Homogeneous<'_, D>,
    (forms, kinds): (&Forms, &Kinds<'_, D>),
    state: &State,
    values: &mut [f64],
    rows: &mut [Form],
) {
    for reaction in &system.model.network.reactions {
        let event = reaction.event;
        let Some(of) = event.parent() else {
            let Some(to) = event.gains() else { continue };
            let rate = system.value(&reaction.rate, state);
            let change = forms.rate(system, &reaction.rate, state);
            spread(kinds, (to, event.newborn()), (rate, &change), values, rows);
            continue;
        };
        let flows = flow_by_class(system, (forms, kinds), reaction, (of, state));
        if let Some(of) = event.loses() {
            for (class, (value, row)) in flows.iter().enumerate() {
                values[kinds.offsets[of] + class] -= value;
                rows[kinds.offsets[of] + class] -= row;
            }
        }
        let Some(to) = event.gains() else { continue };
        if event.newborn() == Newborn::Parent {
            for (class, (value, row)) in flows.iter().enumerate() {
                values[kinds.offsets[to] + class] += value;
                rows[kinds.offsets[to] + class] += row;
            }
            continue;
        }
        let total = |(value, sum): (f64, Form), ((v, row), weight): (&(f64, Form), &f64)| {
            (value + weight * v, sum + row * *weight)
        };
        let start = (0.0, Form::zeros(rows.len()));
        let (value, row) = flows.iter().zip(&kinds.classes[of].weights).fold(start, total);
        spread(kinds, (to, event.newborn()), (value, &row), values, rows);
    }
}

/// Adds newborns by the law of their velocities.
fn spread<const D: usize>(
    kinds: &Kinds<'_, D>,
    (to, law): (usize, Newborn),
    (value, row): (f64, &Form),
    values: &mut [f64],
    rows: &mut [Form],
) {
    let classes = &kinds.classes[to];
    let uniform = 1.0 / classes.weights.iter().sum::<f64>();
    for class in 0..classes.len() {
        let share = match law {
            Newborn::Uniform => uniform,
            _ => classes.equilibrium[class],
        };
        values[kinds.offsets[to] + class] += share * value;
        rows[kinds.offsets[to] + class] += row * share;
    }
}

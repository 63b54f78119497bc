//! Reactions, births and deaths of one half of a field step, at the rates of its middle.

use super::SimulationError;
use crate::cells::{Population, most_cells};
use crate::growth::divide;
use crate::model::Model;
use crate::reaction::{Channel, Chemistry, Event, Infectious, Reaction, react};
use crate::rng::{Purpose, Stream, Streams};
use crate::schedule::Tick;
use crate::signal::{Arguments, SensedSignal, Surroundings};
use crate::state::State;
use crate::vector::Vector;

/// All rates of one field step, as cells feel them.
pub(super) struct Rates<'m, const D: usize> {
    /// By population: births less deaths.
    growth: Vec<Option<Chemistry<'m, D>>>,
    channels: Vec<Channel<'m, D>>,
}

impl<'m, const D: usize> Rates<'m, D> {
    /// Those of `middle`, when cells of population i have the flux `fluxes`\[i\].
    pub fn new(
        model: &'m Model<D>,
        state: &State<D>,
        middle: Surroundings<'_>,
        fluxes: &[Vec<Vec<f64>>],
    ) -> Result<Self, SimulationError> {
        let value = |value| SimulationError::Value(Box::new(value));
        let spectral = &model.spectral;
        let mut growth = Vec::new();
        for species in &model.populations {
            let Some(own) = &species.growth else {
                growth.push(None);
                continue;
            };
            let felt = match own.constant() {
                Some(rate) => Chemistry::Everywhere(rate),
                None => {
                    let felt = sensed(model, own.nodal(spectral, middle)).ok_or_else(|| {
                        let refused = own.refused(spectral, middle);
                        value(refused.unwrap_or_else(|| own.overflow()).at_time(middle.time))
                    })?;
                    Chemistry::Here(felt)
                }
            };
            growth.push(Some(felt));
        }
        let channel = |reaction: &Reaction| {
            let rate = match reaction.rate.constant() {
                Some(rate) => Chemistry::Everywhere(rate),
                None => {
                    let arguments = Arguments::new(spectral, middle, [&reaction.rate]);
                    let felt = sensed(model, arguments.nodal(&reaction.rate)).ok_or_else(|| {
                        let refused = Arguments::complete(spectral, middle).refused(&reaction.rate);
                        value(
                            refused
                                .unwrap_or_else(|| reaction.rate.overflow())
                                .at_time(middle.time),
                        )
                    })?;
                    Chemistry::Here(felt)
                }
            };
            let weight = |number: usize| state.populations[number].cells.weight;
            let brood = match (reaction.event.parent(), reaction.event.gains()) {
                (Some(of), Some(gains)) => weight(of) / weight(gains),
                _ => 1.0,
            };
            let space = |number: usize| &model.populations[number].space;
            let parent = reaction.event.parent().filter(|_| reaction.per_equilibrium);
            Ok(Channel {
                event: reaction.event,
                rate,
                meets: infectious(model, reaction.event, middle, fluxes),
                brood,
                per_equilibrium: parent.map(|of| space(of).clone()),
            })
        };
        let channels =
            model.network.reactions.iter().map(channel).collect::<Result<_, SimulationError>>()?;
        Ok(Self { growth, channels })
    }
}

/// Nodal rates as cells feel them; `None` if they are no numbers.
fn sensed<const D: usize>(model: &Model<D>, mut rates: Vec<f64>) -> Option<SensedSignal<'_, D>> {
    model.spectral.forward_in_place(&mut rates);
    let felt = model.sense(&mut rates, Vec::new());
    felt.is_finite().then_some(felt)
}

/// What is met in an infection.
fn infectious<'m, const D: usize>(
    model: &'m Model<D>,
    event: Event,
    middle: Surroundings<'_>,
    fluxes: &[Vec<Vec<f64>>],
) -> Option<Infectious<'m, D>> {
    let Event::Infection { by, literal, .. } = event else { return None };
    let felt = |field: &[f64]| model.sense(&mut field.to_vec(), Vec::new());
    let flux = literal.then(|| {
        let scale = D as f64 / model.populations[by].space.mean_square_f();
        (std::array::from_fn(|a| felt(&fluxes[by][a])), scale)
    });
    Some(Infectious { density: felt(&middle.densities[by]), flux })
}

/// Lets every population react for a half of the step of `tick`; `half` is 0 before the flight and 1 after it.
pub(super) fn react_half<const D: usize>(
    model: &Model<D>,
    state: &mut State<D>,
    rates: &Rates<'_, D>,
    half: u64,
    tick: &Tick,
    streams: Streams,
) -> Result<(), SimulationError> {
    let (h, number, most) = (0.5 * tick.duration, 2 * state.step + half, most_cells::<D>());
    let streams: Vec<Streams> =
        model.populations.iter().map(|species| streams.of_population(&species.name)).collect();
    let crowd = |key, name: &str, cells| {
        let name = if model.populations.len() == 1 { "cells" } else { name }.to_string();
        SimulationError::Crowd { key, name, time: tick.end, cells, most: most as f64 }
    };
    let grow = |state: &mut State<D>| -> Result<(), SimulationError> {
        for (p, rate) in rates.growth.iter().enumerate() {
            let Some(rate) = rate else { continue };
            let colony = &mut state.populations[p];
            let at = |x: &Vector<D>| rate.at(x);
            let born = divide(&mut colony.cells, at, h, (streams[p], number), most);
            let census =
                born.map_err(|cells| crowd("cells.growth", &model.populations[p].name, cells))?;
            colony.census += census;
        }
        Ok(())
    };
    if half == 0 {
        grow(state)?;
    }
    if !model.network.is_empty() {
        let spaces: Vec<_> = model.populations.iter().map(|species| &species.space).collect();
        let mut cells: Vec<&mut Population<D>> =
            state.populations.iter_mut().map(|colony| &mut colony.cells).collect();
        let names = (&streams[..], number);
        let census = react(&mut cells, &spaces, &rates.channels, model.grid(), h, names, most)
            .map_err(|(p, cells)| crowd("reactions", &model.populations[p].name, cells))?;
        for (colony, census) in state.populations.iter_mut().zip(census) {
            colony.census += census;
        }
    }
    if half == 1 {
        grow(state)?;
        for (species, (colony, streams)) in
            model.populations.iter().zip(state.populations.iter_mut().zip(&streams))
        {
            let stream = streams.stream(Purpose::Merger, 0, number);
            keep_between(species.between, &mut colony.cells, stream);
        }
    }
    let has_source = model.network.reactions.iter().any(|r| r.event.parent().is_none());
    match state.populations.iter().all(|colony| colony.cells.is_empty()) && !has_source {
        true => Err(SimulationError::Extinct { time: tick.end }),
        false => Ok(()),
    }
}

/// Splits or merges cells until there are as many as wanted, or none.
fn keep_between<const D: usize>(
    between: Option<[usize; 2]>,
    cells: &mut Population<D>,
    mut stream: Stream,
) {
    let Some([least, most]) = between else { return };
    while cells.len() > most {
        cells.merge(&mut stream);
    }
    while !cells.is_empty() && cells.len() < least {
        cells.split();
    }
}

//! Reactions, births and deaths of one half of a field step, at the rates of its middle.

use super::{SimulationError, checks};
use crate::cells::{Population, most_cells};
use crate::growth::divide;
use crate::model::Model;
use crate::reaction::{Census, Channel, Event, Infectious, LocalRate, Reaction, react};
use crate::rng::{Purpose, Stream, Streams};
use crate::schedule::Tick;
use crate::schema::Ranged;
use crate::signal::{Arguments, Surroundings};
use crate::state::{Colony, State};
use crate::vector::Vector;

/// All rates of one field step, as cells feel them.
pub(super) struct Rates<'m, const D: usize> {
    /// By population: births less deaths.
    growth: Vec<Option<LocalRate<'m, D>>>,
    channels: Vec<Channel<'m, D>>,
}

impl<'m, const D: usize> Rates<'m, D> {
    /// Those of `middle`, when cells of population i have the flux `fluxes`\[i\].
    ///
    /// # Errors
    /// A value that an expression must not have.
    pub fn new(
        model: &'m Model<D>,
        state: &State<D>,
        middle: Surroundings<'_>,
        fluxes: &[Vec<Vec<f64>>],
    ) -> Result<Self, SimulationError> {
        let growth = (model.populations.iter())
            .map(|species| {
                let rate = species.growth.as_ref().map(|growth| growth.rate());
                rate.map(|rate| felt(model, rate, middle)).transpose()
            })
            .collect::<Result<_, _>>()?;
        let weight = |number: usize| state.populations[number].cells.weight;
        let channel = |reaction: &Reaction| {
            let brood = match (reaction.event.parent(), reaction.event.gains()) {
                (Some(of), Some(gains)) => weight(of) / weight(gains),
                _ => 1.0,
            };
            let parent = reaction.event.parent().filter(|_| reaction.per_equilibrium);
            Ok(Channel {
                event: reaction.event,
                rate: felt(model, &reaction.rate, middle)?,
                meets: infectious(model, reaction.event, middle, fluxes),
                brood,
                per_equilibrium: parent.map(|of| model.populations[of].space.clone()),
            })
        };
        let channels = model.network.reactions.iter().map(channel);
        Ok(Self { growth, channels: channels.collect::<Result<_, SimulationError>>()? })
    }
}

/// A rate as cells feel it.
fn felt<'m, const D: usize>(
    model: &'m Model<D>,
    rate: &Ranged,
    middle: Surroundings<'_>,
) -> Result<LocalRate<'m, D>, SimulationError> {
    if let Some(constant) = rate.constant() {
        return Ok(LocalRate::Everywhere(constant));
    }
    let mut nodal = Arguments::new(&model.spectral, middle, [rate]).nodal(rate);
    model.spectral.forward_in_place(&mut nodal);
    let felt = model.sense(&mut nodal, Vec::new());
    if felt.is_finite() {
        return Ok(LocalRate::Here(felt));
    }
    let refused = Arguments::complete(&model.spectral, middle).refused([rate]);
    let value = refused.unwrap_or_else(|| rate.overflow()).at_time(middle.time);
    Err(SimulationError::Value(Box::new(value)))
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
        (std::array::from_fn(|a| felt(&fluxes[by][a])), model.populations[by].space.tilt())
    });
    Some(Infectious { density: felt(&middle.densities[by]), flux })
}

/// One half of a field step.
pub(super) struct Half<'a, const D: usize> {
    pub model: &'a Model<D>,
    pub rates: &'a Rates<'a, D>,
    /// Of every population.
    pub streams: Vec<Streams>,
    /// Its number among all.
    pub number: u64,
    pub tick: &'a Tick,
}

impl<const D: usize> Half<'_, D> {
    /// Before the flight.
    ///
    /// # Errors
    /// There are too many cells, or none is left and none will come.
    pub fn before(&self, state: &mut State<D>) -> Result<(), SimulationError> {
        self.counted(state, |state| {
            self.grow(state)?;
            self.react(state)
        })?;
        self.check_extinct(state)
    }

    /// After the flight, in the opposite order; then numbers of cells are kept between their bounds.
    ///
    /// # Errors
    /// As [`Self::before`].
    pub fn after(&self, state: &mut State<D>) -> Result<(), SimulationError> {
        self.counted(state, |state| {
            self.react(state)?;
            self.grow(state)
        })?;
        let all = self.model.populations.iter().zip(&mut state.populations).zip(&self.streams);
        for ((species, colony), streams) in all {
            let (stream, mass) =
                (streams.stream(Purpose::Merger, 0, self.number), colony.cells.mass());
            keep_between(species.between, &mut colony.cells, stream);
            checks::mass_kept(colony, mass).map_err(|w| w.of(&species.name, self.tick.end))?;
        }
        self.check_extinct(state)
    }

    /// Does what changes the numbers of cells by births and deaths alone, and sees that it does.
    fn counted(
        &self,
        state: &mut State<D>,
        change: impl FnOnce(&mut State<D>) -> Result<(), SimulationError>,
    ) -> Result<(), SimulationError> {
        let count = |colony: &Colony<D>| (colony.cells.len(), colony.census);
        let before: Vec<(usize, Census)> = state.populations.iter().map(count).collect();
        change(state)?;
        let all = self.model.populations.iter().zip(&mut state.populations).zip(before);
        for ((species, colony), before) in all {
            checks::count(colony, before).map_err(|w| w.of(&species.name, self.tick.end))?;
        }
        Ok(())
    }

    fn time(&self) -> f64 {
        0.5 * self.tick.duration
    }

    /// Births and deaths at net rates.
    fn grow(&self, state: &mut State<D>) -> Result<(), SimulationError> {
        for (p, rate) in self.rates.growth.iter().enumerate() {
            let Some(rate) = rate else { continue };
            let colony = &mut state.populations[p];
            let (at, names) = (|x: &Vector<D>| rate.at(x), (self.streams[p], self.number));
            let born = divide(&mut colony.cells, at, self.time(), names, most_cells::<D>());
            colony.census += born.map_err(|cells| self.crowd("cells.growth", p, cells))?;
        }
        Ok(())
    }

    fn react(&self, state: &mut State<D>) -> Result<(), SimulationError> {
        let Self { model, rates, .. } = self;
        if model.network.is_empty() {
            return Ok(());
        }
        let spaces: Vec<_> = model.populations.iter().map(|species| &species.space).collect();
        let mut cells: Vec<&mut Population<D>> =
            state.populations.iter_mut().map(|colony| &mut colony.cells).collect();
        let (names, most) = ((&self.streams[..], self.number), most_cells::<D>());
        let channels = &rates.channels;
        let census = react(&mut cells, &spaces, channels, model.grid(), self.time(), names, most)
            .map_err(|(p, cells)| self.crowd("reactions", p, cells))?;
        for (colony, census) in state.populations.iter_mut().zip(census) {
            colony.census += census;
        }
        Ok(())
    }

    fn crowd(&self, key: &'static str, population: usize, cells: f64) -> SimulationError {
        let name = self.model.populations[population].name.clone();
        let most = most_cells::<D>() as f64;
        SimulationError::Crowd { key, name, time: self.tick.end, cells, most }
    }

    fn check_extinct(&self, state: &State<D>) -> Result<(), SimulationError> {
        let mut reactions = self.model.network.reactions.iter();
        let has_source = reactions.any(|r| r.event.parent().is_none());
        match state.populations.iter().all(|colony| colony.cells.is_empty()) && !has_source {
            true => Err(SimulationError::Extinct { time: self.tick.end }),
            false => Ok(()),
        }
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

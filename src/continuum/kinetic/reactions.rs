//! The G_i on ordinates and grid, at rates that stand still.

use super::ordinates::largest;
use super::phase::Phase;
use super::room::Room;
use crate::model::Model;
use crate::reaction::{Event, Newborn};
use crate::signal::{Arguments, Surroundings};
use crate::vector::dot;
use rayon::prelude::*;

/// Relative size of the terms of e^{hA} f that are left out.
const TOLERANCE: f64 = 1e-13;

/// f of every population, by ordinate, nodal.
type All = Vec<Vec<Vec<f64>>>;

/// All reactions at the rates of the middle of a step: f′ = Af + s in every node.
pub(super) struct Reactions {
    channels: Vec<Channel>,
}

/// One reaction.
struct Channel {
    event: Event,
    /// The rate at the nodes, for every ordinate of its parent or the same for all.
    rates: Vec<Vec<f64>>,
}

impl Channel {
    fn rate(&self, ordinate: usize) -> &[f64] {
        &self.rates[ordinate.min(self.rates.len() - 1)]
    }
}

impl Reactions {
    /// Those of the middle of a step of length `dt`.
    pub fn new<const D: usize>(
        model: &Model<D>,
        (phases, room): (&[Phase<'_, D>], &Room<D>),
        middle: Surroundings<'_>,
        dt: f64,
    ) -> Self {
        let (spectral, network) = (&model.spectral, &model.network);
        let arguments = Arguments::new(spectral, middle, network.reactions.iter().map(|r| &r.rate));
        let channel = |reaction: &crate::reaction::Reaction| {
            let rate = room.inside(arguments.nodal(&reaction.rate));
            let mut rates = vec![rate];
            if let Event::Infection { of, by, literal, .. } = reaction.event {
                let met = room.inside(spectral.inverse(&middle.densities[by]));
                rates = match literal {
                    false => vec![product(&rates[0], |k| met[k].max(0.0))],
                    true => {
                        let (there, velocities) = (&phases[by], &phases[of].ordinates.velocities);
                        let scale = there.species.space.tilt();
                        let flux: [Vec<f64>; D] = std::array::from_fn(|a| {
                            room.inside(spectral.inverse(&there.momentum[a].after(0.5 * dt)))
                        });
                        let of_velocity = |v: &[f64; D]| {
                            let along = |k: usize| {
                                let q = std::array::from_fn(|a| flux[a][k]);
                                (met[k] + scale * dot(v, &q)).max(0.0)
                            };
                            product(&rates[0], along)
                        };
                        velocities.iter().map(of_velocity).collect()
                    }
                };
            }
            if let (true, Some(of)) = (reaction.per_equilibrium, reaction.event.parent()) {
                let (space, ordinates) = (&phases[of].species.space, &phases[of].ordinates);
                let count = ordinates.len();
                let factor =
                    |j: usize| space.inverse_density(&ordinates.velocities[j]) / space.measure();
                let last = rates.len() - 1;
                let scaled = |j: usize| product(&rates[j.min(last)], |_| factor(j));
                rates = (0..count).map(scaled).collect();
            }
            Channel { event: reaction.event, rates }
        };
        Self { channels: network.reactions.iter().map(channel).collect() }
    }

    /// f ← the solution after a time `h`, by its Taylor series.
    pub fn half<const D: usize>(&self, phases: &mut [Phase<'_, D>], h: f64) {
        if self.channels.is_empty() {
            return;
        }
        let mut term: All = phases.iter().map(|phase| phase.f.clone()).collect();
        let mut small = 0;
        for order in 1..200 {
            let mut next = self.apply(phases, &term, order == 1);
            let factor = h / f64::from(order);
            next.par_iter_mut().flatten().for_each(|r| r.iter_mut().for_each(|r| *r *= factor));
            let mut done = true;
            for (phase, next) in phases.iter_mut().zip(&next) {
                phase.f.par_iter_mut().zip(next).for_each(|(f, t)| {
                    f.iter_mut().zip(t).for_each(|(f, t)| *f += t);
                });
                done &= largest(next) <= TOLERANCE * largest(&phase.f);
            }
            small = if done { small + 1 } else { 0 };
            if small == 2 {
                break;
            }
            term = next;
        }
    }

    /// A of `f`, and s if it is asked for.
    fn apply<const D: usize>(&self, phases: &[Phase<'_, D>], f: &All, source: bool) -> All {
        let empty = |f: &Vec<Vec<f64>>| f.iter().map(|f| vec![0.0; f.len()]).collect();
        let mut rate: All = f.iter().map(empty).collect();
        for channel in &self.channels {
            let event = channel.event;
            let flow = |of: usize, j: usize| product(channel.rate(j), |k| f[of][j][k]);
            if let Some(of) = event.loses() {
                let lost = rate[of].par_iter_mut().enumerate();
                lost.for_each(|(j, rate)| add(rate, -1.0, &flow(of, j)));
            }
            let Some(to) = event.gains() else { continue };
            let born = &phases[to].ordinates;
            let law = |j: usize| match event.newborn() {
                Newborn::Uniform => 1.0 / born.weights.iter().sum::<f64>(),
                _ => born.equilibrium[j],
            };
            match (event.parent(), event.newborn()) {
                (Some(of), Newborn::Parent) => {
                    let gained = rate[to].par_iter_mut().enumerate();
                    gained.for_each(|(j, rate)| add(rate, 1.0, &flow(of, j)));
                }
                (Some(of), _) => {
                    let mut total = vec![0.0; f[of][0].len()];
                    for (j, weight) in phases[of].ordinates.weights.iter().enumerate() {
                        add(&mut total, *weight, &flow(of, j));
                    }
                    let gained = rate[to].par_iter_mut().enumerate();
                    gained.for_each(|(j, rate)| add(rate, law(j), &total));
                }
                (None, _) if source => {
                    let gained = rate[to].par_iter_mut().enumerate();
                    gained.for_each(|(j, rate)| add(rate, law(j), channel.rate(0)));
                }
                (None, _) => {}
            }
        }
        rate
    }
}

fn product(rate: &[f64], factor: impl Fn(usize) -> f64) -> Vec<f64> {
    rate.iter().enumerate().map(|(k, r)| r * factor(k)).collect()
}

/// sum += factor · field.
fn add(sum: &mut [f64], factor: f64, field: &[f64]) {
    sum.iter_mut().zip(field).for_each(|(s, f)| *s += factor * f);
}

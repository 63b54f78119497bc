//! The reactions of cells over a time in which none moves and all rates stand still.
//!
//! Each cell lives through its events one after the other, and so does whatever it gives birth to, for the
//! time that is left (Gillespie 1977, whose method is exact here because with rates that stand still cells do
//! not feel one another). What is first order with constant rates is exact whatever the time; else standing
//! still makes an error of second order in it.

use super::{Event, Network, Newborn};
use crate::cells::{BLOCK, Population, Precision, Vectors, settle};
use crate::grid::Grid;
use crate::rng::{Purpose, Stream, Streams};
use crate::signal::SensedSignal;
use crate::turning::Sense;
use crate::vector::{Vector, dot, norm};
use crate::velocity::VelocitySpace;
use rand::RngExt;
use rand_distr::{Distribution, Exp1, Poisson};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The rate of one reaction where a cell is.
pub enum LocalRate<'a, const D: usize> {
    /// The same everywhere.
    Everywhere(f64),
    /// By place.
    Here(SensedSignal<'a, D>),
}

impl<const D: usize> LocalRate<'_, D> {
    /// The rate at `x`; a spline may dip below 0 beside an edge.
    pub fn at(&self, x: &Vector<D>) -> f64 {
        match self {
            Self::Everywhere(rate) => *rate,
            Self::Here(rate) => rate.value(x),
        }
    }

    /// Its largest size anywhere.
    fn most(&self) -> f64 {
        match self {
            Self::Everywhere(rate) => rate.abs(),
            Self::Here(rate) => largest(rate),
        }
    }
}

fn largest<const D: usize>(field: &SensedSignal<'_, D>) -> f64 {
    let bounds = field.bounds();
    bounds.high.max(-bounds.low)
}

/// What is met in an infection: ρ, and if velocities have to be equal, f/F = ρ + (d/⟨|v|²⟩_F) v·∫vf dv up to second
/// harmonics, which are O(ε²) smaller.
pub struct Infectious<'a, const D: usize> {
    /// K_h * ρ.
    pub density: SensedSignal<'a, D>,
    /// K_h * ∫vf dv and d/⟨|v|²⟩_F.
    pub flux: Option<([SensedSignal<'a, D>; D], f64)>,
}

impl<const D: usize> Infectious<'_, D> {
    fn at(&self, x: &Vector<D>, v: &Vector<D>) -> f64 {
        let density = self.density.value(x);
        match &self.flux {
            None => density,
            Some((flux, scale)) => {
                let along: Vector<D> = std::array::from_fn(|a| flux[a].value(x));
                density + scale * dot(v, &along)
            }
        }
    }

    /// Its largest size anywhere, at speeds up to `speed`.
    fn most(&self, speed: f64) -> f64 {
        let along = |(flux, scale): &([SensedSignal<'_, D>; D], f64)| {
            scale.abs() * speed * norm(&flux.each_ref().map(largest))
        };
        largest(&self.density) + self.flux.as_ref().map_or(0.0, along)
    }
}

/// One reaction as cells of its parent feel it.
pub struct Channel<'a, const D: usize> {
    /// What happens.
    pub event: Event,
    /// The rate, but for what is met.
    pub rate: LocalRate<'a, D>,
    /// What is met.
    pub meets: Option<Infectious<'a, D>>,
    /// Newborn cells for one event, of weights w: 1 if one cell makes another of its own weight.
    pub brood: f64,
    /// V of the parent, where rates are over μF(v).
    pub per_equilibrium: Option<VelocitySpace<D>>,
}

impl<const D: usize> Channel<'_, D> {
    /// Events per time of a cell at `x` with velocity `v`; a production by a cell of another weight has as many events as
    /// it makes newborns.
    fn pace(&self, x: &Vector<D>, v: &Vector<D>) -> f64 {
        let mut rate = self.rate.at(x);
        if let Some(met) = &self.meets {
            rate *= met.at(x, v);
        }
        if let Some(space) = &self.per_equilibrium {
            rate *= space.inverse_density(v) / space.measure();
        }
        if self.makes_one_by_one() {
            rate *= self.brood;
        }
        rate.max(0.0)
    }

    /// What no [`Self::pace`] exceeds for velocities in `space`.
    fn fastest(&self, space: &VelocitySpace<D>) -> f64 {
        let mut rate = self.rate.most();
        if let Some(met) = &self.meets {
            rate *= met.most(space.max_speed());
        }
        if let Some(space) = &self.per_equilibrium {
            rate *= space.inverse_density_bound() / space.measure();
        }
        if self.makes_one_by_one() {
            rate *= self.brood;
        }
        ROUND_OFF * rate
    }

    /// Whether nobody is lost, so that newborns may come one by one.
    fn makes_one_by_one(&self) -> bool {
        self.event.loses().is_none()
    }

    /// Newborns of one event: the brood, rounded up or down so that its mean is right.
    fn newborns(&self, stream: &mut Stream) -> u64 {
        if self.makes_one_by_one() || self.brood == 1.0 {
            return 1;
        }
        let whole = self.brood.floor();
        whole as u64 + u64::from(stream.random::<f64>() < self.brood - whole)
    }
}

/// Products of a few rates err by less.
const ROUND_OFF: f64 = 1.0 + 1e-12;

/// Cells born and died, by population.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Census {
    /// Cells that came.
    pub born: u64,
    /// Cells that went.
    pub died: u64,
}

impl AddAssign for Census {
    fn add_assign(&mut self, other: Self) {
        self.born += other.born;
        self.died += other.died;
    }
}

/// Cells of one population by place and velocity.
type Cells<const D: usize> = (Vec<Vector<D>>, Vec<Vector<D>>);

/// What has become of a block of cells: cells of every population, the survivors of its own first.
struct Outcome<const D: usize> {
    survivors: Cells<D>,
    newborns: Vec<Cells<D>>,
    census: Vec<Census>,
}

impl<const D: usize> Outcome<D> {
    fn new(populations: usize) -> Self {
        let newborns = (0..populations).map(|_| Default::default()).collect();
        let census = vec![Census::default(); populations];
        Self { survivors: Default::default(), newborns, census }
    }
}

/// A cell that has some time left.
struct Life<const D: usize> {
    population: usize,
    x: Vector<D>,
    v: Vector<D>,
    left: f64,
    is_newborn: bool,
}

/// The populations as reactions see them.
struct World<'w, 'a, const D: usize> {
    channels: &'w [Channel<'a, D>],
    /// The channels of each population.
    of: Vec<Vec<usize>>,
    /// What no total of the paces of a cell exceeds, by population: what lives on by that has no need to be looked at.
    fastest: Vec<f64>,
    spaces: &'w [&'w VelocitySpace<D>],
    most: usize,
    /// Newborns so far.
    newborns: AtomicUsize,
}

impl<const D: usize> World<'_, '_, D> {
    /// Newborns to be expected of these cells within `h`, those of newborns left out.
    fn expected(&self, population: usize, cells: &Population<D>, h: f64) -> f64 {
        let own: Vec<&Channel<'_, D>> = (self.of[population].iter())
            .map(|k| &self.channels[*k])
            .filter(|channel| channel.event.gains().is_some())
            .collect();
        let of = |channel: &Channel<'_, D>, x: &Vector<D>, v: &Vector<D>| {
            let each = if channel.makes_one_by_one() { 1.0 } else { channel.brood };
            let pace = channel.pace(x, v);
            // Who is lost is so once.
            each * if channel.event.loses().is_some() { -(-pace * h).exp_m1() } else { pace * h }
        };
        let blocks: Vec<f64> = (cells.positions.par_blocks(BLOCK))
            .zip(cells.velocities.par_blocks(BLOCK))
            .map(|(xs, vs)| {
                let cell = |(x, v)| own.iter().map(|channel| of(channel, x, v)).sum::<f64>();
                xs.iter().zip(&*vs).map(cell).sum()
            })
            .collect();
        blocks.iter().sum()
    }

    fn velocity(&self, channel: &Channel<'_, D>, v: &Vector<D>, stream: &mut Stream) -> Vector<D> {
        let Some(number) = channel.event.gains() else { return *v };
        newborn_velocity(channel.event.newborn(), self.spaces[number], v, stream)
    }

    /// Lives through everything that begins with `life`; false if there are too many.
    fn live(&self, life: Life<D>, stream: &mut Stream, outcome: &mut Outcome<D>) -> bool {
        let (mut lives, mut paces) = (Vec::new(), Vec::new());
        let mut next = Some(life);
        while let Some(mut life) = next.take().or_else(|| lives.pop()) {
            let own = &self.of[life.population];
            let alive = loop {
                let wait: f64 = Exp1.sample(stream);
                if wait >= self.fastest[life.population] * life.left {
                    break true;
                }
                paces.clear();
                paces.extend(own.iter().map(|k| self.channels[*k].pace(&life.x, &life.v)));
                let total: f64 = paces.iter().sum();
                if wait >= total * life.left {
                    break true;
                }
                life.left -= wait / total;
                let mut toss = total * stream.random::<f64>();
                let chosen = paces.iter().position(|pace| {
                    toss -= pace;
                    toss < 0.0
                });
                let last = paces.iter().rposition(|pace| *pace > 0.0);
                let chosen = chosen.or(last).expect("the total is positive");
                let channel = &self.channels[own[chosen]];
                if let Some(number) = channel.event.gains() {
                    let count = channel.newborns(stream);
                    outcome.census[number].born += count;
                    let before = self.newborns.fetch_add(count as usize, Ordering::Relaxed);
                    if before + count as usize > self.most {
                        return false;
                    }
                    for _ in 0..count {
                        let v = self.velocity(channel, &life.v, stream);
                        let (x, left) = (life.x, life.left);
                        lives.push(Life { population: number, x, v, left, is_newborn: true });
                    }
                }
                if channel.event.loses().is_some() {
                    outcome.census[life.population].died += 1;
                    break false;
                }
            };
            if alive {
                let cells = match life.is_newborn {
                    true => &mut outcome.newborns[life.population],
                    false => &mut outcome.survivors,
                };
                cells.0.push(life.x);
                cells.1.push(life.v);
            }
        }
        true
    }
}

fn newborn_velocity<const D: usize>(
    law: Newborn,
    space: &VelocitySpace<D>,
    parent: &Vector<D>,
    stream: &mut Stream,
) -> Vector<D> {
    match law {
        Newborn::Parent => *parent,
        Newborn::Equilibrium => space.sample(stream),
        Newborn::Uniform => space.sample_uniform(stream),
    }
}

/// Lets the cells of all populations react for a time `h`; survivors keep their order, and newborns come
/// after them. Sources come at the rates of their channels. `names` are the streams of every population, and the number of this
/// time among all.
///
/// # Errors
/// The number of a population with more than `most` cells, and how many there would be; nothing is done then.
pub fn react<const D: usize>(
    populations: &mut [&mut Population<D>],
    spaces: &[&VelocitySpace<D>],
    channels: &[Channel<'_, D>],
    grid: &Grid<D>,
    h: f64,
    (streams, number): (&[Streams], u64),
    most: usize,
) -> Result<Vec<Census>, (usize, f64)> {
    let count = populations.len();
    let parents = |p: usize| -> Vec<usize> {
        let own = channels.iter().enumerate().filter(|(_, c)| c.event.parent() == Some(p));
        own.map(|(k, _)| k).collect()
    };
    let of: Vec<_> = (0..count).map(parents).collect();
    let fastest = |(own, space): (&Vec<usize>, &&VelocitySpace<D>)| {
        own.iter().map(|k| channels[*k].fastest(space)).sum()
    };
    let fastest = of.iter().zip(spaces).map(fastest).collect();
    let newborns = AtomicUsize::new(0);
    // Newborns are held beside those that are there.
    let world = World { channels, of, fastest, spaces, most: most / 4, newborns };
    let mut census = vec![Census::default(); count];
    // None where all stay as they are.
    let mut next: Vec<Option<Cells<D>>> = vec![None; count];
    let mut newborns: Vec<Cells<D>> = (0..count).map(|_| Default::default()).collect();
    for p in 0..count {
        let cells = &populations[p];
        let broods = world.of[p].iter().map(|k| channels[*k].brood.max(1.0)).fold(1.0, f64::max);
        if world.fastest[p] * broods * h * cells.len() as f64 > most as f64 {
            let expected = world.expected(p, cells, h);
            if expected > most as f64 {
                return Err((p, expected));
            }
        }
        let Population { positions, velocities, weight } = cells;
        let arriving = arrivals(&world, p, *weight, grid, h, (streams[p], number), most)?;
        if world.of[p].is_empty() && arriving.is_empty() {
            continue;
        }
        census[p].born += arriving.len() as u64;
        let outcomes: Vec<(Outcome<D>, bool)> = (positions.par_blocks(BLOCK))
            .zip(velocities.par_blocks(BLOCK))
            .enumerate()
            .map(|(block, (xs, vs))| {
                let mut stream = streams[p].stream(Purpose::Reaction, block as u64, number);
                let mut outcome = Outcome::new(count);
                outcome.survivors.0.reserve(xs.len());
                outcome.survivors.1.reserve(xs.len());
                let mut fits = true;
                for (x, v) in xs.iter().zip(&*vs) {
                    let (x, v, population) = (*x, *v, p);
                    let life = Life { population, x, v, left: h, is_newborn: false };
                    fits = fits && world.live(life, &mut stream, &mut outcome);
                }
                (outcome, fits)
            })
            .collect();
        let mut sources = Outcome::new(count);
        let mut stream = streams[p].stream(Purpose::Reaction, ARRIVALS + 1, number);
        let mut fits = outcomes.iter().all(|(_, fits)| *fits);
        for life in arriving {
            fits = fits && world.live(life, &mut stream, &mut sources);
        }
        if !fits {
            return Err((p, world.newborns.load(Ordering::Relaxed) as f64));
        }
        let alive = next[p].get_or_insert_default();
        for outcome in outcomes.into_iter().map(|(outcome, _)| outcome).chain([sources]) {
            alive.0.extend(outcome.survivors.0);
            alive.1.extend(outcome.survivors.1);
            for (to, from) in newborns.iter_mut().zip(outcome.newborns) {
                to.0.extend(from.0);
                to.1.extend(from.1);
            }
            census.iter_mut().zip(outcome.census).for_each(|(total, part)| *total += part);
        }
    }
    let mut changed = Vec::new();
    for (p, (next, newborns)) in next.into_iter().zip(newborns).enumerate() {
        if next.is_none() && newborns.0.is_empty() {
            continue;
        }
        let Population { positions, velocities, .. } = &*populations[p];
        let all = || (positions.iter().collect(), velocities.iter().collect());
        let mut next = next.unwrap_or_else(all);
        next.0.extend(newborns.0);
        next.1.extend(newborns.1);
        if next.0.len() > most {
            return Err((p, next.0.len() as f64));
        }
        changed.push((p, next));
    }
    for (p, (mut positions, velocities)) in changed {
        let precision = populations[p].positions.precision();
        if precision == Precision::Single {
            let mut stream = streams[p].stream(Purpose::Settling, ARRIVALS, number);
            settle(grid, &mut positions, &mut stream);
        }
        populations[p].positions = Vectors::kept(precision, positions);
        populations[p].velocities = Vectors::kept(precision, velocities);
    }
    Ok(census)
}

/// The number of a block that no cells have.
const ARRIVALS: u64 = u64::MAX - 1;

/// Who comes from nowhere within `h`, each with the time that is then left: a Poisson process, thinned where its rate varies.
fn arrivals<const D: usize>(
    world: &World<'_, '_, D>,
    p: usize,
    weight: f64,
    grid: &Grid<D>,
    h: f64,
    (streams, number): (Streams, u64),
    most: usize,
) -> Result<Vec<Life<D>>, (usize, f64)> {
    let mut stream = streams.stream(Purpose::Reaction, ARRIVALS, number);
    let [lower, upper] = grid.window_corners();
    let volume: f64 = (0..D).map(|a| upper[a] - lower[a]).product();
    let mut all = Vec::new();
    for channel in world.channels {
        let Event::Source { makes, velocity } = channel.event else { continue };
        if makes != p {
            continue;
        }
        let highest = match &channel.rate {
            LocalRate::Everywhere(rate) => *rate,
            LocalRate::Here(rate) => rate.bounds().high,
        };
        let expected = highest * volume * h / weight;
        if expected > most as f64 {
            return Err((p, expected));
        }
        if expected <= 0.0 {
            continue;
        }
        let count = Poisson::new(expected).expect("it is positive").sample(&mut stream) as u64;
        for _ in 0..count {
            let share: Vector<D> = std::array::from_fn(|_| stream.random());
            let x = std::array::from_fn(|a| lower[a] + share[a] * (upper[a] - lower[a]));
            let [keep, left]: [f64; 2] = [stream.random(), stream.random()];
            let v = newborn_velocity(velocity, world.spaces[p], &[0.0; D], &mut stream);
            if keep * highest < channel.rate.at(&x) {
                all.push(Life { population: p, x, v, left: h * left, is_newborn: true });
            }
        }
    }
    Ok(all)
}

impl Network {
    /// Whether cells of a population may come or go.
    pub fn touches(&self, population: usize) -> bool {
        let touches = |e: &Event| e.loses() == Some(population) || e.gains() == Some(population);
        self.reactions.iter().any(|r| touches(&r.event))
    }
}

//! Reactions without space, from what each event says alone: neither the flows of the solvers nor their
//! equilibria are used, which are weighed by this.

use crate::reaction::{Event, Network};

/// Steps of the integration per unit of time and of the fastest rate at the start.
const STEPS: f64 = 200.0;

/// dρ/dt of mean densities: every event with its rate, who loses and who gains.
pub struct Homogeneous {
    events: Vec<(Event, f64)>,
}

impl Homogeneous {
    /// Of a network; `None` where a rate is no constant.
    pub fn new(network: &Network) -> Option<Self> {
        let one = |r: &crate::reaction::Reaction| Some((r.event, r.rate.constant()?));
        Some(Self { events: network.reactions.iter().map(one).collect::<Option<_>>()? })
    }

    fn change(&self, densities: &[f64]) -> Vec<f64> {
        let mut change = vec![0.0; densities.len()];
        for (event, rate) in &self.events {
            match *event {
                Event::Death { of } => change[of] -= rate * densities[of],
                Event::Division { of } => change[of] += rate * densities[of],
                Event::Conversion { of, to } => {
                    change[of] -= rate * densities[of];
                    change[to] += rate * densities[of];
                }
                Event::Infection { of, to, by, .. } => {
                    change[of] -= rate * densities[of] * densities[by];
                    change[to] += rate * densities[of] * densities[by];
                }
                Event::Production { of, makes, .. } => change[makes] += rate * densities[of],
                Event::Source { makes, .. } => change[makes] += rate,
            }
        }
        change
    }

    /// The densities at sorted `times` from those at t = 0, by the classical method of Runge and Kutta.
    pub fn solve(&self, start: &[f64], times: &[f64]) -> Vec<Vec<f64>> {
        let met = |event: &Event| event.meets().map_or(1.0, |by| start[by].max(1.0));
        let fastest = self.events.iter().map(|(event, rate)| rate * met(event)).fold(1.0, f64::max);
        let plus = |a: &[f64], h: f64, b: &[f64]| -> Vec<f64> {
            a.iter().zip(b).map(|(a, b)| a + h * b).collect()
        };
        let (mut now, mut at) = (start.to_vec(), 0.0);
        let mut reach = |time: f64| {
            let steps = ((time - at) * STEPS * fastest).ceil();
            let h = (time - at) / steps.max(1.0);
            for _ in 0..steps as usize {
                let a = self.change(&now);
                let b = self.change(&plus(&now, 0.5 * h, &a));
                let c = self.change(&plus(&now, 0.5 * h, &b));
                let d = self.change(&plus(&now, h, &c));
                for (i, rho) in now.iter_mut().enumerate() {
                    *rho += h / 6.0 * (a[i] + 2.0 * (b[i] + c[i]) + d[i]);
                }
            }
            at = time;
            now.clone()
        };
        times.iter().map(|time| reach(*time)).collect()
    }
}

/// The reactions of May and Nowak (BC 45 to 48), found among those of a network by what they do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MayNowak {
    /// The numbers of healthy cells, infected cells and virus.
    pub populations: [usize; 3],
    d: [f64; 3],
    beta: f64,
    k: f64,
    r: f64,
}

impl MayNowak {
    /// Those of a network that has these six reactions, with constant rates, and no others.
    pub fn of(network: &Network) -> Option<Self> {
        let events = Homogeneous::new(network)?.events;
        let (infection, beta) = events.iter().find(|(e, _)| e.meets().is_some())?;
        let Event::Infection { of: healthy, to: infected, by: virus, .. } = *infection else {
            return None;
        };
        let populations = [healthy, infected, virus];
        let rate = |wanted: &dyn Fn(&Event) -> bool| {
            events.iter().find(|(event, _)| wanted(event)).map(|(_, rate)| *rate)
        };
        let death = |of: usize| rate(&|e| *e == Event::Death { of });
        let d = [death(healthy)?, death(infected)?, death(virus)?];
        let sheds = |e: &Event| matches!(*e, Event::Production { of, makes, .. } if [of, makes] == [infected, virus]);
        let renews = |e: &Event| matches!(*e, Event::Source { makes, .. } if makes == healthy);
        let found = Self { populations, d, beta: *beta, k: rate(&sheds)?, r: rate(&renews)? };
        (events.len() == 6).then_some(found)
    }

    /// R₀ = βkr/(d₁d₂d₃).
    pub fn reproduction_number(&self) -> f64 {
        self.beta * self.k * self.r / self.d.iter().product::<f64>()
    }

    /// Where the reactions lead: Q₀ = (r/d₁, 0, 0) for R₀ ≤ 1, else
    /// Q* = (r/(d₁R₀), d₁d₃(R₀−1)/(βk), d₁(R₀−1)/β).
    pub fn equilibrium(&self) -> [f64; 3] {
        let (over, [d1, _, d3]) = ((self.reproduction_number() - 1.0).max(0.0), self.d);
        [self.r / (d1 * (1.0 + over)), d1 * d3 * over / (self.beta * self.k), d1 * over / self.beta]
    }

    /// The name of that equilibrium.
    pub fn equilibrium_name(&self) -> &'static str {
        if self.reproduction_number() > 1.0 { "Q*" } else { "Q0" }
    }

    /// How far densities, by number of population, are from it: the largest difference over its largest density.
    pub fn off(&self, density: impl Fn(usize) -> f64) -> f64 {
        let equilibrium = self.equilibrium();
        let size = equilibrium.iter().fold(0.0, |a: f64, b| a.max(*b));
        let each = self.populations.iter().zip(equilibrium);
        each.map(|(number, due)| (density(*number) - due).abs()).fold(0.0, f64::max) / size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn virus(beta: f64) -> Homogeneous {
        let events = vec![
            (Event::Death { of: 0 }, 0.5),
            (Event::Death { of: 1 }, 1.0),
            (Event::Death { of: 2 }, 2.0),
            (Event::Infection { of: 0, to: 1, by: 2, literal: true }, beta),
            (
                Event::Production { of: 1, makes: 2, velocity: crate::reaction::Newborn::Parent },
                3.0,
            ),
            (Event::Source { makes: 0, velocity: crate::reaction::Newborn::Uniform }, 1.5),
        ];
        Homogeneous { events }
    }

    /// (BC 48) from (3, 0, 0.1) at t = 1, by a solver of another make (order 8, tolerance 1e-13).
    #[test]
    fn the_virus_is_where_it_should_be() {
        let found = virus(1.0).solve(&[3.0, 0.0, 0.1], &[0.3, 1.0]);
        for (found, due) in found[1].iter().zip([2.7433885802, 0.2130768382, 0.1869730276]) {
            assert!((found - due).abs() < 1e-10, "{found} {due}");
        }
    }

    #[test]
    fn it_settles_at_the_equilibrium_of_the_formula() {
        let all =
            MayNowak { populations: [0, 1, 2], d: [0.5, 1.0, 2.0], beta: 1.0, k: 3.0, r: 1.5 };
        for beta in [0.1, 1.0] {
            let virus_of = MayNowak { beta, ..all };
            let last = virus(beta).solve(&[3.0, 0.0, 0.1], &[80.0]).remove(0);
            for (found, due) in last.iter().zip(virus_of.equilibrium()) {
                assert!((found - due).abs() < 1e-6, "{beta}: {last:?}");
            }
        }
        assert_eq!(all.reproduction_number(), 4.5);
    }
}

//! Reactions as flows of mass at the nodes of a grid.

use super::{Network, Reaction};
use crate::schema::OutOfRange;
use crate::signal::{Arguments, Surroundings};
use crate::spectral::Spectral;

/// The flow of every reaction, mass per volume and time, at the nodes.
pub struct Flows {
    flows: Vec<Vec<f64>>,
}

impl Network {
    /// The rates of all reactions at the nodes; of an infection times the density that is met, at ρ⁺.
    pub fn rates<const D: usize>(
        &self,
        spectral: &Spectral<D>,
        around: Surroundings<'_>,
    ) -> Vec<Vec<f64>> {
        let arguments = Arguments::new(spectral, around, self.reactions.iter().map(|r| &r.rate));
        let one = |reaction: &Reaction| {
            let mut rate = arguments.nodal(&reaction.rate);
            if let Some(by) = reaction.event.meets() {
                let met = spectral.inverse(&around.densities[by]);
                rate.iter_mut().zip(met).for_each(|(rate, met)| *rate *= met.max(0.0));
            }
            rate
        };
        self.reactions.iter().map(one).collect()
    }

    /// The largest of [`Self::rates`] at which cells come or go, per cell.
    pub fn fastest(&self, rates: &[Vec<f64>]) -> f64 {
        let per_cell = self.reactions.iter().zip(rates);
        let rates = per_cell.filter(|(reaction, _)| reaction.event.parent().is_some());
        rates.flat_map(|(_, rates)| rates).copied().fold(0.0, f64::max)
    }

    /// Why a rate is refused at some node, if one is.
    pub fn refused<const D: usize>(
        &self,
        spectral: &Spectral<D>,
        around: Surroundings<'_>,
    ) -> Option<OutOfRange> {
        let arguments = Arguments::complete(spectral, around);
        let mut all = self.reactions.iter();
        let refused = all.find_map(|reaction| arguments.refused([&reaction.rate]));
        refused.map(|value| value.at_time(around.time))
    }

    /// The flows where populations have these nodal densities, at [`Self::rates`].
    pub fn flows(&self, rates: Vec<Vec<f64>>, nodal: &[Vec<f64>]) -> Flows {
        let mut flows = rates;
        for (flow, reaction) in flows.iter_mut().zip(&self.reactions) {
            if let Some(of) = reaction.event.parent() {
                flow.iter_mut().zip(&nodal[of]).for_each(|(flow, rho)| *flow *= rho);
            }
        }
        Flows { flows }
    }
}

impl Flows {
    /// What population `number` gains, less what it loses, per volume and time, at the nodes; `None` where nothing
    /// happens to it.
    pub fn net(&self, network: &Network, number: usize) -> Option<Vec<f64>> {
        let mut net: Option<Vec<f64>> = None;
        for (flow, reaction) in self.flows.iter().zip(&network.reactions) {
            let gains = f64::from(u8::from(reaction.event.gains() == Some(number)));
            let sign = gains - f64::from(u8::from(reaction.event.loses() == Some(number)));
            if sign != 0.0 {
                let net = net.get_or_insert_with(|| vec![0.0; flow.len()]);
                net.iter_mut().zip(flow).for_each(|(net, flow)| *net += sign * flow);
            }
        }
        net
    }

    /// Whether all are numbers.
    pub fn is_finite(&self) -> bool {
        self.flows.iter().flatten().all(|flow| flow.is_finite())
    }
}

//! What of an experiment a graphics processor can do.

use super::{Model, Species};
use crate::cells::Precision;
use crate::device::{Device, DeviceError};
use crate::experiment::{Experiment, Population};
use crate::growth::Growth;
use crate::motion::Method;

/// Nodes in the range of a place, at most: their number times a place is taken in two words.
const MOST_NODES: usize = 1 << 16;

impl<const D: usize> Model<D> {
    /// The same with cells that fly on `device`.
    ///
    /// # Errors
    /// The experiment asks for something that the device does not do; says for what, and what to do.
    pub fn aboard(self, device: &Device, e: &Experiment) -> Result<Self, DeviceError> {
        if let Device::Cpu = device {
            return Ok(self);
        }
        match self.grounded(e) {
            Some(why) => Err(DeviceError(format!("{why}, or give --device cpu"))),
            None => {
                // Its draws are others.
                let definition = format!("{} on a device", self.definition);
                Ok(Self { device: device.clone(), definition, ..self })
            }
        }
    }

    /// Why cells can not fly on a graphics processor, and what to do.
    fn grounded(&self, e: &Experiment) -> Option<String> {
        if self.method != Method::Exact {
            let word = self.method.name();
            return Some(format!(
                "motion = {word:?} is not there on a GPU, which flies tumble by tumble. Set motion = \"exact\""
            ));
        }
        if !self.network.is_empty() {
            return Some("reactions are not there on a GPU. Leave them out".into());
        }
        if !self.crew.is_alone() {
            return Some(
                "a GPU has all cells, and several ranks of MPI share them out. Run one process"
                    .into(),
            );
        }
        let most = MOST_NODES / if self.grid().is_open() { 4 } else { 2 };
        if let Some(cells) = self.grid().cells.iter().find(|cells| **cells >= most) {
            return Some(format!(
                "domain.grid = {cells} is more than a GPU takes, {most}. Lower it"
            ));
        }
        let mut all = self.populations.iter().zip(&e.populations);
        all.find_map(|(species, of)| refused(species, |key| e.key_of(of, key), of))
    }
}

fn refused<const D: usize>(
    species: &Species<D>,
    key: impl Fn(&str) -> String,
    of: &Population,
) -> Option<String> {
    if species.antithetic {
        return Some(format!(
            "{} = true is not there on a GPU. Leave it out",
            key("cells.antithetic")
        ));
    }
    if of.cells.precision == Precision::Single {
        return Some(
            "motion_precision = \"f32\" is not there on a GPU, which keeps cells in 32 bits of its own. Leave it out"
                .into(),
        );
    }
    if Growth::of(&of.cells).is_some() {
        return Some(format!("{} is not there on a GPU. Leave it out", key("cells.growth")));
    }
    if species.between.is_some() {
        let keys = format!("{} and {}", key("cells.least"), key("cells.most"));
        return Some(format!("{keys} are not there on a GPU. Leave them out"));
    }
    if !species.space.is_uniform() {
        let key = key("velocity.equilibrium");
        return Some(format!("{key} is not there on a GPU: F is uniform. Leave it out"));
    }
    if u32::try_from(species.cells).is_err() {
        let (key, cells) = (key("cells.count"), species.cells);
        return Some(format!("{key} = {cells} is more than a GPU counts, {}. Lower it", u32::MAX));
    }
    if species.kernel.told_by_gradients().is_none() {
        let (key, word) = (key("kernel.model"), species.kernel.word());
        return Some(format!(
            "{key} = {word:?} as it is here is not there on a GPU, which has T/F = rate + gain f(v.grad S) + loss f(v'.grad S) \
             alone: model = \"local\" with constant lambda, a and b and sums of such in one proportion of a to b, and \
             \"nonlocal\" with psi = \"saturating\" or \"linear\". Take one of these"
        ));
    }
    None
}

//! What changes during a run: exactly what a checkpoint has to save.

use crate::cells::Population;
use crate::motion::Tally;
use crate::reaction::Census;
use serde::{Deserialize, Serialize};

/// The state of one replicate at one time. Written down, it lacks places and velocities of the cells, which are as
/// large as all else is small.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State<const D: usize> {
    /// t.
    pub time: f64,
    /// Field steps done.
    pub step: u64,
    /// Every population.
    pub populations: Vec<Colony<D>>,
    /// Spectral coefficients of every S.
    pub signals: Vec<Vec<f64>>,
}

/// The state of one population.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Colony<const D: usize> {
    /// The cells.
    #[serde(with = "weight_alone")]
    pub cells: Population<D>,
    /// Spectral coefficients of ρ_h = K_h * ρ.
    pub density: Tracked,
    /// Those of K_h * ∫vf dv by component, where a reaction asks for them.
    pub flux: Vec<Tracked>,
    /// ∫N dt, N the number of cells.
    pub cell_time: f64,
    /// What happened to the cells so far.
    pub tally: Tally,
    /// Births and deaths so far.
    pub census: Census,
}

impl<const D: usize> State<D> {
    /// The population that is alone, or the first one.
    pub fn first(&self) -> &Colony<D> {
        &self.populations[0]
    }

    /// What happened to all cells.
    pub fn tally(&self) -> Tally {
        let mut total = Tally::default();
        self.populations.iter().for_each(|colony| total += colony.tally);
        total
    }
}

/// A field that is found at the end of every step, and predicted from its past.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tracked {
    /// Its coefficients.
    pub now: Vec<f64>,
    /// Their rate of change since `anchor`, from which the next step is predicted; zero at the start.
    pub slope: Vec<f64>,
    /// Time and coefficients at least half a field step ago: over less, noise would be taken for change.
    anchor: (f64, Vec<f64>),
    /// The next anchor, where the last steps were short.
    next_anchor: Option<(f64, Vec<f64>)>,
}

impl Tracked {
    /// At t = 0.
    pub fn new(now: Vec<f64>) -> Self {
        Self { slope: vec![0.0; now.len()], anchor: (0.0, now.clone()), now, next_anchor: None }
    }

    /// Its coefficients after a time `h`, at this slope.
    pub fn after(&self, h: f64) -> Vec<f64> {
        self.now.iter().zip(&self.slope).map(|(now, slope)| now + h * slope).collect()
    }

    /// The rate of change over the step of length `dt` that ends with the coefficients `next`, into `slope`.
    pub fn change_to(&mut self, next: &[f64], dt: f64) {
        rate(next, &self.now, dt, &mut self.slope);
    }

    /// Takes the coefficients `next` of the end of a step, which began at `start` and ended at `time`, and finds the
    /// slope from which the next one is predicted, where full steps have the length `full`. `next` is given what there was.
    pub fn replace(&mut self, next: &mut Vec<f64>, [start, time]: [f64; 2], full: f64) {
        std::mem::swap(&mut self.now, next);
        let full = full * (1.0 - 1e-9);
        if time - start >= 0.5 * full {
            std::mem::swap(next, &mut self.anchor.1);
            (self.anchor.0, self.next_anchor) = (start, None);
        } else {
            let anchor = self.next_anchor.get_or_insert_with(|| (start, std::mem::take(next)));
            if time - anchor.0 >= 0.75 * full {
                std::mem::swap(&mut self.anchor, anchor);
                self.next_anchor = None;
            }
        }
        let since = time - self.anchor.0;
        if since >= 0.5 * full {
            rate(&self.now, &self.anchor.1, since, &mut self.slope);
        } else {
            self.slope.fill(0.0);
        }
    }
}

/// (now − before)/`time`, into `rate`.
fn rate(now: &[f64], before: &[f64], time: f64, rate: &mut Vec<f64>) {
    rate.clear();
    rate.extend(now.iter().zip(before).map(|(now, before)| (now - before) / time));
}

/// A population without its cells.
mod weight_alone {
    use super::Population;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer, const D: usize>(
        cells: &Population<D>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        cells.weight.serialize(to)
    }

    pub fn deserialize<'de, F: Deserializer<'de>, const D: usize>(
        from: F,
    ) -> Result<Population<D>, F::Error> {
        let weight = f64::deserialize(from)?;
        Ok(Population::new(Vec::new(), Vec::new(), weight))
    }
}

//! How the cells will fly, as far as it can be told at t = 0.

use crate::cells::{InitialError, Precision};
use crate::model::Model;
use crate::motion::{Method, Offer};
use crate::rng::Streams;
use crate::simulation::SimulationError;

/// Cells by which it is told.
const CELLS: usize = 4096;

/// What every way of flying is predicted to cost in the first field step, and which one is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What the experiment asks for.
    pub asked: Method,
    /// What the first field step takes.
    pub taken: Method,
    /// Every way.
    pub offers: Vec<Offer>,
    /// Bias that `auto` may accept.
    pub tolerated_bias: f64,
    /// What places are kept in, where not in f64.
    pub rounding: Option<Rounding>,
}

/// What places of cells in f32 make of their motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounding {
    /// δ, the largest step between neighbouring numbers in the box.
    pub step: f64,
    /// δ²/(8Δt), the most that it adds to the diffusivity over a run: [`crate::cells::settle`].
    pub diffusivity: f64,
}

impl Rounding {
    fn of<const D: usize>(model: &Model<D>) -> Option<Self> {
        if model.first().initial.precision() != Precision::Single {
            return None;
        }
        let grid = model.grid();
        let far = grid.lower.iter().chain(&grid.upper).fold(0.0_f64, |far, x| far.max(x.abs()));
        let step = Precision::Single.epsilon() * far;
        let ticks = model.ticks();
        let duration = ticks.iter().map(|tick| tick.duration).sum::<f64>() / ticks.len() as f64;
        Some(Self { step, diffusivity: step * step / (8.0 * duration) })
    }
}

/// The plan of a model.
pub fn plan<const D: usize>(model: &Model<D>) -> Result<Plan, SimulationError> {
    let streams = Streams::new(model.seed, 0);
    let species = model.first();
    let count = species.cells.clamp(1, CELLS);
    let cells = species.initial.populate((count, 0..count), &species.space, streams)?;
    let offers = model.offers(species, &cells.positions.view(0..count));
    let (offers, taken) = offers.map_err(InitialError::Unbounded)?;
    let (tolerated_bias, rounding) = (model.tolerated_bias, Rounding::of(model));
    Ok(Plan { asked: model.method, taken, offers, tolerated_bias, rounding })
}

impl Plan {
    /// In words: what is taken, and why.
    pub fn reason(&self) -> String {
        let costs: Vec<String> = (self.offers.iter())
            .map(|o| match o.bias > 0.0 {
                true => format!("{} {:.3} (bias {:.1e})", o.method.name(), o.cost, o.bias),
                false => format!("{} {:.3}", o.method.name(), o.cost),
            })
            .collect();
        let why = match self.asked {
            Method::Auto if self.tolerated_bias > 0.0 => {
                format!("least cost with a bias of at most {}", self.tolerated_bias)
            }
            Method::Auto => "least cost of the exact ways".into(),
            _ => "as asked".into(),
        };
        format!(
            "{}: {why}; predicted cost per cell and field step at t = 0: {}",
            self.taken.name(),
            costs.join(", ")
        )
    }
}

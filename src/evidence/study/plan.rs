//! How the cells will fly, as far as it can be told at t = 0.

use crate::cells::InitialError;
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
}

/// The plan of a model.
pub fn plan<const D: usize>(model: &Model<D>) -> Result<Plan, SimulationError> {
    let streams = Streams::new(model.seed, 0);
    let species = model.first();
    let count = species.cells.clamp(1, CELLS);
    let cells = species.initial.populate((count, 0..count), &species.space, streams)?;
    let offers = model.offers(species, &cells.positions);
    let (offers, taken) = offers.map_err(InitialError::Unbounded)?;
    Ok(Plan { asked: model.method, taken, offers, tolerated_bias: model.tolerated_bias })
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

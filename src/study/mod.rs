//! Studies: many replicates, their statistics, and sweeps in ε and other parameters.

mod budget;
mod converge;
pub mod cost;
mod difference;
mod ensemble;
mod fit;
mod monitor;
mod noise_free;
mod norms;
mod observed;
mod plan;
mod positivity;
mod precision;
mod reference;
mod refinement;
mod spread;
mod stage;
pub mod statistics;

pub use budget::BudgetRow;
pub use converge::{Check, Convergence, ErrorRow, Goal, Macroscopic, Sweep, Wanted, converge};
pub use cost::{Cost, converge_bytes, measured_pace};
pub use difference::available;
pub use ensemble::{
    Ensemble, EnsembleFrame, Keep, Moments, RunRecord, Snapshot, ensemble, observe_run,
};
pub use fit::{Order, fit_order};
pub use monitor::Monitor;
pub use norms::{LeaveOneOut, Norm, measure};
pub use observed::Observed;
pub use plan::{Plan, plan};
pub use positivity::{Positivity, positivity};
pub use precision::Precision;
pub use reference::{LimitFields, LimitRun, feels_density, limit_fields};
pub use refinement::{Refinement, refinement};
pub use spread::Spread;
pub use stage::runs;

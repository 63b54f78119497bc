//! Studies: many replicates, their statistics, and the sweep in ε.

mod budget;
mod converge;
pub mod cost;
mod ensemble;
mod fit;
mod monitor;
mod norms;
mod positivity;
mod reference;
pub mod statistics;
mod virial;

pub use budget::{BudgetRow, COMPONENTS};
pub use converge::{Convergence, ErrorRow, converge};
pub use cost::{Cost, measured_pace};
pub use ensemble::{Ensemble, EnsembleFrame, Moments, RunRecord, Snapshot, ensemble, observe_run};
pub use fit::{Order, fit_order};
pub use monitor::Monitor;
pub use norms::{LeaveOneOut, Norm, measure};
pub use positivity::{Positivity, positivity};
pub use reference::{LimitFields, LimitRun, Refinement, Spread, limit_fields, refinement};
pub use virial::Virial;

//! Studies: many replicates, their statistics, and sweeps in ε and other parameters.

mod budget;
mod checkpoint;
mod converge;
pub mod cost;
mod difference;
mod dual;
mod ensemble;
mod fineness;
mod fit;
mod ledger;
mod measured;
mod monitor;
mod needs;
mod noise_free;
mod norms;
mod observed;
mod plan;
mod positivity;
mod precision;
mod profile;
mod reference;
mod refinement;
mod regrid;
mod shares;
mod slope;
mod solution;
mod spread;
mod square;
mod stage;
pub mod statistics;
mod sweep;
mod work;

pub use budget::{BudgetRow, Effect, REMEDY, WELL_BELOW, beside_effect, runs};
pub use checkpoint::{Checkpoints, Due};
pub use converge::{Check, Convergence, Goal, Wanted, converge};
pub use cost::{Cost, measured_pace};
pub use difference::available;
pub use dual::Dual;
pub use ensemble::{
    Ensemble, EnsembleFrame, Keep, Moments, RunRecord, Snapshot, ensemble, observe_run,
};
pub use fit::{Order, orders, orders_without_noise};
pub use ledger::{Ledger, Task};
pub use measured::{Measured, measure};
pub use monitor::Monitor;
pub use needs::{ledger as ledger_bytes, most_replicates, needs, too_large};
pub use norms::{NodalField, Norm};
pub use observed::{Observed, What};
pub use plan::{Plan, plan};
pub use positivity::{Positivity, negative_start, positivity};
pub use precision::Precision;
pub use reference::{
    LimitDensity, LimitFields, LimitRun, feels_density, limit_fields, watched_limit,
};
pub use refinement::{Refinement, refinement, watched_refinement};
pub use slope::{Slope, slopes};
pub use spread::Spread;
pub use square::Square;
pub use stage::Macroscopic;
pub use sweep::{ErrorRow, OrderRow, Sweep};
pub use work::Work;

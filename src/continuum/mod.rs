//! The equations that know no cells: the kinetic one, its limit, and what becomes of small waves in both.

pub mod kinetic;
pub mod limit;
pub mod stability;

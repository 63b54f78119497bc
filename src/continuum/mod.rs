//! The equations that know no cells: the kinetic one and its limit.

pub mod kinetic;
pub mod limit;

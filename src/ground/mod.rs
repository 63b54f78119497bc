//! What every floor above stands on: numbers, grids, transforms, random streams. No chemotaxis here.

pub mod clock;
pub mod crew;
pub mod device;
pub mod formula;
pub mod grid;
pub mod linear;
pub mod memory;
pub mod moments;
pub mod quadrature;
pub mod rng;
pub mod schedule;
pub mod simd;
pub mod spectral;
pub mod spelling;
pub mod spline;
pub mod tiles;
pub mod units;
pub mod vector;

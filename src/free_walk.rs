//! stub until merged
use crate::{rng::Stream, vector::Vector, velocity::VelocitySpace};
/// stub
pub struct FreeWalk<const D: usize>;
impl<const D: usize> FreeWalk<D> {
    /// stub
    pub fn new(_: &VelocitySpace<D>) -> Self { Self }
    /// stub
    pub fn advance(&self, _v: &mut Vector<D>, _t: f64, _r: &mut Stream) -> Vector<D> { unimplemented!() }
}

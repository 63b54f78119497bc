//! The signal as cells sense it: a C¹ spline through its nodal values.

use crate::spectral::Spectral;
use crate::spline::{self, NodeMap};
use crate::turning::{Bounds, Sense};
use crate::vector::Vector;

/// S frozen for one field step.
pub struct SensedSignal<const D: usize> {
    map: NodeMap<D>,
    coefficients: Vec<f64>,
    bounds: Bounds,
}

impl<const D: usize> SensedSignal<D> {
    /// The spline that interpolates the field with these spectral coefficients; `symbol` is the
    /// table of [`spline::symbol`].
    pub fn new(spectral: &Spectral<D>, map: &NodeMap<D>, symbol: &[f64], signal: &[f64]) -> Self {
        let mut coefficients: Vec<f64> = signal.iter().zip(symbol).map(|(c, s)| c / s).collect();
        spectral.inverse_in_place(&mut coefficients);
        let (low, high) = spline::range(&coefficients);
        let slope = spline::gradient_bound(spectral.grid(), &coefficients);
        Self { map: map.clone(), coefficients, bounds: Bounds { low, high, slope } }
    }
}

impl<const D: usize> Sense<D> for SensedSignal<D> {
    #[inline(always)]
    fn value(&self, x: &Vector<D>) -> f64 {
        self.map.value(&self.coefficients, x)
    }

    #[inline(always)]
    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        self.map.value_and_gradient(&self.coefficients, x)
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }
}

//! A signal that is given: S(x, t) does not answer to the cells.

use super::{Law, SignalEquation};
use crate::formula::{Formula, Quantity};
use crate::spectral::Spectral;

/// S(x, t) sampled at the nodes; between them cells see its quadratic spline.
pub struct Prescribed {
    signal: Quantity,
}

impl Prescribed {
    /// S as an expression in x, y, z (up to the dimension) and t.
    pub fn new(formula: Formula) -> Self {
        Self { signal: Quantity::Formula(formula) }
    }

    /// S ≡ 0.
    pub fn zero() -> Self {
        Self { signal: Quantity::Constant(0.0) }
    }

    fn at<const D: usize>(&self, spectral: &Spectral<D>, time: f64) -> Vec<f64> {
        let mut arguments = [0.0; 4];
        arguments[D] = time;
        spectral.forward(&spectral.grid().sample(|x| {
            arguments[..D].copy_from_slice(x);
            self.signal.eval(&arguments[..=D])
        }))
    }
}

impl<const D: usize> SignalEquation<D> for Prescribed {
    fn initial(&self, spectral: &Spectral<D>, _density: &[f64]) -> Vec<f64> {
        self.at(spectral, 0.0)
    }

    fn advance(
        &self,
        spectral: &Spectral<D>,
        signal: &[f64],
        _density: &[f64],
        _slope: &[f64],
        time: f64,
        h: f64,
        next: &mut Vec<f64>,
    ) {
        next.clear();
        if self.signal.uses("t") {
            next.extend(self.at(spectral, time + h));
        } else {
            next.extend(signal);
        }
    }

    fn law(&self, _k2: f64) -> Law {
        Law::Given
    }

    fn is_steady(&self) -> bool {
        !self.signal.uses("t")
    }

    fn is_coupled(&self) -> bool {
        false
    }
}

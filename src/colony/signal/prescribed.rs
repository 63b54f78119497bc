//! A signal that is given: S(x, t) does not answer to the cells.

use super::spec::KEYS;
use super::{Law, SignalEquation};
use crate::formula::{Formula, Quantity};
use crate::schema::{OutOfRange, Ranged};
use crate::spectral::Spectral;
use crate::vector::Vector;

/// Key of S(x, t).
const KEY: &str = "signal.expression";

/// S(x, t) sampled at the nodes; between them cells see its quadratic spline.
pub struct Prescribed {
    signal: Ranged,
}

impl Prescribed {
    /// S as an expression in x, y, z (up to the dimension) and t.
    pub fn new(formula: Formula) -> Self {
        Self { signal: Ranged::formula(KEYS, KEY, formula) }
    }

    /// S ≡ 0.
    pub fn zero() -> Self {
        Self { signal: Ranged::new(KEYS, KEY, Quantity::Constant(0.0)) }
    }

    fn at<const D: usize>(&self, spectral: &Spectral<D>, time: f64) -> Vec<f64> {
        let of = |x: &Vector<D>| self.signal.eval(&arguments(x, time)[..=D]);
        spectral.forward(&spectral.grid().sample(of))
    }
}

/// x, y, z up to the dimension, and t.
fn arguments<const D: usize>(x: &Vector<D>, time: f64) -> [f64; 4] {
    std::array::from_fn(|a| if a < D { x[a] } else { time })
}

impl<const D: usize> SignalEquation<D> for Prescribed {
    fn initial(&self, spectral: &Spectral<D>, _density: &[f64]) -> Vec<f64> {
        self.at(spectral, 0.0)
    }

    fn advance(
        &self,
        spectral: &Spectral<D>,
        signal: &[f64],
        _source: [&[f64]; 2],
        [time, h]: [f64; 2],
        next: &mut Vec<f64>,
    ) {
        next.clear();
        if self.signal.uses("t") {
            next.extend(self.at(spectral, time + h));
        } else {
            next.extend(signal);
        }
    }

    fn refused(&self, spectral: &Spectral<D>, time: f64) -> Option<OutOfRange> {
        spectral.grid().nodes().find_map(|x| self.signal.check(&arguments(&x, time)[..=D]))
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

//! The quasi-steady signal: −D_S ΔS = αρ − βS (CMPS 8 with decay).

use super::{Law, SignalEquation, WholeSpace};
use crate::spectral::Spectral;
use rayon::prelude::*;
use std::sync::{Arc, Mutex};

/// 0 = D_S ΔS + αρ − βS. Without decay a periodic or no-flux box needs a mean-free source: the
/// mean of ρ is subtracted and S has mean zero. In the whole space S = (α/D_S) g * ρ, where g is the
/// kernel of [`WholeSpace`] with κ² = β/D_S.
pub struct Elliptic {
    diffusion: f64,
    production: f64,
    decay: f64,
    space: Option<WholeSpace>,
    /// The response in every mode.
    table: Mutex<Arc<Vec<f64>>>,
}

impl Elliptic {
    /// D_S > 0, α ≥ 0, β ≥ 0, in a box.
    pub fn new(diffusion: f64, production: f64, decay: f64) -> Self {
        Self { diffusion, production, decay, space: None, table: Mutex::default() }
    }

    /// The same in the whole space.
    pub fn in_whole_space(self, space: WholeSpace) -> Self {
        Self { space: Some(space), ..self }
    }

    /// α/(D_S|κ|² + β), or 0 where that is not defined; in the whole space its counterpart.
    fn response(&self, k2: f64) -> f64 {
        if let Some(space) = &self.space {
            return self.production / self.diffusion * space.response(k2);
        }
        match self.diffusion * k2 + self.decay {
            0.0 => 0.0,
            resistance => self.production / resistance,
        }
    }

    /// The response in every mode.
    fn responses<const D: usize>(&self, spectral: &Spectral<D>) -> Arc<Vec<f64>> {
        let squares = spectral.laplacian();
        let lock = || self.table.lock().expect("nothing panics while it holds the lock");
        let table = lock().clone();
        if table.len() == squares.len() {
            return table;
        }
        // Made outside the lock: a thread that waits for its parts may take up work that asks for it.
        let made: Arc<Vec<f64>> =
            Arc::new(squares.par_iter().map(|k2| self.response(*k2)).collect());
        *lock() = made.clone();
        made
    }
}

impl<const D: usize> SignalEquation<D> for Elliptic {
    fn initial(&self, spectral: &Spectral<D>, density: &[f64]) -> Vec<f64> {
        density.iter().zip(&*self.responses(spectral)).map(|(c, response)| c * response).collect()
    }

    fn advance(
        &self,
        spectral: &Spectral<D>,
        _signal: &[f64],
        [density, slope]: [&[f64]; 2],
        [_time, h]: [f64; 2],
        next: &mut Vec<f64>,
    ) {
        next.clear();
        next.extend(
            (density.iter().zip(slope).zip(&*self.responses(spectral)))
                .map(|((c, s), response)| (c + h * s) * response),
        );
    }

    fn law(&self, k2: f64) -> Law {
        Law::Follows { gain: self.response(k2) }
    }

    fn is_coupled(&self) -> bool {
        true
    }
}

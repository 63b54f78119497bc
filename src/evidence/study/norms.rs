//! The norms of fields.

use crate::spectral::Spectral;

/// The norms of fields. H⁻¹ weighs mode κ by 1/(1+|κ|²).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Norm {
    /// ∫|u| dx.
    L1,
    /// (∫|u|² dx)^{1/2}.
    L2,
    /// max |u|.
    Linf,
    /// (Σ|û|²/(1+|κ|²))^{1/2}, a weak norm.
    Hminus1,
}

impl Norm {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::Linf => "Linf",
            Self::Hminus1 => "H-1",
        }
    }
}

/// A vector field of one replicate: nodal values, by component.
pub type NodalField = Vec<Vec<f64>>;

/// ‖u‖ of a field without noise.
pub fn norm_of<const D: usize>(norm: Norm, u: &NodalField, spectral: &Spectral<D>) -> f64 {
    let (grid, nodes) = (spectral.grid(), 0..u[0].len());
    let sizes = nodes.map(|i| u.iter().map(|c| c[i] * c[i]).sum::<f64>());
    match norm {
        Norm::L1 => grid.cell_volume() * sizes.map(f64::sqrt).sum::<f64>(),
        Norm::L2 => (grid.cell_volume() * sizes.sum::<f64>()).sqrt(),
        Norm::Linf => sizes.fold(0.0, f64::max).sqrt(),
        Norm::Hminus1 => {
            let square =
                |c: &Vec<f64>| half_smoothed(spectral, c).iter().map(|c| c * c).sum::<f64>();
            (grid.volume() * u.iter().map(square).sum::<f64>()).sqrt()
        }
    }
}

/// Coefficients times (1+|κ|²)^{−1/2}.
pub(super) fn half_smoothed<const D: usize>(spectral: &Spectral<D>, values: &[f64]) -> Vec<f64> {
    let mut c = spectral.forward(values);
    c.iter_mut().zip(spectral.laplacian()).for_each(|(c, k2)| *c /= (1.0 + k2).sqrt());
    c
}

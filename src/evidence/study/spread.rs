//! Where a density on a grid is and how far it spreads.

use crate::grid::Boundary;
use crate::moments::Moments;
use crate::spectral::Spectral;
use crate::vector::Vector;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;

/// Grid spacings by which a density is smoothed before it is said where it is, so that the ringing of one
/// that the grid does not resolve is not taken for mass far away.
const BLUR: f64 = 2.0;
/// Negative part of the mass above which a density rings.
const RINGS: f64 = 1e-9;

/// Where a density is and how far it spreads.
#[serde_as]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread<const D: usize> {
    /// c, the centre of mass; NaN around a periodic axis on which there is none ([`Moments`]).
    #[serde_as(as = "[_; D]")]
    pub center: Vector<D>,
    /// (1/M)∫|x−c|²ρ dx; NaN without a centre.
    pub variance: f64,
    /// The largest nodal value.
    pub largest: f64,
    /// The share of the mass outside the window of the whole space.
    pub leak: f64,
    /// ∫ρ⁻dx over M: what the grid does not resolve.
    pub negative: f64,
}

impl<const D: usize> Spread<D> {
    /// Of a density given by its coefficients; of the images of its centre, the one near to `place`.
    pub fn new(spectral: &Spectral<D>, density: &[f64], place: &Vector<D>) -> Self {
        let (grid, nodal) = (spectral.grid(), spectral.inverse(density));
        let mass: f64 = nodal.iter().sum();
        if density[0] == 0.0 {
            let (center, none) = ([f64::NAN; D], f64::NAN);
            return Self { center, variance: none, largest: 0.0, leak: 0.0, negative: 0.0 };
        }
        let negative = -nodal.iter().map(|rho| rho.min(0.0)).sum::<f64>() / mass;
        let largest = nodal.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let outside = |nodal: &[f64]| match grid.is_open() {
            true => 1.0 - grid.window_nodes().map(|(i, _)| nodal[i]).sum::<f64>() / mass,
            false => 0.0,
        };
        let leak = outside(&nodal);
        if negative <= RINGS {
            let Moments { center, variance } = Moments::of_density(grid, &nodal, place);
            return Self { center, variance, largest, leak, negative };
        }
        // The variance that the blur adds is taken off again. What it spreads and what rings are both at
        // least what is outside.
        let (seen, added) = blurred(spectral, density);
        let Moments { center, variance } = Moments::of_density(grid, &seen, place);
        let leak = outside(&seen).min(leak + negative);
        Self { center, variance: variance - added, largest, leak, negative }
    }
}

/// Nodal values of a density smoothed along all axes without walls, and the variance that this adds to one
/// that does not reach around.
fn blurred<const D: usize>(spectral: &Spectral<D>, density: &[f64]) -> (Vec<f64>, f64) {
    let grid = spectral.grid();
    let spacing = grid.spacing();
    let widths: Vector<D> = std::array::from_fn(|a| match grid.boundary[a] {
        Boundary::NoFlux => 0.0,
        _ => BLUR * spacing[a],
    });
    let square = |k: &Vector<D>| -> f64 { (0..D).map(|a| (widths[a] * k[a]).powi(2)).sum() };
    let factors = spectral.table(|k| (-0.5 * square(k)).exp());
    let smooth: Vec<f64> = density.iter().zip(factors).map(|(c, f)| c * f).collect();
    (spectral.inverse(&smooth), widths.iter().map(|w| w * w).sum())
}

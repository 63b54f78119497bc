//! ρ⁰ up to its scale: a function on the box, and where it is radial about a point, the factor by which
//! it changes the modes of a point.

use super::spec::Density;
use crate::grid::{Boundary, Grid};
use crate::quadrature::gauss_legendre;
use crate::spectral::Spectral;
use crate::vector::{Vector, norm};
use rayon::prelude::*;
use std::f64::consts::PI;

/// Widths of a Gaussian beyond which nothing of it is left: e^{−8.6²/2} < 10⁻¹⁶.
const TAIL: f64 = 8.6;

/// The shape of a density in a box.
pub struct Profile<const D: usize> {
    /// The box, or the window of an open one, with walls.
    pub space: Grid<D>,
    density: Density,
}

impl<const D: usize> Profile<D> {
    /// Of this density on the box of `space`.
    pub fn new(space: Grid<D>, density: Density) -> Self {
        Self { space, density }
    }

    /// The point at which all cells are, if they are at one.
    pub fn point(&self) -> Option<Vector<D>> {
        match &self.density {
            Density::Point { center } => Some(std::array::from_fn(|a| center[a])),
            _ => None,
        }
    }

    /// The point that it is around, if it is around one.
    pub fn center(&self) -> Option<Vector<D>> {
        match &self.density {
            Density::Point { center }
            | Density::Gaussian { center, .. }
            | Density::Ball { center, .. }
            | Density::Ring { center, .. } => Some(std::array::from_fn(|a| center[a])),
            _ => None,
        }
    }

    /// Whether it is an expression, of which nothing is known but its values.
    pub fn is_typed(&self) -> bool {
        matches!(self.density, Density::Expression(_))
    }

    /// ρ⁰ up to its scale; 0 for a point.
    pub fn at(&self, x: &Vector<D>) -> f64 {
        let bell = |r: f64, width: f64| (-0.5 * (r / width).powi(2)).exp();
        match &self.density {
            Density::Uniform => 1.0,
            Density::Point { .. } => 0.0,
            Density::Gaussian { center, width } => bell(self.distance(x, center), *width),
            Density::Ball { center, radius } => f64::from(self.distance(x, center) < *radius),
            Density::Ring { center, radius, width } => {
                bell(self.distance(x, center) - radius, *width)
            }
            Density::Cosine { amplitude, mode } => {
                let lengths = self.space.lengths();
                let wave = (0..D).map(|a| {
                    let periods = match self.space.boundary[a] {
                        Boundary::NoFlux => 1.0,
                        _ => 2.0,
                    };
                    let y = (x[a] - self.space.lower[a]) / lengths[a];
                    (periods * PI * mode[a] as f64 * y).cos()
                });
                1.0 + amplitude * wave.product::<f64>()
            }
            Density::Expression(formula) => formula.eval(x),
        }
    }

    /// ρ⁰ up to its scale at all nodes of a grid.
    pub fn at_nodes(&self, grid: &Grid<D>) -> Vec<f64> {
        (0..grid.len()).into_par_iter().map(|i| self.at(&grid.node(i))).collect()
    }

    /// |x − c| to the nearest image of c: around a periodic box.
    fn distance(&self, x: &Vector<D>, center: &[f64]) -> f64 {
        let lengths = self.space.lengths();
        let offset: Vector<D> = std::array::from_fn(|a| {
            let d = x[a] - center[a];
            match self.space.boundary[a] {
                Boundary::Periodic => d - lengths[a] * (d / lengths[a]).round(),
                _ => d,
            }
        });
        norm(&offset)
    }

    /// Whether a piece with this middle and these edges is too large to see what is in it: ρ⁰ has a
    /// narrow part there.
    pub fn hides_in(&self, middle: &Vector<D>, edges: &Vector<D>) -> bool {
        let (longest, half) = (edges.iter().fold(0.0_f64, |m, e| m.max(*e)), 0.5 * norm(edges));
        match &self.density {
            Density::Gaussian { center, width } => {
                longest > *width && self.distance(middle, center) - half < 6.0 * width
            }
            Density::Ball { center, radius } => {
                longest > *radius && self.distance(middle, center) - half < *radius
            }
            Density::Ring { center, radius, width } => {
                let off = (self.distance(middle, center) - radius).abs();
                longest > *width && off - half < 6.0 * width
            }
            _ => false,
        }
    }

    /// The radial part, if the density is one about a point and the walls, and its own images, are
    /// out of its reach.
    pub fn radial(&self) -> Option<Radial<D>> {
        let (center, [from, to], [radius, width]) = match &self.density {
            Density::Point { center } => (center, [0.0, 0.0], [0.0, f64::INFINITY]),
            Density::Ball { center, radius } => (center, [0.0, *radius], [*radius, f64::INFINITY]),
            Density::Gaussian { center, width } => (center, [0.0, TAIL * width], [0.0, *width]),
            Density::Ring { center, radius, width } => {
                let (least, most) = (radius - TAIL * width, radius + TAIL * width);
                (center, [least.max(0.0), most], [*radius, *width])
            }
            _ => return None,
        };
        let center: Vector<D> = std::array::from_fn(|a| center[a]);
        let Grid { lower, upper, boundary, .. } = &self.space;
        let fits = |a: usize| match boundary[a] {
            Boundary::Periodic => 2.0 * to <= upper[a] - lower[a],
            _ => lower[a] <= center[a] - to && center[a] + to <= upper[a],
        };
        (0..D).all(fits).then_some(Radial { center, range: [from, to], radius, width })
    }
}

/// g(|x−c|) = exp(−(|x−c|−r)²/2w²) between two radii.
pub struct Radial<const D: usize> {
    center: Vector<D>,
    range: [f64; 2],
    radius: f64,
    /// w; infinite for a ball, which a point is as well.
    width: f64,
}

impl<const D: usize> Radial<D> {
    /// Coefficients of the density of mass 1. The basis functions are eigenfunctions of the Laplacian,
    /// and so of every average over directions: those of a point, φ(c)/|Ω|, times ∫gΩ(|κ|r)dx/∫g dx
    /// with the average Ω = cos, J₀ or sinc of a plane wave over the sphere of radius r.
    pub fn coefficients(&self, spectral: &Spectral<D>) -> Vec<f64> {
        let (grid, basis) = (spectral.grid(), spectral.basis_at(&self.center));
        let largest = spectral.laplacian().iter().fold(0.0_f64, |m, k2| m.max(*k2)).sqrt();
        let rule = self.rule(largest);
        let per_volume = 1.0 / grid.volume();
        (0..grid.len())
            .into_par_iter()
            .map(|flat| {
                let index = grid.unravel(flat);
                let here: f64 = (0..D).map(|a| basis[a][index[a]]).product();
                match here {
                    0.0 => 0.0,
                    _ => per_volume * here * self.factor(&rule, spectral.laplacian()[flat].sqrt()),
                }
            })
            .collect()
    }

    /// ∫g dx.
    pub fn total(&self) -> f64 {
        let d = D as i32;
        // |S^{d−1}|.
        let around = [2.0, 2.0 * PI, 4.0 * PI][D - 1];
        if self.width.is_infinite() {
            return around * self.radius.powi(d) / f64::from(d);
        }
        around * self.weights(0.0).iter().map(|(_, w)| w).sum::<f64>()
    }

    /// Radii, and weights whose sum is 1, that serve for wave numbers up to `largest`.
    fn rule(&self, largest: f64) -> Vec<(f64, f64)> {
        if self.width.is_infinite() || self.radius == 0.0 {
            return Vec::new();
        }
        let mut rule = self.weights(largest);
        let total: f64 = rule.iter().map(|(_, w)| w).sum();
        rule.iter_mut().for_each(|(_, w)| *w /= total);
        rule
    }

    /// Radii and weights of ∫ … g r^{d−1}dr.
    fn weights(&self, largest: f64) -> Vec<(f64, f64)> {
        let [from, to] = self.range;
        // A panel is no longer than the width, nor than a radian and a half of the fastest wave.
        let panels = ((to - from) * (1.0 / self.width).max(largest / 1.5)).ceil().max(1.0);
        let edge = |i: usize| from + (to - from) * i as f64 / panels;
        let g = |r: f64| (-0.5 * ((r - self.radius) / self.width).powi(2)).exp();
        (0..panels as usize)
            .flat_map(|i| gauss_legendre(8, edge(i), edge(i + 1)))
            .map(|(r, w)| (r, w * g(r) * r.powi(D as i32 - 1)))
            .collect()
    }

    /// ∫gΩ(kr)dx/∫g dx.
    fn factor(&self, rule: &[(f64, f64)], k: f64) -> f64 {
        if self.width.is_infinite() {
            return ball::<D>(k * self.radius);
        }
        if self.radius == 0.0 {
            return (-0.5 * (k * self.width).powi(2)).exp();
        }
        rule.iter().map(|(r, w)| w * sphere::<D>(k * r)).sum()
    }
}

/// The average of a plane wave over the sphere of radius x/k.
fn sphere<const D: usize>(x: f64) -> f64 {
    match D {
        1 => x.cos(),
        2 => libm::j0(x),
        _ if x < 1e-4 => 1.0 - x * x / 6.0,
        _ => x.sin() / x,
    }
}

/// The average of a plane wave over the ball of radius x/k.
fn ball<const D: usize>(x: f64) -> f64 {
    if x < 0.02 {
        // 1 − x²/2(d+2) + x⁴/8(d+2)(d+4): what follows is below 10⁻¹².
        let (d, x2) = (D as f64, x * x);
        return 1.0 - x2 / (2.0 * (d + 2.0)) * (1.0 - x2 / (4.0 * (d + 4.0)));
    }
    match D {
        1 => x.sin() / x,
        2 => 2.0 * libm::j1(x) / x,
        _ => 3.0 * (x.sin() / x - x.cos()) / (x * x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The closed forms of ball and Gaussian against quadrature over the radius.
    #[test]
    fn averages_over_balls_and_gaussians_are_their_integrals() {
        fn check<const D: usize>() {
            for k in [0.0, 1e-3, 0.3, 4.0, 31.0] {
                let rule = gauss_legendre(60, 0.0, 1.3);
                let mean = |g: &dyn Fn(f64) -> f64| {
                    let at = |(r, w): &(f64, f64)| w * g(*r) * r.powi(D as i32 - 1);
                    rule.iter().map(|n| at(n) * sphere::<D>(k * n.0)).sum::<f64>()
                        / rule.iter().map(at).sum::<f64>()
                };
                assert!((mean(&|_| 1.0) - ball::<D>(1.3 * k)).abs() < 1e-13, "{D} {k}");
                let width = 0.15;
                let bell = mean(&|r| (-0.5 * (r / width).powi(2)).exp());
                assert!((bell - (-0.5 * (k * width).powi(2)).exp()).abs() < 1e-13, "{D} {k}");
            }
        }
        check::<1>();
        check::<2>();
        check::<3>();
    }
}
